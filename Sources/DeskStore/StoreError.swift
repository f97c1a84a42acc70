import Postgres

/// A unit of work that failed: why, and whether doing it again can help.
///
/// Carries the name of a statement and the server's primary message, never bound values.
package struct StoreError: Error, Equatable, Sendable, CustomStringConvertible {
    /// What went wrong, as far as a caller acts on it.
    package enum Reason: Equatable, Sendable {
        /// The database cannot be reached, refuses connections, or its pool is exhausted.
        case unreachable
        /// The connection broke; before COMMIT nothing of the unit is there.
        case connectionLost
        /// COMMIT was sent and no answer came: look by the unit's own key before doing it again.
        case commitUnknown
        /// Another holder has the lease.
        case leaseLost
        /// The schema is not this program's: run `baton database migrate`.
        case schemaMissing
        /// The task was cancelled.
        case cancelled
        /// A unique key is taken: the name of the constraint is not part of the contract, the statement is.
        case duplicate
        /// Anything else the server refused, with its five-character SQLSTATE.
        case refused(state: String)
        /// A row that is not what the program expects.
        case undecodable
    }

    /// Why, where the fate needs a reason.
    package let reason: Reason
    /// The name of the statement, if one was running.
    package let statement: String?
    /// The server's or the library's message, without values.
    package let message: String

    /// Puts the values together.
    package init(reason: Reason, statement: String? = nil, message: String) {
        self.reason = reason
        self.statement = statement
        self.message = message
    }

    /// Whether the same unit may succeed when it is tried again later.
    package var isTransient: Bool {
        switch self.reason {
        case .unreachable, .connectionLost, .commitUnknown: true
        case .refused(let state): state.hasPrefix("57") || SQLState(rawValue: state).isTransient
        case .leaseLost, .schemaMissing, .cancelled, .duplicate, .undecodable: false
        }
    }

    /// Whether others stood in the way: a deadlock, a conflict, or a row that stayed locked for long.
    package var isContention: Bool {
        switch self.reason {
        case .refused(let state): ["40001", "40P01", "55P03"].contains(state)
        case .unreachable, .connectionLost, .commitUnknown, .leaseLost, .schemaMissing, .cancelled, .duplicate,
            .undecodable:
            false
        }
    }

    /// For people: what happened and, where known, what to do.
    package var description: String {
        switch self.reason {
        case .unreachable: "cannot reach the database: \(self.message)"
        case .schemaMissing: "the database has no Baton schema of this version: run `baton database migrate`"
        default: self.statement.map { "\(self.message) (in \($0))" } ?? self.message
        }
    }
}
