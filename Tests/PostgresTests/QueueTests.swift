import Postgres
import Testing

private let table = "CREATE TABLE item (id bigint PRIMARY KEY, name text)"
private let insert = SQL(name: "item.insert", text: "INSERT INTO item (id, name) VALUES ($1, $2)")
private let find = SQL(name: "item.find", text: "SELECT 1 FROM item WHERE id = $1")
private let count = SQL(name: "item.count", text: "SELECT count(*) FROM item")

private struct Refusal: Error {}

@Suite("Statements that wait for company")
struct QueueTests {
    private static func items(_ connection: PostgresConnection) async throws -> Int {
        try await connection.withTransaction { try $0.query(count)[0].decode(0, as: Int.self) }
    }

    @Test func `what waits is seen by the next statement, in order`() async throws {
        let seen = try await TestSchema.withConnection(table) { connection in
            try await connection.withTransaction { transaction in
                for id in 0..<3 { try transaction.queue(insert, id, "a") }
                return try transaction.query(count)[0].decode(0, as: Int.self)
            }
        }
        #expect(seen == 3)
    }

    @Test func `a unit of nothing but statements that wait is committed`() async throws {
        let items = try await TestSchema.withConnection(table) { connection in
            try await connection.withTransaction { try $0.queue(insert, 1, "a") }
            return try await Self.items(connection)
        }
        #expect(items == 1)
    }

    @Test func `each commits by itself where there is no transaction`() async throws {
        let items = try await TestSchema.withConnection(table) { connection in
            _ = await failure {
                try await connection.withConnection { transaction in
                    try transaction.queue(insert, 1, "a")
                    throw Refusal()
                }
            }
            return try await Self.items(connection)
        }
        #expect(items == 1)
    }

    @Test(arguments: [true, false])
    func `a row that is missing fails the unit, with all that came before and after it`(isLast: Bool) async throws {
        let (error, items) = try await TestSchema.withConnection(table) { connection in
            let error = await failure {
                try await connection.withTransaction { transaction in
                    try transaction.queue(insert, 1, "a")
                    try transaction.queue(find, 7, needsRow: true)
                    if !isLast { try transaction.query(insert, 2, "b") }
                }
            }
            return (error, try await Self.items(connection))
        }
        #expect(error?.reason == .rowMissing)
        #expect(error?.statement == "item.find")
        #expect(items == 0)
    }

    @Test func `one that fails at COMMIT fails the unit, and nothing is committed`() async throws {
        let (error, items) = try await TestSchema.withConnection(table) { connection in
            let error = await failure {
                try await connection.withTransaction { transaction in
                    try transaction.query(insert, 1, "a")
                    try transaction.queue(insert, 1, "b")
                }
            }
            return (error, try await Self.items(connection))
        }
        #expect(error?.reason == .server(.uniqueViolation))
        #expect(error?.statement == "item.insert")
        #expect(items == 0)
    }

    @Test func `what waits when the closure throws is forgotten`() async throws {
        let items = try await TestSchema.withConnection(table) { connection in
            _ = await failure {
                try await connection.withTransaction { transaction in
                    try transaction.query(insert, 1, "a")
                    try transaction.queue(insert, 2, "b")
                    throw Refusal()
                }
            }
            return try await Self.items(connection)
        }
        #expect(items == 0)
    }

    @Test func `what waits when a savepoint is rolled back goes with it, what waited before stays`() async throws {
        let items = try await TestSchema.withConnection(table) { connection in
            try await connection.withTransaction { transaction in
                try transaction.queue(insert, 1, "a")
                do {
                    try transaction.savepoint {
                        try transaction.queue(insert, 2, "b")
                        throw Refusal()
                    }
                } catch is Refusal {}
            }
            return try await Self.items(connection)
        }
        #expect(items == 1)
    }

    // MARK: The end

