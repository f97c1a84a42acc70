import Desk

/// The database as a value: the rows that matter to synchronisation, with what each statement of `DeskStore` does to them.
///
/// A unit of work changes a copy, which takes the place of the original when it commits.
struct Twin: Sendable {
    struct FolderRow: Sendable {
        var record: FolderRecord
        /// When each epoch but the first began.
        var epochs: [Timestamp] = []
    }

    struct PlacementKey: Hashable, Sendable {
        let folder: Identifier<Folder>
        let epoch: Int
        let uid: UInt32
    }

    struct PlacementRow: Sendable {
        let number: Int64
        let key: PlacementKey
        var digest: [UInt8]?
        var fate = Fate.fetched
        var reason: String?
        var flags: [String] = []
        var modSeq: UInt64?
        var observed: Int64 = 0
        var written: Int64 = 0
        var internalDate: Timestamp?
        var size: Int64?
        var emailID: String?
        var isImported = false
        var seenAt: Timestamp
        var attempts = 0
        var retryAt: Timestamp?
        var isPresumed = false
        var goneNumber: Int64?
        var goneAt: Timestamp?
        /// It is gone because its folder has another UIDVALIDITY.
        var isRenumbered = false

        var isLive: Bool { self.goneNumber == nil }
        /// A receipt named it, and no answer ever showed it.
        var wasNeverSeen: Bool { self.observed == 0 && self.written > 0 }
    }

    struct MessageRow: Sendable {
        let id: Identifier<Message>
        let digest: [UInt8]
        var ticket: Ticket.ID?
        var direction: Direction
        var kind: MessageKind
        var fate: Fate
        var isVerified = true
        var receivedAt: Timestamp
        var isAnswered = false
        var isMutedInJunk = false
        var isAdopted = false
        var isInReach = false
        var settled: Settled?
        var closedNumber: Int64 = 0
        var isUnconfirmed = false
        var lingerUntil: Timestamp?
        var firstFolder: Identifier<Folder>?
        var touched: Int64?
        var lookAt: Timestamp?
        var awaitSync: Int64?
    }

    struct TicketRow: Sendable {
        var row: Ticket
        var personCommand: Int64?
        var hasChanged = false
        var events: [TicketEvent] = []
        var participants: Set<String> = []
        var contacts: Set<String> = []
    }

    struct IntentRow: Sendable {
        let message: Identifier<Message>
        let opened: Int64
        var advanced: Int64 = 0
        let source: MarkIntent.Source
        let destination: Identifier<Folder>?
        let target: MarkState
        let fields: MarkFields
        let adds: [String]
        let removes: [String]
        var step: MarkIntent.Step
        let newest: Identifier<Placement>
        var copy: Identifier<Placement>?
        var isLost = false
        var closed: Int64?
        var wasWritten = false
        let fence: Int64?
        let openedAt: Timestamp
        /// What may still come of it.
        var belated: BelatedWrite.Command?
    }

    struct HoldKey: Hashable, Sendable {
        let message: Identifier<Message>
        let field: Int16
    }

    struct HoldRow: Sendable {
        var times = 1
        var since: Timestamp
        var until: Timestamp?
    }

    struct HeldRow: Sendable {
        let ticket: Ticket.ID
        let group: BreakerGroup
        var decision: BreakerDecision?
    }

    struct LeaseRow: Sendable {
        var fence: Int64
        var expiresAt: Timestamp
        /// Which life of which worker holds it, and whether its session still stands.
        var holder: Worker.Life
        var isSessionAlive = true
    }

    struct ThreadKey: Sendable {
        let ticket: Ticket.ID
        var message: Identifier<Message>?
    }

