import Desk

/// The side of Baton: ledger, tickets, settled states and intents, as the services keep them.
///
/// Ingestion writes observations, the writer writes intents and settled states, as in "Who writes what".
struct ModelDesk {
    struct Row {
        let id: Identifier<Placement>
        let message: Identifier<Message>
        let folder: Identifier<Folder>
        let role: FolderRole
        let uid: UInt32
        var flags: MarkFlags
        var observation: Int64?
        var isGone = false
    }

    struct Key: Hashable {
        let folder: Identifier<Folder>
        let uid: UInt32
    }

    struct OpenIntent {
        let number: Int64
        let write: MarkWrite
        var phase: MarkIntent.Phase
        var isStored = false
    }

    struct Mail {
        let ticket: Ticket.ID
        var settled: Settled?
        var intent: OpenIntent?
        var lastClose: Int64 = 0
        var goneObservation: Int64 = 0
        var isMutedInJunk = false
        // Counts for the laws.
        var writes = 0
        var recoveries = 0
        var gestures: [Gesture] = []
    }

    let layout: Layout?
    /// A planted bug: the writer does not remember when it wrote last.
    let forgetsCloses: Bool
    var sequence: Int64 = 0
    var ledger: [Key: Row] = [:]
    var mails: [Identifier<Message>: Mail] = [:]
    var tickets: [Ticket.ID: Ticket] = [:]
    var personCommands: [Ticket.ID: Int64] = [:]
    var ticketChanges: [Ticket.ID: Int] = [:]
    var lastCompleteSync: Int64 = 0
    private var nextPlacement: Int64 = 0

    init(layout: Layout?, forgetsCloses: Bool = false) {
        self.layout = layout
        self.forgetsCloses = forgetsCloses
    }

    mutating func draw() -> Int64 {
        self.sequence += 1
        return self.sequence
    }

    // MARK: - Ingestion

    mutating func apply(_ listing: ModelServer.Listing, role: FolderRole) {
        for (uid, copy) in listing.copies.sorted(by: { $0.key < $1.key }) {
            let key = Key(folder: listing.folder, uid: uid)
            if let row = self.ledger[key] {
                guard !row.isGone else { continue }
                if copy.flags.isDeleted, !row.flags.isDeleted { self.disappear(row.message, listing.number) }
                self.ledger[key]?.flags = copy.flags
                self.ledger[key]?.observation = listing.number
            } else {
                let row = self.insert(key, copy.message, role, copy.flags, observation: listing.number)
                self.file(row)
            }
        }
        // Absence is evidence only below the listing's UIDNEXT.
        for (key, row) in self.ledger where key.folder == listing.folder && key.uid < listing.nextUID && !row.isGone {
            guard listing.copies[key.uid] == nil else { continue }
            self.ledger[key]?.isGone = true
            self.disappear(row.message, listing.number)
        }
    }

    private mutating func disappear(_ message: Identifier<Message>, _ number: Int64) {
        let known = self.mails[message]?.goneObservation ?? 0
        self.mails[message]?.goneObservation = max(known, number)
    }

    private mutating func insert(
        _ key: Key,
        _ message: Identifier<Message>,
        _ role: FolderRole,
        _ flags: MarkFlags,
        observation: Int64?
    ) -> Row {
        self.nextPlacement += 1
        let row = Row(
            id: Identifier(self.nextPlacement),
            message: message,
            folder: key.folder,
            role: role,
            uid: key.uid,
            flags: flags,
            observation: observation
        )
        self.ledger[key] = row
        return row
    }

