import CPostgres
import Logging

extension Session {
    /// After this a ROLLBACK without an answer is given up, and the connection with it.
    private static let rollbackLimit = Duration.seconds(5)

    /// Runs a closure, inside BEGIN and COMMIT where the unit is a transaction, and leaves nothing open.
    func perform<Success>(
        _ unit: UnitOfWork,
        _ scope: CancelScope,
        _ body: (PostgresTransaction) throws -> Success
    ) throws -> Success {
        self.scope = scope
        self.failure = nil
        defer { self.scope = nil }
        scope.begin(self.cancelHandle)
        let transaction = PostgresTransaction(self)
        do {
            try self.checkCancelled(during: nil)
            self.opening = unit.opening
            self.isReading = if case .reading = unit { true } else { false }
            let value = try body(transaction)
            transaction.close()
            if self.isReading { try self.sendWaiting() }
            // A unit that asked for nothing did not even begin.
            let isEmpty = !self.opening.isEmpty && !self.hasQueued
            if !unit.opening.isEmpty, !isEmpty { try self.commit() }
            self.opening = []
            self.cleanUp(after: scope)
            return value
        } catch {
            transaction.close()
            self.opening = []
            _ = self.takeQueued()
            self.cleanUp(after: scope)
            throw error
        }
    }

    private func commit() throws(PostgresError) {
        try self.checkCancelled(during: "commit")
        if self.isAnyRowNeeded { try self.sendWaiting() }
        guard self.transactionStatus != PQTRANS_INERROR else {
            // The closure kept the error to itself; COMMIT would quietly roll back.
            throw self.failure ?? PostgresError(reason: .server(.inFailedTransaction), statement: "commit")
        }
        guard self.isAlive() else {
            throw self.noted(
                PostgresError(
                    reason: .connectionLost,
                    statement: "commit",
                    message: "the connection broke before COMMIT"
                )
            )
        }
        do {
            if self.isAnythingWaiting {
                try self.commitWithWaiting()
            } else {
                try self.run(unprepared: "COMMIT", name: "commit")
            }
        } catch {
            guard error.reason == .connectionLost else { throw error }
            throw self.noted(
                PostgresError(
                    reason: .commitUnknown,
                    statement: "commit",
                    message: error.message,
                    sqlState: error.sqlState
                )
            )
        }
    }

    /// Rolls back what is open, once no cancel request can hit the ROLLBACK.
    private func cleanUp(after scope: CancelScope) {
        if !scope.finish() { self.isBroken = true }
        guard !self.isBroken, self.transactionStatus != PQTRANS_IDLE else { return }
        let cause = self.failure
        // Nobody can cancel it, and a link may be silent.
        let limit = CancelScope()
        limit.begin(self.cancelHandle)
        limit.limit(to: Self.rollbackLimit)
        defer { limit.finish() }
        do {
            try self.run(unprepared: "ROLLBACK", name: "rollback", isCleanUp: true)
        } catch {
            // Kept apart from the error of the closure, which is the one the caller sees.
            self.logger.warning("rollback failed", metadata: ["db.error": "\(error)"])
            self.isBroken = true
        }
        self.failure = cause
        if self.transactionStatus != PQTRANS_IDLE { self.isBroken = true }
    }
}
