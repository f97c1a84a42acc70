/// Makes a ticket out of its events: the row in the database is always equal to this fold.
///
/// Folded in the order of recording, because every change was decided against the version before it.
package enum TicketFold {
    /// The ticket that a list of events makes; nil unless the first one is `opened` and names a queue.
    package static func fold(number: Ticket.ID, _ events: [EventDraft]) -> Ticket? {
        guard let first = events.first, first.kind == .opened else { return nil }
        guard let queue = first.details["queue"].flatMap({ Int64($0) }) else { return nil }
        var ticket = Ticket(
            number: number,
            queue: Identifier(queue),
            owner: nil,
            status: .open,
            priority: .normal,
            version: 0,
            statusChangedAt: first.at
        )
        for event in events { self.apply(event, to: &ticket) }
        return ticket
    }

    /// What one event changes; every event raises the version by one.
    package static func apply(_ event: EventDraft, to ticket: inout Ticket) {
        ticket.version += 1
        switch event.kind {
        case .opened, .reopened, .notSpam:
            self.set(.open, event, &ticket)
        case .pending:
            self.set(.pending, event, &ticket)
        case .closed, .merged:
            self.set(.closed, event, &ticket)
        case .markedSpam:
            self.set(.spam, event, &ticket)
        case .deletedInMailbox:
            let former = ticket.status
            self.set(.closed, event, &ticket)
            ticket.statusBeforeDeletion = former
        case .restoredInMailbox:
            let former = event.details["status"].flatMap { TicketStatus(rawValue: $0) }
            self.set(former ?? ticket.statusBeforeDeletion ?? ticket.status, event, &ticket)
        case .assigned:
            ticket.owner = event.agent
        case .released:
            ticket.owner = nil
        case .priorityHigh:
            ticket.priority = .high
        case .priorityNormal:
            ticket.priority = .normal
        case .messageIn:
            guard let message = event.message else { return }
            let contact = ContactMessage(receivedAt: event.at, message: message)
            ticket.lastContact = ticket.lastContact.map { max($0, contact) } ?? contact
        case .messageAuto, .messageUnverified, .answered, .messageOut, .answeredUnseen, .noted, .mutedInJunk,
            .gestureRefused, .overridden, .claimsTicket:
            break
        }
    }

    private static func set(_ status: TicketStatus, _ event: EventDraft, _ ticket: inout Ticket) {
        ticket.status = status
        ticket.statusChangedAt = event.at
        ticket.statusBeforeDeletion = nil
        switch status {
        case .open, .spam: ticket.seen = nil
        case .pending, .closed: ticket.seen = SeenMark.read(event.details) ?? ticket.lastContact
        }
    }
}
