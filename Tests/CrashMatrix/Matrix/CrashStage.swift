package import LocalServers
package import TestSupport

/// One database and one mailbox on which a scenario plays, and the program on them: as worker, perhaps behind proxies, and as
/// command line.
package struct CrashStage: Sendable {
    /// The servers.
    package let servers: CrashServers
    /// The database's name.
    package let database: String
    /// The account of the mailbox.
    package let user: PrivateDovecot.User
    /// The program whose links may fail.
    package let worker: BatonProgram
    /// The program of people at a command line, without proxies.
    package let program: BatonProgram
}

// MARK: - What people and their mail clients do

extension CrashStage {
    /// A separate connection, as an agent's client has.
    package func observer() throws -> ObserverClient {
        try self.servers.dovecot.observer(as: self.user)
    }

    /// Puts mails into a folder, with their own times of arrival.
    package func append(_ mails: [SampleMail], to folder: String = "INBOX", flags: [String] = []) throws {
        let observer = try self.observer()
        defer { observer.logout() }
        for mail in mails { _ = try observer.append(mail.bytes, to: folder, flags: flags, internalDate: mail.arrival) }
    }

    /// Runs `baton ticket VERB` on the ticket with this subject.
    package func ticket(_ verb: String, _ subject: String, _ more: String...) async throws {
        let number = try await self.number(of: subject)
        let ending = try await self.program.run(["ticket", verb, number] + more)
        guard ending.status == 0 else { throw CrashError("ticket \(verb) \(subject): \(ending.errors)") }
    }

    /// The number of the ticket with this subject.
    package func number(of subject: String) async throws -> String {
        try await self.ask("SELECT number FROM ticket_v WHERE subject = '\(subject)'")
    }

    /// Finds the mail with this subject in a folder and opens it there; its UID.
    package func find(_ subject: String, in folder: String, _ observer: ObserverClient) throws -> UInt32 {
        guard try observer.select(folder).exists > 0,
            let mail = try observer.messages().first(where: { $0.headers["subject"] == subject })
        else { throw CrashError("\(folder) has no mail \(subject)") }
        return mail.uid
    }

    /// Moves the mail with this subject, as an agent does in a client.
    package func move(_ subject: String, from folder: String, to other: String) throws {
        let observer = try self.observer()
        defer { observer.logout() }
        try observer.move(try self.find(subject, in: folder, observer), to: other)
    }

    /// Runs `baton run --once` without proxies, which must succeed.
    package func rest() async throws {
        try await self.program.succeed("run", "--once", "--timeout", "60")
    }

    /// Asks the database with psql; the first line of the answer.
    package func ask(_ statement: String) async throws -> String {
        try await self.lines(statement).first ?? ""
    }

    /// Asks the database with psql; a line for each row.
    package func lines(_ statement: String) async throws -> [String] {
        try await self.servers.postgres.ask(statement, database: self.database).split(separator: "\n").map(String.init)
    }

    /// Both sides as the oracle sees them.
    package func look() async throws -> (server: ServerPicture, ledger: LedgerPicture) {
        (
            try ServerPicture.read(self.servers.dovecot, self.user),
            try await LedgerPicture.read(self.servers.postgres, database: self.database)
        )
    }
}
