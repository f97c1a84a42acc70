import Foundation
package import LocalServers
import Synchronization

/// A database, a mailbox on the mail server and the program, of a test's own.
///
/// Agents `ann` (Ann Arbor) and `bob` (Bob Berlin), queue `support` with ann in it, mailbox `support`.
package struct Workbench: Sendable {
    /// The database.
    package let database: TestDatabase
    /// The program on that database.
    package var program: BatonProgram
    /// The mail server.
    package let dovecot: PrivateDovecot
    /// The account of the mailbox.
    package let user: PrivateDovecot.User

    private static let people = Once<String>()
    private static let users = Mutex(0)

    /// Sets one up, hands it to `body` and takes the database down.
    ///
    /// The layout is as `mailbox add` takes it, nil is observe-only; `proxy` is a port of 127.0.0.1 to reach the server
    /// through, without TLS; `options` are more of what `mailbox add` takes, by default nothing lingers and mail of any
    /// age is written to; `sharing` is an account that is only read.
    package static func with<R>(
        layout: String? = nil,
        format: PrivateDovecot.Format = .maildir,
        proxy: Int? = nil,
        options: [String] = ["--linger", "0", "--marks-reach", "36500d"],
        sharing: PrivateDovecot.User? = nil,
        _ body: (Workbench) async throws -> R
    ) async throws -> R {
        try await TestServers.slots.run {
            let dovecot = try await TestServers.dovecot()
            let user: PrivateDovecot.User
            if let sharing { user = sharing } else { user = try await self.freshUser(format) }
            return try await TestDatabase.with(template: try await self.template(), connections: 2) { database in
                let bench = Workbench(
                    database: database,
                    program: BatonProgram(database: database.uri),
                    dovecot: dovecot,
                    user: user
                )
                try await bench.addMailbox(layout: layout, proxy: proxy, options: options)
                return try await body(bench)
            }
        }
    }

    /// An account with the usual folders, all empty.
    package static func freshUser(_ format: PrivateDovecot.Format = .maildir) async throws -> PrivateDovecot.User {
        let number = self.users.withLock { number in
            number += 1
            return number
        }
        let user = PrivateDovecot.User(name: "user\(number)", password: "open sesame \(number)", format: format)
        try await TestServers.dovecot().addUser(user)
        return user
    }

    private static func template() async throws -> String {
        try await self.people.value {
            try await TestDatabase.template { uri in
                let program = BatonProgram(database: uri)
                try await program.succeed("agent", "add", "ann", "--name", "Ann Arbor", "--email", "ann@example.com")
                try await program.succeed("agent", "add", "bob", "--name", "Bob Berlin", "--email", "bob@example.com")
                try await program.succeed("queue", "add", "support", "--member", "ann")
            }
        }
    }

    private func addMailbox(layout: String?, proxy: Int?, options: [String]) async throws {
        var words = ["mailbox", "add", "support", "--address", "support@example.com", "--user", self.user.name]
        words += ["--password-file", try self.dovecot.passwordFile(of: self.user)]
        if let proxy {
            words += ["--server", "imap://127.0.0.1:\(proxy)", "--plaintext"]
        } else {
            words += ["--server", "imaps://\(self.dovecot.host):\(self.dovecot.imapsPort)"]
            words += ["--ca-file", self.dovecot.caFile]
        }
        if let layout { words += ["--layout", layout] }
        let ending = try await self.program.run(words + options)
        guard ending.status == 0 else { throw TestSupportError(ending.errors) }
    }
}

// MARK: - Doing

extension Workbench {
    /// A separate connection, as an agent's client has.
    package func observer() throws -> ObserverClient {
        try self.dovecot.observer(as: self.user)
    }

    /// Puts mails into a folder, with their own times of arrival.
    package func append(_ mails: [SampleMail], to folder: String = "INBOX", flags: [String] = []) throws {
        let observer = try self.observer()
        for mail in mails { _ = try observer.append(mail.bytes, to: folder, flags: flags, internalDate: mail.arrival) }
        observer.logout()
    }

