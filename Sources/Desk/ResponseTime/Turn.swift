/// An interval in which a contact waits.
package struct Turn: Hashable, Sendable {
    /// How it ended.
    package enum Outcome: String, CaseIterable, Hashable, Sendable {
        /// It did not end yet.
        case waiting
        /// A person of ours answered.
        case answered
        /// `\Answered` alone says so.
        case answeredUnseen = "answered_unseen"
        /// The ticket was closed without an answer.
        case closed
        /// The ticket was spam.
        case spam
        /// The ticket became part of another.
        case merged
    }

    /// Its place among the ticket's turns, from 1.
    package var ordinal: Int
    /// Arrival of the earliest unanswered human message.
    package var startedAt: Timestamp
    /// When it ended; nil while waiting.
    ///
    /// Never before ``startedAt``.
    package var endedAt: Timestamp?
    /// How it ended.
    package var outcome: Outcome
    /// Who answered.
    package var responder: Agent.ID?
    /// Whether ``responder`` is only presumed: the owner at that time.
    package var isPresumed: Bool
    /// Whether this is the first response: the ticket's first turn, of a ticket that a contact began.
    package var isFirst: Bool

    /// Describes a turn.
    package init(
        ordinal: Int,
        startedAt: Timestamp,
        endedAt: Timestamp? = nil,
        outcome: Outcome = .waiting,
        responder: Agent.ID? = nil,
        isPresumed: Bool = false,
        isFirst: Bool
    ) {
        self.ordinal = ordinal
        self.startedAt = startedAt
        self.endedAt = endedAt
        self.outcome = outcome
        self.responder = responder
        self.isPresumed = isPresumed
        self.isFirst = isFirst
    }
}
