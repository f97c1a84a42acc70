import Postgres
import Testing

private let table = "CREATE TABLE item (id bigint PRIMARY KEY, name text, bytes bytea)"
private let insert = SQL(name: "item.insert", text: "INSERT INTO item (id, name) VALUES ($1, $2)")
private let double = SQL(name: "item.double", text: "SELECT id * 2 FROM item WHERE id = $1")
private let count = SQL(name: "item.count", text: "SELECT count(*) FROM item")

private struct Refusal: Error {}

@Suite("Pipelines and COPY")
struct BatchTests {
    @Test func `a pipeline gives its results in order`() async throws {
        let (affected, doubled) = try await TestSchema.withConnection(table) { connection in
            try await connection.withTransaction { transaction in
                let results = try transaction.pipeline { pipeline in
                    for id in 0..<1_000 {
                        try pipeline.execute(insert, id, "n\(id)")
                        try pipeline.query(double, id)
                    }
                }
                let affected = results.enumerated().filter { $0.offset % 2 == 0 }.map(\.element.affected)
                let doubled = try results.enumerated().filter { $0.offset % 2 == 1 }.map {
                    try $0.element[0].decode(0, as: Int.self)
                }
                return (affected, doubled)
            }
        }
        #expect(affected == Array(repeating: 1, count: 1_000))
        #expect(doubled == (0..<1_000).map { $0 * 2 })
    }

    @Test func `the first failure fails a pipeline, and the connection goes on`() async throws {
        let (error, items) = try await TestSchema.withConnection(table) { connection in
            let error = await failure {
                try await connection.withTransaction { transaction in
                    _ = try transaction.pipeline { pipeline in
                        try pipeline.execute(insert, 1, "a")
                        try pipeline.execute(insert, 1, "b")
                        try pipeline.query(double, 1)
                    }
                }
            }
            let items = try await connection.withTransaction { transaction in
                // Its preparation was skipped above; it must not be taken for prepared.
                try transaction.query(double, 1)
                return try transaction.query(count)[0].decode(0, as: Int.self)
            }
            return (error, items)
        }
        #expect(error?.reason == .server(.uniqueViolation))
        #expect(error?.statement == "item.insert")
        #expect(items == 0)
    }

