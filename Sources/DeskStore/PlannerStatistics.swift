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

    /// Has the tables analysed; sessions make their plans anew.
    ///
    /// Reads a sample of each, whatever its size: a hundredth of what autovacuum will read, which is enough to tell one index from another.
    /// A table that autovacuum is at is left to it.
    package static func refresh(_ database: DeskDatabase) async throws {
        try await StoreError.mapping {
            try await database.pool.withTransaction { transaction in
                try transaction.execute(unprepared: "SET LOCAL default_statistics_target = 1")
                try transaction.execute(
                    unprepared: "ANALYZE (SKIP_LOCKED) \(self.tables.joined(separator: ", "))"
                )
            }
        }
    }
}
