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
    /// What a pass for news begins with, if nothing was done on the connection since the folder was opened.
    private var prepared: Prepared?

    private struct Prepared {
        /// The raw name of the folder that is open.
        let folder: [UInt8]
        let record: FolderRecord
        let mailbox: MailboxRecord
        let request: BodyRequest
        /// Mail waits to be filed that is older.
        let hasUnfiled: Bool
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
    package func pass() async throws -> Pass {
        self.prepared = nil
        var scene = try await self.scene()
        var start: Int64?
        if scene.isAwaited { (start, scene.stale) = try await self.drawNumber() }
        let mailbox = scene.mailbox
        guard mailbox.isServedAs(self.opened) else { throw MailboxSettingsChanged() }
        self.isImporting = mailbox.adoptedAt == nil
        let (fetched, filed, trouble) = try await self.filing(mailbox, hasUnfiled: scene.hasUnfiled) { fetcher in
            let synchronisation = MailboxSynchronisation(fetcher: fetcher, scene: scene, start: start)
            return try await synchronisation.run(self.connection)
        }
        if mailbox.adoptedAt == nil, fetched.isComplete { try await self.adopt(mailbox) }
        return Pass(
            changes: fetched.changes + fetched.released,
            filed: filed,
            trouble: trouble,
            relistsAfter: fetched.relistsAfter
        )
    }

    /// Fetches and files what came into the folder of this raw name, so that a mail that the server told of becomes a ticket at once;
    /// a pass over everything is to follow.
    func pass(newsOf folder: [UInt8]) async throws {
        if self.prepared?.folder != folder { try await self.prepare(newsOf: folder) }
        guard let prepared = self.prepared.take() else { return }
        let mailbox = prepared.mailbox
        let (changes, filed, _) = try await self.filing(mailbox, hasUnfiled: prepared.hasUnfiled) { fetcher in
            try await fetcher.fetch(prepared.request, of: [prepared.record], self.connection).changes
        }
        // Filing tells of what it files.
        guard changes > filed else { return }
        try await self.database.unit { try MailboxQueries.wake($0, mailbox.id, .assignment) }
    }

    /// Runs `fetch` and files what it hands over, what was left before first; how many mails were filed, and what could not be.
    private func filing<Fetched>(
        _ mailbox: MailboxRecord,
        hasUnfiled: Bool,
        _ fetch: (Fetcher) async throws -> Fetched
    ) async throws -> (Fetched, filed: Int, trouble: FilingTrouble?) {
        let handover = BoundedQueue<FetchedWindow>(capacity: 1)
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
        let left = hasUnfiled ? try await filer.fileAll(&course) : 0
        return try await withThrowingTaskGroup(of: (Int, FilingTrouble?).self) { group in
            group.addTask { [course] in try await filer.file(handover, course) }
            do {
                let fetched = try await fetch(self.fetcher(mailbox, handover))
                handover.finish()
                let (filed, trouble) = try await group.next() ?? (0, nil)
                return (fetched, left + filed, trouble)
            } catch {
                // What was handed over is filed all the same; where that fails, its error is the reason.
                handover.finish()
                _ = try await group.next()
                throw error
            }
        }
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

    /// Reads what a pass for news of this folder begins with, and opens it, while nothing is to do: then one exchange with the server
    /// lies between its notification and the mail.
    ///
    /// The cursor and the epoch are ours alone to move, what the mark writer puts into the folder meanwhile is recognised when it is
    /// stored, and who changes a setting wakes us; what filing goes by is read when it files. That the number is an older one only
    /// makes what is seen count for less.
    func prepare(newsOf folder: [UInt8]) async throws {
        self.prepared = nil
        let scene = try await self.scene()
        guard scene.mailbox.adoptedAt != nil, scene.mailbox.isServedAs(self.opened),
            let record = scene.folders.first(where: { $0.rawName == folder }),
            let uidValidity = try await self.open(folder),
            let request = NewsPlan.request(for: record, uidValidity: uidValidity, number: scene.number)
        else { return }
        self.prepared = Prepared(
            folder: folder,
            record: record,
            mailbox: scene.mailbox,
            request: request,
            hasUnfiled: scene.hasUnfiled
        )
    }

    /// Opens the folder of this raw name; its UIDVALIDITY, or nil where the server refuses.
    private func open(_ folder: [UInt8]) async throws -> UInt32? {
        do {
            return try await self.connection.select(FolderName(raw: folder), readOnly: true).uidValidity
        } catch {
            // The pass over everything notes it.
            guard error.isRefusal, !error.isTransient, self.connection.isUsable else { throw error }
            return nil
        }
    }

    private func scene() async throws -> SyncScene {
        let (name, id) = (self.opened.name, self.opened.id)
        return try await self.database.reading(under: self.lease.grant) { unit in
            guard let scene = try SyncScene.read(unit, name, id) else {
                throw StoreError(reason: .undecodable, message: "mailbox \(name) is gone")
            }
            return scene
        }
    }

    // The number before anything is asked: what is written after it is not confirmed by this pass, what was written before is
    // stale, and is asked for after the number was drawn, so that nothing falls between the two.
    private func drawNumber() async throws -> (Int64, stale: [Identifier<Folder>: [UInt32]]) {
        let id = self.opened.id
        return try await self.database.unit(under: self.lease.grant, waitsForDisk: false) { unit in
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
