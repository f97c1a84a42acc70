import Assignment
import Desk
import DeskStore
import IMAP
import Ingestion
import Logging
import ServiceLifecycle

/// The workers of every mailbox; those of mailboxes that are added while it runs join.
struct WorkerSet: Service {
    /// Between two looks for mailboxes that were added.
    static let lookInterval = Duration.seconds(5)

    let database: DeskDatabase
    let only: LeasedService?
    let names: Set<String>
    let holder: String
    let logger: Logger

    func run() async throws {
        // One connection listens for all of them.
        try await self.database.withSharedWakeUps { try await self.run(on: $0) }
    }

    private func run(on database: DeskDatabase) async throws {
        try await withThrowingTaskGroup(of: Identifier<Mailbox>.self) { group in
            var working: Set<Identifier<Mailbox>> = []
            while !Task.isShuttingDownGracefully, !Task.isCancelled {
                for mailbox in await self.mailboxes() where !working.contains(mailbox.id) {
                    working.insert(mailbox.id)
                    group.addTask {
                        try await self.work(on: mailbox, database)
                        return mailbox.id
                    }
                }
                // Woken by the shutdown: the loop looks.
                try? await cancelWhenGracefulShutdown { try await Task.sleep(for: Self.lookInterval) }
            }
            for try await _ in group {}
        }
    }

    private func mailboxes() async -> [MailboxRecord] {
        do {
            return try await self.database.unit { try MailboxQueries.loadAll($0) }
                .filter { !$0.isPaused && (self.names.isEmpty || self.names.contains($0.name)) }
        } catch {
            self.logger.warning("the database cannot be reached", metadata: ["error": "\(error)"])
            return []
        }
    }

    private func work(on mailbox: MailboxRecord, _ database: DeskDatabase) async throws {
        // Both services learn from what either meets.
        let memory = ServerMemory()
        let logger = self.logger
        let configuration: @Sendable (MailboxRecord) async throws -> IMAPConfiguration = {
            try await MailboxConnection.configuration($0, database: database, memory: memory, logger: logger)
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            if self.only != .assignment {
                group.addTask {
                    try await IngestionWorker(
                        database: database,
                        mailbox: mailbox,
                        holder: self.holder,
                        logger: self.logger,
                        configuration: configuration
                    ).run()
                }
            }
            if self.only != .ingestion {
                group.addTask {
                    try await AssignmentWorker(
                        database: database,
                        mailbox: mailbox,
                        holder: self.holder,
                        logger: self.logger,
                        configuration: configuration
                    ).run()
                }
            }
            try await group.waitForAll()
        }
    }
}
