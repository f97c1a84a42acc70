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
    /// Numbers as in ``MarkSubject``; what the intent writes is ours as much as what was settled.
    package static func counting(
        _ placements: [MarkPlacement],
        settled: Settled?,
        intent: MarkIntent? = nil,
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
        guard let settled, !settled.isGone else { return one(self.firstSighting(live) ?? newest) }
        if let same = live.first(where: { $0.id == settled.placement }) { return one(same) }
        if let renumbered = self.renumbered(live, settled, intent) { return one(renumbered) }
        let isInPlace = newest.state?.place == settled.state.place
        if isInPlace, let alike = live.last(where: { $0.state == settled.state }) { return one(alike) }
        // Another copy in the same folder, with other marks: the one that was agreed on may lie in a folder that was not looked at yet.
        if live.count == 1, !isInPlace { return one(newest) }
        return lastCompleteSync > goneObservation ? one(newest) : .waitForSync(after: goneObservation)
    }

    /// What the settled placement became under a new UIDVALIDITY; of several copies nobody knows.
    ///
    /// The one that shows most of what was agreed on or is being written: what another one lacks, nobody took off. Among
    /// equals the one as far from the newest as the settled one was, since copies keep their order.
    private static func renumbered(
        _ live: [MarkPlacement],
        _ settled: Settled,
        _ intent: MarkIntent?
    ) -> MarkPlacement? {
        let candidates = live.filter { $0.formers.contains(settled.placement) }
        guard let formers = candidates.last?.formers, candidates.count > 1 else { return candidates.last }
        func surprises(_ placement: MarkPlacement) -> Int {
            guard let state = placement.state else { return .max }
            var fields = state.differences(from: settled.state)
            if let intent { fields.subtract(intent.fields.subtracting(state.differences(from: intent.target))) }
            return fields.rawValue.nonzeroBitCount
        }
        let newer = formers.count { $0 > settled.placement }
        let ranked = candidates.reversed().enumerated().map { at, placement in
            (surprises: surprises(placement), distance: abs(at - newer), placement: placement)
        }
        return ranked.min { ($0.surprises, $0.distance) < ($1.surprises, $1.distance) }?.placement
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
