package import Logging
import Migrations
import Postgres

/// The desk's database: everything Baton remembers, reached in units of work.
///
/// A unit is one transaction, READ COMMITTED, run as one synchronous closure on a connection's own thread; it is
/// repeated whole on a deadlock, a serialisation failure or a connection lost before COMMIT, so it must be idempotent.
/// All SQL is in this module; the others pass values to its `…Queries`.
package struct DeskDatabase: Sendable {
    let pool: PostgresPool
    let configuration: PostgresConfiguration
    let leases: LeaseSession
    /// Who listens for all; without it, each who waits for news listens for itself.
    var bell: WakeUpBell?
    /// Where it logs; messages are constant, data is metadata.
    package let logger: Logger

    /// Opens nothing yet: at most `connections` are made when first needed, one more for leases, and one to listen on.
    ///
    /// `uri` is a PostgreSQL URI, or nil for libpq's own environment (`PGHOST`, `PGSERVICE`, …).
    package init(uri: String?, connections: Int = 6, logger: Logger) {
        self.configuration = PostgresConfiguration(uri: uri, applicationName: "baton")
        self.pool = PostgresPool(configuration: self.configuration, limit: connections, logger: logger)
        self.leases = LeaseSession(configuration: self.configuration, logger: logger)
        self.logger = logger
    }

    /// Runs one unit of work that needs no lease: a command line, a listing.
    ///
    /// With `reusesPlans` statements are not planned anew for the values at hand: for small units that are run all the time.
    /// `waitsForDisk` as in ``unit(under:waitsForDisk:reusesPlans:_:)``.
    package func unit<R: Sendable>(
        waitsForDisk: Bool = true,
        reusesPlans: Bool = false,
        _ body: @Sendable (Unit) throws -> R
    ) async throws -> R {
        try await StoreError.mapping {
            try await self.pool.withTransaction(waitsForDisk: waitsForDisk, reusesPlans: reusesPlans) { transaction in
                try body(Unit(transaction: transaction))
            }
        }
    }

    /// Runs one unit of work under a lease: its first statement fails with ``StoreError/Reason/leaseLost`` when
    /// another holder has taken over, or the session that keeps the lease is over, so nothing of a stale holder is ever committed.
    ///
    /// Without `waitsForDisk` a crash of the database server may lose it, with everything that was committed after it: for
    /// what the mail server tells again, and what no person was told. A crash ends the lease's session, so that nothing follows in which
    /// the holder relies on what was lost.
    package func unit<R: Sendable>(
        under lease: LeaseGrant,
        waitsForDisk: Bool = true,
        reusesPlans: Bool = false,
        _ body: @Sendable (Unit) throws -> R
    ) async throws -> R {
        try await StoreError.mapping {
            try await self.pool.withTransaction(waitsForDisk: waitsForDisk, reusesPlans: reusesPlans) { transaction in
                let unit = Unit(transaction: transaction)
                try unit.assertHeld(lease)
                return try body(unit)
            }
        }
    }

    /// Reads under a lease, and fails like a unit of work when another holder has taken over.
    ///
    /// Locks nothing and writes nothing to disk. Each statement sees what is committed when it runs.
    package func reading<R: Sendable>(
        under lease: LeaseGrant,
        _ body: @Sendable (Unit) throws -> R
    ) async throws -> R {
        try await StoreError.mapping {
            try await self.pool.withReading { transaction in
                let unit = Unit(transaction: transaction)
                try LeaseQueries.look(unit, lease)
                return try body(unit)
            }
        }
    }

    /// Brings the schema to this program's version; the names of the migrations that were applied.
    package func migrate() async throws -> [String] {
        try await StoreError.mapping {
            try await self.pool.withDedicatedConnection { connection in
                try await Migrator(migrations: Self.migrations).migrate(connection).map { "\($0)" }
            }
        }
    }

    /// Ends every connection; units that run are let finish.
    package func shutdown() async {
        await self.leases.close()
        await self.pool.shutdown()
    }

    static var migrations: [Migration] {
        BatonMigrations.files.map { Migration(version: $0.version, name: $0.name, text: $0.text) }
    }
}

/// One open transaction of the desk's database, valid inside the closure that received it.
package struct Unit {
    let transaction: PostgresTransaction

    /// From here on nothing of this unit is committed unless the lease is still held, which keeps a take-over waiting.
    ///
    /// To be said before the first change of a unit that began without a lease. What was read before is as good, since a
    /// fence never returns.
    package func assertHeld(_ lease: LeaseGrant) throws {
        try LeaseQueries.assertHeld(self, lease)
    }

    /// From here on the unit is one that waits for the disk, though it began as one that does not.
    package func waitForDisk() throws {
        try self.transaction.waitForDisk()
    }
}