    @Test func `a pipeline whose body throws leaves the connection usable`() async throws {
        let items = try await TestSchema.withConnection(table) { connection in
            await #expect(throws: Refusal.self) {
                try await connection.withTransaction { transaction in
                    _ = try transaction.pipeline { pipeline in
                        try pipeline.execute(insert, 1, "a")
                        throw Refusal()
                    }
                }
            }
            return try await connection.withTransaction { try $0.query(count)[0].decode(0, as: Int.self) }
        }
        #expect(items == 0)
    }

    @Test func `a savepoint around a pipeline undoes it`() async throws {
        let items = try await TestSchema.withConnection(table) { connection in
            try await connection.withTransaction { transaction in
                do {
                    try transaction.savepoint {
                        _ = try transaction.pipeline { pipeline in
                            try pipeline.execute(insert, 1, "a")
                            try pipeline.execute(insert, 1, "b")
                        }
                    }
                } catch {}
                try transaction.pipeline { try $0.execute(insert, 2, nil as String?) }
                return try transaction.query(count)[0].decode(0, as: Int.self)
            }
        }
        #expect(items == 1)
    }

    @Test func `large binds and large results at once do not block each other`() async throws {
        let lengths = try await TestSchema.withConnection { connection in
            try await connection.withTransaction { transaction in
                let echo = SQL(name: "echo", text: "SELECT $1::bytea")
                let bytes = [UInt8](repeating: 7, count: 1 << 20)
                return try transaction.pipeline { pipeline in
                    for _ in 0..<20 { try pipeline.query(echo, bytes) }
                }.map { try $0[0].decode(0, as: [UInt8].self).count }
            }
        }
        #expect(lengths == Array(repeating: 1 << 20, count: 20))
    }

    @Test func `a statement outside the pipeline is refused while it is filled`() async throws {
        let (found, items) = try await TestSchema.withConnection(table) { connection in
            let found = await reason {
                try await connection.withTransaction { transaction in
                    _ = try transaction.pipeline { _ in try transaction.execute(insert, 1, "a") }
                }
            }
            return (found, try await connection.withTransaction { try $0.query(count)[0].decode(0, as: Int.self) })
        }
        #expect(found == .misuse("a statement inside a pipeline or COPY"))
        #expect(items == 0)
    }

    @Test func `COPY takes ten thousand rows`() async throws {
        let (copied, sum) = try await TestSchema.withConnection(table) { connection in
            try await connection.withTransaction { transaction in
                let copied = try transaction.copyIn(table: "item", columns: ["id", "name", "bytes"]) { writer in
                    for id in 0..<10_000 {
                        try writer.write(id, id % 2 == 0 ? "n\(id)" : nil, [UInt8](repeating: 1, count: 20))
                    }
                }
                let sql = SQL(
                    name: "sum",
                    text: "SELECT sum(id)::bigint, count(name), sum(length(bytes))::bigint FROM item"
                )
                let (ids, names, bytes) = try transaction.query(sql)[0].decode((Int, Int, Int).self)
                return (copied, [ids, names, bytes])
            }
        }
        #expect(copied == 10_000)
        #expect(sum == [49_995_000, 5_000, 200_000])
    }

    @Test func `COPY takes rows of values known only at run time`() async throws {
        let copied = try await TestSchema.withConnection(table) { connection in
            try await connection.withTransaction { transaction in
                let rows: [[any PostgresEncodable]] = [[1, "a"], [2, nil as String?]]
                return try transaction.copyIn(table: "item", columns: ["id", "name"], rows: rows)
            }
        }
        #expect(copied == 2)
    }

    @Test(arguments: [1, 200_000])
    func `COPY fails by the server's word, early or late, and the connection goes on`(_ rows: Int) async throws {
        let (error, items) = try await TestSchema.withConnection(table) { connection in
            let error = await failure {
                try await connection.withTransaction { transaction in
                    _ = try transaction.copyIn(table: "item", columns: ["id", "name"]) { writer in
                        try writer.write(1, "a")
                        for _ in 0..<rows { try writer.write(1, "the same again, to fill what is sent") }
                    }
                }
            }
            return (error, try await connection.withTransaction { try $0.query(count)[0].decode(0, as: Int.self) })
        }
        #expect(error?.reason == .server(.uniqueViolation))
        #expect(error?.statement == "copy")
        #expect(items == 0)
    }

    @Test func `COPY adds nothing when its body throws`() async throws {
        let items = try await TestSchema.withConnection(table) { connection in
            await #expect(throws: Refusal.self) {
                try await connection.withConnection { session in
                    _ = try session.copyIn(table: "item", columns: ["id"]) { writer in
                        for id in 0..<20_000 { try writer.write(id) }
                        throw Refusal()
                    }
                }
            }
            return try await connection.withTransaction { try $0.query(count)[0].decode(0, as: Int.self) }
        }
        #expect(items == 0)
    }

    @Test func `COPY refuses a row of another width`() async throws {
        let found = await reason {
            try await TestSchema.withConnection(table) { connection in
                try await connection.withTransaction { transaction in
                    _ = try transaction.copyIn(table: "item", columns: ["id", "name"]) { try $0.write(1) }
                }
            }
        }
        #expect(found == .misuse("1 values for 2 columns"))
    }

    @Test func `COPY quotes the names it is given`() async throws {
        let setUp = #"CREATE TABLE "odd ""name""" ("a b" bigint)"#
        let copied = try await TestSchema.withConnection(setUp) { connection in
            try await connection.withTransaction { transaction in
                try transaction.copyIn(table: #"odd "name""#, columns: ["a b"]) { try $0.write(1) }
            }
        }
        #expect(copied == 1)
    }
}
