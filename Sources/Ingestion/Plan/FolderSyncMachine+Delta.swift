import Desk

/// What changed since the cursor: the server's own account of it, believed only if the counts agree afterwards.
extension FolderSyncMachine {
    /// What vanished is asked for once more: a server may name mails that are there (imap-field-notes Q13), and as many may have
    /// gone unnamed, so that the counts agree.
    mutating func readChanges(_ flags: FolderPlan.Flags, new: ClosedRange<UInt32>?) -> Effect {
        let vanished = self.opening?.vanished ?? []
        guard !vanished.isEmpty else { return self.readFlags(flags, new: new) }
        self.state = .checkingVanished(flags, new: new)
        return .fetchFlags(vanished, changedSince: nil)
    }

    mutating func vanishedChecked(
        _ answer: FlagsListing,
        _ flags: FolderPlan.Flags,
        new: ClosedRange<UInt32>?
    ) -> Effect {
        guard answer.rows.isEmpty else {
            self.state = .distrusting
            return .distrustVanished
        }
        self.change.vanished = self.opening?.vanished ?? []
        return self.readFlags(flags, new: new)
    }

    private mutating func readFlags(_ flags: FolderPlan.Flags, new: ClosedRange<UInt32>?) -> Effect {
        switch flags {
        case .none, .all:
            break
        case .selected:
            self.change.observed = self.opening?.changed ?? []
        case .changedSince(let modSeq):
            self.state = .readingChanges(new: new)
            return .fetchFlags([1...max(1, self.folder.uidNext - 1)], changedSince: modSeq)
        case .newest(let range):
            self.state = .readingChanges(new: new)
            return .fetchFlags([range], changedSince: nil)
        }
        return self.readNew(new)
    }

    mutating func changesRead(_ answer: FlagsListing, new: ClosedRange<UInt32>?) -> Effect {
        self.change.observed = answer.rows
        self.change.vanished += answer.vanished
        return self.readNew(new)
    }

    // MARK: - New mail

    private mutating func readNew(_ new: ClosedRange<UInt32>?) -> Effect {
        guard let new else { return self.fetchParked() }
        self.state = .readingKnown(new: new)
        return self.readKnown(from: new.lowerBound)
    }

    mutating func knownRead(_ known: [UInt32], new: ClosedRange<UInt32>) -> Effect {
        if !self.isAll, new.upperBound != .max, new.count <= Self.fewMessages, known.isEmpty {
            return self.fetchNew(BodyFetch(FetchWindow.cut(self.missing(Array(new))), areListed: false))
        }
        self.state = .listingNew(known: Set(known))
        return .fetchListing([new], identity: false)
    }

    mutating func newListed(_ mails: [ListedMail], known: Set<UInt32>) -> Effect {
        // `n:*` also names the last message when it is older (RFC 9051 §6.4.8).
        let mails = mails.filter { $0.uid >= self.folder.uidNext }
        self.note(highest: mails.lazy.map(\.uid))
        // Known already, by a pass that was broken off or by the mark writer: their flags are seen here.
        self.change.observed += mails.filter { known.contains($0.uid) }.compactMap(\.observed)
        let missing = mails.filter { !known.contains($0.uid) }
        if self.isAll, !missing.isEmpty { return self.recogniseNew(missing) }
        return self.fetchNew(BodyFetch(FetchWindow.cut(self.missing(missing)), areListed: true))
    }

    mutating func fetchNew(_ fetch: BodyFetch) -> Effect {
        guard !fetch.windows.isEmpty else { return self.fetchParked() }
        self.state = .fetchingNew(fetch)
        return .fetchBodies(self.request(fetch.windows))
    }

    mutating func newFetched(_ fetch: BodyFetch, _ answer: BodyAnswer) -> Effect {
        var fetch = fetch
        fetch.answered(answer)
        self.changes += answer.changes
        self.note(highest: answer.delivered)
        self.forgetOlder(than: answer)
        guard !fetch.isHopeless else { return self.finish(.unfinished(changes: self.changes)) }
        guard fetch.windows.isEmpty else { return self.fetchNew(fetch) }
        self.change.parked += fetch.parked(in: self.folder.id)
        return self.fetchParked()
    }

