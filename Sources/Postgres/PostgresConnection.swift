package import Logging

/// One connection to the database, with a thread of its own on which its closures run, one at a time.
///
/// It connects when first used and never again: whoever holds it for a lock or a temporary table must see that it is gone.
/// ``PostgresPool`` replaces what was lost.
package actor PostgresConnection {
    private enum State {
        case unopened
        case open(Session)
        case ended(PostgresError)
    }

    /// How long a unit may take that no cancellation ends.
    package static let uncancelledLimit = Duration.seconds(5)

    private nonisolated let thread = ConnectionThread()
    private let configuration: PostgresConfiguration
    private let logger: Logger
    private var state = State.unopened

    /// Everything isolated to this actor runs on the connection's thread.
    package nonisolated var unownedExecutor: UnownedSerialExecutor {
        unsafe self.thread.asUnownedSerialExecutor()
    }

    /// Starts the thread; nothing is connected yet.
    package init(configuration: PostgresConfiguration, logger: Logger) {
        self.configuration = configuration
        self.logger = logger
    }

    deinit {
        self.thread.stop()
    }

    /// Whether a closure may still run here: false once the connection was lost or closed.
    package var isUsable: Bool {
        if case .ended = self.state { false } else { true }
    }

    /// Connects now, if that has not happened.
    ///
    /// - Throws: `connectionFailed`, `cancelled`; `connectionLost` or `closed` when the connection is over.
    package func connect() async throws {
        try await self.perform(.autocommit) { _ in }.result.get()
    }

    /// Runs a closure as one transaction, committed when it returns and rolled back when it throws.
    ///
    /// It runs on the connection's thread from beginning to end, and is not repeated: see ``PostgresPool/withTransaction(isolation:readOnly:waitsForDisk:reusesPlans:_:)``.
    ///
    /// - Throws: The error of the closure, or ``PostgresError``: `commitUnknown` when the answer to COMMIT was lost, `cancelled`
    ///   when the task was cancelled before that.
    @discardableResult
    package func withTransaction<Result: Sendable>(
        isolation: PostgresIsolation = .readCommitted,
        readOnly: Bool = false,
        _ body: @Sendable (PostgresTransaction) throws -> Result
    ) async throws -> Result {
        try await self.perform(.transaction(isolation, readOnly: readOnly), body).result.get()
    }

    /// Runs a closure in which each statement commits by itself: session locks, LISTEN, migrations.
    ///
    /// A transaction the closure leaves open is rolled back.
    ///
    /// - Throws: The error of the closure, or ``PostgresError``.
    @discardableResult
    package func withConnection<Result: Sendable>(
        _ body: @Sendable (PostgresTransaction) throws -> Result
    ) async throws -> Result {
        try await self.perform(.autocommit, body).result.get()
    }

    /// The same, although the task may be cancelled: for what has to be given back before the connection is closed.
    ///
    /// To be short: after ``uncancelledLimit`` the connection is given up.
    ///
    /// - Throws: The error of the closure, or ``PostgresError``.
    package func withConnectionEvenIfCancelled<Result: Sendable>(
        _ body: @Sendable (PostgresTransaction) throws -> Result
    ) async throws -> Result {
        // A scope that no cancellation reaches; but a link may be silent.
        let scope = CancelScope()
        scope.limit(to: Self.uncancelledLimit)
        return try self.performNow(.autocommit, scope, body).result.get()
    }

    /// Closes the connection; the server rolls back, and gives back session locks.
    package func close() async {
        self.state = .ended(PostgresError(reason: .closed))
    }

    /// Runs a unit of work and says all about its end.
    func perform<Success: Sendable>(
        _ unit: UnitOfWork,
        _ body: @Sendable (PostgresTransaction) throws -> Success
    ) async -> UnitOutcome<Success> {
        let scope = CancelScope()
        return await withTaskCancellationHandler {
            self.performNow(unit, scope, body)
        } onCancel: {
            scope.request()
        }
    }

    private func performNow<Success: Sendable>(
        _ unit: UnitOfWork,
        _ scope: CancelScope,
        _ body: (PostgresTransaction) throws -> Success
    ) -> UnitOutcome<Success> {
        defer { scope.finish() }
        let session: Session
        do {
            session = try self.session(scope)
        } catch {
            return UnitOutcome(result: .failure(error), cause: nil, isStale: !self.isUsable, isUsable: self.isUsable)
        }
        let result = Result { try session.perform(unit, scope, body) }
        let cause = session.failure
        if session.isBroken {
            self.state = .ended(PostgresError(reason: .connectionLost, message: "the connection was given up"))
        }
        return UnitOutcome(result: result, cause: cause, isStale: false, isUsable: self.isUsable)
    }

    private func session(_ scope: CancelScope) throws(PostgresError) -> Session {
        switch self.state {
        case .open(let session):
            guard session.isAlive() else {
                let error = PostgresError(reason: .connectionLost, message: "the server had closed the connection")
                self.state = .ended(error)
                throw error
            }
            return session
        case .unopened:
            let session = try Session.open(self.configuration, scope: scope, logger: self.logger)
            self.state = .open(session)
            return session
        case .ended(let error):
            throw error
        }
    }
}
