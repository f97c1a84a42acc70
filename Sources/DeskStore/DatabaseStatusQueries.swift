package import Desk
import Migrations
import Postgres

/// How the database stands to this program.
package struct DatabaseStatus: Equatable, Sendable {
    /// One migration, known to this program or applied to the database or both.
    package struct Step: Equatable, Sendable {
        /// Its number.
        package let version: Int
        /// Its name.
        package let name: String
        /// nil: not applied yet.
        package let appliedAt: Timestamp?
        /// False: applied by a newer program than this one.
        package let isKnown: Bool
    }

    /// The database's name.
    package let database: String
    /// The server's version, as it says it.
    package let serverVersion: String
    /// Size on disk in bytes.
    package let size: Int64
    /// By version.
    package let migrations: [Step]
    /// How much there is; nil unless the schema is current.
    package let contents: Contents?

    /// Numbers of rows.
    package struct Contents: Equatable, Sendable {
        /// Mailboxes.
        package let mailboxes: Int64
        /// Agents, disabled ones too.
        package let agents: Int64
        /// Queues.
        package let queues: Int64
        /// Tickets of any status.
        package let tickets: Int64
        /// Stored messages.
        package let messages: Int64
    }

    /// Whether the schema is exactly this program's.
    package var isCurrent: Bool {
        self.migrations.allSatisfy { $0.isKnown && $0.appliedAt != nil }
    }
}

/// Statements that say what a database is; they read and never write.
package enum DatabaseStatusQueries {
    /// Every statement here.
    static let all: [SQL] = [server, isMigrated, applied, contents]

    /// One row: database, server version, size in bytes.
    static let server = SQL(
        name: "database_status.server",
        text: """
            SELECT current_database()::text, current_setting('server_version'), pg_database_size(current_database())
            """
    )

    /// One row: whether any migration was ever applied; must work in an empty database.
    static let isMigrated = SQL(
        name: "database_status.is_migrated",
        text: "SELECT to_regclass('schema_migration') IS NOT NULL"
    )

    /// Rows by version.
    static let applied = SQL(
        name: "database_status.applied",
        text: "SELECT version::bigint, name::text, applied_at FROM schema_migration ORDER BY version"
    )

    /// One row of counts.
    static let contents = SQL(
        name: "database_status.contents",
        text: """
            SELECT (SELECT count(*) FROM mailbox), (SELECT count(*) FROM agent), (SELECT count(*) FROM queue),
                   (SELECT count(*) FROM ticket), (SELECT count(*) FROM message)
            """
    )

    /// How the database stands to this program; works in an empty one too.
    ///
    /// Throws ``StoreError``.
    package static func status(_ unit: Unit) throws -> DatabaseStatus {
        for row in try unit.transaction.query(self.server) {
            let migrations = try self.migrations(unit)
            let isCurrent = migrations.allSatisfy { $0.isKnown && $0.appliedAt != nil }
            return DatabaseStatus(
                database: try row.decode(0, as: String.self),
                serverVersion: try row.decode(1, as: String.self),
                size: try row.decode(2, as: Int64.self),
                migrations: migrations,
                contents: isCurrent ? try self.contents(unit) : nil
            )
        }
        throw StoreError.missingRow(self.server.name)
    }

    private static func migrations(_ unit: Unit) throws -> [DatabaseStatus.Step] {
        var applied: [Int: (name: String, at: Timestamp)] = [:]
        let isMigrated = try unit.transaction.query(self.isMigrated)
            .contains { row in try row.decode(0, as: Bool.self) }
        if isMigrated {
            for row in try unit.transaction.query(self.applied) {
                let version = Int(try row.decode(0, as: Int64.self))
                applied[version] = (try row.decode(1, as: String.self), try row.decode(2, as: Timestamp.self))
            }
        }
        let known = BatonMigrations.files.map { file in
            DatabaseStatus.Step(
                version: file.version,
                name: file.name,
                appliedAt: applied.removeValue(forKey: file.version)?.at,
                isKnown: true
            )
        }
        let newer = applied.map { version, entry in
            DatabaseStatus.Step(version: version, name: entry.name, appliedAt: entry.at, isKnown: false)
        }
        return (known + newer).sorted { $0.version < $1.version }
    }

    private static func contents(_ unit: Unit) throws -> DatabaseStatus.Contents? {
        for row in try unit.transaction.query(self.contents) {
            return DatabaseStatus.Contents(
                mailboxes: try row.decode(0, as: Int64.self),
                agents: try row.decode(1, as: Int64.self),
                queues: try row.decode(2, as: Int64.self),
                tickets: try row.decode(3, as: Int64.self),
                messages: try row.decode(4, as: Int64.self)
            )
        }
        return nil
    }
}
