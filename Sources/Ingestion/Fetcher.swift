import Desk
import DeskStore
import IMAP
import Logging
import ServiceLifecycle

/// Copies what is new on the server into the ledger and the content store; looks inside no mail.
///
/// A pass: LIST with STATUS → SELECT what differs → ``FolderPlan`` → apply. Each observation carries the mailbox's
/// number read before the SELECT it came from, so that an answer older than a write of ours is known as such.
struct Fetcher {
    let database: DeskDatabase
    let lease: Lease
    let mailbox: MailboxRecord
    let logger: Logger
    /// Told about each window of a long fetch.
    let progress: IngestionProgress
    /// Small bodies on their way to the filer, which need not read them back.
    let handover: BodyHandover

    /// What one pass did.
    struct Pass: Equatable {
        /// Placements written, changed or gone.
        var changes = 0
        /// A message waited for this pass to be complete and was touched.
        var released = 0
    }

    private var grant: LeaseGrant { self.lease.grant }
    private var store: ContentStore { ContentStore(database: self.database, lease: self.grant) }

    /// Synchronises every watched folder once.
    ///
    /// Complete when it returns.
    func pass(_ connection: IMAPConnection) async throws -> Pass {
        // The number first: what is written after it is not confirmed by this pass, what was written before is in `stale`.
        let (start, began, stale) = try await self.database.unit(under: self.grant) { unit in
            let isAwaited = try MailboxQueries.isSyncAwaited(unit, self.mailbox.id)
            return (
                isAwaited ? try MailboxQueries.draw(unit, self.mailbox.id) : nil,
                try MailboxQueries.now(unit, self.mailbox.id),
                try PlacementQueries.stale(unit, mailbox: self.mailbox.id)
            )
        }
        let directory = FolderDirectory(database: self.database, lease: self.grant, mailbox: self.mailbox)
        let folders = try await directory.refresh(connection)
        var pass = Pass()
        if self.mailbox.adoptedAt == nil {
            pass.changes += try await self.importFolders(folders, connection)
        } else {
            for folder in folders {
                let sync = FolderSynchronisation(fetcher: self, folder: folder, stale: stale[folder.record.id] ?? [])
                pass.changes += try await sync.run(connection)
            }
        }
        if !stale.isEmpty {
            try await self.database.unit(under: self.grant) {
                try PlacementQueries.settleConfirmed($0, mailbox: self.mailbox.id)
            }
        }
        pass.released = try await self.database.unit(under: self.grant) { unit in
            guard let start else {
                try MailboxQueries.noteSync(unit, self.mailbox.id, began: began)
                return 0
            }
            return try MailboxQueries.completeSync(unit, self.mailbox.id, number: start, began: began)
        }
        if pass.changes > 0 || pass.released > 0 {
            try await self.database.unit { try MailboxQueries.wake($0, self.mailbox.id, .assignment) }
        }
        return pass
    }

    /// A first import: every folder is enumerated, then bodies come in order of arrival across all of them.
    private func importFolders(_ folders: [FolderDirectory.Watched], _ connection: IMAPConnection) async throws -> Int {
        var missing: [MissingMail] = []
        var imports: [Identifier<Folder>: FolderImport] = [:]
        for folder in folders where folder.record.phase != .live {
            let sync = FolderSynchronisation(fetcher: self, folder: folder, stale: [])
            let (found, opened) = try await sync.enumerateForImport(connection)
            missing += found
            imports[folder.record.id] = opened
        }
        self.progress.began(total: missing.count)
        let changes = try await self.fetch(FetchWindow.cut(missing), of: imports, connection, isImport: true)
        for (_, done) in imports.sorted(by: { $0.key < $1.key }) {
            let cursor = FolderPlan.cursor(
                after: done.selected,
                highestFetched: done.highest,
                former: FolderPlan.Cursor(
                    uidValidity: 0,
                    uidNext: 1,
                    highestModSeq: 0,
                    messages: 0,
                    isLive: false
                )
            )
            try await self.commit(cursor, folder: done.folder)
        }
        try await self.database.unit(under: self.grant) { try MailboxQueries.setHorizon($0, self.mailbox.id, nil) }
        self.handover.horizonMoved()
        for folder in folders where folder.record.phase == .live {
            _ = try await FolderSynchronisation(fetcher: self, folder: folder, stale: []).run(connection)
        }
        return changes
    }

    /// A folder whose bodies are being fetched.
    struct FolderImport: Sendable {
        let folder: FolderEpoch
        let name: FolderName
        let selected: FolderPlan.View
        let highest: UInt32?
    }

