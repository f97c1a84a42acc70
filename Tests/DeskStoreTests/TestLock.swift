import Postgres

@testable import DeskStore

/// An advisory lock that a test holds to stop a unit of work at a place of its choice.
enum TestLock {
    private static let statement = SQL(name: "test.lock", text: "SELECT pg_advisory_xact_lock(77)")

    /// Waits, inside the unit, until the test gives the lock back.
    static func take(_ unit: Unit) throws {
        _ = try unit.transaction.query(Self.statement)
    }
}