    var now: Timestamp
    var sequence: Int64 = 1
    var completeSync: Int64 = 0
    var completeSyncAt: Timestamp?
    var adoptedAt: Timestamp?
    var horizon: Timestamp?
    var folders: [FolderRow] = []
    var placements: [PlacementRow] = []
    var index: [PlacementKey: Int] = [:]
    var contents: Set<[UInt8]> = []
    var messages: [MessageRow] = []
    var tickets: [TicketRow] = []
    var intents: [IntentRow] = []
    var holds: [HoldKey: HoldRow] = [:]
    var held: [Identifier<Message>: HeldRow] = [:]
    var leases: [LeasedPart: LeaseRow] = [:]
    var subscribed: Set<[UInt8]> = []
    var threads: [IDDigest: [ThreadKey]] = [:]
    var recipients: [Identifier<Message>: Set<String>] = [:]
    var touches: Int64 = 0
    /// A mistake planted in a statement.
    var bug: PlantedBug?

    init(now: Timestamp, bug: PlantedBug?) {
        self.now = now
        self.bug = bug
    }

    // MARK: - Numbers

    mutating func draw() -> Int64 {
        self.sequence += 1
        return self.sequence
    }

    mutating func nextTouch() -> Int64 {
        self.touches += 1
        return self.touches
    }

    // MARK: - Rows

    func folder(_ id: Identifier<Folder>) -> FolderRow? {
        let at = Int(id.rawValue) - 1
        return self.folders.indices.contains(at) ? self.folders[at] : nil
    }

    func placement(_ id: Identifier<Placement>) -> PlacementRow? {
        let at = Int(id.rawValue) - 1
        return self.placements.indices.contains(at) ? self.placements[at] : nil
    }

    func message(digest: [UInt8]) -> Int? { self.messages.firstIndex { $0.digest == digest } }

    func messageIndex(_ id: Identifier<Message>) -> Int { Int(id.rawValue) - 1 }

    func ticketIndex(_ id: Ticket.ID) -> Int { Int(id.rawValue) - 1 }

    func openIntent(_ message: Identifier<Message>) -> Int? {
        self.intents.lastIndex { $0.message == message && $0.closed == nil }
    }

    /// Whether a folder is in this epoch.
    func isPresent(_ placement: PlacementRow) -> Bool {
        self.folder(placement.key.folder)?.record.epoch == placement.key.epoch
    }

    /// `FolderQueries.load`.
    func records() -> [FolderRecord] {
        self.folders.map { folder in
            var record = folder.record
            let hourAgo = self.now.advanced(by: .seconds(-3600))
            record.recentEpochs = folder.epochs.count { $0 > hourAgo }
            return record
        }
    }

    /// Whether a ticket changed, or something waits for a person, that did not before.
    func tells(since before: Twin) -> Bool {
        self.held.keys != before.held.keys || self.holds.keys != before.holds.keys
            || self.tickets.count != before.tickets.count
            || zip(self.tickets, before.tickets).contains { $0.events.count != $1.events.count }
    }

    // MARK: - Touches

    mutating func touch(digests: some Sequence<[UInt8]>) {
        for digest in digests {
            guard let at = self.message(digest: digest) else { continue }
            self.messages[at].touched = self.nextTouch()
        }
    }

    mutating func touch(_ message: Identifier<Message>) {
        self.messages[self.messageIndex(message)].touched = self.nextTouch()
    }

    /// `TicketQueries.touchMessages`.
    mutating func touchMessages(of tickets: Set<Ticket.ID>, endsLinger: Bool) {
        for at in self.messages.indices {
            guard let ticket = self.messages[at].ticket, tickets.contains(ticket) else { continue }
            if self.messages[at].settled != nil || self.messages[at].touched != nil {
                self.messages[at].touched = self.nextTouch()
                if endsLinger { self.messages[at].lingerUntil = nil }
            }
            for field in MarkFields.each {
                self.holds[HoldKey(message: self.messages[at].id, field: field.rawValue)]?.until = nil
            }
        }
    }
}

/// The two services of a mailbox.
enum LeasedPart: String, CaseIterable, Sendable {
    case ingestion
    case assignment
}

extension MarkFields {
    static let each: [MarkFields] = [.place, .owners, .pending, .flagged, .answered]

    var parts: [MarkFields] { Self.each.filter { self.contains($0) } }
}
