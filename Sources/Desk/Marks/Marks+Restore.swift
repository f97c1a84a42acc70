/// The way back: messages to the folder each was first seen in, without the keywords that Baton added.
extension Marks {
    /// What brings a message back to `place`; nil: it is there, it is nowhere, or what differs is held.
    package static func restore(_ subject: MarkSubject, to place: Place) -> MarkWrite? {
        guard subject.intent == nil, let settled = subject.settled, !settled.isGone else { return nil }
        guard case .one(let placement, _) = subject.counting, let observed = placement.state else { return nil }
        var wanted = observed
        wanted.place = place
        wanted.owners = []
        wanted.isPending = false
        let target = observed.taking(MarkFields.all.subtracting(subject.holds), from: wanted)
        guard target != observed else { return nil }
        return MarkWrite(
            message: subject.message,
            source: placement,
            observed: observed,
            target: target,
            settledAfter: target,
            isCorrection: false
        )
    }
}
