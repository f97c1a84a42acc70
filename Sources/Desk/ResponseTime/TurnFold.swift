/// Makes the turns of a ticket out of its events.
///
/// Events are taken in the order in which they happened (then in which they were recorded), so that an answer found late
/// ends the turn it belongs to. Automatic mail, notes, unverified mail and `pending` neither start nor end a turn.
package enum TurnFold {
    /// The turns of one ticket, in order; `events` may come in any order.
    package static func turns(of events: [TicketEvent]) -> [Turn] {
        var fold = Fold()
        for event in events.sorted(by: self.happenedBefore) { fold.apply(event) }
        return fold.turns
    }

    /// Times have the server's seconds: of what happened in one, a mail that turned out to answer another comes after it.
    private static func happenedBefore(_ left: TicketEvent, _ right: TicketEvent) -> Bool {
        func rank(_ event: TicketEvent) -> Int { event.kind == .messageOut ? 1 : 0 }
        return (left.at, rank(left), left.seq) < (right.at, rank(right), right.seq)
    }

    /// When the turn began that an answer of ours belongs to, which it cannot be older than.
    ///
    /// That is the turn in which the message arrived that the answer names in In-Reply-To; where that is not known, the turn that
    /// was the last to begin before the server stored the answer, at `storedAt`. Nil where nobody waited by then.
    package static func start(
        answering message: Identifier<Message>?,
        storedAt: Timestamp,
        in events: [TicketEvent]
    ) -> Timestamp? {
        let arrival = message.flatMap { message in
            events.first { $0.kind == .messageIn && $0.message == message }?.at
        }
        return self.turns(of: events).last { $0.startedAt <= arrival ?? storedAt }?.startedAt
    }
}

private struct Fold {
    var turns: [Turn] = []
    /// Whether the first mail of the ticket came from a contact; nil before any mail.
    private var isStartedByContact: Bool?
    private var isSpam = false

    mutating func apply(_ event: TicketEvent) {
        switch event.kind {
        case .messageIn:
            self.isStartedByContact = self.isStartedByContact ?? true
            self.contactWrote(at: event.at)
        case .answered:
            self.isStartedByContact = self.isStartedByContact ?? false
            self.answered(event)
        case .messageOut:
            self.isStartedByContact = self.isStartedByContact ?? false
        case .answeredUnseen:
            self.endWaiting(.answeredUnseen, at: event.at)
        case .closed, .deletedInMailbox:
            self.endWaiting(.closed, at: event.at)
        case .merged:
            self.endWaiting(.merged, at: event.at)
        case .markedSpam:
            self.isSpam = true
            self.endWaiting(.spam, at: event.at)
        case .notSpam, .reopened, .restoredInMailbox:
            self.continued(event)
        case .opened, .messageAuto, .messageUnverified, .assigned, .released, .pending, .noted, .priorityHigh,
            .priorityNormal, .mutedInJunk, .gestureRefused, .overridden, .claimsTicket:
            break
        }
    }

    private mutating func contactWrote(at: Timestamp) {
        guard self.turns.last?.outcome != .waiting else { return }
        // Spam stays spam: the message is kept as a turn that never ran, which begins to count if it was not spam after all.
        if self.isSpam, self.turns.last?.outcome == .spam { return }
        self.turns.append(
            Turn(
                ordinal: self.turns.count + 1,
                startedAt: at,
                endedAt: self.isSpam ? at : nil,
                outcome: self.isSpam ? .spam : .waiting,
                isFirst: self.turns.isEmpty && self.isStartedByContact == true
            )
        )
    }

    /// An answer ends the turn that waits, and also one that only ended by a close or by `\Answered` before new mail came.
    private mutating func answered(_ event: TicketEvent) {
        guard var turn = self.turns.last else { return }
        switch turn.outcome {
        case .waiting, .closed, .answeredUnseen:
            turn.endedAt = max(event.at, turn.startedAt)
            turn.outcome = .answered
            turn.responder = event.agent
            turn.isPresumed = event.agent != nil && event.isPresumed
            self.turns[self.turns.count - 1] = turn
        case .answered, .spam, .merged:
            break
        }
    }

    private mutating func endWaiting(_ outcome: Turn.Outcome, at: Timestamp) {
        guard var turn = self.turns.last, turn.outcome == .waiting else { return }
        turn.endedAt = max(at, turn.startedAt)
        turn.outcome = outcome
        self.turns[self.turns.count - 1] = turn
    }

    /// Undoing a close or a spam mark: who waited then still waits.
    private mutating func continued(_ event: TicketEvent) {
        let status = event.details["status"].flatMap { TicketStatus(rawValue: $0) } ?? .open
        guard status == .open || status == .pending else { return }
        self.isSpam = false
        guard var turn = self.turns.last, turn.outcome == .closed || turn.outcome == .spam else { return }
        turn.endedAt = nil
        turn.outcome = .waiting
        self.turns[self.turns.count - 1] = turn
    }
}
