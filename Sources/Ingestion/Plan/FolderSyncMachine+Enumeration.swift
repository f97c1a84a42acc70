import Desk

/// Every UID of a folder: after a contradiction, in an interval, at the beginning of an epoch.
extension FolderSyncMachine {
    /// Selects anew, so that number and view belong to the list.
    mutating func enumerate(_ reason: FolderPlan.Reason?) -> Effect {
        self.state = .selectingAll(reason)
        return .select(resync: nil)
    }

    mutating func openedForAll(_ opening: FolderOpening, _ reason: FolderPlan.Reason?) -> Effect {
        guard opening.view.uidValidity == self.folder.uidValidity else {
            return self.finish(.unfinished(changes: self.changes))
        }
        let endsMissing = self.change.endsMissing
        self.open(opening)
        self.change.endsMissing = endsMissing
        return self.listAll(reason)
    }

    mutating func listAll(_ reason: FolderPlan.Reason? = nil) -> Effect {
        guard let opening = self.opening else { preconditionFailure("a list begins with a SELECT") }
        self.hasEnumerated = true
        self.state = .listingAll
        guard opening.view.exists > 0 else { return self.allListed([], vanished: [], exists: 0) }
        // `*` is the highest visible UID on some servers, which hides the newest (imap-field-notes Q14).
        let all: [ClosedRange<UInt32>] = [1...UInt32.max]
        if self.folder.phase == .backfill { return .fetchListing(all, identity: false) }
        // Whenever a mail is thrown away All has one less; how flags change is told apart from that.
        return self.isAll && reason == .countDiffers && !self.isFullDue
            ? .findUIDs : .fetchFlags(all, changedSince: nil)
    }

    /// `mails` are without what `vanished` before the list was over; `exists` is with what went by its sequence number meanwhile: only
    /// when that is listed too, nothing else can be left out in its place.
    mutating func allListed(_ mails: [ListedMail], vanished: [ClosedRange<UInt32>], exists: Int) -> Effect {
        self.listed = Self.ascending(mails)
        self.isListingComplete = self.listed.count == exists || self.isEveryOldMailListed(vanished)
        self.note(highest: self.listed.lazy.map(\.uid))
        if !self.isListingComplete, !self.hasListedAgain {
            // Somebody expunged meanwhile, or the server hides something: the second answer tells.
            self.hasListedAgain = true
            return self.enumerate(nil)
        }
        self.state = .comparing
        return self.readKnown(from: 1)
    }

    /// What was there when the folder was opened is listed or has vanished; what arrived meanwhile may be listed or not.
    private func isEveryOldMailListed(_ vanished: [ClosedRange<UInt32>]) -> Bool {
        guard let view = self.opening?.view, let uidNext = view.uidNext, uidNext > 1 else { return false }
        let gone = vanished.reduce(0) { count, range in
            range.lowerBound < uidNext ? count + Int(min(range.upperBound, uidNext - 1) - range.lowerBound) + 1 : count
        }
        return self.listed.count { $0.uid < uidNext } == view.exists - gone
    }

    /// Mails in order of UID, each once; mostly that is how they come, and nothing is copied.
    private static func ascending(_ mails: [ListedMail]) -> [ListedMail] {
        guard zip(mails, mails.dropFirst()).contains(where: { $0.uid >= $1.uid }) else { return mails }
        var seen: Set<UInt32> = []
        // A second answer for one UID is the server's fault (threats A16): the first counts.
        return mails.filter { seen.insert($0.uid).inserted }.sorted { $0.uid < $1.uid }
    }

