package import LocalServers
import Synchronization
import TestSupport

/// The servers that all lanes share, and the prepared states that each point begins with a copy of.
package final class CrashServers: Sendable {
    /// The database server.
    package let postgres: PrivatePostgres
    /// The mail server.
    package let dovecot: PrivateDovecot
    private let numbers = Mutex(0)
    private let templates = Mutex([String: Once<CrashTemplate>]())
    private let empty = Once<String>()

    /// Uses servers that run already.
    package init(postgres: PrivatePostgres, dovecot: PrivateDovecot) {
        self.postgres = postgres
        self.dovecot = dovecot
    }

    /// A number that nobody else has, for names.
    func number() -> Int {
        self.numbers.withLock { number in
            number += 1
            return number
        }
    }

    /// The program on a database, without any proxy.
    func program(_ database: String) -> BatonProgram {
        BatonProgram(database: self.postgres.uri(database: database))
    }

    /// A database with the schema, made once.
    private func migrated() async throws -> String {
        try await self.empty.value {
            let name = "matrix_empty"
            let uri = try await self.postgres.createDatabase(named: name)
            try await BatonProgram(database: uri).succeed("database", "migrate")
            return name
        }
    }

    /// The state in which a scenario begins, made once for each format of mailboxes.
    func template(of scenario: Scenario, _ format: PrivateDovecot.Format) async throws -> CrashTemplate {
        let key = "\(scenario.name) \(format.rawValue)"
        let once = self.templates.withLock { templates in
            let once = templates[key] ?? Once<CrashTemplate>()
            templates[key] = once
            return once
        }
        return try await once.value { try await self.make(scenario, format) }
    }

    private func make(_ scenario: Scenario, _ format: PrivateDovecot.Format) async throws -> CrashTemplate {
        let number = self.number()
        let user = PrivateDovecot.User(name: "origin\(number)", password: "open sesame", format: format)
        try await self.dovecot.addUser(user)
        let database = "matrix_origin_\(number)"
        _ = try await self.postgres.createDatabase(named: database, template: try await self.migrated())
        let stage = CrashStage(
            servers: self,
            database: database,
            user: user,
            worker: self.program(database),
            program: self.program(database)
        )
        let program = stage.program
        for (handle, name) in [("ann", "Ann Arbor"), ("bob", "Bob Berlin")] {
            try await program.succeed("agent", "add", handle, "--name", name, "--email", "\(handle)@example.com")
        }
        try await program.succeed("queue", "add", "support", "--member", "ann", "--member", "bob")
        var words = ["mailbox", "add", "support", "--address", "support@example.com", "--user", user.name]
        words += ["--password-file", try self.dovecot.passwordFile(of: user)]
        words += ["--server", "imap://127.0.0.1:\(self.dovecot.imapPort)", "--plaintext"]
        words += ["--layout", scenario.layout, "--linger", "0", "--marks-reach", "36500d"]
        let added = try await program.run(words)
        guard added.status == 0 else { throw CrashError(added.errors) }
        try await scenario.prepare(stage)
        return CrashTemplate(database: database, user: user)
    }
}

extension CrashServers {
    /// Runs `body` on a copy of a prepared state, which is removed afterwards.
    ///
    /// `wires` are the proxies that the worker goes through; nil is none.
    func withStage<Result>(
        _ template: CrashTemplate,
        behind wires: WirePair? = nil,
        _ body: (CrashStage) async throws -> Result
    ) async throws -> Result {
        let number = self.number()
        let database = "matrix_\(number)"
        let user = PrivateDovecot.User(
            name: "m\(number)",
            password: template.user.password,
            format: template.user.format
        )
        _ = try await self.postgres.createDatabase(named: database, template: template.database)
        try await self.dovecot.addUser(user, copying: template.user)
        let worker = wires.map {
            BatonProgram(database: "postgresql:///\(database)?host=\($0.base.socketDirectory)&port=5432&user=baton")
        }
        let stage = CrashStage(
            servers: self,
            database: database,
            user: user,
            worker: worker ?? self.program(database),
            program: self.program(database)
        )
        let port = wires?.mail.port ?? self.dovecot.imapPort
        _ = try await stage.ask(
            "UPDATE mailbox SET server = 'imap://127.0.0.1:\(port)', username = '\(user.name)'"
        )
        let result = try await body(stage)
        try await self.postgres.dropDatabase(named: database)
        try await self.dovecot.removeUser(user)
        return result
    }
}

/// A prepared state: a database and an account that nobody uses, to be copied.
package struct CrashTemplate: Sendable {
    /// The database's name.
    let database: String
    /// The account.
    let user: PrivateDovecot.User
}
