/// A message whose bytes are stored already.
package struct StoredCopy: Hashable, Sendable {
    /// What became of it; ``Fate/fetched`` is a message out of quarantine that is tried again.
    package let fate: Fate
    /// Why it was ignored, if it was.
    package let ignoreReason: IgnoreReason?
    /// The ticket it is on, if any.
    package let ticket: Ticket.ID?

    /// Describes the stored message.
    package init(fate: Fate, ignoreReason: IgnoreReason?, ticket: Ticket.ID? = nil) {
        self.fate = fate
        self.ignoreReason = ignoreReason
        self.ticket = ticket
    }
}

/// Everything that filing one mail depends on.
package struct FilingInput: Hashable, Sendable {
    /// The number the message has or will have.
    package var message: Identifier<Message>
    /// The role of the folder it lies in.
    package var folder: FolderRole
    /// Whether the filed placement shows `\Answered`.
    package var isAnswered: Bool
    /// Whether the filed placement shows `\Flagged`.
    package var isFlagged: Bool
    /// Whether this is the first import of the mailbox.
    package var isImport: Bool
    /// Whether the parser gave up on it.
    package var isQuarantined: Bool
    /// The message that has the same bytes, if there is one.
    package var stored: StoredCopy?
    /// Which way it went.
    package var identity: MailIdentity
    /// What our server says about its author.
    package var verdict: AuthenticationVerdict
    /// Who or what wrote it.
    package var kind: MessageKind
    /// Which ticket it belongs to.
    package var threading: ThreadingDecision
    /// That ticket as it is now.
    package var ticket: Ticket?
    /// Keys of that ticket's contacts.
    package var contacts: Set<String>
    /// That ticket's history, and to whom mail of ours went that answered nobody known; see ``EarlierOutbound``.
    package var events: [TicketEvent]
    /// See ``events``.
    package var sentTo: [Identifier<Message>: Set<String>]
    /// The From field.
    package var from: [Party]
    /// The Reply-To field.
    package var replyTo: [Party]
    /// The To, Cc and Bcc fields.
    package var recipients: [Party]
    /// The Cc field alone.
    package var copied: [Party]
    /// Which addresses are ours.
    package var ours: OurIdentity
    /// Who of ours wrote it, if it is outbound.
    package var responder: Responder?
    /// Who may own tickets.
    package var activeAgents: Set<Agent.ID>
    /// When it arrived; see ``ArrivalTime``.
    package var receivedAt: Timestamp
    /// When it was sent, if it is outbound; see ``AnswerTime``.
    package var sentAt: Timestamp
    /// The queue of a new ticket.
    package var queue: Identifier<Queue>
    /// What an answer does to an open ticket, by the ticket's queue (the new ticket's, where there is none).
    package var afterAnswer: AfterAnswer

    /// Collects what filing depends on.
    package init(
        message: Identifier<Message>,
        folder: FolderRole,
        isAnswered: Bool = false,
        isFlagged: Bool = false,
        isImport: Bool = false,
        isQuarantined: Bool = false,
        stored: StoredCopy? = nil,
        identity: MailIdentity,
        verdict: AuthenticationVerdict = .unverified,
        kind: MessageKind,
        threading: ThreadingDecision,
        ticket: Ticket? = nil,
        contacts: Set<String> = [],
        events: [TicketEvent] = [],
        sentTo: [Identifier<Message>: Set<String>] = [:],
        from: [Party],
        replyTo: [Party] = [],
        recipients: [Party] = [],
        copied: [Party] = [],
        ours: OurIdentity,
        responder: Responder? = nil,
        activeAgents: Set<Agent.ID>,
        receivedAt: Timestamp,
        sentAt: Timestamp,
        queue: Identifier<Queue>,
        afterAnswer: AfterAnswer = .pending
    ) {
        self.message = message
        self.folder = folder
        self.isAnswered = isAnswered
        self.isFlagged = isFlagged
        self.isImport = isImport
        self.isQuarantined = isQuarantined
        self.stored = stored
        self.identity = identity
        self.verdict = verdict
        self.kind = kind
        self.threading = threading
        self.ticket = ticket
        self.contacts = contacts
        self.events = events
        self.sentTo = sentTo
        self.from = from
        self.replyTo = replyTo
        self.recipients = recipients
        self.copied = copied
        self.ours = ours
        self.responder = responder
        self.activeAgents = activeAgents
        self.receivedAt = receivedAt
        self.sentAt = sentAt
        self.queue = queue
        self.afterAnswer = afterAnswer
    }
}
