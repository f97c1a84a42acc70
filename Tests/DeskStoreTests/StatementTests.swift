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

    @Test func `each COPY names columns that there are, and none that is missing has no default`() async throws {
        try await TestDatabase.with { database in
            for copy in Statements.copies {
                let known = Set(
                    try await database.lines(
                        "SELECT attname FROM pg_attribute WHERE attrelid = '\(copy.table)'::regclass AND attnum > 0"
                    )
                )
                let required = Set(
                    try await database.lines(
                        """
                        SELECT attname FROM pg_attribute
                        WHERE attrelid = '\(copy.table)'::regclass AND attnum > 0 AND attnotnull AND NOT atthasdef
                          AND attidentity = ''
                        """
                    )
                )
                #expect(known.isSuperset(of: copy.columns) && required.isSubset(of: copy.columns), "\(copy.table)")
            }
            #expect(Statements.copies.count >= 2)
        }
    }

    @Test func `names are unique and short enough for a log line`() {
        let names = Statements.all.map(\.name)
        #expect(Set(names).count == names.count)
        #expect(names.filter { $0.utf8.count > 40 } == [])
        #expect(names.count >= 100)
    }
}
