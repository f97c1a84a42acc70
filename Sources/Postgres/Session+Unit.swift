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
        self.isCommitted = false
        defer {
            self.scope = nil
            self.isCommitted = false
        }
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
            if !unit.opening.isEmpty, !isEmpty, !self.isCommitted { try self.commit() }
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
        try self.checkCommit()
        do {
            if self.isAnythingWaiting {
                try self.commitWithWaiting()
            } else {
                try self.run(unprepared: "COMMIT", name: "commit")
            }
        } catch {
            throw self.ofCommit(error)
        }
    }

    /// The same with the last statements, whose rows are the result.
    func commit(_ body: (inout PostgresPipeline) throws -> Void) throws -> [PostgresRows] {
        try self.checkReady("commit")
        guard !self.opening.isEmpty || self.transactionStatus != PQTRANS_IDLE else {
            throw PostgresError(reason: .misuse("COMMIT without a transaction"), statement: "commit")
        }
        try self.checkCommit()
        do {
            let rows = try PostgresPipeline.run(on: self) { pipeline in
                try body(&pipeline)
                try pipeline.commit()
            }
            self.isCommitted = true
            return rows
        } catch let error as PostgresError {
            throw self.ofCommit(error)
        }
    }

    private func checkCommit() throws(PostgresError) {
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
    }

    /// What an error means once COMMIT may have been sent.
    private func ofCommit(_ error: PostgresError) -> PostgresError {
        guard error.reason == .connectionLost else { return error }
        return self.noted(
            PostgresError(
                reason: .commitUnknown,
                statement: "commit",
                message: error.message,
                sqlState: error.sqlState
            )
        )
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
