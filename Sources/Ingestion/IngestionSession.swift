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
    /// What a pass for news begins with, if it was read since the last pass.
    private var prepared: Prepared?

    private struct Prepared {
        let folder: [UInt8]
        let scene: SyncScene
        let known: LedgerQueries.Known?
    }

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
        /// After how long a folder is listed again that changed while it was listed; nil: none is.
        package var relistsAfter: Duration?

        /// Nothing at all was to do.
        package var isQuiet: Bool { self.changes == 0 && self.filed == 0 }
    }

    /// Synchronises every watched folder and files what came; filing follows right behind a long fetch.
    ///
    /// With `news` only the folder of this raw name is looked at, so that a mail that the server told of becomes a ticket at once; a
    /// pass over everything is to follow.
    package func pass(newsOf news: [UInt8]? = nil) async throws -> Pass {
        var (scene, known) = try await self.takePrepared(for: news)
        var start: Int64?
        if news == nil, scene.isAwaited { (start, scene.stale) = try await self.drawNumber() }
        let mailbox = scene.mailbox
        guard mailbox.isServedAs(self.opened) else { throw MailboxSettingsChanged() }
        let folder = news.flatMap { name in scene.folders.first { $0.rawName == name }?.id }
        guard news == nil || folder != nil && mailbox.adoptedAt != nil else {
            return Pass(changes: 0, filed: 0, trouble: nil)
        }
        self.isImporting = mailbox.adoptedAt == nil
        let handover = BoundedQueue<FetchedWindow>(capacity: 1)
        let fetcher = self.fetcher(mailbox, handover)
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
        let left = scene.hasUnfiled ? try await filer.fileAll(&course) : 0
        let (fetched, (filed, trouble)) = try await withThrowingTaskGroup(of: (Int, FilingTrouble?).self) { group in
            group.addTask { [course] in try await filer.file(handover, course) }
            do {
                let synchronisation = MailboxSynchronisation(
                    fetcher: fetcher,
                    scene: scene,
                    start: start,
                    news: folder.map { MailboxSynchronisation.News(folder: $0, known: known) }
                )
                let fetched = try await synchronisation.run(self.connection)
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
        return Pass(
            changes: fetched.changes + fetched.released,
            filed: left + filed,
            trouble: trouble,
            relistsAfter: fetched.relistsAfter
        )
    }

    private func fetcher(_ mailbox: MailboxRecord, _ handover: BoundedQueue<FetchedWindow>) -> Fetcher {
        Fetcher(
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
    }

    /// Compares some mails that were recognised without their bytes with what they were taken for; for when nothing else is to do.
    func compare() async throws -> Comparison {
        try await self.fetcher(self.opened, BoundedQueue(capacity: 1)).compare(self.connection)
    }

    /// Reads what a pass for news of this folder begins with, while nothing is to do: then only the number has to be read between the
    /// server's notification and the mail.
    ///
    /// The cursor and the epoch are ours alone to move, what the mark writer puts into the folder meanwhile is recognised when it is
    /// fetched, and who changes a setting wakes us; what filing goes by is read when it files.
    func prepare(newsOf folder: [UInt8]) async throws {
        let (scene, known) = try await self.scene(newsOf: folder)
        self.prepared = Prepared(folder: folder, scene: scene, known: known)
    }

    private func takePrepared(for news: [UInt8]?) async throws -> (SyncScene, LedgerQueries.Known?) {
        defer { self.prepared = nil }
        guard let prepared, prepared.folder == news else { return try await self.scene(newsOf: news) }
        let id = self.opened.id
        var scene = prepared.scene
        (scene.number, scene.now) = try await self.database.reading(under: self.lease.grant) { unit in
            try MailboxQueries.moment(unit, id)
        }
        return (scene, prepared.known)
    }

    // With what the ledger knows already of the newest mails of the folder that there is news of.
    private func scene(newsOf news: [UInt8]?) async throws -> (SyncScene, LedgerQueries.Known?) {
        let (name, id) = (self.opened.name, self.opened.id)
        return try await self.database.reading(under: self.lease.grant) { unit in
            guard let scene = try SyncScene.read(unit, name, id) else {
                throw StoreError(reason: .undecodable, message: "mailbox \(name) is gone")
            }
            guard let folder = news.flatMap({ news in scene.folders.first { $0.rawName == news } }) else {
                return (scene, nil)
            }
            let epoch = FolderEpoch(mailbox: id, folder: folder.id, epoch: folder.epoch)
            return (
                scene, try LedgerQueries.known(unit, epoch, from: folder.uidNext, number: scene.number)
            )
        }
    }

    // The number before anything is asked: what is written after it is not confirmed by this pass, what was written before is
    // stale, and is asked for after the number was drawn, so that nothing falls between the two.
    private func drawNumber() async throws -> (Int64, stale: [Identifier<Folder>: [UInt32]]) {
        let id = self.opened.id
        return try await self.database.unit(under: self.lease.grant) { unit in
            (try MailboxQueries.draw(unit, id), try PlacementQueries.stale(unit, mailbox: id))
        }
    }

    /// The most connections that this mailbox's server may be asked for.
    var connections: Int { self.opened.link.connections }

    /// How the mailbox is to be waited for, by what the server offers now and what folders there are.
    func waitPlan(isShort: Bool) async throws -> WaitPlan {
        let mailbox = self.opened.id
        let folders = try await self.database.unit { try FolderQueries.load($0, mailbox) }
            // Whatever happens in All happens in another folder too, or can wait for the next look.
            .filter { $0.phase != .missing && $0.isWatched && $0.role != .all }
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
            let isMail = self.connection.takeUnsolicited().contains(where: \.isArrival)
            alarm.ring(newsOf: isMail ? folder : nil)
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
