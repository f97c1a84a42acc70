import Logging
import Postgres
import Testing

private let insert = SQL(name: "item.insert", text: "INSERT INTO item (id) VALUES ($1)")
private let count = SQL(name: "item.count", text: "SELECT count(*) FROM item")
private let table =
    "CREATE TABLE item (id bigint CONSTRAINT item_key PRIMARY KEY CONSTRAINT item_small CHECK (id < 100))"

private struct Refusal: Error {}

extension PostgresConnection {
    /// How many rows the table of these tests has.
    fileprivate func items() async throws -> Int {
        try await self.withTransaction { try $0.query(count)[0].decode(0) }
    }
}

@Suite("Transactions")
struct TransactionTests {
    @Test func `what a closure did is committed when it returns`() async throws {
        let (affected, items) = try await TestSchema.withConnection(table) { connection in
            let affected = try await connection.withTransaction { transaction in
                try transaction.execute(insert, 1) + transaction.execute(insert, 2)
            }
            return (affected, try await connection.items())
        }
        #expect(affected == 2)
        #expect(items == 2)
    }

    @Test func `what a closure did is undone when it throws`() async throws {
        let items = try await TestSchema.withConnection(table) { connection in
            await #expect(throws: Refusal.self) {
                try await connection.withTransaction { transaction in
                    try transaction.execute(insert, 1)
                    throw Refusal()
                }
            }
            return try await connection.items()
        }
        #expect(items == 0)
    }

    @Test(arguments: [
        ("INSERT INTO item VALUES (1), (1)", SQLState.uniqueViolation, "item_key"),
        ("INSERT INTO item VALUES (100)", .checkViolation, "item_small"),
        ("INSERT INTO item VALUES (NULL)", .notNullViolation, nil),
        ("SELECT * FROM nowhere", .undefinedTable, nil),
        ("SELECT nothing FROM item", .undefinedColumn, nil),
        ("SELEKT", .syntaxError, nil),
        ("SELECT 1/0", SQLState(rawValue: "22012"), nil),
    ])
    func `a refused statement says why, by its name`(
        _ text: String,
        _ state: SQLState,
        _ constraint: String?
    ) async throws {
        let (error, items) = try await TestSchema.withConnection(table) { connection in
            let error = await failure {
                try await connection.withTransaction { try $0.execute(SQL(name: "refused", text: text)) }
            }
            return (error, try await connection.items())
        }
        #expect(error?.reason == .server(state))
        #expect(error?.statement == "refused")
        #expect(error?.constraint == constraint)
        #expect(items == 0)
    }

    @Test func `an error does not quote the data that was refused`() async throws {
        let error = await failure {
            try await TestSchema.withConnection { connection in
                try await connection.withTransaction { transaction in
                    try transaction.execute(SQL(name: "cast", text: "SELECT ($1::text)::bigint"), "geheim")
                }
            }
        }
        #expect(error?.reason == .server(SQLState(rawValue: "22P02")))
        #expect(error?.description.contains("geheim") == false)
    }

    @Test func `an error a closure keeps to itself still fails the transaction`() async throws {
        let (found, items) = try await TestSchema.withConnection(table) { connection in
            let found = await reason {
                try await connection.withTransaction { transaction in
                    try transaction.execute(insert, 1)
                    do { try transaction.execute(insert, 1) } catch {}
                }
            }
            return (found, try await connection.items())
        }
        #expect(found == .server(.uniqueViolation))
        #expect(items == 0)
    }

    @Test func `a savepoint undoes its own part only`() async throws {
        let items = try await TestSchema.withConnection(table) { connection in
            try await connection.withTransaction { transaction in
                try transaction.execute(insert, 1)
                do {
                    try transaction.savepoint {
                        try transaction.execute(insert, 2)
                        try transaction.savepoint { try transaction.execute(insert, 3) }
                        try transaction.execute(insert, 1)
                    }
                } catch {}
                try transaction.savepoint { try transaction.execute(insert, 4) }
            }
            return try await connection.withTransaction { transaction in
                try transaction.query(SQL(name: "ids", text: "SELECT id FROM item ORDER BY id")).map {
                    try $0.decode(0, as: Int.self)
                }
            }
        }
        #expect(items == [1, 4])
    }

    @Test func `a statement is prepared once for each set of types`() async throws {
        let names = try await TestSchema.withConnection { connection in
            try await connection.withTransaction { transaction in
                let echo = SQL(name: "echo", text: "SELECT $1")
                for number in 0..<3 {
                    try transaction.query(echo, number)
                    try transaction.query(echo, "text")
                }
                let all = SQL(name: "all", text: "SELECT name FROM pg_prepared_statements ORDER BY name")
                return try transaction.query(all).map { try $0.decode(0, as: String.self) }
            }
        }
        #expect(names == ["all", "echo", "echo#1"])
    }

    @Test func `two statements cannot share a name`() async throws {
        let found = await reason {
            try await TestSchema.withConnection { connection in
                try await connection.withTransaction { transaction in
                    try transaction.query(SQL(name: "same", text: "SELECT 1"))
                    try transaction.query(SQL(name: "same", text: "SELECT 2"))
                }
            }
        }
        #expect(found == .misuse("two statements have the same name"))
    }

    @Test func `isolation and access are what was asked for`() async throws {
        let (modes, found) = try await TestSchema.withConnection(table) { connection in
            let modes = try await connection.withTransaction(isolation: .serializable, readOnly: true) { transaction in
                let sql = SQL(
                    name: "modes",
                    text: "SELECT current_setting('transaction_isolation'), current_setting('transaction_read_only')"
                )
                let (isolation, access) = try transaction.query(sql)[0].decode((String, String).self)
                return [isolation, access]
            }
            let found = await reason {
                try await connection.withTransaction(readOnly: true) { try $0.execute(insert, 1) }
            }
            return (modes, found)
        }
        #expect(modes == ["serializable", "on"])
        #expect(found == .server(.readOnlyTransaction))
    }

    @Test func `a transaction left open in an autocommit closure is rolled back`() async throws {
        let items = try await TestSchema.withConnection(table) { connection in
            try await connection.withConnection { session in
                try session.execute(insert, 1)
                try session.execute(unprepared: "BEGIN; INSERT INTO item VALUES (2)")
            }
            return try await connection.items()
        }
        #expect(items == 1)
    }

    @Test func `a changed table gives a fresh connection instead of a stale plan`() async throws {
        let columns = try await TestSchema.withPool(table, limit: 1) { pool, _ in
            let all = SQL(name: "all", text: "SELECT * FROM item")
            _ = try await pool.withTransaction { try $0.query(all).count }
            try await pool.withConnection {
                try $0.execute(unprepared: "ALTER TABLE item ADD COLUMN name text; INSERT INTO item VALUES (1, 'a')")
            }
            let found = await reason { try await pool.withTransaction { try $0.execute(all) } }
            #expect(found == .server(.featureNotSupported))
            return try await pool.withTransaction { try $0.query(all)[0].columnCount }
        }
        #expect(columns == 2)
    }

    @Test(arguments: ["COPY item FROM STDIN", "COPY item TO STDOUT"])
    func `a statement libpq would wait in is an error, and the connection is replaced`(_ text: String) async throws {
        let (found, items) = try await TestSchema.withPool(table, limit: 1) { pool, _ in
            let found = await reason { try await pool.withTransaction { try $0.execute(unprepared: text) } }
            return (found, try await pool.withTransaction { try $0.query(count)[0].decode(0, as: Int.self) })
        }
        #expect(found == .misuse("a statement of another kind"))
        #expect(items == 0)
    }

    @Test func `several statements at once stop at the first error`() async throws {
        let (found, items) = try await TestSchema.withConnection(table) { connection in
            let text = "INSERT INTO item VALUES (1); SELECT 1/0; INSERT INTO item VALUES (2)"
            let found = await reason { try await connection.withConnection { try $0.execute(unprepared: text) } }
            return (found, try await connection.items())
        }
        #expect(found == .server(SQLState(rawValue: "22012")))
        #expect(items == 0)
    }

    @Test func `closures run on the thread of the connection`() async throws {
        let isOnThread = try await TestSchema.withConnection { connection in
            try await connection.withConnection { _ in
                connection.assertIsolated()
                return true
            }
        }
        #expect(isOnThread)
    }

    @Test func `a session has the limits of the configuration`() async throws {
        let settings = try await TestSchema.with { schema in
            var configuration = schema.configuration
            configuration.statementTimeout = .milliseconds(1_500)
            configuration.lockTimeout = .zero
            let connection = PostgresConnection(configuration: configuration, logger: quiet)
            let names = ["statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout", "TimeZone"]
            let settings = try await connection.withTransaction { transaction in
                let sql = SQL(name: "settings", text: "SELECT current_setting(n) FROM unnest($1) n")
                return try transaction.query(sql, names).map { try $0.decode(0, as: String.self) }
            }
            await connection.close()
            return settings
        }
        #expect(settings == ["1500ms", "0", "25s", "UTC"])
    }

    @Test func `a statement that takes too long ends by the timeout`() async throws {
        let error = try await TestSchema.with { schema in
            var configuration = schema.configuration
            configuration.statementTimeout = .milliseconds(20)
            let connection = PostgresConnection(configuration: configuration, logger: quiet)
            return await failure {
                try await connection.withTransaction { try $0.execute(SQL(name: "sleep", text: "SELECT pg_sleep(60)")) }
            }
        }
        #expect(error?.reason == .server(.queryCanceled))
        #expect(error?.isTransient == true)
    }
}
