import Foundation
import LocalServers

/// Baton with a database of its own and one mailbox, driven from outside by its command line.
struct Machine {
    let uri: String
    let mailbox: String
    private let servers: ServerSet
    private let executable: String
    private let environment: [String: String]

    /// A mail server whose mail reaches the disk, as Dovecot does it where nobody says otherwise: tests do without.
    static let mailServer = "mail_fsync = optimized"

    /// Lets PostgreSQL remember when each transaction was committed.
    static func keepCommitTimes(_ servers: ServerSet) async throws {
        _ = try await servers.postgres.ask("ALTER SYSTEM SET track_commit_timestamp = on", database: "baton")
        try await servers.postgres.restart()
    }

    /// Makes the database and adds agents, a queue and the mailbox, which is observed only.
    ///
    /// The name is the database's, the account that of the mailbox on the private Dovecot; the port is where IMAP is spoken to,
    /// if not to Dovecot itself.
    init(
        _ name: String,
        _ settings: BenchmarkSettings,
        _ servers: ServerSet,
        account: PrivateDovecot.User,
        port: Int? = nil
    ) async throws {
        self.uri = try await servers.postgres.createDatabase(named: name)
        self.mailbox = "bench"
        self.servers = servers
        self.executable = settings.baton
        var environment = ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("PG") }
        environment["BATON_DATABASE_URL"] = self.uri
        self.environment = environment
        try self.run("database", "migrate")
        for agent in Vocabulary.agents {
            let handle = String(agent.address.prefix { $0 != "@" })
            try self.run("agent", "add", handle, "--name", agent.name, "--email", agent.address)
        }
        try self.run("queue", "add", "support")
        let (address, password) = (Vocabulary.shop.address, try servers.dovecot.passwordFile(of: account))
        let server = "imap://\(servers.dovecot.host):\(port ?? servers.dovecot.imapPort)"
        try self.run(
            ["mailbox", "add", self.mailbox, "--address", address, "--server", server, "--plaintext"]
                + ["--user", account.name, "--password-file", password, "--queue", "support"]
        )
    }

    /// A process of it; the log's name tells concurrent ones apart.
    func child(log: String = "baton") -> Child {
        Child(
            executable: self.executable,
            environment: self.environment,
            log: "\(self.servers.folder.path)/\(log).log"
        )
    }

    @discardableResult
    func run(_ arguments: String...) throws -> Child.Usage { try self.run(arguments) }

    @discardableResult
    func run(_ arguments: [String]) throws -> Child.Usage { try self.child().run(arguments) }

    /// Until nothing is due.
    @discardableResult
    func runOnce() throws -> Child.Usage { try self.run("run", "--once", "--timeout", "3600") }

    /// A wrong result prints no number: every UID accounted for, every message and placement there, none quarantined.
    func verifyImport(of count: Int) throws {
        try self.run("mailbox", "verify", self.mailbox, "--format", "json")
        let counts = try Database(self.uri).numbers(
            """
            SELECT (SELECT count(*) FROM placement_v WHERE gone_at IS NULL), (SELECT count(*) FROM message_v),
                   (SELECT count(*) FROM ticket_v), (SELECT count(*) FROM placement_v WHERE fate = 'quarantined')
            """
        )
        guard counts[0] == count, counts[1] == count, counts[2] > 0, counts[3] == 0 else {
            throw BenchmarkError("baton's import is wrong: placements, messages, tickets, quarantined = \(counts)")
        }
    }
}
