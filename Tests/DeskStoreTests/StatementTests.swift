import DeskStore
import Postgres
import TestSupport
import Testing

@Suite("Every statement of the desk")
struct StatementTests {
    @Test func `each is prepared against the migrated schema`() async throws {
        try await TestDatabase.with { database in
            var faults: [String] = []
            for statement in Statements.all {
                do {
                    try await database.execute("PREPARE \"\(statement.name)\" AS \(statement.text)")
                } catch let error as PostgresError {
                    faults.append("\(statement.name): \(error.message)")
                }
            }
            #expect(faults == [])
            #expect(
                try await database.number("SELECT count(*) FROM pg_prepared_statements WHERE from_sql")
                    == Statements.all.count
            )
        }
    }

    @Test func `names are unique and short enough for a log line`() {
        let names = Statements.all.map(\.name)
        #expect(Set(names).count == names.count)
        #expect(names.filter { $0.utf8.count > 40 } == [])
        #expect(names.count >= 100)
    }
}
