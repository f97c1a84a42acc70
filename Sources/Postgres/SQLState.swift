/// The five characters by which PostgreSQL says what went wrong.
///
/// Source: PostgreSQL documentation, appendix A.
package struct SQLState: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
    /// Five digits or upper case letters.
    package let rawValue: String

    /// Takes the code as the server wrote it.
    package init(rawValue: String) {
        self.rawValue = rawValue
    }

    /// The code alone.
    package var description: String { self.rawValue }

    /// The first two characters, which name the class of the error.
    package var errorClass: String { String(self.rawValue.prefix(2)) }

    /// A division by zero.
    package static let divisionByZero = SQLState(rawValue: "22012")
    /// Two serializable transactions cannot both have happened; the whole transaction is to be run again.
    package static let serializationFailure = SQLState(rawValue: "40001")
    /// This transaction was chosen to end a deadlock; the whole transaction is to be run again.
    package static let deadlockDetected = SQLState(rawValue: "40P01")
    /// A row with this key exists.
    package static let uniqueViolation = SQLState(rawValue: "23505")
    /// The row that is pointed to does not exist, or is still pointed to.
    package static let foreignKeyViolation = SQLState(rawValue: "23503")
    /// NULL in a column that has none.
    package static let notNullViolation = SQLState(rawValue: "23502")
    /// A CHECK constraint said no.
    package static let checkViolation = SQLState(rawValue: "23514")
    /// An EXCLUDE constraint said no.
    package static let exclusionViolation = SQLState(rawValue: "23P01")
    /// Statement timeout, or a cancel request.
    package static let queryCanceled = SQLState(rawValue: "57014")
    /// The server is stopping, or an administrator ended this session.
    package static let adminShutdown = SQLState(rawValue: "57P01")
    /// Another server process died and the server restarts all.
    package static let crashShutdown = SQLState(rawValue: "57P02")
    /// The server is starting or stopping.
    package static let cannotConnectNow = SQLState(rawValue: "57P03")
    /// The session sat in an open transaction for too long.
    package static let idleInTransactionTimeout = SQLState(rawValue: "25P03")
    /// A write on a standby.
    package static let readOnlyTransaction = SQLState(rawValue: "25006")
    /// A statement in a transaction that has already failed.
    package static let inFailedTransaction = SQLState(rawValue: "25P02")
    /// No space left on the server.
    package static let diskFull = SQLState(rawValue: "53100")
    /// The server has no connection left.
    package static let tooManyConnections = SQLState(rawValue: "53300")
    /// NOWAIT met a lock, or the lock timeout ended.
    package static let lockNotAvailable = SQLState(rawValue: "55P03")
    /// No such table.
    package static let undefinedTable = SQLState(rawValue: "42P01")
    /// No such column.
    package static let undefinedColumn = SQLState(rawValue: "42703")
    /// The table exists.
    package static let duplicateTable = SQLState(rawValue: "42P07")
    /// The role may not do this.
    package static let insufficientPrivilege = SQLState(rawValue: "42501")
    /// The statement is not SQL.
    package static let syntaxError = SQLState(rawValue: "42601")
    /// The feature is not there; also what a prepared statement meets after its table changed shape.
    package static let featureNotSupported = SQLState(rawValue: "0A000")
    /// No prepared statement of this name.
    package static let undefinedStatement = SQLState(rawValue: "26000")
    /// `RAISE EXCEPTION` without a code of its own.
    package static let raiseException = SQLState(rawValue: "P0001")
}