    /// The filer: a message seen first is settled where it lies, and a contact's message opens the ticket.
    private mutating func file(_ row: Row) {
        guard var mail = self.mails[row.message], mail.settled == nil else { return }
        guard let settled = Marks.first(self.placement(row)) else { return }
        mail.settled = settled
        mail.settled?.number = self.sequence
        self.mails[row.message] = mail
        guard let ticket = self.tickets[mail.ticket] else { return }
        let input = FilingInput(
            message: row.message,
            folder: row.role,
            identity: .inbound(from: [Sample.party("carl")]),
            kind: .human,
            threading: .existing(ticket.number, .inReplyTo(Sample.digest(1))),
            ticket: ticket,
            from: [Sample.party("carl")],
            ours: Sample.ours,
            activeAgents: Sample.active,
            receivedAt: Sample.at(Int(self.sequence)),
            sentAt: Sample.at(Int(self.sequence)),
            queue: Sample.queue
        )
        for event in Filing.decide(input).events { self.happen(event, ticket.number) }
    }

    private mutating func happen(_ event: EventDraft, _ number: Ticket.ID) {
        guard var ticket = self.tickets[number] else { return }
        let before = (ticket.status, ticket.owner, ticket.priority)
        TicketFold.apply(event, to: &ticket)
        self.tickets[number] = ticket
        if before != (ticket.status, ticket.owner, ticket.priority) { self.ticketChanges[number, default: 0] += 1 }
    }

    // MARK: - Commands

    mutating func command(_ commands: [TicketCommand], on number: Ticket.ID, by actor: Actor) {
        guard let ticket = self.tickets[number] else { return }
        let decision = TicketCommand.decide(
            commands,
            on: ticket,
            by: actor,
            at: Sample.at(Int(self.sequence)),
            agents: Sample.agents
        )
        guard case .changed(let events, _) = decision else { return }
        for event in events {
            self.happen(event, number)
            if event.kind == .mutedInJunk, let message = event.message { self.mails[message]?.isMutedInJunk = true }
        }
        if actor.origin.isPerson { self.personCommands[number] = self.draw() }
    }

    // MARK: - The mark writer

    func subject(_ message: Identifier<Message>) -> MarkSubject? {
        guard let mail = self.mails[message] else { return nil }
        let rows = self.ledger.values.filter { $0.message == message && !$0.isGone }
        return MarkSubject(
            message: message,
            layout: self.layout,
            ticket: self.tickets[mail.ticket],
            isMutedInJunk: mail.isMutedInJunk,
            settled: mail.settled,
            placements: rows.map(self.placement).sorted { $0.id < $1.id },
            goneObservation: mail.goneObservation,
            intent: mail.intent.map {
                MarkIntent(number: $0.number, target: $0.write.target, fields: $0.write.fields, phase: $0.phase)
            },
            lastClose: self.forgetsCloses ? 0 : mail.lastClose,
            lastCompleteSync: self.lastCompleteSync,
            now: Sample.at(Int(self.sequence)),
            personCommand: self.personCommands[mail.ticket]
        )
    }

    /// One look at a message; false when there was nothing to do.
    mutating func reconcile(_ message: Identifier<Message>) -> Bool {
        guard let subject = self.subject(message), subject.settled != nil || subject.intent != nil else { return false }
        switch Marks.reconcile(subject) {
        case .inStep, .held, .outOfReach, .wait:
            return false
        case .settle(let settled):
            self.settle(message, settled)
        case .overridden(let gesture, let settled):
            self.mails[message]?.gestures.append(gesture)
            self.settle(message, settled)
        case .gesture(let gesture, let settled, _):
            self.mails[message]?.gestures.append(gesture)
            self.settle(message, settled)
            self.carryOut(gesture, message, subject)
        case .closeIntent(let settled):
            self.close(message, settled)
        case .write(let write):
            self.mails[message]?.writes += 1
            let number = self.draw()
            self.mails[message]?.intent = OpenIntent(number: number, write: write, phase: .inFlight)
        }
        return true
    }