    /// The flags of mails that were delivered came with their bytes, later than what opened the folder.
    private mutating func forgetOlder(than answer: BodyAnswer) {
        guard !answer.delivered.isEmpty, !self.change.observed.isEmpty else { return }
        let delivered = Set(answer.delivered)
        self.change.observed.removeAll { delivered.contains($0.uid) }
    }

    // MARK: - Looking again

    mutating func fetchParked() -> Effect {
        let parked = self.order.parked
        guard !parked.isEmpty else { return self.lookAgain() }
        guard !self.isAll else {
            self.state = .listingParked
            return .fetchListing(UIDRanges.of(parked.map(\.uid).sorted()), identity: false)
        }
        return self.fetchParked(self.missing(parked.map(\.uid)))
    }

    mutating func fetchParked(_ mails: [MissingMail]) -> Effect {
        guard !mails.isEmpty else { return self.lookAgain() }
        let fetch = BodyFetch(FetchWindow.cut(mails), areListed: true, tries: self.tries)
        self.state = .fetchingParked(fetch)
        return .fetchBodies(self.request(fetch.windows))
    }

    mutating func parkedFetched(_ fetch: BodyFetch, _ answer: BodyAnswer) -> Effect {
        var fetch = fetch
        fetch.answered(answer)
        self.changes += answer.changes
        self.forgetOlder(than: answer)
        if !fetch.isHopeless, !fetch.windows.isEmpty {
            self.state = .fetchingParked(fetch)
            return .fetchBodies(self.request(fetch.windows))
        }
        self.change.parked += fetch.parked(in: self.folder.id)
        return self.lookAgain()
    }

    /// What was written by us must be seen again, whatever the server says has changed.
    mutating func lookAgain() -> Effect {
        guard !self.order.stale.isEmpty else { return self.commitDelta() }
        self.state = .lookingAgain
        return .fetchFlags(self.order.stale.sorted().map { $0...$0 }, changedSince: nil)
    }

    mutating func lookedAgain(_ answer: FlagsListing) -> Effect {
        // Later than what is there of the same UIDs, so it counts.
        let seen = Set(answer.rows.map(\.uid))
        // What is not there though nothing said it vanished: counts can agree by chance.
        let isContradicted = self.order.stale.contains { uid in
            !seen.contains(uid) && !(self.change.vanished + answer.vanished).contains { $0.contains(uid) }
        }
        if isContradicted, !self.hasEnumerated, !self.isEnumerationPaused { return self.enumerate(.countDiffers) }
        self.change.observed = self.change.observed.filter { !seen.contains($0.uid) } + answer.rows
        return self.commitDelta()
    }

    // MARK: - Commit

    private mutating func commitDelta() -> Effect {
        guard let opening = self.opening else { preconditionFailure("a delta begins with a SELECT") }
        let cursor = self.cursor(opening)
        if cursor != self.folder.cursor { self.change.cursor = cursor }
        guard !self.change.isEmpty else { return self.end() }
        // A VANISHED that names too much must not be committed (imap-field-notes Q13), nor a delta that misses an
        // expunge nobody told of.
        self.change.expectedLive = self.hasEnumerated ? nil : opening.view.exists
        self.state = .committingDelta
        return .commit(self.change)
    }

    mutating func deltaCommitted(_ outcome: LedgerOutcome) -> Effect {
        switch outcome {
        case .committed(let changes, _):
            self.changes += changes
            return self.end()
        case .contradicted:
            guard self.hasEnumerated || self.isEnumerationPaused else { return self.enumerate(.countDiffers) }
            // The server cannot list what it counts: what it says of the rest is taken, nothing is taken away, and
            // the watermark stays, so that the next pass is told again.
            self.change.vanished = []
            self.change.expectedLive = nil
            if var cursor = self.change.cursor {
                cursor.highestModSeq = self.folder.highestModSeq
                cursor.messages = self.folder.messages
                self.change.cursor = cursor == self.folder.cursor ? nil : cursor
            }
            self.hasEnumerated = true
            guard !self.change.isEmpty else { return self.end() }
            return .commit(self.change)
        case .overtaken:
            return self.finish(.unfinished(changes: self.changes))
        }
    }
}
