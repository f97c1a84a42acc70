/// The way back: messages to the folder each was first seen in, without the keywords that Baton added.
extension Marks {
    /// What brings a message back from Trash to where it was, as a person asked for; nil: it does not lie there, or the server
    /// would not let it go.
    package static func undelete(_ subject: MarkSubject) -> MarkWrite? {
        guard subject.layout != nil, subject.intent == nil, !subject.holds.contains(.place) else { return nil }
        let trashed = subject.placements.filter { $0.role == .trash && !$0.flags.isDeleted }
        guard let settled = subject.settled, let source = trashed.max(by: { $0.id < $1.id }) else { return nil }
        let observed = MarkState(place: .folder(source.folder), flags: source.flags)
        var target = observed
        target.place = settled.state.place
        return MarkWrite(
            message: subject.message,
            source: source,
            observed: observed,
            target: target,
            settledAfter: target
        )
    }

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
            settledAfter: target
        )
    }
}
