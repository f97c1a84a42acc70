/// A change of a ticket that somebody asks for.
package enum TicketCommand: Hashable, Sendable {
    /// Make this agent the owner, whoever is now.
    case assign(Agent.ID)
    /// Make this agent the owner, unless somebody else is.
    case claim(Agent.ID)
    /// Take the owner away.
    case release
    /// Done. `seen` is the newest message from a contact that the asker could see; nil: all there are.
    case close(seen: ContactMessage?)
    /// It is our turn again; takes back a close, pending or spam.
    case reopen
    /// We wait for the contact. `seen` as in ``close(seen:)``.
    case pending(seen: ContactMessage?)
    /// A note was left.
    case note(Identifier<Note>)
    /// Not worth an answer.
    case spam
    /// Worth an answer after all.
    case notSpam
    /// Change the urgency.
    case priority(Priority)
    /// `\Answered` was set on a message, and no answer was seen.
    case answeredUnseen(Identifier<Message>)
    /// No inbound message is visible in the mailbox any more.
    case deletedInMailbox
    /// One is visible again.
    case restoredInMailbox
    /// One message went to Junk, without making the ticket spam.
    case muteInJunk(Identifier<Message>)

    /// One word for logs and the history.
    package var name: String {
        switch self {
        case .assign: "assign"
        case .claim: "claim"
        case .release: "release"
        case .close: "close"
        case .reopen: "reopen"
        case .pending: "pending"
        case .note: "note"
        case .spam: "spam"
        case .notSpam: "not_spam"
        case .priority: "priority"
        case .answeredUnseen: "answered_unseen"
        case .deletedInMailbox: "deleted_in_mailbox"
        case .restoredInMailbox: "restored_in_mailbox"
        case .muteInJunk: "mute_in_junk"
        }
    }
}

/// What becomes of a command.
package enum CommandDecision: Hashable, Sendable {
    /// These events happen, and the ticket is this afterwards. The caller guards the write by the version it read.
    case changed(events: [EventDraft], ticket: Ticket)
    /// The ticket is so already; the sentence says it.
    case unchanged(String)
    /// It is not carried out.
    case refused(Refusal)
}
