import Desk
package import DeskStore
package import IMAP
import IngestionPlan
package import Logging
import ServiceLifecycle

/// Brings the mail of one mailbox in: fetch, then file, for as long as it holds the lease.
///
/// 1. ``run()`` as a service: waits as a standby, then passes whenever the server, the database or the clock says so.
/// 2. ``withSession(givesUp:_:)`` for `run --once`: the caller decides when to pass.
package struct IngestionWorker: Service {
    /// After this, mail that could not be filed is tried again.
    private static let retryInterval = Duration.seconds(30)

    private let database: DeskDatabase
    private let mailbox: Identifier<Mailbox>
    private let name: String
    private let configuration: @Sendable (MailboxRecord) async throws -> IMAPConfiguration
    private let holder: String
    private let logger: Logger
    private let progress: IngestionProgress

    /// `configuration` says how to reach the server and reads the credential each time, so that a changed one is used;
    /// `holder` is who holds the lease, for people.
    package init(
        database: DeskDatabase,
        mailbox: MailboxRecord,
        holder: String,
        logger: Logger,
        progress: IngestionProgress = IngestionProgress(),
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
        self.progress = progress
    }

    /// Runs `body` with the lease and a connection; nil when another worker held the lease until the deadline.
    package func withSession<R: Sendable>(
        givesUp: @escaping @Sendable () -> Bool,
        _ body: @escaping @Sendable (IngestionSession) async throws -> R
    ) async throws -> R? {
        try await self.database.withLease(
            mailbox: self.mailbox,
            service: .ingestion,
            holder: self.holder,
            givesUp: givesUp
        ) { lease in
            try await self.connected(lease, body)
        }
    }

    private func connected<R: Sendable>(
        _ lease: Lease,
        _ body: (IngestionSession) async throws -> R
    ) async throws -> R {
        guard let record = try await self.database.unit({ try MailboxQueries.load($0, name: self.name) }) else {
            throw StoreError(reason: .undecodable, message: "mailbox \(self.name) is gone")
        }
        try await self.database.unit(under: lease.grant) { try ContentQueries.sweep($0, mailbox: self.mailbox) }
        let configuration = try await self.configuration(record)
        return try await IMAPClient.withConnection(configuration, logger: self.logger) { connection in
            try await body(
                IngestionSession(
                    database: self.database,
                    lease: lease,
                    opened: record,
                    connection: connection,
                    logger: self.logger,
                    progress: self.progress,
                    connect: { [logger = self.logger] body in
                        try await IMAPClient.withConnection(configuration, logger: logger) { connection in
                            try await body(connection)
                        }
                    }
                )
            )
        }
    }

    /// Works until the service group shuts down; a failure is noted on the mailbox and tried again with back-off.
    package func run() async throws {
        var backOff = BackOff()
        while !Task.isShuttingDownGracefully, !Task.isCancelled {
            do {
                // A shutdown ends the wait for the lease, and the work between two units of it, never inside one.
                _ = try await self.database.withLease(
                    mailbox: self.mailbox,
                    service: .ingestion,
                    holder: self.holder,
                    givesUp: { Task.isShuttingDownGracefully }
                ) { lease in
                    try await self.serve(lease)
                }
                backOff = BackOff()
            } catch is CancellationError {
                return
            } catch is MailboxSettingsChanged {
                continue
            } catch {
                if Task.isShuttingDownGracefully { return }
                let delay = Self.delay(&backOff, after: error)
                self.logger.warning(
                    "the mailbox cannot be synchronised",
                    metadata: ["error": "\(error)", "retry.after": "\(delay)"]
                )
                await self.note(error)
                // Woken by the shutdown: the loop looks.
                try? await cancelWhenGracefulShutdown { try await Task.sleep(for: delay) }
            }
        }
    }

    private func note(_ error: any Error) async {
        do {
            try await self.database.unit { try MailboxQueries.noteError($0, self.mailbox, "\(error)") }
        } catch {
            self.logger.debug("the error could not be noted", metadata: ["error": "\(error)"])
        }
    }

    private func serve(_ lease: Lease) async throws {
        self.logger.info("ingestion begins", metadata: ["lease.fence": "\(lease.grant.fence)"])
        defer { self.logger.info("ingestion ends", metadata: ["lease.fence": "\(lease.grant.fence)"]) }
        let (alarm, plan) = (Alarm(), CurrentPlan())
        try await self.connected(lease) { session in
            alarm.ring()
            try await withGracefulShutdownHandler {
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for index in 0..<max(0, session.connections - 2) {
                        let listener = self.listener(index, plan, alarm)
                        group.addTask { try await listener.run() }
                    }
                    group.addTask { try await self.watchDatabase(alarm) }
                    group.addTask {
                        while !Task.isCancelled {
                            try await Task.sleep(for: plan.value.sweepInterval)
                            alarm.ring()
                        }
                    }
                    group.addTask {
                        while !Task.isCancelled {
                            try await Task.sleep(for: Self.retryInterval)
                            if plan.hasLeftOver { alarm.ring() }
                        }
                    }
                    defer { group.cancelAll() }
                    while !alarm.isOver, !Task.isCancelled, !Task.isShuttingDownGracefully {
                        guard alarm.take() else {
                            switch try await session.compare() {
                            case .nothing:
                                if let folder = plan.value.firstHeard { try await session.prepare(newsOf: folder) }
                                try await session.listen(plan.value, until: alarm)
                            case .compared(let different): if different > 0 { alarm.ring() }
                            case .outdated: alarm.ring()
                            }
                            continue
                        }
                        // A pass may leave something for the next: what it wrote may wait for a complete one.
                        var last: IngestionSession.Pass?
                        while !Task.isShuttingDownGracefully {
                            // What the server has told of is not kept waiting by a look at everything.
                            if let news = alarm.takeNews() { try await session.pass(newsOf: news) }
                            let pass = try await session.pass()
                            last = pass
                            if pass.isQuiet { break }
                            try Task.checkCancellation()
                        }
                        plan.hasLeftOver = last?.trouble != nil || last?.relistsAfter != nil
                        if let trouble = last?.trouble { await self.note(trouble) }
                        plan.value = try await session.waitPlan(isShort: plan.isShort)
                    }
                }
            } onGracefulShutdown: {
                alarm.end()
            }
        }
    }

    private func listener(_ index: Int, _ plan: CurrentPlan, _ alarm: Alarm) -> MailboxListener {
        MailboxListener(
            database: self.database,
            name: self.name,
            index: index,
            plan: plan,
            alarm: alarm,
            configuration: self.configuration,
            delay: { backOff, error in Self.delay(&backOff, after: error) },
            logger: self.logger
        )
    }

    private static func delay(_ backOff: inout BackOff, after error: any Error) -> Duration {
        let isTransient =
            switch error {
            case let error as IMAPError: error.isTransient
            case let error as StoreError: error.isTransient || error.reason == .leaseLost
            case let error as IngestionError: error.isTransient
            default: false
            }
        return backOff.next(
            isTransient: isTransient,
            jitter: .random(in: 0.75...1.25),
            asked: (error as? IMAPError)?.retryAfter
        )
    }

    private func watchDatabase(_ alarm: Alarm) async throws {
        try await self.database.withWakeUps(mailbox: self.mailbox, service: .ingestion) { stream in
            for await _ in stream { alarm.ring() }
        }
    }
}
