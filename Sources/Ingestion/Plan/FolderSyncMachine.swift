package import Desk

/// One folder in one pass, free of I/O: an event in, the next effect out.
///
/// 1. ``begin()`` says whether anything is to be done at all.
/// 2. Whoever drives it carries out the effect (a command on the connection, a read or a transaction of the database)
///    and tells ``handle(_:)`` what came of it, until ``Effect/finish(_:)``.
/// 3. A lost connection or database ends the machine: nothing half done is in the ledger, and the next pass begins anew.
///
/// Every observation carries the mailbox's number that was read before its SELECT. Bodies are committed as they come;
/// flags, what vanished and the cursor are one transaction at the end, which the server's own count must bear out.
/// Sources: RFC 7162 §6, RFC 9051 §2.3.1.1, imap-field-notes §2.3–2.6.
package struct FolderSyncMachine: Equatable, Sendable {
    /// What the machine needs to know before it begins.
    package struct Order: Equatable, Sendable {
        /// As it is stored.
        package var folder: FolderRecord
        /// How the server tells changes.
        package var tier: FolderPlan.Tier
        /// What STATUS said of it; nil: not asked, or of no use.
        package var status: FolderPlan.View?
        /// UIDs whose last observation is older than our last write: looked at again whatever changed.
        package var stale: [UInt32]
        /// Parked mails whose time has come.
        package var parked: [ParkedMail]
        /// Only to list what is missing: bodies of a first import come in order of arrival across folders.
        package var isImport: Bool
        /// When the last complete synchronisation began: what is older and unknown after a UIDVALIDITY change comes in
        /// silently.
        package var lastSync: Timestamp?
        /// The database's time at the beginning of the pass.
        package var now: Timestamp
        /// For All: the other watched folders as X-GM-LABELS names them, in lower case.
        package var labels: Set<String>
        /// Mails recognised in one transaction after a UIDVALIDITY change.
        package var recognisedAtOnce: Int

        /// Puts the values together.
        package init(
            folder: FolderRecord,
            tier: FolderPlan.Tier,
            status: FolderPlan.View?,
            stale: [UInt32] = [],
            parked: [ParkedMail] = [],
            isImport: Bool = false,
            lastSync: Timestamp? = nil,
            now: Timestamp,
            labels: Set<String> = [],
            recognisedAtOnce: Int = FolderSyncMachine.recognisedAtOnce
        ) {
            self.folder = folder
            self.tier = tier
            self.status = status
            self.stale = stale
            self.parked = parked
            self.isImport = isImport
            self.lastSync = lastSync
            self.now = now
            self.labels = labels
            self.recognisedAtOnce = recognisedAtOnce
        }
    }

    /// What is to be done next.
    package enum Effect: Equatable, Sendable {
        /// Read the mailbox's number, then EXAMINE; with QRESYNC from this cursor, if any.
        case select(resync: FolderCursor?)
        /// UID FETCH of flags in these ranges, with CHANGEDSINCE if given.
        case fetchFlags([ClosedRange<UInt32>], changedSince: UInt64?)
        /// UID FETCH of flags, date and size; with what identifies a mail, if asked. In All always with its name and labels.
        case fetchListing([ClosedRange<UInt32>], identity: Bool)
        /// UID SEARCH of all there is: what a large folder still has, without asking for anything else.
        case findUIDs
        /// VANISHED named mails that are there: QRESYNC is not to be used with this server any more.
        case distrustVanished
        /// Read from the ledger: UIDs of the present epoch from this one on; those live, and those gone under the number or
        /// before.
        case readKnown(from: UInt32, number: Int64)
        /// Read from the ledger: which stored mails these may be, by UID; for All those of any folder.
        case readCandidates([UInt32: IdentityKey])
        /// Fetch bodies and commit each window with its placements.
        case fetchBodies(BodyRequest)
        /// Commit, or roll back as the change says.
        case commit(LedgerChange)
        /// Commit what was recognised; meanwhile list what is to be recognised next, with what identifies it, if that is anything.
        case commitMatches(LedgerChange, thenList: [ClosedRange<UInt32>])
        /// Nothing more is to be done with this folder in this pass.
        case finish(Ending)
    }

    /// What came of an effect.
    package enum Event: Equatable, Sendable {
        /// The folder is open.
        case selected(FolderOpening)
        /// The server said no.
        case refused
        /// Flags, with EXISTS as it was after them.
        case flags(FlagsListing)
        /// Listed mails, with EXISTS as it was after them, and how many went meanwhile.
        case listing([ListedMail], exists: Int, expunged: Int = 0)
        /// What UID SEARCH found, with EXISTS as it was after it, and how many went meanwhile.
        case found([UInt32], exists: Int, expunged: Int = 0)
        /// UIDs of the present epoch, ascending; `gone` are those whose end was recorded under a number up to that of
        /// this look.
        case known(live: [UInt32], gone: [UInt32])
        /// Stored mails that the keys may mean.
        case candidates([IdentityCandidate])
        /// What came of a request for bodies.
        case bodies(BodyAnswer)
        /// What became of a change.
        case committed(LedgerOutcome)
        /// The same, with what was listed meanwhile.
        case committedMatches(LedgerOutcome, listed: [ListedMail])
        /// Answers ``Effect/distrustVanished``.
        case distrusted
    }

    /// How a pass over a folder ended.
    package enum Ending: Equatable, Sendable {
        /// Everything that was selected is committed; how many placements changed.
        case synchronised(changes: Int)
        /// It changed under the pass; the next one sees it as it is.
        case unfinished(changes: Int)
        /// A list of it did not agree with its count; it is listed again after ``relistingPause``.
        case relisting(changes: Int)
        /// It is not synchronised until that ends.
        case troubled(FolderTrouble)
        /// A first import: what is missing, and the cursor once it is there.
        case listed(FolderImport)
    }

    /// Up to so many messages are fetched without asking for their sizes first.
    package static let fewMessages = 64
    /// ``Order/recognisedAtOnce``, where nothing else is said.
    package static let recognisedAtOnce = 1000
    /// New epochs within an hour after which a folder is held (threats A17).
    package static let epochLimit = 3
    /// SELECTs refused in a row after which a folder is a phantom (imap-field-notes Q36).
    package static let refusalLimit = 3
    /// After an enumeration that was not complete: how long counts that differ lead to no other.
    ///
    /// Mostly somebody changed the folder meanwhile.
    package static let relistingPause = Duration.seconds(3)
    /// The same where that next one was not complete either: the server cannot list what it counts.
    package static let enumerationPause = Duration.seconds(300)

    enum State: Equatable {
        case ready
        /// `isSecond`: UIDVALIDITY was another and is asked for once more, in case it was a slip.
        case selecting(isSecond: Bool)
        /// UIDNEXT went back: whether UIDs beyond it were ever used.
        case checkingReuse
        case openingEpoch(isFirst: Bool)
        case checkingVanished(FolderPlan.Flags, new: ClosedRange<UInt32>?)
        case distrusting
        case readingChanges(new: ClosedRange<UInt32>?)
        case readingKnown(new: ClosedRange<UInt32>)
        case listingNew(known: Set<UInt32>)
        case recognisingNew([ListedMail])
        case fetchingNew(BodyFetch)
        case lookingAgain
        case listingParked
        case recognisingParked([ListedMail])
        case fetchingParked(BodyFetch)
        case committingDelta
        case selectingAll(FolderPlan.Reason?)
        case listingAll
        case comparing
        case committingListing(missing: [UInt32])
        case recognising([UInt32], rest: [UInt32])
        case matching(rest: [UInt32], [ListedMail])
        case committingMatches(next: [UInt32], rest: [UInt32])
        case sizing
        case fetchingMissing(BodyFetch, rest: [MissingMail])
        case committingCursor
        case finished
    }

    let order: Order
    var state = State.ready
    /// The folder as this pass has made it: its epoch changes once at most.
    var folder: FolderRecord
    var opening: FolderOpening?
    /// What is committed at the end of a delta.
    var change: LedgerChange
    var changes = 0
    /// The enumeration under way.
    var listed: [ListedMail] = []
    var isListingComplete = false
    /// The first list was not complete, and was asked for once more.
    var hasListedAgain = false
    /// Mails to fetch that were not recognised.
    var missing: [MissingMail] = []
    /// The highest UID that an answer showed.
    var highest: UInt32?
    /// A contradiction was met once in this pass.
    var hasEnumerated = false

    /// A machine at its beginning.
    package init(_ order: Order) {
        self.order = order
        self.folder = order.folder
        self.change = LedgerChange(folder: order.folder.id, epoch: order.folder.epoch, number: 0)
    }

    /// The folder as it is now: with its epoch, once a new one was opened.
    package var record: FolderRecord { self.folder }

    /// Whether the server opened it in this pass.
    var hasOpened: Bool { self.opening != nil }

    /// The first effect.
    package mutating func begin() -> Effect {
        if let retryAt = self.folder.retryAt, retryAt > self.order.now, self.folder.phase == .phantom {
            return self.finish(.troubled(.unreadable))
        }
        let cursor = self.folder.cursor
        guard
            FolderPlan.needsSelect(cursor, status: self.order.status, tier: self.order.tier)
                || !self.order.stale.isEmpty || !self.order.parked.isEmpty || self.isFullDue
                || self.folder.refusals > 0
        else { return self.finish(.synchronised(changes: 0)) }
        self.state = .selecting(isSecond: false)
        let mayResync = self.order.tier == .qresync && cursor.isLive && cursor.highestModSeq > 0 && !self.isFullDue
        return .select(resync: mayResync ? cursor : nil)
    }

    /// The effect that follows from what came of the one before.
    ///
    /// An event that belongs to no effect under way is a driver's fault and traps.
    package mutating func handle(_ event: Event) -> Effect {
        switch (self.state, event) {
        case (.selecting(let isSecond), .selected(let opening)):
            self.opened(opening, isSecond: isSecond)
        case (.selectingAll(let reason), .selected(let opening)):
            self.openedForAll(opening, reason)
        case (.selecting, .refused), (.selectingAll, .refused):
            self.finish(.troubled(.unreadable))
        case (.checkingReuse, .known(let live, let gone)):
            live.isEmpty && gone.isEmpty ? self.enumerate(.uidNextWentBack) : self.beginEpoch()
        case (.openingEpoch(let isFirst), .committed(let outcome)):
            self.epochOpened(outcome, isFirst: isFirst)
        case (.checkingVanished(let flags, let new), .flags(let answer)):
            self.vanishedChecked(answer, flags, new: new)
        case (.distrusting, .distrusted):
            self.enumerate(.vanishedLives)
        case (.readingChanges(let new), .flags(let answer)):
            self.changesRead(answer, new: new)
        case (.readingKnown(let new), .known(let live, let gone)):
            self.knownRead(live + gone, new: new)
        case (.listingNew(let known), .listing(let mails, _, _)):
            self.newListed(mails, known: known)
        case (.recognisingNew(let mails), .candidates(let candidates)):
            self.newRecognised(mails, candidates)
        case (.listingParked, .listing(let mails, _, _)):
            self.parkedListed(mails)
        case (.recognisingParked(let mails), .candidates(let candidates)):
            self.parkedRecognised(mails, candidates)
        case (.fetchingNew(let fetch), .bodies(let answer)):
            self.newFetched(fetch, answer)
        case (.lookingAgain, .flags(let answer)):
            self.lookedAgain(answer)
        case (.fetchingParked(let fetch), .bodies(let answer)):
            self.parkedFetched(fetch, answer)
        case (.committingDelta, .committed(let outcome)):
            self.deltaCommitted(outcome)
        case (.listingAll, .flags(let answer)):
            self.allListed(
                answer.remaining.map(ListedMail.init),
                vanished: answer.vanished,
                exists: answer.exists + answer.expunged
            )
        case (.listingAll, .listing(let mails, let exists, let expunged)):
            self.allListed(mails, vanished: [], exists: exists + expunged)
        case (.listingAll, .found(let uids, let exists, let expunged)):
            self.allListed(
                uids.map { ListedMail(uid: $0, flags: nil) },
                vanished: [],
                exists: exists + expunged
            )
        case (.comparing, .known(let live, let gone)):
            self.compared(live: live, gone: gone)
        case (.committingListing(let missing), .committed(let outcome)):
            self.listingCommitted(outcome, missing: missing)
        case (.recognising(let asked, let rest), .listing(let mails, _, _)):
            self.identitiesRead(mails, asked: asked, rest: rest)
        case (.matching(let rest, let mails), .candidates(let candidates)):
            self.candidatesRead(candidates, mails, rest: rest)
        case (.committingMatches(let next, let rest), .committedMatches(let outcome, let mails)):
            self.matchesCommitted(outcome, mails, next: next, rest: rest)
        case (.sizing, .listing(let mails, _, _)):
            self.sized(mails)
        case (.fetchingMissing(let fetch, let rest), .bodies(let answer)):
            self.missingFetched(fetch, answer, rest: rest)
        case (.committingCursor, .committed(let outcome)):
            self.cursorCommitted(outcome)
        default:
            preconditionFailure("\(event) answers no effect of a folder's pass")
        }
    }

    // MARK: - Opening

    var isFullDue: Bool {
        guard self.folder.phase == .live else { return false }
        // The last list was not complete: of what it left out nothing told how it changed since, and counts can agree by chance.
        if let retryAt = self.folder.retryAt, retryAt <= self.order.now { return true }
        guard let fullAt = self.folder.fullAt else { return true }
        // All is as large as everything else together, and its flags are those of the other folders.
        let tier = self.isAll ? .qresync : self.order.tier
        return fullAt.advanced(by: FolderPlan.interval(tier)) <= self.order.now
    }

    private mutating func opened(_ opening: FolderOpening, isSecond: Bool) -> Effect {
        guard opening.view.uidValidity != 0 else { return self.finish(.troubled(.noUIDValidity)) }
        let resynced =
            !isSecond && self.order.tier == .qresync && self.folder.cursor.isLive
            && self.folder.highestModSeq > 0 && !self.isFullDue
        self.open(opening)
        switch FolderPlan.step(
            self.folder.cursor,
            selected: opening.view,
            tier: self.order.tier,
            resynced: resynced,
            isFullDue: self.isFullDue
        ) {
        case .beginEpoch(let isFirst):
            guard isFirst || isSecond else {
                self.state = .selecting(isSecond: true)
                return .select(resync: nil)
            }
            return self.beginEpoch(isFirst: isFirst)
        case .enumerate(.uidNextWentBack):
            guard isSecond else {
                self.state = .selecting(isSecond: true)
                return .select(resync: nil)
            }
            self.state = .checkingReuse
            return self.readKnown(from: opening.view.uidNext ?? 0)
        case .enumerate(let reason):
            // What was selected just now, without QRESYNC, is as good as a second SELECT.
            return resynced ? self.enumerate(reason) : self.listAll()
        case .nothing:
            return self.fetchParked()
        case .delta where self.order.isImport || self.folder.phase == .rematch,
            .delta where self.isAll && self.folder.phase == .backfill:
            return self.listAll()
        case .delta(.all, _):
            return resynced ? self.enumerate(nil) : self.listAll()
        case .delta(let flags, let new):
            return self.readChanges(flags, new: new)
        }
    }

    mutating func open(_ opening: FolderOpening) {
        self.opening = opening
        self.change = LedgerChange(folder: self.folder.id, epoch: self.folder.epoch, number: opening.number)
        // It was missing and is back as it was.
        switch self.folder.phase {
        case .new, .phantom: self.change.endsMissing = self.folder.uidValidity == opening.view.uidValidity
        case .backfill, .live, .rematch, .missing: break
        }
    }

    private mutating func beginEpoch(isFirst: Bool = false) -> Effect {
        guard let opening = self.opening else { preconditionFailure("an epoch begins with a SELECT") }
        guard isFirst || self.folder.recentEpochs < Self.epochLimit else { return self.finish(.troubled(.flips)) }
        self.state = .openingEpoch(isFirst: isFirst)
        var change = LedgerChange(folder: self.folder.id, epoch: self.folder.epoch, number: opening.number)
        change.newEpoch = LedgerChange.NewEpoch(
            uidValidity: opening.view.uidValidity,
            phase: isFirst || self.order.isImport ? .backfill : .rematch
        )
        return .commit(change)
    }

    private mutating func epochOpened(_ outcome: LedgerOutcome, isFirst: Bool) -> Effect {
        guard case .committed(let changes, let epoch) = outcome, let opening = self.opening else {
            return self.finish(.unfinished(changes: self.changes))
        }
        self.changes += changes
        self.folder.epoch = epoch
        self.folder.uidValidity = opening.view.uidValidity
        self.folder.uidNext = 1
        self.folder.highestModSeq = 0
        self.folder.messages = 0
        self.folder.phase = isFirst || self.order.isImport ? .backfill : .rematch
        self.folder.fullAt = nil
        self.change = LedgerChange(folder: self.folder.id, epoch: epoch, number: opening.number)
        // A few messages in a new folder need no list; those in All are known.
        let mayBeFew = isFirst && !self.order.isImport && !self.isAll
        if mayBeFew, let uidNext = opening.view.uidNext, uidNext <= Self.fewMessages + 1 {
            return self.readChanges(.none, new: uidNext > 1 && opening.view.exists > 0 ? 1...(uidNext - 1) : nil)
        }
        return self.listAll()
    }

    // MARK: - Ending

    mutating func finish(_ ending: Ending) -> Effect {
        self.state = .finished
        return .finish(ending)
    }

    /// The cursor that what was selected leads to.
    func cursor(_ opening: FolderOpening) -> FolderCursor {
        FolderPlan.cursor(after: opening.view, highestFetched: self.highest, former: self.folder.cursor)
    }

    func missing(_ uids: [UInt32]) -> [MissingMail] {
        uids.map { MissingMail(folder: self.folder.id, uid: $0, arrival: nil, size: 0) }
    }

    func missing(_ mails: [ListedMail]) -> [MissingMail] {
        mails.map {
            MissingMail(folder: self.folder.id, uid: $0.uid, arrival: $0.arrival, size: Int(clamping: $0.size ?? 0))
        }
    }

    /// How often each parked mail was asked for in vain.
    var tries: [UInt32: Int] {
        Dictionary(self.order.parked.map { ($0.uid, $0.tries) }) { first, _ in first }
    }

    func request(_ windows: [FetchWindow], isImported: Bool = false) -> BodyRequest {
        BodyRequest(
            windows: windows,
            epochs: [self.folder.id: self.folder.epoch],
            isImported: isImported,
            number: self.opening?.number
        )
    }

    /// What is known of the UIDs that an answer showed; what was taken away after the folder was opened, for example by a
    /// MOVE of ours, was still there.
    func readKnown(from lowest: UInt32) -> Effect {
        guard let opening = self.opening else { preconditionFailure("a comparison begins with a SELECT") }
        return .readKnown(from: lowest, number: opening.number)
    }

    mutating func note(highest uids: some Sequence<UInt32>) {
        if let last = uids.max() { self.highest = max(self.highest ?? 0, last) }
    }
}
