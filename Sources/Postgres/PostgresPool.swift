package import Logging
import Synchronization

/// A few connections, shared by all tasks of a process, each for one unit of work at a time.
package final class PostgresPool: Sendable {
    private typealias Waiter = OneShot<Grant>

    private enum Grant: Sendable {
        case connection(PostgresConnection)
        case create
        case failure(PostgresError.Reason)
    }

    private struct State {
        var machine: PoolStateMachine<PostgresConnection, Waiter>
        var drained: [OneShot<Void>] = []
    }

    /// How often a unit of work is tried in all.
    private static let attempts = 5
    /// Before the second attempt, doubled for each further one, and then scattered.
    private static let firstPause = Duration.milliseconds(10)

    private let configuration: PostgresConfiguration
    private let waitDeadline: Duration
    private let logger: Logger
    private let state: Mutex<State>

    /// Connects to nothing yet.
    ///
    /// - Parameters:
    ///   - configuration: Where the database is.
    ///   - limit: How many connections there are at most, without the dedicated ones.
    ///   - waitDeadline: How long a caller waits for one before `poolTimeout`.
    ///   - logger: Told of repeated transactions and notices.
    package init(
        configuration: PostgresConfiguration,
        limit: Int,
        waitDeadline: Duration = .seconds(30),
        logger: Logger
    ) {
        self.configuration = configuration
        self.waitDeadline = waitDeadline
        self.logger = logger
        self.state = Mutex(State(machine: PoolStateMachine(limit: limit)))
    }

    /// Runs a closure as one transaction, in one hop to the connection's thread and back.
    ///
    /// The whole closure runs again, at most five times in all, after a serialization failure, a deadlock, or a connection that was
    /// lost before COMMIT was sent; so it has no effect outside the database.
    ///
    /// Without `waitsForDisk` COMMIT returns before the transaction is on disk: a crash of the database server may lose it, but then also
    /// everything that was committed after it. With `reusesPlans` statements are not planned anew for the values at hand: for small units
    /// whose statements find their rows by an index whatever the values.
    ///
    /// - Throws: The error of the closure, or ``PostgresError``: `commitUnknown` when the answer to COMMIT was lost, `poolTimeout`,
    ///   `cancelled`, `closed`, `connectionFailed`.
    @discardableResult
    package func withTransaction<Result: Sendable>(
        isolation: PostgresIsolation = .readCommitted,
        readOnly: Bool = false,
        waitsForDisk: Bool = true,
        reusesPlans: Bool = false,
        _ body: @Sendable (PostgresTransaction) throws -> Result
    ) async throws -> Result {
        try await self.repeating(
            .transaction(isolation, readOnly: readOnly, waitsForDisk: waitsForDisk, reusesPlans: reusesPlans),
            body
        )
    }

    /// Runs a closure that only reads, repeated like a transaction; each statement sees what is committed when it runs.
    ///
    /// - Throws: As ``withTransaction(isolation:readOnly:waitsForDisk:reusesPlans:_:)``.
    @discardableResult
    package func withReading<Result: Sendable>(
        _ body: @Sendable (PostgresTransaction) throws -> Result
    ) async throws -> Result {
        try await self.repeating(.reading, body)
    }

    private func repeating<Result: Sendable>(
        _ unit: UnitOfWork,
        _ body: @Sendable (PostgresTransaction) throws -> Result
    ) async throws -> Result {
        var attempt = 1
        while true {
            let outcome = try await self.perform(unit, body)
            switch outcome.result {
            case .success(let value):
                return value
            case .failure(let error):
                guard attempt < Self.attempts, let cause = outcome.cause, cause.isRetriedByPool else { throw error }
                self.logger.debug(
                    "transaction is run again",
                    metadata: ["db.attempt": "\(attempt)", "db.cause": "\(cause)"]
                )
                try await self.pause(after: attempt)
                attempt += 1
            }
        }
    }

    /// Runs a closure in which each statement commits by itself; it is never repeated.
    ///
    /// The next user gets the same session, so leave no setting, lock or LISTEN behind.
    ///
    /// - Throws: The error of the closure, or ``PostgresError``.
    @discardableResult
    package func withConnection<Result: Sendable>(
        _ body: @Sendable (PostgresTransaction) throws -> Result
    ) async throws -> Result {
        try await self.perform(.autocommit, body).result.get()
    }

    /// Opens a connection outside the limit, for as long as the body runs: a lease with its session lock.
    ///
    /// - Throws: The error of the body, or ``PostgresError``.
    package func withDedicatedConnection<Result>(
        _ body: (PostgresConnection) async throws -> Result
    ) async throws -> Result {
        guard !self.state.withLock({ $0.machine.isShutDown }) else { throw PostgresError(reason: .closed) }
        let connection = PostgresConnection(configuration: self.configuration, logger: self.logger)
        do {
            try await connection.connect()
            let result = try await body(connection)
            await connection.close()
            return result
        } catch {
            await connection.close()
            throw error
        }
    }

    /// Refuses new work, lets what runs come to its end, and closes all connections of the pool.
    package func shutdown() async {
        let drained = OneShot<Void>()
        let (refused, closed) = self.state.withLock { state in
            let (refused, closed, isWaiting) = state.machine.shutDown()
            if isWaiting { state.drained.append(drained) } else { drained.resolve(()) }
            return (refused, closed)
        }
        for waiter in refused { waiter.resolve(.failure(.closed)) }
        for connection in closed { await connection.close() }
        await drained.value()
    }
}

