/// What went wrong, during which statement, and whether it makes sense to try again.
///
/// It carries no bind value, no row and no password: ``statement`` is a name, ``message`` the server's primary message, which
/// is left out where the server quotes data in it (class 22).
package struct PostgresError: Error, Sendable, Equatable {
    /// The kind of failure.
    package enum Reason: Sendable, Equatable {
        /// No connection could be made: not reachable, refused, wrong password, unknown database, or too old a server.
        case connectionFailed
        /// The connection broke before COMMIT was sent: nothing of the transaction is in the database.
        case connectionLost
        /// COMMIT was sent and its answer never came: all of the transaction is in the database, or nothing.
        case commitUnknown
        /// The server refused the statement.
        case server(SQLState)
        /// A column is not what the caller asked for; the text names column and types.
        case decoding(String)
        /// A bind cannot be sent, such as one over 1 GiB.
        case encoding(String)
        /// A statement that had to give a row gave none: what the unit of work depends on is not so any more.
        case rowMissing
        /// The caller broke a rule of this module, such as a transaction used after its closure.
        case misuse(String)
        /// No connection came free before the deadline of the pool.
        case poolTimeout
        /// The task was cancelled; the transaction was rolled back.
        case cancelled
        /// The pool or connection was closed by its owner.
        case closed
        /// A migration that was applied has another text now.
        case migrationChanged(version: Int)
        /// The database holds a migration this program does not know: the program is older than the database.
        case migrationUnknown(version: Int)
        /// The migration's SQL failed and was rolled back; `nil` where the failure has no code.
        case migrationFailed(version: Int, SQLState?)
    }

    /// The kind of failure.
    package let reason: Reason
    /// The NAME of the statement, where there is one.
    package let statement: String?
    /// The server's primary message or one of our own; safe to log.
    package let message: String
    /// The code of the server, also where ``reason`` is a lost connection which the server explained.
    package let sqlState: SQLState?
    /// The constraint that refused a row, for the classes of error that name one.
    package let constraint: String?

    /// Puts an error together; tests of other modules do so too.
    package init(
        reason: Reason,
        statement: String? = nil,
        message: String = "",
        sqlState: SQLState? = nil,
        constraint: String? = nil
    ) {
        self.reason = reason
        self.statement = statement
        self.message = message
        self.constraint = constraint
        if case .server(let state) = reason {
            self.sqlState = state
        } else {
            self.sqlState = sqlState
        }
    }

    /// Whether the same unit of work, run again later, may succeed.
    ///
    /// `commitUnknown` is not: look first whether the work is there. A failed connection is, although the password may be wrong:
    /// libpq gives no code for it.
    package var isTransient: Bool {
        switch self.reason {
        case .connectionFailed, .connectionLost, .poolTimeout: true
        case .server(let state): state.isTransient
        case .migrationFailed(_, let state): state?.isTransient ?? true
        case .commitUnknown, .decoding, .encoding, .rowMissing, .misuse, .cancelled, .closed, .migrationChanged,
            .migrationUnknown:
            false
        }
    }

    /// Whether the pool runs the closure again by itself.
    var isRetriedByPool: Bool {
        switch self.reason {
        case .server(.serializationFailure), .server(.deadlockDetected), .connectionLost: true
        default: false
        }
    }
}

extension PostgresError: CustomStringConvertible {
    /// Reason, statement and message on one line.
    package var description: String {
        var text = "\(self.reason)"
        if let statement = self.statement { text += " in \(statement)" }
        if !self.message.isEmpty { text += ": \(self.message)" }
        if let constraint = self.constraint { text += " (constraint \(constraint))" }
        return text
    }
}

extension PostgresError {
    /// The same error, during a named statement.
    func during(_ statement: String?) -> PostgresError {
        PostgresError(
            reason: self.reason,
            statement: self.statement ?? statement,
            message: self.message,
            sqlState: self.sqlState,
            constraint: self.constraint
        )
    }
}

extension SQLState {
    /// Whether the same work may succeed later, without a change of program or data.
    package var isTransient: Bool {
        switch self {
        case .serializationFailure, .deadlockDetected, .lockNotAvailable, .queryCanceled, .adminShutdown,
            .crashShutdown,
            .cannotConnectNow, .idleInTransactionTimeout, .readOnlyTransaction:
            true
        default:
            // Connection exceptions, insufficient resources, system errors outside PostgreSQL.
            ["08", "53", "58"].contains(self.errorClass)
        }
    }
}
