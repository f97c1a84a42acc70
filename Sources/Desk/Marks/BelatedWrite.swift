/// What a former holder of the lease was about to send and, as far as looking told, did not.
///
/// It may only have been paused between its look at the lease and its command, which then gets out late: one command, once. What shows its
/// marks, where it was to write them, is that command and no gesture; whatever else changed is one.
package struct BelatedWrite: Hashable, Sendable {
    /// The one command that can be late: those before it were seen, and those after it look at the lease first.
    package enum Command: String, CaseIterable, Hashable, Sendable {
        /// STORE +FLAGS.
        case add
        /// STORE -FLAGS.
        case remove
        /// MOVE, or COPY where there is none.
        case move
    }

    /// The intent that says so.
    package let intent: Identifier<MarkIntent>
    /// What may still come.
    package let command: Command
    /// Where the message was to go.
    package let place: Place
    /// What is added or removed.
    package let marks: Set<Mark>
    /// The present holder moved the message away from there: what did not come before will not.
    package let isFollowed: Bool

    /// How long after an intent its command is still waited for, in seconds.
    ///
    /// Servers log out who is silent for half an hour or a little more (RFC 9051 §5.4 allows no less): what is sent later meets no connection.
    package static let window: Int64 = 3600

    /// Puts the values together.
    package init(
        intent: Identifier<MarkIntent>,
        command: Command,
        place: Place,
        marks: Set<Mark> = [],
        isFollowed: Bool = false
    ) {
        self.intent = intent
        self.command = command
        self.place = place
        self.marks = marks
        self.isFollowed = isFollowed
    }

    /// What it made of `before`, as far as it is `seen`; what others did is left out.
    func effect(on before: MarkState, where seen: MarkState) -> MarkState {
        var state = before
        switch self.command {
        case .add: state.marks.formUnion(self.marks.intersection(seen.marks))
        case .remove: state.marks.subtract(self.marks.subtracting(seen.marks))
        case .move: if !self.isFollowed, seen.place == self.place { state.place = seen.place }
        }
        return state
    }
}

/// What a look told of what former holders were about to send.
package struct BelatedSighting: Hashable, Sendable {
    /// What is agreed on now that something of it was seen, so that it is no gesture; nil: nothing was.
    ///
    /// Where the ticket wants something else, that is written again.
    package let settled: Settled?
    /// The intents of which nothing will come any more.
    package let intents: [Identifier<MarkIntent>]
}

extension MarkIntent {
    /// Which of its commands would be the next, by what is shown; nil when all of it was written.
    package func missing(in shown: MarkState) -> BelatedWrite.Command? {
        let wanted = self.target.marks.filter { self.fields.contains($0.field) }
        let there = shown.marks.filter { self.fields.contains($0.field) }
        if !wanted.isSubset(of: there) { return .add }
        if !there.isSubset(of: wanted) { return .remove }
        return self.fields.contains(.place) && shown.place != self.target.place ? .move : nil
    }
}

extension Marks {
    /// What a look tells of ``MarkSubject/belated``; nil when nothing new is seen of it, or nothing is known.
    ///
    /// Only in the fields that are `written`: where Baton does not write, what agents do is not taken for it, since nothing would put that
    /// right again.
    package static func recognise(_ subject: MarkSubject, written: MarkFields? = nil) -> BelatedSighting? {
        guard !subject.belated.isEmpty, subject.intent == nil, let before = subject.settled, !before.isGone,
            case .one(let placement, _) = subject.counting, let seen = placement.state,
            placement.observation != nil || subject.lastClose == 0, subject.isFresh(placement)
        else { return nil }
        var settled = before
        var over: [Identifier<MarkIntent>] = []
        for belated in subject.belated {
            let effect = belated.effect(on: settled.state, where: seen)
            let state = settled.state.taking(written ?? subject.written, from: effect)
            if state != settled.state || belated.isFollowed { over.append(belated.intent) }
            if state.place != settled.state.place { settled.placement = placement.id }
            settled.state = state
        }
        guard !over.isEmpty else { return nil }
        settled.isComplete = false
        return BelatedSighting(settled: settled.state == before.state ? nil : settled, intents: over)
    }
}