    mutating func compared(live: [UInt32], gone: [UInt32]) -> Effect {
        let present = self.listed.map(\.uid)
        let dead = Set(gone)
        // A UID that is gone never returns in its epoch: these are other mails, or the folder forgot and remembered.
        if self.isListingComplete, present.contains(where: dead.contains) {
            guard self.folder.recentEpochs < Self.epochLimit else { return self.finish(.troubled(.flips)) }
            return self.reopenEpoch()
        }
        let known = Set(live).union(dead)
        // What was withheld before is asked for again when its time has come.
        let parked = Set(self.order.parked.map(\.uid))
        let missing =
            known.isEmpty ? present : present.filter { !known.contains($0) || parked.contains($0) }
        let isKnown = !known.isEmpty
        self.change.observed = isKnown ? self.listed.filter { known.contains($0.uid) }.compactMap(\.observed) : []
        if self.isListingComplete {
            self.change.present = present
            self.change.isFlagless = self.isFlagless
            self.folder.retryAt = nil
        } else {
            let pause = self.pause
            self.change.enumerationPause = pause
            self.folder.retryAt = self.order.now.advanced(by: pause)
        }
        guard
            isKnown || self.change.present != nil || self.change.enumerationPause != nil || self.change.endsMissing
        else {
            return self.listingCommitted(.committed(changes: 0, epoch: self.folder.epoch), missing: missing)
        }
        self.state = .committingListing(missing: missing)
        return .commit(self.change)
    }

    /// The same UIDVALIDITY once more: the server used UIDs again, which only a new epoch of ours can tell apart.
    private mutating func reopenEpoch() -> Effect {
        guard let opening = self.opening else { preconditionFailure("a list begins with a SELECT") }
        self.state = .openingEpoch(isFirst: false)
        var change = LedgerChange(folder: self.folder.id, epoch: self.folder.epoch, number: opening.number)
        change.newEpoch = LedgerChange.NewEpoch(
            uidValidity: opening.view.uidValidity,
            phase: self.order.isImport ? .backfill : .rematch
        )
        return .commit(change)
    }

    mutating func listingCommitted(_ outcome: LedgerOutcome, missing: [UInt32]) -> Effect {
        guard case .committed(let changes, _) = outcome, let opening = self.opening else {
            return self.finish(.unfinished(changes: self.changes))
        }
        self.changes += changes
        self.change = LedgerChange(folder: self.folder.id, epoch: self.folder.epoch, number: opening.number)
        let mails = missing.count == self.listed.count ? self.listed : self.listed(among: missing)
        if self.order.isImport {
            return self.finish(
                .listed(
                    FolderImport(
                        folder: self.folder,
                        missing: self.missing(mails.filter { !self.liesElsewhere($0) }),
                        cursor: self.listedCursor(opening),
                        number: opening.number
                    )
                )
            )
        }
        if self.folder.phase == .rematch || self.isAll { return self.recognise(missing) }
        if self.folder.phase == .backfill || missing.count <= Self.fewMessages {
            return self.fetchMissing(self.missing(mails))
        }
        guard !missing.isEmpty else { return self.fetchMissing([]) }
        self.state = .sizing
        return .fetchListing(UIDRanges.of(missing), identity: false)
    }

    /// Only UIDs were listed.
    private var isFlagless: Bool { !self.listed.isEmpty && self.listed.allSatisfy { $0.flags == nil } }

    /// Those of ``listed`` that have these UIDs, both ascending; what lies before and behind is not looked at.
    func listed(among uids: [UInt32]) -> [ListedMail] {
        guard let first = uids.first, let last = uids.last else { return [] }
        var (low, high) = (0, self.listed.count)
        while low < high {
            let middle = (low + high) / 2
            if self.listed[middle].uid < first { low = middle + 1 } else { high = middle }
        }
        let wanted = Set(uids)
        return self.listed[low...].prefix { $0.uid <= last }.filter { wanted.contains($0.uid) }
    }

    mutating func sized(_ mails: [ListedMail]) -> Effect {
        self.fetchMissing(self.missing(mails))
    }

    // MARK: - Bodies

    /// What was there before the last synchronisation comes in silently, what came since as any new mail.
    mutating func fetchMissing(_ mails: [MissingMail]) -> Effect {
        let isFirstLookAtAll = self.isAll && self.folder.phase == .backfill
        guard self.folder.phase == .rematch || isFirstLookAtAll, let lastSync = self.order.lastSync else {
            return self.fetchMissing(mails, rest: [], isImported: isFirstLookAtAll)
        }
        let old = mails.filter { $0.arrival.map { $0 < lastSync } ?? false }
        let new = mails.filter { $0.arrival.map { $0 >= lastSync } ?? true }
        return old.isEmpty
            ? self.fetchMissing(new, rest: [], isImported: false)
            : self.fetchMissing(old, rest: new, isImported: true)
    }

