/// Which copy of a message counts.
package enum CountingPlacement: Hashable, Sendable {
    /// This one; the extra copies are left alone.
    case one(MarkPlacement, extra: [Identifier<Placement>])
    /// That is known when a complete synchronisation has begun after this number.
    case waitForSync(after: Int64)
    /// None: the message is deleted.
    case none
    /// None, and there never was one outside Sent, All, Drafts and Trash.
    case neverLive
}

extension Marks {
    /// Finds the counting placement by the rules of "Three states decide what a difference means".
    ///
    /// Numbers as in ``MarkSubject``.
    package static func counting(
        _ placements: [MarkPlacement],
        settled: Settled?,
        goneObservation: Int64,
        lastCompleteSync: Int64
    ) -> CountingPlacement {
        let live = placements.filter { $0.role.showsMarks && !$0.flags.isDeleted }
            // What is listed under a new UIDVALIDITY is no newer for that.
            .sorted { ($0.since, $0.id) < ($1.since, $1.id) }
        guard let newest = live.last else {
            guard let settled else { return .neverLive }
            if settled.isGone || lastCompleteSync > goneObservation { return .none }
            return .waitForSync(after: goneObservation)
        }
        func one(_ chosen: MarkPlacement) -> CountingPlacement {
            .one(chosen, extra: live.map(\.id).filter { $0 != chosen.id })
        }
        if live.count == 1 { return one(newest) }
        guard let settled, !settled.isGone else { return one(self.firstSighting(live) ?? newest) }
        if let same = live.first(where: { $0.id == settled.placement }) { return one(same) }
        // After a new UIDVALIDITY nobody knows which of several copies it was: one that shows what was agreed on, if any does.
        let formers = live.filter { $0.formers.contains(settled.placement) }
        if let former = formers.last(where: { $0.state == settled.state }) ?? formers.last { return one(former) }
        let alike = live.last { $0.state == settled.state }
        if newest.state?.place == settled.state.place { return one(alike ?? newest) }
        return lastCompleteSync > goneObservation ? one(newest) : .waitForSync(after: goneObservation)
    }

    /// INBOX before agents' folders before the rest, then the newest.
    private static func firstSighting(_ live: [MarkPlacement]) -> MarkPlacement? {
        live.min { (self.rank($0.role), -$0.id.rawValue) < (self.rank($1.role), -$1.id.rawValue) }
    }

    private static func rank(_ role: FolderRole) -> Int {
        switch role {
        case .inbox: 0
        case .agent: 1
        case .closed, .archive, .junk, .trash, .sent, .drafts, .all, .other: 2
        }
    }
}
