/// The closed sets of words that tickets, messages and events are described with; raw values are the database's text.

/// Where a ticket stands.
package enum TicketStatus: String, CaseIterable, Hashable, Sendable {
    /// It is our turn.
    case open
    /// We wait for the contact.
    case pending
    /// Done.
    case closed
    /// Not worth an answer.
    case spam
}

/// How urgent a ticket is.
package enum Priority: String, CaseIterable, Hashable, Sendable {
    /// As any other.
    case normal
    /// Shown as `\Flagged`.
    case high
}

/// Which way a message went.
package enum Direction: String, CaseIterable, Hashable, Sendable {
    /// From a contact to us.
    case inbound
    /// From us to a contact.
    case outbound
    /// Among ourselves.
    case `internal`
}

/// Who or what wrote a message.
package enum MessageKind: String, CaseIterable, Hashable, Sendable {
    /// A person.
    case human
    /// A program: vacation notes, notifications, list mail.
    case automatic
    /// A delivery report about a mail of ours.
    case bounce
    /// A report that a mail of ours was read.
    case receipt
}

/// What became of a placement in the ledger.
package enum Fate: String, CaseIterable, Hashable, Sendable {
    /// Stored, not looked at yet.
    case fetched
    /// On a ticket, from a contact.
    case ticket
    /// On a ticket, from us.
    case reply
    /// A copy of a message that is stored already.
    case duplicate
    /// Stored, automatic: never reopens, never counts as waiting.
    case muted
    /// Stored, on no ticket, for an ``IgnoreReason``.
    case ignored
    /// It killed or defeated the parser three times; kept raw, with a ticket.
    case quarantined
}

/// Why a placement's fate is ``Fate/ignored``.
package enum IgnoreReason: String, CaseIterable, Hashable, Sendable {
    /// A rule of the mailbox says so.
    case rule
    /// It was first seen in Junk.
    case junk
    /// It was first seen in Trash.
    case trash
    /// It went from us to us.
    case `internal`
    /// It is not finished.
    case drafts
    /// It was in quarantine, and a person looked at it and let it be.
    case discarded
}

/// What an answer of ours does to an open ticket.
package enum AfterAnswer: String, CaseIterable, Hashable, Sendable {
    /// We wait for the contact.
    case pending
    /// It stays open.
    case open
    /// It is closed.
    case closed
}

/// What happens to a ticket whose last visible inbound message is deleted in the mailbox.
package enum OnDelete: String, CaseIterable, Hashable, Sendable {
    /// It is closed as "deleted in mailbox".
    case close
    /// It stays as it is.
    case keep
}

/// What kind of cause an event has.
package enum Origin: String, CaseIterable, Hashable, Sendable {
    /// A person on the command line.
    case cli
    /// A person or program through the interface for programs.
    case api
    /// A change in the mailbox, made in somebody's mail client.
    case mailClient = "mail-client"
    /// A rule of a mailbox or queue.
    case rule
    /// A queue's policy.
    case policy
    /// A mail that came in or went out.
    case mail
    /// What was found in the mailbox when a mail was first seen.
    case ingestion

    /// Whether a person told Baton itself, so that a gesture observed later does not undo it.
    package var isPerson: Bool {
        switch self {
        case .cli, .api: true
        case .mailClient, .rule, .policy, .mail, .ingestion: false
        }
    }
}
