/// What filing one mail changes.
package struct FilingDecision: Hashable, Sendable {
    /// Where the message goes.
    package enum Target: Hashable, Sendable {
        /// On no ticket.
        case none
        /// On a ticket there is.
        case existing(Ticket.ID)
        /// On a ticket that begins with it: its row is the fold of ``FilingDecision/events`` under a fresh number.
        case new
    }

    /// The final fate of the placement.
    package var fate: Fate
    /// Why it is ignored, if it is.
    package var ignoreReason: IgnoreReason?
    /// Which way the message went.
    package var direction: Direction
    /// Who or what wrote it.
    package var kind: MessageKind
    /// Where it goes.
    package var target: Target
    /// What happens to the ticket, in order; the first of a new ticket is `opened`.
    package var events: [EventDraft]
    /// Keys of those whom the mail makes participants of the ticket.
    package var participants: Set<String>
    /// Keys of those whom the mail makes contacts of the ticket.
    package var contacts: Set<String>
    /// Whether the message was ignored before and is filed as new now.
    package var isRefiled: Bool

    init(
        fate: Fate,
        ignoreReason: IgnoreReason? = nil,
        direction: Direction,
        kind: MessageKind,
        target: Target = .none,
        events: [EventDraft] = [],
        participants: Set<String> = [],
        contacts: Set<String> = [],
        isRefiled: Bool = false
    ) {
        self.fate = fate
        self.ignoreReason = ignoreReason
        self.direction = direction
        self.kind = kind
        self.target = target
        self.events = events
        self.participants = participants
        self.contacts = contacts
        self.isRefiled = isRefiled
    }
}