    @Test func `the last statements are committed with their rows, after what waits`() async throws {
        let (seen, items) = try await TestSchema.withConnection(table) { connection in
            let seen = try await connection.withTransaction { transaction in
                try transaction.queue(insert, 1, "a")
                let rows = try transaction.finish { pipeline in
                    try pipeline.query(insert, 2, "b")
                    try pipeline.query(count)
                }
                return try rows[1][0].decode(0, as: Int.self)
            }
            return (seen, try await Self.items(connection))
        }
        #expect(seen == 2)
        #expect(items == 2)
    }

    @Test func `one that fails takes the COMMIT behind it along`() async throws {
        let (error, items) = try await TestSchema.withConnection(table) { connection in
            let error = await failure {
                try await connection.withTransaction { transaction in
                    try transaction.query(insert, 1, "a")
                    try transaction.finish { try $0.query(insert, 1, "b") }
                }
            }
            return (error, try await Self.items(connection))
        }
        #expect(error?.reason == .server(.uniqueViolation))
        #expect(items == 0)
    }

    @Test func `what is done after the COMMIT is committed, and no statement follows it`() async throws {
        let (error, items) = try await TestSchema.withConnection(table) { connection in
            let error = await failure {
                try await connection.withTransaction { transaction in
                    try transaction.finish { try $0.query(insert, 1, "a") }
                    try transaction.execute(insert, 2, "b")
                }
            }
            return (error, try await Self.items(connection))
        }
        #expect(error?.reason == .misuse("a statement after COMMIT"))
        #expect(items == 1)
    }

    @Test func `a row that must be there keeps the last statements from being sent`() async throws {
        let (error, items) = try await TestSchema.withConnection(table) { connection in
            let error = await failure {
                try await connection.withTransaction { transaction in
                    try transaction.queue(find, 7, needsRow: true)
                    try transaction.finish { try $0.query(insert, 1, "a") }
                }
            }
            return (error, try await Self.items(connection))
        }
        #expect(error?.reason == .rowMissing)
        #expect(items == 0)
    }

    @Test func `where there is no transaction there is nothing to commit`() async throws {
        let error = try await TestSchema.withConnection(table) { connection in
            await failure {
                try await connection.withConnection { transaction in
                    _ = try transaction.finish { try $0.query(insert, 1, "a") }
                }
            }
        }
        #expect(error?.reason == .misuse("COMMIT without a transaction"))
    }

    // MARK: A snapshot before

    @Test func `a snapshot sees one moment, the transaction after it what was committed since`() async throws {
        let (snapshot, later) = try await TestSchema.with { schema in
            let (reader, writer) = (schema.connection(), schema.connection())
            try await writer.withConnection { try $0.execute(unprepared: table) }
            let counts = try await reader.withTransaction { transaction in
                let answers = try transaction.snapshot { pipeline in
                    try pipeline.query(count)
                    try pipeline.query(count)
                }
                return try answers.map { try $0[0].decode(0, as: Int.self) }
            }
            try await writer.withTransaction { _ = try $0.query(insert, 1, "a") }
            let later = try await reader.withTransaction { transaction in
                _ = try transaction.snapshot { try $0.query(count) }
                try transaction.query(insert, 2, "b")
                return try transaction.query(count)[0].decode(0, as: Int.self)
            }
            await reader.close()
            await writer.close()
            return (counts, later)
        }
        #expect(snapshot == [0, 0])
        #expect(later == 2)
    }

    @Test func `nothing is written by a snapshot, and none is taken once the transaction has begun`() async throws {
        let errors = try await TestSchema.withConnection(table) { connection in
            let written = await failure {
                try await connection.withTransaction { _ = try $0.snapshot { try $0.query(insert, 1, "a") } }
            }
            let late = await failure {
                try await connection.withTransaction { transaction in
                    try transaction.query(insert, 1, "a")
                    _ = try transaction.snapshot { try $0.query(count) }
                }
            }
            return [written?.reason, late?.reason]
        }
        #expect(errors == [.server(.readOnlyTransaction), .misuse("a snapshot after the transaction has begun")])
    }
}
