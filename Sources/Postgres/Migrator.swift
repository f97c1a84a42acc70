/// One step of the schema.
package struct Migration: Sendable, Hashable, CustomStringConvertible {
    /// Its place in the order; from 1, without need to be dense.
    package let version: Int
    /// What it does, in a word or two.
    package let name: String
    /// Its SQL, which runs inside one transaction and holds no BEGIN or COMMIT.
    package let text: String

    /// Takes a step; its text must never change once it was released.
    package init(version: Int, name: String, text: String) {
        self.version = version
        self.name = name
        self.text = text
    }

    /// Such as `0001_initial`.
    package var description: String {
        let digits = String(self.version)
        return String(repeating: "0", count: max(0, 4 - digits.count)) + digits + "_" + self.name
    }
}

/// Where one migration stands in a database.
package struct MigrationStatus: Sendable, Equatable {
    /// What is known of it.
    package enum State: Sendable, Equatable {
        /// Not applied yet.
        case pending
        /// Applied as it is.
        case applied
        /// Applied, but with another text than this program has.
        case changed
        /// Applied by a newer program; this one does not know it.
        case unknown
    }

    /// Its place in the order.
    package let version: Int
    /// Its name, as the program has it, else as the database has it.
    package let name: String
    /// What is known of it.
    package let state: State
    /// When it was applied, by the server's clock, as `2026-11-22T21:54:06Z`.
    package let appliedAt: String?
}

/// Brings a database's schema forward, one migration and one transaction after another.
///
/// What was applied is in `schema_migration`, in the first schema of the search path, with the SHA-256 of the text; any number of
/// programs may migrate at the same time.
package struct Migrator: Sendable {
    /// "Baton" in ASCII: the session advisory lock of whoever migrates.
    private static let lockKey: Int64 = 0x42_6174_6F6E

    private let migrations: [Migration]

    /// Takes the migrations of this program, in any order; two of the same version are a bug.
    package init(migrations: [Migration]) {
        self.migrations = migrations.sorted { $0.version < $1.version }
        precondition(Set(migrations.map(\.version)).count == migrations.count, "two migrations of one version")
    }

    /// Applies what is pending.
    ///
    /// - Returns: What was applied now, in order.
    /// - Throws: `migrationChanged` or `migrationUnknown` before anything is applied; `migrationFailed`, after which the earlier ones
    ///   stay applied and the failed one left no trace.
    package func migrate(_ connection: PostgresConnection) async throws -> [Migration] {
        try await connection.withConnection { session in
            try Self.lock(session)
            do {
                let applied = try self.applyPending(session)
                try session.query(MigrationStatements.unlock, Self.lockKey)
                return applied
            } catch {
                try session.execute(unprepared: "ROLLBACK")
                try session.query(MigrationStatements.unlock, Self.lockKey)
                throw error
            }
        }
    }

    /// Where each migration stands, in order, also those only the database knows.
    package func status(_ connection: PostgresConnection) async throws -> [MigrationStatus] {
        try await connection.withTransaction(isolation: .repeatableRead, readOnly: true) { transaction in
            let exists: Bool = try transaction.query(MigrationStatements.tableExists)[0].decode(0)
            return try self.status(transaction, tableExists: exists)
        }
    }

    /// Waits for others that migrate, however long they take.
    private static func lock(_ session: PostgresTransaction) throws {
        try session.execute(unprepared: "BEGIN; SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = 0")
        try session.query(MigrationStatements.lock, Self.lockKey)
        try session.execute(unprepared: "COMMIT")
    }

    private func applyPending(_ session: PostgresTransaction) throws -> [Migration] {
        try session.execute(unprepared: MigrationStatements.createTable)
        var pending: Set<Int> = []
        for status in try self.status(session, tableExists: true) {
            switch status.state {
            case .applied: continue
            case .pending: pending.insert(status.version)
            case .changed:
                throw PostgresError(
                    reason: .migrationChanged(version: status.version),
                    statement: status.name,
                    message: "the text of an applied migration has changed"
                )
            case .unknown:
                throw PostgresError(
                    reason: .migrationUnknown(version: status.version),
                    statement: status.name,
                    message: "the database was migrated by a newer program"
                )
            }
        }
        let due = self.migrations.filter { pending.contains($0.version) }
        for migration in due { try Self.apply(migration, session) }
        return due
    }

    private static func apply(_ migration: Migration, _ session: PostgresTransaction) throws(PostgresError) {
        do {
            try session.execute(unprepared: "BEGIN; SET LOCAL statement_timeout = 0")
            try session.execute(unprepared: migration.text)
            try session.execute(MigrationStatements.record, migration.version, migration.name, migration.text)
            try session.execute(unprepared: "COMMIT")
        } catch {
            guard case .server(let state) = error.reason else { throw error }
            throw PostgresError(
                reason: .migrationFailed(version: migration.version, state),
                statement: migration.description,
                message: error.message,
                sqlState: state,
                constraint: error.constraint
            )
        }
    }

    private func status(
        _ session: PostgresTransaction,
        tableExists: Bool
    ) throws(PostgresError) -> [MigrationStatus] {
        guard tableExists else {
            return self.migrations.map {
                MigrationStatus(version: $0.version, name: $0.name, state: .pending, appliedAt: nil)
            }
        }
        let rows = try session.query(
            MigrationStatements.status,
            self.migrations.map(\.version),
            self.migrations.map(\.name),
            self.migrations.map(\.text)
        )
        var statuses: [MigrationStatus] = []
        for row in rows {
            let (version, name, isKnown, isApplied, isSame, appliedAt) =
                try row.decode((Int, String, Bool, Bool, Bool, String?).self)
            let state: MigrationStatus.State =
                switch (isKnown, isApplied, isSame) {
                case (false, _, _): .unknown
                case (true, false, _): .pending
                case (true, true, true): .applied
                case (true, true, false): .changed
                }
            statuses.append(MigrationStatus(version: version, name: name, state: state, appliedAt: appliedAt))
        }
        return statuses
    }
}
