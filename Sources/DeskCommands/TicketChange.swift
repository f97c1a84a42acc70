package import Desk
package import DeskStore

/// One ticket about to change inside an open transaction.
package struct TicketChange: Sendable {
    /// The mailbox it belongs to.
    package let mailbox: Identifier<Mailbox>
    /// The row as it was read; the change is guarded by its version.
    package let ticket: Ticket
    /// What an answer of ours does to an open ticket, by its queue.
    package let afterAnswer: AfterAnswer
    /// When it happens, by the database's clock or, for a gesture, when it was observed.
    package let at: Timestamp
    /// Every agent by id.
    package let agents: [Agent.ID: Agent]
    /// The unit holds the row's lock, so that nobody can overtake it.
    package let isLocked: Bool

    /// Puts the values together.
    package init(
        mailbox: Identifier<Mailbox>,
        ticket: Ticket,
        afterAnswer: AfterAnswer,
        at: Timestamp,
        agents: [Agent.ID: Agent],
        isLocked: Bool = false
    ) {
        self.mailbox = mailbox
        self.ticket = ticket
        self.afterAnswer = afterAnswer
        self.at = at
        self.agents = agents
        self.isLocked = isLocked
    }

    /// How it ended.
    package enum Result: Sendable {
        case changed(Ticket)
        case unchanged(String)
        case refused(Refusal)
        /// The ticket is not at the version that was read any more: read it again.
        case overtaken
    }

    /// Decides the commands, one after the other, all or none, and writes what they lead to.
    package func apply(_ unit: Unit, _ commands: [TicketCommand], by actor: Actor) throws -> Result {
        let decision = TicketCommand.decide(
            commands,
            on: self.ticket,
            by: actor,
            at: self.at,
            agents: self.agents,
            afterAnswer: self.afterAnswer
        )
        switch decision {
        case .unchanged(let why): return .unchanged(why)
        case .refused(let refusal): return .refused(refusal)
        case .changed(let events, let row):
            return try self.write(unit, events: events, row: row, by: actor) ? .changed(row) : .overtaken
        }
    }

    /// Appends events that change nothing but the history: a refused gesture, one overridden.
    package func record(_ unit: Unit, _ events: [EventDraft]) throws -> Ticket? {
        var row = self.ticket
        for event in events { TicketFold.apply(event, to: &row) }
        guard let first = events.first else { return row }
        let actor = Actor(name: first.actor, origin: first.origin)
        return try self.write(unit, events: events, row: row, by: actor) ? row : nil
    }

    private func write(_ unit: Unit, events: [EventDraft], row: Ticket, by actor: Actor) throws -> Bool {
        let changesMarks = Self.changesMarks(from: self.ticket, to: row)
        let change = TicketQueries.Change(
            row: row,
            replaced: self.ticket.version,
            updatedAt: events.map(\.at).max() ?? self.at,
            changesMarks: changesMarks
        )
        let appended = EventQueries.Appended(
            ticket: row.number,
            firstSeq: self.ticket.version + 1,
            events: events
        )
        guard
            let (history, number) = try self.isLocked
                ? TicketQueries.replace(
                    unit,
                    mailbox: self.mailbox,
                    change,
                    appended,
                    drawsNumber: actor.origin.isPerson
                ) : self.replace(unit, change, appended, drawsNumber: actor.origin.isPerson)
        else { return false }
        try EventQueries.project(
            unit,
            mailbox: self.mailbox,
            [EventQueries.Turns(ticket: row.number, queue: row.queue, turns: TurnFold.turns(of: history))],
            mayShrink: true
        )
        if let number {
            try TicketQueries.notePersonCommand(unit, mailbox: self.mailbox, row.number, number: number)
        }
        if changesMarks {
            try TicketQueries.touchMessages(unit, mailbox: self.mailbox, of: [row.number], endsLinger: true)
            try MailboxQueries.wake(unit, self.mailbox, .assignment)
        }
        return true
    }

    /// Nothing but the row is written before it is known to be at the version that was read.
    private func replace(
        _ unit: Unit,
        _ change: TicketQueries.Change,
        _ appended: EventQueries.Appended,
        drawsNumber: Bool
    ) throws -> (history: [TicketEvent], number: Int64?)? {
        guard try TicketQueries.update(unit, mailbox: self.mailbox, [change]) == 1 else { return nil }
        try EventQueries.insert(unit, mailbox: self.mailbox, [appended])
        let number = change.row.number
        let history = try EventQueries.load(unit, mailbox: self.mailbox, [number.rawValue])[number] ?? []
        return (history, drawsNumber ? try MailboxQueries.draw(unit, self.mailbox) : nil)
    }

    private static func changesMarks(from old: Ticket, to new: Ticket) -> Bool {
        old.owner != new.owner || old.status != new.status || old.priority != new.priority
    }
}
