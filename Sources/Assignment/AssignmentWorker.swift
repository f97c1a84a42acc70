import Desk
package import DeskStore
package import IMAP
package import Logging
import ServiceLifecycle

/// Keeps what the mailbox shows and what the desk knows together: agents' gestures come in as commands, tickets go out
/// as marks, for as long as it holds the lease.
///
/// 1. ``run()`` as a service: looks whenever something was touched, or its time has come.
/// 2. ``withSession(givesUp:_:)`` for `run --once`: the caller decides when to pass.
package struct AssignmentWorker: Service {
    /// The longest time between two looks when nothing wakes the worker.
    static let pollInterval = Duration.seconds(10)

    private let database: DeskDatabase
    private let mailbox: Identifier<Mailbox>
    private let name: String
    private let configuration: @Sendable (MailboxRecord) async throws -> IMAPConfiguration
    private let holder: String
    private let logger: Logger

    /// `configuration` says how to reach the server and reads the credential each time, so that a changed one is used;
    /// `holder` is who holds the lease, for people.
    package init(
        database: DeskDatabase,
        mailbox: MailboxRecord,
        holder: String,
        logger: Logger,
        configuration: @escaping @Sendable (MailboxRecord) async throws -> IMAPConfiguration
    ) {
        self.database = database
        self.mailbox = mailbox.id
        self.name = mailbox.name
        self.configuration = configuration
        self.holder = holder
        var logger = logger
        logger[metadataKey: "mailbox"] = "\(mailbox.name)"
        self.logger = logger
    }

    /// Runs `body` with the lease and, where marks are written, a connection; nil when another worker held the lease
    /// until the deadline.
    package func withSession<R: Sendable>(
        givesUp: @escaping @Sendable () -> Bool,
        _ body: @escaping @Sendable (AssignmentSession) async throws -> R
    ) async throws -> R? {
        try await self.database.withLease(
            mailbox: self.mailbox,
            service: .assignment,
            holder: self.holder,
            givesUp: givesUp
        ) { lease in
            try await self.connected(lease, body)
        }
    }

    private func connected<R: Sendable>(
        _ lease: Lease,
        _ body: (AssignmentSession) async throws -> R
    ) async throws -> R {
        guard let record = try await self.database.unit({ try MailboxQueries.load($0, name: self.name) }) else {
            throw StoreError(reason: .undecodable, message: "mailbox \(self.name) is gone")
        }
        let isRestoring = try await self.database.unit { try RestoreQueries.restoring($0, mailbox: record.id).all > 0 }
        guard record.layout != nil || isRestoring else {
            let session = self.session(lease, record, nil)
            try await session.recover()
            return try await body(session)
        }
        let configuration = try await self.configuration(record)
        return try await IMAPClient.withConnection(configuration, logger: self.logger) { connection in
            let session = self.session(lease, record, AssignmentConnection(connection))
            try await session.recover()
            return try await body(session)
        }
    }

    private func session(
        _ lease: Lease,
        _ opened: MailboxRecord,
        _ connection: AssignmentConnection?
    ) -> AssignmentSession {
        AssignmentSession(
            database: self.database,
            lease: lease,
            opened: opened,
            connection: connection,
            logger: self.logger
        )
    }

    /// Works until the service group shuts down; a failure is tried again with back-off.
    package func run() async throws {
        var backOff = BackOff()
        while !Task.isShuttingDownGracefully, !Task.isCancelled {
            do {
                // A shutdown ends the wait for the lease, and the work between two units of it, never inside one.
                _ = try await self.database.withLease(
                    mailbox: self.mailbox,
                    service: .assignment,
                    holder: self.holder,
                    givesUp: { Task.isShuttingDownGracefully }
                ) { lease in
                    try await self.serve(lease)
                }
                backOff = BackOff()
            } catch is CancellationError {
                return
            } catch AssignmentError.needsConnection {
                continue
            } catch is MailboxSettingsChanged {
                continue
            } catch {
                if Task.isShuttingDownGracefully { return }
                let isTransient =
                    switch error {
                    case let error as IMAPError: error.isTransient
                    case let error as StoreError: error.isTransient || error.reason == .leaseLost
                    default: false
                    }
                let delay = backOff.next(
                    isTransient: isTransient,
                    jitter: .random(in: 0.75...1.25),
                    asked: (error as? IMAPError)?.retryAfter
                )
                self.logger.warning(
                    "marks cannot be written",
                    metadata: ["error": "\(error)", "retry.after": "\(delay)"]
                )
                // Woken by the shutdown: the loop looks.
                try? await cancelWhenGracefulShutdown { try await Task.sleep(for: delay) }
            }
        }
    }

    private func serve(_ lease: Lease) async throws {
        self.logger.info("assignment begins", metadata: ["lease.fence": "\(lease.grant.fence)"])
        defer { self.logger.info("assignment ends", metadata: ["lease.fence": "\(lease.grant.fence)"]) }
        try await self.connected(lease) { session in
            let (wakeUps, wake) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
            wake.yield()
            try await withGracefulShutdownHandler {
                try await self.database.withWakeUps(mailbox: self.mailbox, service: .assignment, telling: wake) {
                    try await withThrowingTaskGroup(of: Void.self) { group in
                        group.addTask {
                            while !Task.isCancelled {
                                try await Task.sleep(for: Self.pollInterval)
                                wake.yield()
                            }
                        }
                        defer { group.cancelAll() }
                        for await _ in wakeUps {
                            if Task.isCancelled || Task.isShuttingDownGracefully { break }
                            _ = try await session.pass()
                        }
                    }
                }
            } onGracefulShutdown: {
                wake.finish()
            }
        }
    }
}
