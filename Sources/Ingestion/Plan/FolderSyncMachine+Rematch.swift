import Desk

/// After a UIDVALIDITY change, and in All: which mails these are, by the identity ladder, without fetching them again.
extension FolderSyncMachine {
    /// The next so many of what is listed and not known.
    mutating func recognise(_ uids: [UInt32]) -> Effect {
        guard !uids.isEmpty else {
            defer { self.missing = [] }
            return self.fetchMissing(self.missing)
        }
        let asked = Array(uids.prefix(self.order.recognisedAtOnce))
        let rest = Array(uids.dropFirst(self.order.recognisedAtOnce))
        if self.isAll, self.folder.phase == .backfill {
            // The list of it said everything that recognises its mails.
            return self.identitiesRead(self.listed(among: asked), asked: asked, rest: rest)
        }
        self.state = .recognising(asked, rest: rest)
        return .fetchListing(UIDRanges.of(asked), identity: !self.isAll)
    }

    mutating func identitiesRead(_ mails: [ListedMail], asked: [UInt32], rest: [UInt32]) -> Effect {
        let listed = Set(mails.map(\.uid))
        // Listed before and not now: expunged meanwhile, or withheld.
        let unlisted = asked.filter { !listed.contains($0) }
        if self.folder.phase == .rematch {
            if !unlisted.isEmpty { self.isListingComplete = false }
        } else {
            self.park(unlisted)
        }
        let keys = Dictionary(mails.lazy.map { ($0.uid, $0.identity) }) { first, _ in first }.filter(\.value.isUsable)
        guard !keys.isEmpty else {
            self.missing += self.missing(self.withoutElsewhere(mails))
            return self.recognise(rest)
        }
        self.state = .matching(rest: rest, mails)
        return .readCandidates(keys)
    }

    mutating func candidatesRead(
        _ candidates: [IdentityCandidate],
        _ mails: [ListedMail],
        rest: [UInt32]
    ) -> Effect {
        let (presumed, unknown) = Rematch.match(mails, candidates)
        self.missing += self.missing(self.withoutElsewhere(unknown))
        guard !presumed.isEmpty, let opening = self.opening else { return self.recognise(rest) }
        var change = LedgerChange(folder: self.folder.id, epoch: self.folder.epoch, number: opening.number)
        change.presumed = presumed
        // The mail server need not wait for the database.
        let next = self.isAll ? [] : Array(rest.prefix(self.order.recognisedAtOnce))
        self.state = .committingMatches(next: next, rest: Array(rest.dropFirst(next.count)))
        return .commitMatches(change, thenList: UIDRanges.of(next))
    }

    mutating func matchesCommitted(
        _ outcome: LedgerOutcome,
        _ mails: [ListedMail],
        next: [UInt32],
        rest: [UInt32]
    ) -> Effect {
        guard case .committed(let changes, _) = outcome else {
            return self.finish(.unfinished(changes: self.changes))
        }
        self.changes += changes
        return next.isEmpty ? self.recognise(rest) : self.identitiesRead(mails, asked: next, rest: rest)
    }
}
