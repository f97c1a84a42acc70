/// The SQL of ``Migrator``, which must work before any schema is there.
enum MigrationStatements {
    static let createTable = """
        CREATE TABLE IF NOT EXISTS schema_migration (
            version bigint PRIMARY KEY,
            name text NOT NULL,
            sha256 text NOT NULL,
            applied_at timestamptz NOT NULL DEFAULT clock_timestamp()
        )
        """

    /// Waits for the lock; binds `$1` key.
    static let lock = SQL(name: "migration.lock", text: "SELECT pg_advisory_lock($1)")

    /// Gives the lock back; binds `$1` key.
    static let unlock = SQL(name: "migration.unlock", text: "SELECT pg_advisory_unlock($1)")

    static let tableExists = SQL(
        name: "migration.table_exists",
        text: "SELECT to_regclass('schema_migration') IS NOT NULL"
    )

    /// One row for each migration that either side knows; binds versions, names and texts of the program.
    static let status = SQL(
        name: "migration.status",
        text: """
            SELECT coalesce(known.version, applied.version), coalesce(known.name, applied.name),
                known.version IS NOT NULL, applied.version IS NOT NULL,
                coalesce(encode(sha256(convert_to(known.text, 'UTF8')), 'hex') = applied.sha256, false),
                to_char(applied.applied_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')
            FROM unnest($1, $2, $3) AS known (version, name, text)
            FULL JOIN schema_migration AS applied ON applied.version = known.version
            ORDER BY 1
            """
    )

    /// Binds `$1` version, `$2` name, `$3` text.
    static let record = SQL(
        name: "migration.record",
        text: """
            INSERT INTO schema_migration (version, name, sha256)
            VALUES ($1, $2, encode(sha256(convert_to($3, 'UTF8')), 'hex'))
            """
    )
}
