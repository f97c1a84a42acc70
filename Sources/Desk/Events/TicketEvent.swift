/// Something that happened to a ticket; never changed once recorded.
///
/// Two times: ``EventDraft/at`` is when it happened, ``recordedAt`` when Baton wrote it down.
@dynamicMemberLookup
package struct TicketEvent: Hashable, Sendable {
    /// What happened, as it was decided.
    package var draft: EventDraft
    /// The order in which the ticket's events were recorded.
    package var seq: Int64
    /// When Baton recorded it.
    package var recordedAt: Timestamp

    /// Adds to a decided event what recording it gives.
    package init(_ draft: EventDraft, seq: Int64, recordedAt: Timestamp) {
        self.draft = draft
        self.seq = seq
        self.recordedAt = recordedAt
    }

    /// The fields of ``draft``, read directly.
    package subscript<Value>(dynamicMember field: KeyPath<EventDraft, Value>) -> Value { self.draft[keyPath: field] }

    /// What happened; raw values are the database's text.
    package enum Kind: String, CaseIterable, Hashable, Sendable {
        /// The ticket began. Details: `queue`.
        case opened
        /// A human message from a contact came. Details: `lies_in`, `unverified`.
        case messageIn = "message_in"
        /// A message written by a program came or went. Details: `kind`.
        case messageAuto = "message_auto"
        /// A message came that claims to be from us and is not vouched for.
        case messageUnverified = "message_unverified"
        /// We answered at least one of the contacts; ``EventDraft/agent`` is the responder.
        case answered
        /// We wrote, but to none of the contacts.
        case messageOut = "message_out"
        /// `\Answered` was set, and no answer was seen.
        case answeredUnseen = "answered_unseen"
        /// ``EventDraft/agent`` became the owner.
        case assigned
        /// The ticket has no owner any more.
        case released
        /// Done. Details: `seen_at`, `seen_message`.
        case closed
        /// Open again.
        case reopened
        /// We wait for the contact. Details: `seen_at`, `seen_message`.
        case pending
        /// A note was left. Details: `note`.
        case noted
        /// Not worth an answer.
        case markedSpam = "marked_spam"
        /// Worth an answer after all.
        case notSpam = "not_spam"
        /// Urgent.
        case priorityHigh = "priority_high"
        /// Not urgent any more.
        case priorityNormal = "priority_normal"
        /// No inbound message is visible in the mailbox any more, and the ticket closed because of it.
        case deletedInMailbox = "deleted_in_mailbox"
        /// One is visible again. Details: `status`, the one it returns to.
        case restoredInMailbox = "restored_in_mailbox"
        /// One message was moved to Junk, and stays there without making the ticket spam.
        case mutedInJunk = "muted_in_junk"
        /// A change in a mail client was not accepted. Details: `gesture`, `reason`.
        case gestureRefused = "gesture_refused"
        /// A change lost against another. Details: `gesture`.
        case overridden
        /// The ticket says that it belongs to another one, which its sender takes no part in. Details: `claims`.
        case claimsTicket = "claims_ticket"
        /// The ticket became part of another. Details: `into`.
        case merged
    }
}

/// An event that was decided and not recorded yet.
package struct EventDraft: Hashable, Sendable {
    /// What happened.
    package var kind: TicketEvent.Kind
    /// When it happened.
    package var at: Timestamp
    /// Who caused it: a handle, `mail client` or `baton`.
    package var actor: String
    /// By what way.
    package var origin: Origin
    /// Whom it concerns: the new owner, the former owner of a release, the responder.
    package var agent: Agent.ID?
    /// Whether ``agent`` is only presumed to have answered.
    package var isPresumed: Bool
    /// The message it is about.
    package var message: Identifier<Message>?
    /// Further ids, numbers and instants; never a text that somebody wrote.
    package var details: [String: String]

    /// Describes an event.
    package init(
        _ kind: TicketEvent.Kind,
        at: Timestamp,
        by actor: Actor,
        agent: Agent.ID? = nil,
        isPresumed: Bool = false,
        message: Identifier<Message>? = nil,
        details: [String: String] = [:]
    ) {
        self.kind = kind
        self.at = at
        self.actor = actor.name
        self.origin = actor.origin
        self.agent = agent
        self.isPresumed = isPresumed
        self.message = message
        self.details = details
    }
}