    private mutating func carryOut(_ gesture: Gesture, _ message: Identifier<Message>, _ subject: MarkSubject) {
        guard let ticket = subject.ticket else { return }
        if case .moved(from: .junk, _) = gesture { self.mails[message]?.isMutedInJunk = false }
        if case .seenAgain = gesture { self.mails[message]?.isMutedInJunk = false }
        let visible = self.mails.values.filter { $0.ticket == ticket.number && $0.settled?.isGone == false }
        let context = GestureContext(
            layout: self.layout,
            ticket: ticket,
            message: message,
            hasOurMessages: false,
            visibleInbound: visible.count,
            onDelete: .close
        )
        switch gesture.outcome(context) {
        case .commands(let commands): self.command(commands, on: ticket.number, by: .mailClient)
        case .refused: break
        }
    }

    private mutating func settle(_ message: Identifier<Message>, _ settled: Settled) {
        var settled = settled
        settled.number = self.sequence
        self.mails[message]?.settled = settled
    }

    private mutating func close(_ message: Identifier<Message>, _ settled: Settled?) {
        self.mails[message]?.intent = nil
        let number = self.draw()
        self.mails[message]?.lastClose = number
        if let settled { self.settle(message, settled) }
    }

    /// The next command of an open intent on the server, first the flags, then the move.
    ///
    /// False when there was none.
    mutating func perform(_ message: Identifier<Message>, on server: inout ModelServer) -> Bool {
        guard var intent = self.mails[message]?.intent, intent.phase == .inFlight else { return false }
        let source = intent.write.source
        if !intent.isStored {
            let isThere = server.store(source.uid, in: source.folder) { flags in
                for mark in intent.write.add { Self.set(mark, true, &flags) }
                for mark in intent.write.remove { Self.set(mark, false, &flags) }
            }
            intent.isStored = isThere
            if !isThere { intent.phase = .recovering }
            if !isThere { self.mails[message]?.recoveries += 1 }
            self.mails[message]?.intent = intent
            if isThere, intent.write.moveTo != nil { return true }
            if !isThere { return true }
        }
        guard let place = intent.write.moveTo else {
            self.confirm(message, intent, at: Key(folder: source.folder, uid: source.uid), role: source.role)
            return true
        }
        let target = folder(of: place)
        guard let uid = server.move(source.uid, from: source.folder, to: target.id) else {
            self.loseAnswer(message)
            return true
        }
        self.ledger[Key(folder: source.folder, uid: source.uid)]?.isGone = true
        self.confirm(message, intent, at: Key(folder: target.id, uid: uid), role: target.role)
        return true
    }

    /// A crash, or a connection that broke after the command was sent.
    mutating func loseAnswer(_ message: Identifier<Message>) {
        guard self.mails[message]?.intent?.phase == .inFlight else { return }
        self.mails[message]?.intent?.phase = .recovering
        self.mails[message]?.recoveries += 1
    }

    /// The commands reach the server, their answer does not reach us.
    mutating func performBlindly(_ message: Identifier<Message>, on server: inout ModelServer) {
        var copy = self
        while copy.mails[message]?.intent?.phase == .inFlight, copy.perform(message, on: &server) {}
        self.loseAnswer(message)
    }

    private mutating func confirm(
        _ message: Identifier<Message>,
        _ intent: OpenIntent,
        at key: Key,
        role: FolderRole
    ) {
        let state = intent.write.target
        let flags = MarkFlags(
            owners: state.owners,
            isPending: state.isPending,
            isFlagged: state.isFlagged,
            isAnswered: state.isAnswered
        )
        let row = self.ledger[key] ?? self.insert(key, message, role, flags, observation: nil)
        self.close(message, Settled(state: intent.write.settledAfter, placement: row.id))
    }

    private func placement(_ row: Row) -> MarkPlacement {
        MarkPlacement(
            id: row.id,
            folder: row.folder,
            role: row.role,
            epoch: 1,
            uid: row.uid,
            observation: row.observation,
            flags: row.flags
        )
    }

    private static func set(_ mark: Mark, _ value: Bool, _ flags: inout MarkFlags) {
        switch mark {
        case .owner(let agent):
            if value { flags.owners.insert(agent) } else { flags.owners.remove(agent) }
        case .pending: flags.isPending = value
        case .flagged: flags.isFlagged = value
        case .answered: flags.isAnswered = value
        }
    }
}
