import Desk
import DeskStore
import IMAP
import IngestionPlan
import Logging

/// One lease holder with one connection: fetches and files, a pass at a time.
///
/// Used by one task.
package final class IngestionSession {
    private let database: DeskDatabase
    private let lease: Lease
    private let name: String
    private let connection: IMAPConnection
    private let logger: Logger
    private let progress: IngestionProgress

    init(
        database: DeskDatabase,
        lease: Lease,
        name: String,
        connection: IMAPConnection,
        logger: Logger,
        progress: IngestionProgress
    ) {
        self.database = database
        self.lease = lease
        self.name = name
        self.connection = connection
        self.logger = logger
        self.progress = progress
    }

    /// What one pass did.
    package struct Pass: Sendable, Equatable {
        /// Placements written, changed or gone, and messages that waited for the pass to be complete.
        package let changes: Int
        /// Messages that were filed.
        package let filed: Int

        /// Nothing at all was to do.
        package var isQuiet: Bool { self.changes == 0 && self.filed == 0 }
    }

    /// Synchronises every watched folder and files what came; filing follows right behind a long fetch.
    package func pass() async throws -> Pass {
        let name = self.name
        guard let mailbox = try await self.database.unit({ unit in try MailboxQueries.load(unit, name: name) }) else {
            throw StoreError(reason: .undecodable, message: "mailbox \(name) is gone")
        }
        let handover = BodyHandover()
        let fetcher = Fetcher(
            database: self.database,
            lease: self.lease,
            mailbox: mailbox,
            logger: self.logger,
            progress: self.progress,
            handover: handover
        )
        let filer = Filer(
            database: self.database,
            lease: self.lease,
            mailbox: mailbox,
            logger: self.logger,
            progress: self.progress,
            handover: handover,
            growth: mailbox.adoptedAt == nil ? ImportGrowth() : nil
        )
        let (fetched, filed) = try await withThrowingTaskGroup(of: Int.self) { group in
            group.addTask {
                var filed = 0
                for await _ in handover.wakeUps { filed += try await filer.fileAll() }
                return filed + (try await filer.fileAll())
            }
            let fetched = try await MailboxSynchronisation(fetcher: fetcher).run(self.connection)
            handover.finish()
            return (fetched, try await group.next() ?? 0)
        }
        if mailbox.adoptedAt == nil, fetched.isComplete { try await self.adopt(mailbox) }
        return Pass(changes: fetched.changes + fetched.released, filed: filed)
    }

    private func adopt(_ mailbox: MailboxRecord) async throws {
        try await self.database.unit(under: self.lease.grant) { unit in
            guard try FilingQueries.waitingCount(unit, mailbox: mailbox.id) == 0 else { return }
            try MailboxQueries.adopt(unit, mailbox.id)
        }
    }
}