    /// Runs `baton run --once`, which must succeed.
    @discardableResult
    package func runOnce(_ arguments: String...) async throws -> BatonProgram.Ending {
        let ending = try await self.program.run(["run", "--once"] + arguments)
        guard ending.status == 0 else { throw TestSupportError("run --once: \(ending.status) \(ending.errors)") }
        return ending
    }

    /// Runs `baton ticket VERB` on the ticket with this subject.
    package func ticket(_ verb: String, _ subject: String, _ more: String...) async throws {
        let ending = try await self.program.run(["ticket", verb, try await self.number(of: subject)] + more)
        guard ending.status == 0 else { throw TestSupportError("ticket \(verb): \(ending.errors)") }
    }

    /// The number of the ticket with this subject.
    package func number(of subject: String) async throws -> String {
        let found = try await self.database.lines("SELECT number::text FROM ticket_v WHERE subject = '\(subject)'")
        guard found.count == 1 else { throw TestSupportError("\(found.count) tickets have the subject \(subject)") }
        return found[0]
    }
}

// MARK: - Seeing

extension Workbench {
    /// A ticket in one line: owner, status, priority; nil where there is none with this subject.
    package func ticket(_ subject: String) async throws -> String? {
        try await self.database.lines(
            """
            SELECT COALESCE(owner, '-') || ' ' || status || ' ' || priority FROM ticket_v WHERE subject = '\(subject)'
            """
        ).first
    }

    /// What happened to a ticket after it was opened, in order: kind and origin.
    package func history(_ subject: String) async throws -> [String] {
        try await self.database.lines(
            """
            SELECT e.kind || ' ' || e.origin FROM event_v e JOIN ticket_v t ON t.number = e.ticket
            WHERE t.subject = '\(subject)' AND e.kind NOT IN ('opened', 'message_in') ORDER BY e.seq
            """
        )
    }

    /// Where a separate connection sees mails of each subject, with the flags that are marks: `Agents/ann owner-ann`.
    package func marks() throws -> [String: [String]] {
        let observer = try self.observer()
        defer { observer.logout() }
        var found: [String: [String]] = [:]
        for folder in try observer.list() where !folder.attributes.contains(where: { $0.lowercased() == "\\noselect" })
        {
            guard try observer.select(folder.name, readOnly: true).exists > 0 else { continue }
            for message in try observer.messages() {
                let marks = message.flags.filter { flag in
                    let flag = flag.lowercased()
                    return flag.hasPrefix("owner-") || ["status-pending", "\\flagged", "\\answered"].contains(flag)
                }
                found[message.headers["subject"] ?? "", default: []].append(
                    ([folder.name] + marks.sorted()).joined(separator: " ")
                )
            }
        }
        return found.mapValues { $0.sorted() }
    }

    /// Selects the folder that holds the mail with this subject; its UID there.
    package func select(_ subject: String, _ observer: ObserverClient) throws -> UInt32 {
        for folder in try observer.list() where !folder.attributes.contains(where: { $0.lowercased() == "\\noselect" })
        {
            guard try observer.select(folder.name).exists > 0 else { continue }
            if let found = try observer.messages().first(where: { $0.headers["subject"] == subject }) {
                return found.uid
            }
        }
        throw TestSupportError("no folder has the mail \(subject)")
    }

    /// The figures of `baton mailbox verify`, and its exit status.
    package func verify() async throws -> (figures: [String: Int], status: Int32) {
        let ending = try await self.program.run(["mailbox", "verify", "support", "--format", "json"])
        guard !ending.output.isEmpty else { throw TestSupportError("verify: \(ending.status) \(ending.errors)") }
        return (try ending.json(), ending.status)
    }

    /// The commands that a run with `BATON_LOG_LEVEL=trace` sent to the mail server, without tags, in order.
    package static func commands(in log: String) -> [String] {
        log.split(separator: "\n").compactMap { line in
            guard let start = line.range(of: "direction=sent line="),
                let end = line.range(of: " mailbox=", options: .backwards)
            else { return nil }
            let words = line[start.upperBound..<end.lowerBound]
            return words.firstIndex(of: " ").map { String(words[words.index(after: $0)...]) } ?? String(words)
        }
    }
}
