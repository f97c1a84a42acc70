/// What a transaction sees of others that run at the same time.
package enum PostgresIsolation: String, Sendable {
    /// Each statement sees what was committed before it began.
    case readCommitted = "READ COMMITTED"
    /// All statements see what was committed before the first one.
    case repeatableRead = "REPEATABLE READ"
    /// As if transactions ran one after another; be ready to run again.
    case serializable = "SERIALIZABLE"
}

/// How a closure runs on a connection.
enum UnitOfWork: Sendable {
    case transaction(PostgresIsolation, readOnly: Bool, waitsForDisk: Bool = true, reusesPlans: Bool = false)
    case autocommit
    /// Statements that only read, each in a transaction of its own; those that wait go with the next.
    case reading

    /// What is sent before the first statement of the closure.
    var opening: [String] {
        switch self {
        case .transaction(let isolation, let readOnly, let waitsForDisk, let reusesPlans):
            ["BEGIN ISOLATION LEVEL \(isolation.rawValue) \(readOnly ? "READ ONLY" : "READ WRITE")"]
                + (waitsForDisk ? [] : ["SET LOCAL synchronous_commit = off"])
                + (reusesPlans ? ["SET LOCAL plan_cache_mode = force_generic_plan"] : [])
        case .autocommit, .reading: []
        }
    }
}

/// How a unit of work ended.
struct UnitOutcome<Success: Sendable>: Sendable {
    let result: Result<Success, any Error>
    /// The database's reason behind a failed result, also where the closure threw an error of its own for it.
    let cause: PostgresError?
    /// The connection was dead before anything was sent.
    let isStale: Bool
    /// The connection can be used again.
    let isUsable: Bool
}
