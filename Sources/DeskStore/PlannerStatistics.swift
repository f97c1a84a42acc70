import Postgres

/// What PostgreSQL's planner knows of the tables that an import fills.
///
/// A plan made for an empty table is kept by a session until the table is analysed, the plans of foreign keys among
/// them: with two indexes that begin with `mailbox_id` it may have taken the one that reads every row of the mailbox.
/// Autovacuum looks once a minute; until then an import would slow down with every mail it brings.
package enum PlannerStatistics {
    private static let tables = [
        "placement", "content", "ticket_number", "contact", "ticket", "event", "turn", "participant", "message",
        "thread_key",
    ]

    static let all: [SQL] = [small]

    /// Binds `$1` tables, `$2` rows.
    ///
    /// Those that had fewer rows when they were last analysed.
    static let small = SQL(
        name: "statistics.small",
        text: """
            SELECT relname::text FROM pg_class
            WHERE relkind = 'r' AND relname = ANY($1::text[]) AND relnamespace = current_schema()::regnamespace
              AND reltuples < $2::float8
            ORDER BY relname
            """
    )

    /// Has those of the tables analysed that had fewer than so many rows when they last were; sessions make their plans anew.
    ///
    /// Reads a sample of each, whatever its size: a tenth of what autovacuum will read, which is enough to tell one index from another.
    /// A table that autovacuum is at is left to it, and one that was large before is known well enough.
    package static func refresh(_ database: DeskDatabase, grownTo rows: Int) async throws {
        try await StoreError.mapping {
            try await database.pool.withTransaction { transaction in
                let grown = try transaction.query(self.small, self.tables, Double(rows))
                    .map { try $0.decode(0, as: String.self) }
                guard !grown.isEmpty else { return }
                try transaction.execute(unprepared: "SET LOCAL default_statistics_target = 10")
                try transaction.execute(unprepared: "ANALYZE (SKIP_LOCKED) \(grown.joined(separator: ", "))")
            }
        }
    }
}
