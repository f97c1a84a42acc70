/// What a former holder of the lease was about to write and, as far as looking told, did not.
///
/// It may only have been paused between its look at the lease and its command, which then gets out late: one command, once. What shows its
/// marks, where it was to write them, is that command and no gesture; whatever else changed is one.
package struct BelatedWrite: Hashable, Sendable {
    /// The intent that says so.
    package let intent: Identifier<MarkIntent>
    /// Where it was to move the message, where ``fields`` say so.
    package let place: Place
    /// Flags and keywords that it was to add.
    package let adds: MarkFlags
    /// Flags and keywords that it was to remove.
    package let removes: MarkFlags
    /// The fields in which it may still come.
    package let fields: MarkFields

    /// How long after an intent its command is still waited for, in seconds.
    ///
    /// Servers log out who is silent for half an hour or a little more (RFC 9051 §5.4 allows no less): what is sent later meets no connection.
    package static let window: Int64 = 3600

    /// Puts the values together.
    package init(
        intent: Identifier<MarkIntent>,
        place: Place,
        adds: MarkFlags = MarkFlags(),
        removes: MarkFlags = MarkFlags(),
        fields: MarkFields
    ) {
        self.intent = intent
        self.place = place
        self.adds = adds
        self.removes = removes
        self.fields = fields
    }

    /// What it made of `before`, as far as it is `seen`; what others did is left out.
    func effect(on before: MarkState, where seen: MarkState) -> MarkState {
        func effect(_ mark: KeyPath<MarkFlags, Bool>, _ then: Bool, _ now: Bool) -> Bool {
            (now ? self.adds : self.removes)[keyPath: mark] ? now : then
        }
        var state = before
        if seen.place == self.place { state.place = self.place }
        // STORE adds and removes keywords one by one, beside those that others do.
        state.owners.formUnion(self.adds.owners.intersection(seen.owners))
        state.owners.subtract(self.removes.owners.subtracting(seen.owners))
        state.isPending = effect(\.isPending, before.isPending, seen.isPending)
        state.isFlagged = effect(\.isFlagged, before.isFlagged, seen.isFlagged)
        state.isAnswered = effect(\.isAnswered, before.isAnswered, seen.isAnswered)
        return before.taking(self.fields, from: state)
    }
}

/// What former holders wrote late is seen.
package struct BelatedSighting: Hashable, Sendable {
    /// What is agreed on now, so that it is no gesture; where the ticket wants something else, that is written again.
    package let settled: Settled
    /// The intents whose commands came: none of them comes again.
    package let intents: [Identifier<MarkIntent>]
}

extension Marks {
    /// What came late of ``MarkSubject/belated``; nil when nothing new is seen of it, or nothing is known.
    ///
    /// Where Baton does not write, what agents do is not taken for it: nothing would put that right again.
    package static func recognise(_ subject: MarkSubject) -> BelatedSighting? {
        guard !subject.belated.isEmpty, subject.intent == nil, let before = subject.settled, !before.isGone,
            case .one(let placement, _) = subject.counting, let seen = placement.state,
            placement.observation != nil || subject.lastClose == 0, subject.isFresh(placement)
        else { return nil }
        var settled = before
        var intents: [Identifier<MarkIntent>] = []
        for belated in subject.belated {
            let effect = belated.effect(on: settled.state, where: seen)
            let state = settled.state.taking(subject.written, from: effect)
            guard state != settled.state else { continue }
            if state.place != settled.state.place { settled.placement = placement.id }
            settled.state = state
            intents.append(belated.intent)
        }
        guard !intents.isEmpty else { return nil }
        settled.isComplete = false
        return BelatedSighting(settled: settled, intents: intents)
    }
}