    private mutating func fetchMissing(_ mails: [MissingMail], rest: [MissingMail], isImported: Bool) -> Effect {
        self.fetchMissing(
            BodyFetch(FetchWindow.cut(mails), areListed: true, isImported: isImported, tries: self.tries),
            rest: rest
        )
    }

    private mutating func fetchMissing(_ fetch: BodyFetch, rest: [MissingMail]) -> Effect {
        guard fetch.windows.isEmpty else {
            self.state = .fetchingMissing(fetch, rest: rest)
            return .fetchBodies(self.request(fetch.windows, isImported: fetch.isImported))
        }
        guard rest.isEmpty else { return self.fetchMissing(rest, rest: [], isImported: false) }
        return self.commitCursor()
    }

    mutating func missingFetched(_ fetch: BodyFetch, _ answer: BodyAnswer, rest: [MissingMail]) -> Effect {
        var fetch = fetch
        fetch.answered(answer)
        self.changes += answer.changes
        guard !fetch.isHopeless else { return self.finish(.unfinished(changes: self.changes)) }
        if fetch.windows.isEmpty { self.change.parked += fetch.parked(in: self.folder.id, flags: self.listedFlags) }
        return self.fetchMissing(fetch, rest: rest)
    }

    private var listedFlags: [UInt32: [String]] {
        Dictionary(self.listed.lazy.compactMap { mail in mail.flags.map { (mail.uid, $0) } }) { first, _ in first }
    }

    // MARK: - Commit

    /// How far the folder is synchronised by a list of it.
    private func listedCursor(_ opening: FolderOpening) -> FolderCursor {
        var cursor = self.cursor(opening)
        // Flags were not seen of all: no synchronisation point.
        if !self.isListingComplete || self.isFlagless { cursor.highestModSeq = self.folder.highestModSeq }
        if !self.isListingComplete {
            // Counts that differ lead to another list.
            cursor.messages = self.listed.count
        } else if let uidNext = opening.view.uidNext, uidNext < cursor.uidNext {
            // UIDNEXT went back, and no UID beyond it was ever used.
            cursor.uidNext = max(uidNext, self.highest.map { $0 == .max ? $0 : $0 + 1 } ?? 1)
        }
        return cursor
    }

    private mutating func commitCursor() -> Effect {
        guard let opening = self.opening else { preconditionFailure("a list begins with a SELECT") }
        // What is not listed after a new UIDVALIDITY would count as deleted: nothing is decided about it before it is.
        if self.folder.phase == .rematch, !self.isListingComplete {
            return self.finish(.unfinished(changes: self.changes))
        }
        let cursor = self.listedCursor(opening)
        if cursor != self.folder.cursor { self.change.cursor = cursor }
        self.listed = []
        guard !self.change.isEmpty else { return self.end() }
        self.state = .committingCursor
        return .commit(self.change)
    }

    mutating func cursorCommitted(_ outcome: LedgerOutcome) -> Effect {
        guard case .committed(let changes, _) = outcome else {
            return self.finish(.unfinished(changes: self.changes))
        }
        self.changes += changes
        return self.end()
    }
}

// MARK: - Lists that are not complete

extension FolderSyncMachine {
    /// How long the next enumeration waits: short, unless the last one was not complete either.
    private var pause: Duration {
        let isRepeated = self.folder.retryAt.map { $0.advanced(by: Self.enumerationPause) > self.order.now } ?? false
        return isRepeated ? Self.enumerationPause : Self.relistingPause
    }

    /// Whether counts that differ lead to no enumeration now.
    var isEnumerationPaused: Bool {
        self.folder.retryAt.map { $0 > self.order.now } ?? false
    }

    /// The end of a pass that committed all it was told: in step, unless the folder is about to be listed again.
    mutating func end() -> Effect {
        let soon = self.order.now.advanced(by: Self.relistingPause)
        let isRelisting = self.isEnumerationPaused && self.folder.retryAt.map { $0 <= soon } ?? false
        return self.finish(isRelisting ? .relisting(changes: self.changes) : .synchronised(changes: self.changes))
    }
}
