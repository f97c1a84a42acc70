import Desk
import DeskCommands
import DeskStore
import Logging

/// What one unit of work has looked at, and what it is yet to write about that: at its end, after what locks the mailbox's row.
final class LookCollection {
    /// The mailbox's number when it was read.
    let number: Int64?
    var all: [MarkLook] = []
    /// What is agreed on and not written yet.
    var settled: [Identifier<Message>: Settled] = [:]
    /// A ticket changed, or something waits for a person: what anybody may be told of is not lost.
    var isForPeople = false

    init(number: Int64? = nil) {
        self.number = number
    }

    /// Notes what is agreed on about a message; later ones count, and that one of them was about everything.
    func settle(_ message: Identifier<Message>, _ settled: Settled) {
        var settled = settled
        if self.settled[message]?.isComplete == true { settled.isComplete = true }
        self.settled[message] = settled
    }
}

/// ``MarkUnit`` in the database: what ``MarkDesk`` reads and writes, in the unit of work it decides in.
struct SQLMarkUnit: MarkUnit {
    let unit: Unit
    let mailbox: MailboxRecord
    let people: [Agent.ID: Agent]
    /// What was read with the messages that are due; nil: asked when wanted.
    var scene: MarkScene?
    /// Takes what was looked at, to be cleared by who made it, after what locks the mailbox's row; nil: cleared at once.
    var looks: LookCollection?
    let logger: Logger

    func held(among messages: [Identifier<Message>]) throws -> [Identifier<Message>: BreakerDecision?] {
        if let scene { return scene.held }
        return try HeldGestureQueries.held(self.unit, mailbox: self.mailbox.id, among: messages)
    }

    func undecidedGroups() throws -> Set<BreakerGroup> {
        if let scene { return scene.undecided }
        return try HeldGestureQueries.undecidedGroups(self.unit, mailbox: self.mailbox.id)
    }

    func hold(_ entries: [(message: Identifier<Message>, entry: BreakerEntry)]) throws {
        if !entries.isEmpty { self.looks?.isForPeople = true }
        try HeldGestureQueries.hold(
            self.unit,
            mailbox: self.mailbox.id,
            entries.map { ($0.message, $0.entry.ticket, $0.entry.group.folder, $0.entry.group.kind.rawValue) }
        )
    }

    func accept(_ messages: [Identifier<Message>]) throws {
        if !messages.isEmpty { self.looks?.isForPeople = true }
        try HeldGestureQueries.accept(self.unit, mailbox: self.mailbox.id, messages)
    }

    func drop(_ messages: [Identifier<Message>]) throws {
        if !messages.isEmpty { self.looks?.isForPeople = true }
        try HeldGestureQueries.drop(self.unit, mailbox: self.mailbox.id, messages)
    }

    func clear(_ looked: [MarkLook]) throws {
        if let looks {
            looks.all += looked
            return
        }
        try MarkQueries.clear(self.unit, mailbox: self.mailbox.id, looked)
    }

    func endRestore(_ messages: [Identifier<Message>]) throws {
        if !messages.isEmpty { self.looks?.isForPeople = true }
        try RestoreQueries.endRestore(self.unit, mailbox: self.mailbox.id, messages)
    }

    func close(_ message: Identifier<Message>, settled: Settled?, isWritten: Bool) throws {
        try self.writeSettled()
        try IntentQueries.close(
            self.unit,
            mailbox: self.mailbox.id,
            [IntentQueries.Closing(message: message, settled: settled)],
            outcome: isWritten ? .recovered : .notExecuted
        )
    }

    func settle(_ message: Identifier<Message>, _ settled: Settled) throws {
        guard let looks else {
            return try MarkQueries.settle(self.unit, mailbox: self.mailbox.id, [message: settled], asOf: nil)
        }
        looks.settle(message, settled)
    }

    /// Before what goes by what is settled, or writes over it.
    private func writeSettled() throws {
        guard let looks else { return }
        try MarkQueries.settle(self.unit, mailbox: self.mailbox.id, looks.settled, asOf: looks.number)
        looks.settled = [:]
    }

    func mute(_ message: Identifier<Message>) throws {
        try MarkQueries.mute(self.unit, mailbox: self.mailbox.id, message)
    }

    func unmute(_ message: Identifier<Message>) throws {
        try MarkQueries.unmute(self.unit, mailbox: self.mailbox.id, message)
    }

    func extendReach(_ message: Identifier<Message>) throws {
        try MarkQueries.extendReach(self.unit, mailbox: self.mailbox.id, message)
    }

    func seenContact(
        _ ticket: Ticket.ID,
        before placement: Identifier<Placement>,
        of message: Identifier<Message>
    ) throws -> ContactMessage? {
        try TicketQueries.seenContact(self.unit, mailbox: self.mailbox.id, ticket, before: placement, of: message)
    }

    func visible(_ ticket: Ticket.ID) throws -> (inbound: Int, hasOurs: Bool) {
        try TicketQueries.visible(self.unit, mailbox: self.mailbox.id, ticket)
    }

    func apply(_ commands: [TicketCommand], on ticket: Ticket, at: Timestamp) throws -> TicketOutcome {
        try self.writeSettled()
        self.looks?.isForPeople = true
        return switch try self.change(ticket, at).apply(self.unit, commands, by: .mailClient) {
        case .changed(let row): .changed(row)
        case .unchanged: .unchanged
        case .refused(let refusal): .refused(code: refusal.code)
        case .overtaken: .overtaken
        }
    }

    func record(_ events: [EventDraft], on ticket: Ticket, at: Timestamp) throws -> Ticket? {
        try self.writeSettled()
        self.looks?.isForPeople = true
        return try self.change(ticket, at).record(self.unit, events)
    }

    func refuse(_ message: Identifier<Message>, _ fields: MarkFields, reason: String) throws -> Bool {
        self.looks?.isForPeople = true
        var isHeld = false
        for field in fields.names {
            if try HoldQueries.refuse(self.unit, mailbox: self.mailbox.id, message, field: field, reason: reason) {
                isHeld = true
            }
        }
        return isHeld
    }

    func tell(_ note: MarkNote) {
        switch note {
        case .restless(let message):
            self.logger.error("a message's marks do not come to rest", metadata: ["message.id": "\(message)"])
        case .gesture(let ticket, let gesture):
            self.logger.info(
                "an agent's gesture",
                metadata: ["ticket.id": "\(ticket)", "gesture": "\(gesture.name)"]
            )
        case .stopped(let messages):
            self.logger.warning(
                "many tickets changed alike at once: held until a person decides",
                metadata: ["messages": "\(messages)"]
            )
        }
    }

    private func change(_ ticket: Ticket, _ at: Timestamp) -> TicketChange {
        TicketChange(
            mailbox: self.mailbox.id,
            ticket: ticket,
            afterAnswer: self.mailbox.afterAnswer,
            at: at,
            agents: self.people
        )
    }
}