    /// Fetches windows; while one is being committed the next is on its way.
    func fetch(
        _ windows: [FetchWindow],
        of folders: [Identifier<Folder>: FolderImport],
        _ connection: IMAPConnection,
        isImport: Bool
    ) async throws -> Int {
        var selected: Identifier<Folder>?
        return try await withThrowingTaskGroup(of: Int.self) { group in
            var changes = 0
            var inFlight = 0
            for window in windows {
                if Task.isShuttingDownGracefully { throw CancellationError() }  // the rest is for the next worker
                var parts: [WindowPart] = []
                for (id, uids) in window.uids.sorted(by: { $0.key < $1.key }) {
                    guard let folder = folders[id] else { continue }
                    let number = try await self.number()
                    if selected != id || isImport && window.uids.count > 1 {
                        let view = try await connection.select(folder.name, readOnly: true)
                        guard view.uidValidity == folder.selected.uidValidity else {
                            throw IngestionError(reason: .folderChanged, folder: id)
                        }
                        selected = id
                    }
                    var collector = BodyCollector(store: self.store)
                    try await connection.fetchBodies(Self.sets(uids)) { event in try await collector.take(event) }
                    parts.append(
                        WindowPart(
                            folder: folder.folder,
                            number: number,
                            placements: collector.placements,
                            small: collector.small
                        )
                    )
                }
                // One commit under way at most: memory holds two windows, whatever the mailbox.
                if inFlight > 0, let done = try await group.next() {
                    changes += done
                    inFlight -= 1
                }
                let horizon = isImport ? window.latest : nil
                group.addTask { try await self.commit(parts, horizon: horizon, isImport: isImport) }
                inFlight += 1
            }
            for try await done in group { changes += done }
            return changes
        }
    }

    private struct WindowPart: Sendable {
        let folder: FolderEpoch
        let number: Int64
        let placements: [SeenPlacement]
        let small: [BodyCollector.Small]
    }

    private func commit(_ parts: [WindowPart], horizon: Timestamp?, isImport: Bool) async throws -> Int {
        for part in parts { self.handover.offer(part.small) }
        let written = try await self.database.unit(under: self.grant) { unit in
            var written = 0
            for part in parts {
                try ContentQueries.insert(
                    unit,
                    mailbox: self.mailbox.id,
                    digests: part.small.map(\.digest),
                    bodies: part.small.map(\.body)
                )
                written += try PlacementQueries.insert(
                    unit,
                    part.folder,
                    number: part.number,
                    isImported: isImport,
                    part.placements
                )
            }
            if let horizon { try MailboxQueries.setHorizon(unit, self.mailbox.id, horizon) }
            return written
        }
        self.progress.fetched(parts.reduce(0) { $0 + $1.placements.count })
        self.handover.horizonMoved()
        return written
    }

    /// The number that observations made from now on carry.
    func number() async throws -> Int64 {
        try await self.database.unit(under: self.grant) { try MailboxQueries.sequence($0, self.mailbox.id) }
    }

    /// Commits a cursor: everything it passes is committed.
    func commit(_ cursor: FolderPlan.Cursor, folder: FolderEpoch) async throws {
        try await self.database.unit(under: self.grant) { unit in
            try FolderQueries.setCursor(
                unit,
                folder,
                uidNext: cursor.uidNext,
                highestModSeq: cursor.highestModSeq,
                messages: cursor.messages
            )
        }
    }

    /// Two commands in flight, each of half a window at most.
    private static func sets(_ uids: [UInt32]) -> [UIDSet] {
        let step = max(1, FetchWindow.messages / 4)
        return stride(from: 0, to: uids.count, by: step).map { UIDSet(Array(uids[$0..<min($0 + step, uids.count)])) }
    }
}

/// Why a pass stopped short.
struct IngestionError: Error, Equatable, Sendable, CustomStringConvertible {
    enum Reason: Equatable, Sendable {
        /// UIDVALIDITY changed under a pass; the next one begins a new epoch.
        case folderChanged
        /// Another worker moved the folder's epoch.
        case epochTaken
    }

    let reason: Reason
    let folder: Identifier<Folder>

    /// The next pass sees the folder as it is.
    var isTransient: Bool { true }

    var description: String {
        switch self.reason {
        case .folderChanged: "a folder changed its UIDVALIDITY while it was read"
        case .epochTaken: "another worker began a new epoch of a folder"
        }
    }
}
