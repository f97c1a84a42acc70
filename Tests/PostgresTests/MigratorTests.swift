import Postgres
import Testing

private let first = Migration(
    version: 1,
    name: "initial",
    text: "CREATE TABLE a (id bigint); CREATE TABLE b (id bigint)"
)
private let second = Migration(version: 2, name: "more", text: "ALTER TABLE a ADD COLUMN name text; -- grüße")
private let third = Migration(version: 3, name: "broken", text: "CREATE TABLE c (id bigint); SELECT * FROM nowhere")

@Suite("Migrations")
struct MigratorTests {
    @Test func `migrations are applied once, in order, whatever order they are given in`() async throws {
        let (now, again) = try await TestSchema.withConnection { connection in
            let migrator = Migrator(migrations: [second, first])
            return (try await migrator.migrate(connection), try await migrator.migrate(connection))
        }
        #expect(now == [first, second])
        #expect(again == [])
    }

    @Test func `a migration that was added later is applied alone`() async throws {
        let now = try await TestSchema.withConnection { connection in
            _ = try await Migrator(migrations: [first]).migrate(connection)
            return try await Migrator(migrations: [first, second]).migrate(connection)
        }
        #expect(now.map(\.description) == ["0002_more"])
    }

    @Test(arguments: [
        ([Migration(version: 1, name: "initial", text: "SELECT 1")], PostgresError.Reason.migrationChanged(version: 1)),
        ([], .migrationUnknown(version: 1)),
        ([first, third], .migrationFailed(version: 3, .undefinedTable)),
    ])
    func `a database that does not fit the program is refused`(
        _ migrations: [Migration],
        _ expected: PostgresError.Reason
    ) async throws {
        let (found, states) = try await TestSchema.withConnection { connection in
            _ = try await Migrator(migrations: [first]).migrate(connection)
            let found = await reason { _ = try await Migrator(migrations: migrations).migrate(connection) }
            return (found, try await Migrator(migrations: [first, third]).status(connection).map(\.state))
        }
        #expect(found == expected)
        #expect(states == [.applied, .pending])
    }

    @Test func `a failed migration leaves no trace and releases the lock`() async throws {
        let (table, others) = try await TestSchema.with { schema in
            let (one, other) = (schema.connection(), schema.connection())
            _ = await reason { _ = try await Migrator(migrations: [third]).migrate(one) }
            let others = try await Migrator(migrations: [first]).migrate(other)
            let sql = SQL(name: "c", text: "SELECT to_regclass('c') IS NOT NULL")
            return (try await one.withConnection { try $0.query(sql)[0].decode(0, as: Bool.self) }, others)
        }
        #expect(!table)
        #expect(others == [first])
    }

    @Test func `programs that migrate at the same time apply each migration once`() async throws {
        let applied = try await TestSchema.with { schema in
            try await withThrowingTaskGroup(of: [Migration].self) { group in
                for _ in 0..<6 {
                    group.addTask { try await Migrator(migrations: [first, second]).migrate(schema.connection()) }
                }
                return try await group.reduce(into: []) { $0 += $1 }
            }
        }
        #expect(applied == [first, second])
    }

    @Test func `status tells what is pending, applied, changed and unknown`() async throws {
        let (empty, full) = try await TestSchema.withConnection { connection in
            let changed = Migration(version: 2, name: "more", text: "SELECT 2")
            let migrator = Migrator(migrations: [first, changed, Migration(version: 9, name: "next", text: "")])
            let empty = try await migrator.status(connection)
            let all = [first, second, Migration(version: 3, name: "newer", text: "")]
            _ = try await Migrator(migrations: all).migrate(connection)
            return (empty, try await migrator.status(connection))
        }
        #expect(empty.map(\.state) == [.pending, .pending, .pending])
        #expect(full.map(\.state) == [.applied, .changed, .unknown, .pending])
        #expect(full.map(\.name) == ["initial", "more", "newer", "next"])
        #expect(full.map { $0.appliedAt?.last } == ["Z", "Z", "Z", nil])
    }
}
