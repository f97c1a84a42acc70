/// After a crash or a lost answer: looking tells what was written, never doing it again.
extension Marks {
    /// Decides what to do about an open intent.
    static func recover(
        _ intent: MarkIntent,
        _ counting: CountingPlacement,
        _ subject: MarkSubject
    ) -> MarkDecision {
        switch intent.phase {
        case .inFlight: return .wait(.openIntent)
        case .recovering: break
        }
        guard subject.lastCompleteSync > intent.number else { return .wait(.completeSync(after: intent.number)) }
        switch intent.step {
        case .write, .copy:
            // A server may also fail in the middle of a MOVE.
            guard let copy = self.copy(of: intent, among: subject.placements) else {
                return self.see(intent, counting, subject)
            }
            return self.finish(intent, copy: copy.id, shown: copy.state, subject)
        case .mark, .expunge:
            guard let copy = intent.copy else { return self.see(intent, counting, subject) }
            let shown = subject.placements.first { $0.id == copy }?.state
            return self.finish(intent, copy: copy, shown: shown, subject)
        }
    }

    /// What shows the target was written, what does not was not.
    private static func see(
        _ intent: MarkIntent,
        _ counting: CountingPlacement,
        _ subject: MarkSubject
    ) -> MarkDecision {
        switch counting {
        case .waitForSync(let after):
            return .wait(.completeSync(after: after))
        case .none, .neverLive:
            return self.close(intent, as: subject.settled)
        case .one(let placement, _):
            guard let observed = placement.state, var settled = subject.settled else {
                return self.close(intent, as: subject.settled)
            }
            guard subject.isFresh(placement) else { return .wait(.staleObservation) }
            self.agree(&settled, shown: observed, intent)
            if settled.state.place == observed.place { settled.placement = placement.id }
            return .closeIntent(settled, missing: intent.missing(in: observed))
        }
    }

    /// Agrees on what was written of an intent, by what is shown.
    private static func agree(_ settled: inout Settled, shown: MarkState, _ intent: MarkIntent) {
        let missed = shown.differences(from: intent.target)
        settled.state = settled.state.taking(intent.fields.subtracting(missed), from: intent.target)
        settled.isComplete = missed.isDisjoint(with: intent.fields)
        guard intent.fields.contains(.owners) else { return }
        // One keyword may be written and the other not: each that shows the target is ours, and no gesture.
        let target = intent.target.owners
        settled.state.owners = settled.state.owners.union(shown.owners.intersection(target))
            .filter { target.contains($0) || shown.owners.contains($0) }
    }

    /// Closes what nothing shows: as far as anybody knows it is all as it was agreed on before.
    private static func close(_ intent: MarkIntent, as settled: Settled?) -> MarkDecision {
        guard var settled else { return .closeIntent(nil, missing: nil) }
        settled.isComplete = false
        return .closeIntent(settled, missing: intent.missing(in: settled.state))
    }

    /// The newest copy in the destination that came after the intent was recorded.
    private static func copy(of intent: MarkIntent, among placements: [MarkPlacement]) -> MarkPlacement? {
        guard intent.fields.contains(.place) else { return nil }
        return placements.filter { placement in
            placement.id > intent.newest && !placement.flags.isDeleted && placement.state?.place == intent.target.place
                && !Self.isSource(placement, of: intent)
        }.max { $0.id < $1.id }
    }

    /// The copy is where the message is from now on; the source goes, if it is still there.
    private static func finish(
        _ intent: MarkIntent,
        copy: Identifier<Placement>,
        shown: MarkState?,
        _ subject: MarkSubject
    ) -> MarkDecision {
        guard var settled = subject.settled else { return .closeIntent(nil, missing: nil) }
        self.agree(&settled, shown: shown ?? intent.target, intent)
        settled.placement = copy
        guard let source = subject.placements.first(where: { self.isSource($0, of: intent) }) else {
            return .closeIntent(settled, missing: intent.missing(in: shown ?? intent.target))
        }
        // The server would not let it go; it is asked again when the hold ends.
        guard !subject.holds.contains(.place) else { return .held(.place) }
        return .removeSource(
            MarkRemoval(
                message: subject.message,
                source: source,
                copy: copy,
                settledAfter: settled.state,
                step: intent.step
            )
        )
    }

    private static func isSource(_ placement: MarkPlacement, of intent: MarkIntent) -> Bool {
        intent.source == MarkIntent.Source(folder: placement.folder, epoch: placement.epoch, uid: placement.uid)
    }
}
