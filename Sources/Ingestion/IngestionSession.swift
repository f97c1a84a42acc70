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
    /// The mailbox as it was when the connection was opened.
    private let opened: MailboxRecord
    private let connection: IMAPConnection
    private let logger: Logger
    private let progress: IngestionProgress
    private let connect: FetchLane.Connect
    private var isImporting = false

    init(
        database: DeskDatabase,
        lease: Lease,
        opened: MailboxRecord,
        connection: IMAPConnection,
        logger: Logger,
        progress: IngestionProgress,
        connect: @escaping FetchLane.Connect
    ) {
        self.database = database
        self.lease = lease
        self.opened = opened
        self.connection = connection
        self.logger = logger
        self.progress = progress
        self.connect = connect
    }

    /// What one pass did.
    package struct Pass: Sendable, Equatable {
        /// Placements written, changed or gone, and messages that waited for the pass to be complete.
        package let changes: Int
        /// Messages that were filed.
        package let filed: Int
        /// What could not be filed.
        package let trouble: FilingTrouble?

        /// Nothing at all was to do.
        package var isQuiet: Bool { self.changes == 0 && self.filed == 0 }
    }

    /// Synchronises every watched folder and files what came; filing follows right behind a long fetch.
    package func pass() async throws -> Pass {
        let name = self.opened.name
        guard let mailbox = try await self.database.unit({ unit in try MailboxQueries.load(unit, name: name) }) else {
            throw StoreError(reason: .undecodable, message: "mailbox \(name) is gone")
        }
        guard mailbox.isServedAs(self.opened) else { throw MailboxSettingsChanged() }
        self.isImporting = mailbox.adoptedAt == nil
        let handover = BoundedQueue<FetchedWindow>(capacity: 1)
        let fetcher = Fetcher(
            database: self.database,
            lease: self.lease,
            mailbox: mailbox,
            logger: self.logger,
            progress: self.progress,
            handover: handover,
            connect: self.connect,
            // One connection synchronises, one shows owners.
            laneLimit: max(0, self.connections - 2)
        )
        let filer = Filer(
            database: self.database,
            lease: self.lease,
            mailbox: mailbox,
            logger: self.logger,
            progress: self.progress,
            growth: mailbox.adoptedAt == nil ? ImportGrowth() : nil
        )
        // Before anything is handed over: what is older comes first.
        var course = FilingCourse()
        let left = try await filer.fileAll(&course)
        let (fetched, (filed, trouble)) = try await withThrowingTaskGroup(of: (Int, FilingTrouble?).self) { group in
            group.addTask { [course] in try await filer.file(handover, course) }
            do {
                let fetched = try await MailboxSynchronisation(fetcher: fetcher).run(self.connection)
                handover.finish()
                return (fetched, try await group.next() ?? (0, nil))
            } catch {
                // What was handed over is filed all the same; where that fails, its error is the reason.
                handover.finish()
                _ = try await group.next()
                throw error
            }
        }
        if mailbox.adoptedAt == nil, fetched.isComplete { try await self.adopt(mailbox) }
        return Pass(changes: fetched.changes + fetched.released, filed: left + filed, trouble: trouble)
    }

    /// The most connections that this mailbox's server may be asked for.
    var connections: Int { self.opened.link.connections }

    /// How the mailbox is to be waited for, by what the server offers now and what folders there are.
    func waitPlan(isShort: Bool) async throws -> WaitPlan {
        let mailbox = self.opened.id
        let folders = try await self.database.unit { try FolderQueries.load($0, mailbox) }
            .filter { $0.phase != .missing && $0.role.isWatched }
            .sorted { ($0.role.watchOrder, $0.id) < ($1.role.watchOrder, $1.id) }
        let profile = self.connection.profile
        let hearing: WaitPlan.Hearing =
            switch profile.waiting {
            case .notify: .notify
            case .idle: .idle
            case .poll: .nothing
            }
        return WaitPlan(
            WaitPlan.Facts(
                hearing: hearing,
                sweepsAtOnce: profile.sweep == .listStatus,
                folders: folders.map(\.rawName),
                connections: self.connections,
                // The connections are for the lanes of the import until it is over.
                isShort: isShort || self.isImporting
            )
        )
    }

    /// Waits for the alarm, and listens meanwhile where the plan has no other connection for it.
    func listen(_ plan: WaitPlan, until alarm: Alarm) async throws {
        guard let folder = plan.betweenPasses, self.connection.profile.waiting != .poll else {
            return await alarm.wait()
        }
        let name = FolderName(raw: folder)
        if self.connection.selected?.folder != name { _ = try await self.connection.select(name, readOnly: true) }
        let heartbeat = Heartbeat().next(share: .random(in: 0...1))
        if try await self.connection.idle(upTo: heartbeat, until: { await alarm.wait() }) == .serverActivity {
            alarm.ring()
        }
        _ = self.connection.takeUnsolicited()
    }

    private func adopt(_ mailbox: MailboxRecord) async throws {
        let isAdopted = try await self.database.unit(under: self.lease.grant) { unit in
            guard try FilingQueries.waitingCount(unit, mailbox: mailbox.id) == 0 else { return false }
            try MailboxQueries.adopt(unit, mailbox.id)
            return true
        }
        self.isImporting = !isAdopted
    }
}
