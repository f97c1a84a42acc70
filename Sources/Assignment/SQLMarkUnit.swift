import Desk
import DeskCommands
import DeskStore
import Logging

/// What a look has found so far, shared by the unit that finds it and who writes it.
final class LookCollection {
    var findings: MarkFindings
    /// A ticket changed, or something waits for a person: what anybody may be told of is not lost.
    var isForPeople = false

    init(_ scene: MarkScene) {
        self.findings = MarkFindings(number: scene.number)
    }
}

/// ``MarkUnit`` in the database: what ``MarkDesk`` reads and writes, in the unit of work it decides in.
struct SQLMarkUnit: MarkUnit {
    let unit: Unit
    /// What was read with the messages that are due.
    let scene: MarkScene
    /// Takes what was looked at, to be written by who made it.
    let looks: LookCollection
    let logger: Logger

    private var mailbox: MailboxRecord { self.scene.mailbox }

    func undecidedGroups() -> Set<BreakerGroup> { self.scene.undecided }

    func hold(_ entries: [(message: Identifier<Message>, entry: BreakerEntry)]) throws {
        if !entries.isEmpty { self.looks.isForPeople = true }
        try HeldGestureQueries.hold(
            self.unit,
            mailbox: self.mailbox.id,
            entries.map { ($0.message, $0.entry.ticket, $0.entry.group.folder, $0.entry.group.kind.rawValue) }
        )
    }

    func accept(_ messages: [Identifier<Message>]) throws {
        if !messages.isEmpty { self.looks.isForPeople = true }
        try HeldGestureQueries.accept(self.unit, mailbox: self.mailbox.id, messages)
    }

    func drop(_ messages: [Identifier<Message>]) throws {
        if !messages.isEmpty { self.looks.isForPeople = true }
        try HeldGestureQueries.drop(self.unit, mailbox: self.mailbox.id, messages)
    }

    func clear(_ looked: [MarkLook]) {
        self.looks.findings.looked += looked
    }

    func forgetHolds(_ messages: [Identifier<Message>]) {
        self.looks.findings.released += messages
    }

    func endRestore(_ messages: [Identifier<Message>]) throws {
        if !messages.isEmpty { self.looks.isForPeople = true }
        try RestoreQueries.endRestore(self.unit, mailbox: self.mailbox.id, messages)
    }

    func close(
        _ message: Identifier<Message>,
        settled: Settled?,
        isWritten: Bool,
        missing: BelatedWrite.Command?
    ) throws {
        try self.writeSettled()
        try IntentQueries.close(
            self.unit,
            mailbox: self.mailbox.id,
            [IntentQueries.Closing(message: message, settled: settled, missing: missing, touched: nil)],
            outcome: isWritten ? .recovered : .notExecuted
        )
    }

    func endBelated(_ intents: [Identifier<MarkIntent>]) throws {
        try IntentQueries.endBelated(self.unit, mailbox: self.mailbox.id, intents)
    }

    func settle(_ message: Identifier<Message>, _ settled: Settled) {
        self.looks.findings.settle(message, settled)
    }

    /// Before what goes by what is settled, or writes over it.
    private func writeSettled() throws {
        try MarkQueries.settle(self.unit, mailbox: self.mailbox.id, self.looks.findings)
        self.looks.findings.removeSettled()
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
        self.looks.isForPeople = true
        return switch try self.change(ticket, at).apply(self.unit, commands, by: .mailClient) {
        case .changed(let row): .changed(row)
        case .unchanged: .unchanged
        case .refused(let refusal): .refused(code: refusal.code)
        case .overtaken: .overtaken
        }
    }

    func record(_ events: [EventDraft], on ticket: Ticket, at: Timestamp) throws -> Ticket? {
        try self.writeSettled()
        self.looks.isForPeople = true
        return try self.change(ticket, at).record(self.unit, events)
    }

    func refuse(_ message: Identifier<Message>, _ fields: MarkFields, reason: String) throws -> Bool {
        self.looks.isForPeople = true
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
        case .belated(let message):
            self.logger.notice(
                "a former holder of the lease wrote late: undone where the ticket wants something else",
                metadata: ["message.id": "\(message)"]
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
            agents: self.scene.people
        )
    }
}
