import Glibc
import LocalServers
import TestSupport

/// Many mailboxes and a few workers on one database: each mailbox has one worker, and gets another one when that is killed.
///
/// Who works on what is read from what the workers log: `ingestion begins` and `assignment begins`, with the mailbox's name.
package struct ManyMailboxes: Sendable {
    /// What came of it.
    package struct Summary: Sendable {
        /// Who had how many mailboxes, and how long a take-over took.
        package let text: String
        /// What is wrong; empty when all is well.
        package let violations: [String]
    }

    private let servers: CrashServers
    private let mailboxes: Int
    private let workers: Int

    /// So many of each.
    package init(servers: CrashServers, mailboxes: Int, workers: Int) {
        self.servers = servers
        self.mailboxes = mailboxes
        self.workers = workers
    }

    /// Plays it to its end and judges.
    package func run() async throws -> Summary {
        let number = self.servers.number()
        let database = "many_\(number)"
        let program = BatonProgram(database: try await self.servers.postgres.createDatabase(named: database))
        try await program.succeed("database", "migrate")
        try await program.succeed("agent", "add", "ann", "--name", "Ann Arbor", "--email", "ann@example.com")
        try await program.succeed("queue", "add", "support", "--member", "ann")
        var users: [String: PrivateDovecot.User] = [:]
        for index in 1...self.mailboxes {
            let user = PrivateDovecot.User(name: "many\(number)-\(index)", password: "open sesame")
            try await self.servers.dovecot.addUser(user)
            users["desk-\(index)"] = user
            var words = [
                "mailbox", "add", "desk-\(index)", "--address", "desk\(index)@example.com", "--user", user.name,
            ]
            words += ["--password-file", try self.servers.dovecot.passwordFile(of: user), "--plaintext"]
            words += ["--server", "imap://127.0.0.1:\(self.servers.dovecot.imapPort)", "--layout", "both"]
            let ending = try await program.run(words)
            guard ending.status == 0 else { throw CrashError(ending.errors) }
        }
        return try await Self.withWorkers(self.workers, program) { processes in
            try await self.play(processes, program, database, users)
        }
    }

    private static func withWorkers<R>(
        _ count: Int,
        _ program: BatonProgram,
        _ running: [RunningProgram] = [],
        _ body: ([RunningProgram]) async throws -> R
    ) async throws -> R {
        guard running.count < count else { return try await body(running) }
        return try await program.withRunning(["run"], limit: .seconds(600)) { worker in
            try await self.withWorkers(count, program, running + [worker], body)
        }
    }

    private func play(
        _ workers: [RunningProgram],
        _ program: BatonProgram,
        _ database: String,
        _ users: [String: PrivateDovecot.User]
    ) async throws -> Summary {
        try self.deliver(1, users)
        try await self.tickets(self.mailboxes, database)
        let began = try workers.map { try Self.began($0) }
        var violations = self.twice(began, atMost: 1)
        // The one with the most.
        let counts = began.map(\.count)
        guard let busiest = counts.indices.max(by: { counts[$0] < counts[$1] }) else { throw CrashError("no workers") }
        let orphans = Set(began[busiest])
        let start = ContinuousClock.now
        workers[busiest].signal(SIGKILL)
        try await eventually("what it worked on is taken over", within: .seconds(120)) {
            let now = try workers.indices.filter { $0 != busiest }.flatMap { try Self.began(workers[$0]) }
            return orphans.isSubset(of: now)
        }
        let time = ContinuousClock.now - start
        try self.deliver(2, users)
        try await self.tickets(2 * self.mailboxes, database)
        violations += self.twice(
            try workers.indices.filter { $0 != busiest }.map { try Self.began(workers[$0]) },
            atMost: 1
        )
        for index in workers.indices where index != busiest {
            workers[index].signal(SIGTERM)
            let ending = try await workers[index].ending()
            if ending.status != 0 { violations.append("SIGTERM: \(ending.status) \(ending.errors.suffix(300))") }
        }
        try await program.succeed("run", "--once", "--timeout", "120")
        for (name, user) in users.sorted(by: { $0.key < $1.key }) {
            let server = try ServerPicture.read(self.servers.dovecot, user)
            let ledger = try await LedgerPicture.read(self.servers.postgres, database: database, mailbox: name)
            violations += Oracle.differences(server, ledger).map { "\(name): \($0)" }
            if ledger.tickets.count != 2 { violations.append("\(name): \(ledger.tickets.count) tickets") }
        }
        return Summary(
            text: """
                \(self.mailboxes) mailboxes, leases by worker \(counts), \(orphans.count) of the one that was killed \
                taken over after \(time)
                """,
            violations: violations
        )
    }

    private func deliver(_ round: Int, _ users: [String: PrivateDovecot.User]) throws {
        for (name, user) in users {
            let observer = try self.servers.dovecot.observer(as: user)
            let mail = SampleMail("\(name) \(round)", from: "c\(round)@contact.example", minute: round)
            _ = try observer.append(mail.bytes, to: "INBOX")
            observer.logout()
        }
    }

    private func tickets(_ count: Int, _ database: String) async throws {
        try await eventually("\(count) tickets", within: .seconds(180)) {
            try await self.servers.postgres.ask("SELECT count(*) FROM ticket_v", database: database)
                .hasPrefix("\(count)\n")
        }
    }

    /// What a worker began to work on: `ingestion desk-7`.
    private static func began(_ worker: RunningProgram) throws -> [String] {
        try worker.errors().split(separator: "\n").compactMap { line in
            for service in ["ingestion", "assignment"] where line.contains("\(service) begins") {
                guard let name = line.firstMatch(of: #/mailbox=(desk-[0-9]+)/#) else { continue }
                return "\(service) \(name.output.1)"
            }
            return nil
        }
    }

    private func twice(_ began: [[String]], atMost limit: Int) -> [String] {
        let all = began.flatMap(\.self)
        let counts = Dictionary(all.map { ($0, 1) }, uniquingKeysWith: +)
        return counts.filter { $0.value > limit }.sorted { $0.key < $1.key }.map { "\($0.key) had \($0.value) workers" }
    }
}
