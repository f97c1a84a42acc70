import Desk
import DeskStore
import IMAP
import IngestionPlan
import Logging
import ServiceLifecycle

/// Fetches bodies in windows and commits each with its placements; looks inside no mail.
///
/// While one window is being committed the next is on its way, and a committed one goes to the filer. Each observation
/// carries the mailbox's number read before the SELECT it came from, so that an answer older than a write of ours is
/// known as such.
struct Fetcher: Sendable {
    let database: DeskDatabase
    let lease: Lease
    let mailbox: MailboxRecord
    let logger: Logger
    /// Told about each window of a long fetch.
    let progress: IngestionProgress
    /// Where committed windows go to be filed.
    let handover: BoundedQueue<FetchedWindow>
    /// Opens further connections for the lanes of a first import.
    let connect: FetchLane.Connect
    /// How many of them the server may be asked for.
    let laneLimit: Int

    private var grant: LeaseGrant { self.lease.grant }
    private var store: ContentStore { ContentStore(database: self.database, lease: self.grant) }

    /// After so long, at the end of a window, something else may be looked at before the rest is fetched.
    static let stretch = Duration.seconds(5)

    /// Fetches the windows of `request` from `folders`, in order; all of them, or as many as fit into ``stretch``.
    ///
    /// A first import of several folders uses a connection for each of the fullest, where the mailbox may have more than two: to select one folder after the other
    /// may cost a server as much as to read a whole folder (seen with Dovecot's Maildir).
    func fetch(
        _ request: BodyRequest,
        of folders: [FolderRecord],
        _ connection: IMAPConnection
    ) async throws -> BodyAnswer {
        let lanes = request.isImported ? FetchLane.lanes(for: request.windows, of: folders, limit: self.laneLimit) : []
        guard !lanes.isEmpty else { return try await self.fetch(request, of: folders, connection, beside: []) }
        return try await withThrowingTaskGroup(of: Void.self) { group in
            for lane in lanes {
                group.addTask { try await lane.run(request.windows, with: self) }
            }
            defer { for lane in lanes { lane.parts.abandon() } }
            return try await self.fetch(request, of: folders, connection, beside: lanes)
        }
    }

    private func fetch(
        _ request: BodyRequest,
        of folders: [FolderRecord],
        _ connection: IMAPConnection,
        beside lanes: [FetchLane]
    ) async throws -> BodyAnswer {
        let records = Dictionary(folders.map { ($0.id, $0) }) { first, _ in first }
        var lanes = Dictionary(lanes.map { ($0.folder.id, $0) }) { first, _ in first }
        let start = ContinuousClock.now
        var selected: (folder: Identifier<Folder>, number: Int64)?
        if let number = request.number, let only = folders.first { selected = (only.id, number) }
        var answer = BodyAnswer()
        return try await withThrowingTaskGroup(of: Int.self) { group in
            var inFlight = 0
            for window in request.windows {
                if Task.isShuttingDownGracefully { throw CancellationError() }  // the rest is for the next worker
                if answer.done > 0, ContinuousClock.now - start > Self.stretch { break }
                var parts: [WindowPart] = []
                for (id, uids) in window.uids.sorted(by: { $0.key < $1.key }) {
                    guard let folder = records[id] else { continue }
                    if let lane = lanes[id] {
                        if let part = try await lane.part(uids) {
                            parts.append(part)
                            continue
                        }
                        lanes[id] = nil  // it could not be opened
                    }
                    if selected?.folder != id {
                        selected = (id, try await self.open(folder, connection))
                    }
                    let number = selected?.number ?? 0
                    let looksFirst = request.looksFirst && answer.done == 0
                    parts.append(
                        try await self.part(folder, uids, number: number, looksFirst: looksFirst, connection)
                    )
                }
                answer.done += 1
                for part in parts { part.note(in: &answer) }
                // One commit under way at most: memory holds two windows, whatever the mailbox.
                if inFlight > 0, let done = try await group.next() {
                    answer.changes += done
                    inFlight -= 1
                }
                let horizon = request.isImported && self.mailbox.adoptedAt == nil ? window.latest : nil
                let isImported = request.isImported
                group.addTask { [parts] in
                    try await self.commit(parts, horizon: horizon, isImport: isImported)
                }
                inFlight += 1
            }
            for try await done in group { answer.changes += done }
            return answer
        }
    }

    /// Opens a folder for its windows; the number that what it shows carries.
    func open(_ folder: FolderRecord, _ connection: IMAPConnection) async throws -> Int64 {
        let number = try await self.number()
        let view = try await connection.select(FolderName(raw: folder.rawName), readOnly: true)
        guard view.uidValidity == folder.uidValidity else {
            throw IngestionError(reason: .folderChanged, folder: folder.id)
        }
        return number
    }

    /// Fetches the mails of one window that lie in the folder that is open.
    func part(
        _ folder: FolderRecord,
        _ uids: [UInt32],
        number: Int64,
        looksFirst: Bool = false,
        _ connection: IMAPConnection
    ) async throws -> WindowPart {
        var collector = BodyCollector(store: self.store)
        var isRefused = false
        do {
            try await connection.fetchBodies(Self.sets(uids), looksFirst: looksFirst) { event in
                try await collector.take(event)
            }
        } catch let error as IMAPError where Self.isAboutTheMails(error) && connection.isUsable {
            self.logger.notice(
                "the server refuses to give mails",
                metadata: ["folder.id": "\(folder.id)", "mails": "\(uids.count)", "error": "\(error)"]
            )
            isRefused = true
        }
        return WindowPart(
            folder: FolderEpoch(mailbox: self.mailbox.id, folder: folder.id, epoch: folder.epoch),
            number: number,
            asked: uids,
            isRefused: isRefused,
            placements: collector.placements,
            whole: collector.whole
        )
    }

    /// A refusal that may concern single mails, not one that asks us to wait or to leave.
    private static func isAboutTheMails(_ error: IMAPError) -> Bool {
        guard case .refused(let code, _) = error.reason else { return false }
        switch code {
        case .throttled, .limit, .inUse, .overQuota, .authorizationFailed, .authenticationFailed, .expired, .noPerm:
            return false
        default:
            return true
        }
    }

    private func commit(_ parts: [WindowPart], horizon: Timestamp?, isImport: Bool) async throws -> Int {
        // The mail server still has what is lost with the database's disk cache: filing, which follows, waits for the disk.
        let isSmall = parts.reduce(0) { $0 + $1.placements.count } <= Filer.few
        let written = try await self.database.unit(
            under: self.grant,
            waitsForDisk: false,
            reusesPlans: isSmall
        ) { unit in
            try ContentQueries.insert(unit, mailbox: self.mailbox.id, parts.flatMap(\.whole))
            let written = try parts.map { part in
                try PlacementQueries.insert(
                    unit,
                    part.folder,
                    number: part.number,
                    isImported: isImport,
                    isHandedOver: true,
                    part.placements
                )
            }
            if let horizon { try MailboxQueries.setHorizon(unit, self.mailbox.id, horizon) }
            return written
        }
        self.progress.fetched(parts.reduce(0) { $0 + $1.placements.count })
        let window = FetchedWindow(written.flatMap(\.unfiled), parts.flatMap(\.whole))
        if !window.mails.isEmpty { try await self.handover.send(window) }
        return written.reduce(0) { $0 + $1.count }
    }

    /// The number that observations made from now on carry.
    func number() async throws -> Int64 {
        try await self.database.reading(under: self.grant) { try MailboxQueries.sequence($0, self.mailbox.id) }
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