extension PostgresPool {
    /// Runs a unit on a connection that is alive.
    private func perform<Success: Sendable>(
        _ unit: UnitOfWork,
        _ body: @Sendable (PostgresTransaction) throws -> Success
    ) async throws -> UnitOutcome<Success> {
        while true {
            let connection = try await self.acquire()
            let outcome = await connection.perform(unit, body)
            await self.release(outcome.isUsable ? connection : nil)
            // Nothing was sent on a stale connection, and it is gone; a fresh one is never stale.
            if !outcome.isStale { return outcome }
        }
    }

    private func acquire() async throws(PostgresError) -> PostgresConnection {
        if Task.isCancelled { throw PostgresError(reason: .cancelled) }
        let waiter = Waiter()
        switch self.state.withLock({ $0.machine.connectionWanted(by: waiter) }) {
        case .use(let connection): return connection
        case .create: return self.makeConnection()
        case .refuse: throw PostgresError(reason: .closed)
        case .wait: break
        }
        switch await self.grant(to: waiter) {
        case .connection(let connection): return connection
        case .create: return self.makeConnection()
        case .failure(let reason): throw PostgresError(reason: reason)
        }
    }

    /// Waits until the waiter is served, cancelled, or out of time.
    private func grant(to waiter: Waiter) async -> Grant {
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                // Ends early, by its error, when the waiter was served.
                if (try? await Task.sleep(for: self.waitDeadline)) != nil { self.dismiss(waiter, .poolTimeout) }
            }
            let grant = await withTaskCancellationHandler {
                await waiter.value()
            } onCancel: {
                self.dismiss(waiter, .cancelled)
            }
            group.cancelAll()
            return grant
        }
    }

    private func dismiss(_ waiter: Waiter, _ reason: PostgresError.Reason) {
        if self.state.withLock({ $0.machine.waiterLeft(waiter) }) { waiter.resolve(.failure(reason)) }
    }

    private func makeConnection() -> PostgresConnection {
        PostgresConnection(configuration: self.configuration, logger: self.logger)
    }

    private func release(_ connection: PostgresConnection?) async {
        switch self.state.withLock({ $0.machine.connectionReturned(connection) }) {
        case .nothing:
            return
        case .hand(let connection?, let waiter):
            waiter.resolve(.connection(connection))
        case .hand(nil, let waiter):
            waiter.resolve(.create)
        case .close(let connection, let isLast):
            await connection?.close()
            guard isLast else { return }
            for drained in self.state.withLock({ $0.drained }) { drained.resolve(()) }
        }
    }

    private func pause(after attempt: Int) async throws(PostgresError) {
        let pause = Self.firstPause * (1 << (attempt - 1)) * Double.random(in: 0.5...1.5)
        do {
            try await Task.sleep(for: pause)
        } catch {
            throw PostgresError(reason: .cancelled)
        }
    }
}
