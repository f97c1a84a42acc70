/// One conversation, with a status, a queue and at most one owner.
///
/// Every field is the fold of the ticket's events (``TicketFold``); ``version`` counts them and guards every change.
package struct Ticket: Hashable, Sendable {
    /// The ticket number.
    package typealias ID = Identifier<Ticket>

    /// The number by which people name it.
    package var number: ID
    /// The stream it belongs to.
    package var queue: Identifier<Queue>
    /// Who holds it now.
    package var owner: Agent.ID?
    /// Where it stands.
    package var status: TicketStatus
    /// How urgent it is.
    package var priority: Priority
    /// How many events it has.
    package var version: Int64
    /// When the event happened that gave it its status.
    package var statusChangedAt: Timestamp
    /// The newest human message from a contact.
    package var lastContact: ContactMessage?
    /// The newest message from a contact that whoever set pending or closed could see; nil while open or spam.
    package var seen: ContactMessage?
    /// The status it returns to when one of its messages is visible again; set while it is "deleted in mailbox".
    package var statusBeforeDeletion: TicketStatus?

    /// Describes a ticket, field by field.
    package init(
        number: ID,
        queue: Identifier<Queue>,
        owner: Agent.ID?,
        status: TicketStatus,
        priority: Priority,
        version: Int64,
        statusChangedAt: Timestamp,
        lastContact: ContactMessage? = nil,
        seen: ContactMessage? = nil,
        statusBeforeDeletion: TicketStatus? = nil
    ) {
        self.number = number
        self.queue = queue
        self.owner = owner
        self.status = status
        self.priority = priority
        self.version = version
        self.statusChangedAt = statusChangedAt
        self.lastContact = lastContact
        self.seen = seen
        self.statusBeforeDeletion = statusBeforeDeletion
    }
}

/// A message from a contact, by its arrival.
///
/// Servers give arrival in whole seconds, so the number of the message decides between two of the same second.
package struct ContactMessage: Hashable, Comparable, Sendable {
    /// When it arrived.
    package let receivedAt: Timestamp
    /// Which message it is.
    package let message: Identifier<Message>

    /// Names a message and its arrival.
    package init(receivedAt: Timestamp, message: Identifier<Message>) {
        self.receivedAt = receivedAt
        self.message = message
    }

    /// Earlier arrivals first, then lower message numbers.
    package static func < (left: Self, right: Self) -> Bool {
        left.receivedAt == right.receivedAt ? left.message < right.message : left.receivedAt < right.receivedAt
    }
}
