import Desk
package import DeskStore
import LocalServers
package import Postgres
import Synchronization

/// A migrated database of a test's own, and a connection for SQL of the test's own.
package struct TestDatabase: Sendable {
    /// Its URI.
    package let uri: String
    /// The desk on it, as the program opens it.
    package let desk: DeskDatabase
    private let connection: PostgresConnection

    private static let empty = Once<String>()
    private static let count = Mutex(0)

    /// Makes a database with Baton's schema, hands it to `body` and closes it.
    ///
    /// It is a copy of one that was migrated once, or of `template`.
    package static func with<R>(
        template: String? = nil,
        connections: Int = 6,
        _ body: (TestDatabase) async throws -> R
    ) async throws -> R {
        let base: String
        if let template { base = template } else { base = try await self.migrated() }
        let database = try await self.copy(of: base, connections: connections)
        do {
            let result = try await body(database)
            await database.close()
            return result
        } catch {
            await database.close()
            throw error
        }
    }

    /// The name of a database that has nothing but the schema.
    package static func migrated() async throws -> String {
        try await self.empty.value {
            let server = try await TestServers.postgres()
            let name = self.freshName("template")
            let uri = try await server.createDatabase(named: name)
            let desk = DeskDatabase(uri: uri, connections: 1, logger: TestServers.silent)
            _ = try await desk.migrate()
            await desk.shutdown()
            return name
        }
    }

    /// Makes a template: a copy of the migrated database that `prepare` then fills, given its URI.
    package static func template(_ prepare: @Sendable (String) async throws -> Void) async throws -> String {
        let name = try await self.copyName(of: try await self.migrated())
        try await prepare(try await TestServers.postgres().uri(database: name))
        return name
    }

    /// A copy that is not opened yet; its name.
    private static func copyName(of template: String) async throws -> String {
        let server = try await TestServers.postgres()
        let name = self.freshName("test")
        let connection = PostgresConnection(
            configuration: PostgresConfiguration(uri: server.uri),
            logger: TestServers.silent
        )
        try await connection.connect()
        // The backend of a connection just closed may still be in the template.
        let text = "CREATE DATABASE \"\(name)\" TEMPLATE \"\(template)\""
        try await eventually("a copy of \(template)") {
            do {
                try await connection.withConnection { try $0.execute(unprepared: text) }
                return true
            } catch let error as PostgresError where error.sqlState == SQLState(rawValue: "55006") {
                return false
            }
        }
        await connection.close()
        return name
    }

    private static func copy(of template: String, connections: Int) async throws -> TestDatabase {
        let name = try await self.copyName(of: template)
        let uri = try await TestServers.postgres().uri(database: name)
        return TestDatabase(
            uri: uri,
            desk: DeskDatabase(uri: uri, connections: connections, logger: TestServers.silent),
            connection: PostgresConnection(
                configuration: PostgresConfiguration(uri: uri),
                logger: TestServers.silent
            )
        )
    }

    private static func freshName(_ kind: String) -> String {
        let number = self.count.withLock { count in
            count += 1
            return count
        }
        return "\(kind)_\(number)"
    }

    private func close() async {
        await self.connection.close()
        await self.desk.shutdown()
    }
}

// MARK: - SQL of tests

extension TestDatabase {
    /// Runs statements, separated by semicolons.
    package func execute(_ text: String) async throws {
        try await self.onConnection { try $0.execute(unprepared: text) }
    }

    /// Makes somebody else the holder of a lease of mailbox 1, with its lock on the connection of the test's own.
    package func keepLease(_ service: LeasedService, fence: Int64, seconds: Int = 3600) async throws {
        let grant = LeaseGrant(mailbox: Identifier(1), service: service, fence: fence)
        try await self.execute(
            """
            INSERT INTO lease
            VALUES (1, '\(service.rawValue)', \(fence), 'somebody', now() + make_interval(secs => \(seconds)));
            SELECT pg_advisory_lock(\(grant.lockKey))
            """
        )
    }

    /// The first column of each row, as text; NULL is `-`.
    package func lines(_ query: String) async throws -> [String] {
        let statement = SQL(name: "test.\(query.hashValue)", text: query)
        return try await self.onConnection { transaction in
            try transaction.query(statement).map { try $0.decode(0, as: String?.self) ?? "-" }
        }
    }

    /// The one number that a query gives.
    package func number(_ query: String) async throws -> Int {
        let statement = SQL(name: "test.\(query.hashValue)", text: query)
        return try await self.onConnection { transaction in
            guard let row = try transaction.query(statement).first else {
                throw TestSupportError("no row: \(query)")
            }
            return Int(try row.decode(0, as: Int64.self))
        }
    }

    /// Runs `body` on the connection of the test's own, outside any transaction.
    package func onConnection<R: Sendable>(
        _ body: @Sendable (PostgresTransaction) throws -> R
    ) async throws -> R {
        try await self.connection.withConnection(body)
    }

    /// The hidden place and version of every row, by table, without what a worker renews even when nothing happens: leases,
    /// and the numbers and times of the mailbox's own row.
    ///
    /// Two equal answers mean that nothing was written in between.
    package func rowVersions() async throws -> [String] {
        let tables = try await self.lines(
            """
            SELECT c.relname::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE c.relkind = 'r' AND n.nspname = 'public' AND c.relname NOT IN ('lease', 'mailbox') ORDER BY 1
            """
        )
        var versions: [String] = []
        for table in tables {
            versions += try await self.lines(
                """
                SELECT '\(table) ' || count(*) || ' '
                    || COALESCE(md5(string_agg(ctid || ':' || xmin, ',' ORDER BY ctid)), '')
                FROM \(table)
                """
            )
        }
        return versions
            + (try await self.lines(
                """
                SELECT 'mailbox ' || (
                    to_jsonb(m) - '{sequence,complete_sync,complete_sync_at,last_error,last_error_at}'::text[])::text
                FROM mailbox m ORDER BY id
                """
            ))
    }
}
