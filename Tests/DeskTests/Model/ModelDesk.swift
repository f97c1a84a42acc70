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

    struct Mail {
        let ticket: Ticket.ID
        var settled: Settled?
        var intent: MarkIntent?
        var lastClose: Int64 = 0
        var goneObservation: Int64 = 0
        var isMutedInJunk = false
        // Counts for the laws.
        var writes = 0
        var recoveries = 0
        var gestures: [Gesture] = []
    }

    /// The writer's own memory, which a crash takes away.
    struct Worker {
        var machine: MarkWriteStateMachine
        var action: MarkWriteStateMachine.Action
        let source: MarkPlacement
        let destination: Place?
    }

    let layout: Layout?
    let abilities: MarkWriteStateMachine.Abilities
    /// A planted bug: the writer does not remember when it wrote last.
    let forgetsCloses: Bool
    var sequence: Int64 = 0
    var ledger: [Key: Row] = [:]
    var mails: [Identifier<Message>: Mail] = [:]
    var tickets: [Ticket.ID: Ticket] = [:]
    var personCommands: [Ticket.ID: Int64] = [:]
    var ticketChanges: [Ticket.ID: Int] = [:]
    var lastCompleteSync: Int64 = 0
    private var workers: [Identifier<Message>: Worker] = [:]
    private var nextPlacement: Int64 = 0

    init(layout: Layout?, abilities: MarkWriteStateMachine.Abilities, forgetsCloses: Bool = false) {
        self.layout = layout
        self.abilities = abilities
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
            intent: mail.intent,
            lastClose: self.forgetsCloses ? 0 : mail.lastClose,
            lastCompleteSync: self.lastCompleteSync,
            now: Sample.at(Int(self.sequence)),
            personCommand: self.personCommands[mail.ticket]
        )
    }

    /// One look at a message; false when there was nothing to do.
    mutating func reconcile(_ message: Identifier<Message>) -> Bool {
        guard self.workers[message] == nil else { return false }
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
        case .closeIntent(let settled, _):
            self.close(message, settled)
        case .write(let write):
            self.mails[message]?.writes += 1
            for batch in MarkBatch.group([write]) {
                let machine = MarkWriteStateMachine(writing: batch, uidValidity: 1, abilities: self.abilities)
                self.begin(machine, message, from: write.source, to: write.moveTo)
            }
        case .removeSource(let removal):
            let machine = MarkWriteStateMachine(removing: [removal], uidValidity: 1, abilities: self.abilities)
            self.begin(machine, message, from: removal.source, to: nil)
        }
        return true
    }

    private mutating func begin(
        _ machine: MarkWriteStateMachine,
        _ message: Identifier<Message>,
        from source: MarkPlacement,
        to destination: Place?
    ) {
        var machine = machine
        let action = machine.begin()
        self.workers[message] = Worker(machine: machine, action: action, source: source, destination: destination)
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
        settled.number = settled.isComplete ? self.sequence : self.mails[message]?.settled?.number ?? 0
        settled.isComplete = true
        self.mails[message]?.settled = settled
    }

    private mutating func close(_ message: Identifier<Message>, _ settled: Settled?) {
        self.mails[message]?.intent = nil
        let number = self.draw()
        self.mails[message]?.lastClose = number
        if let settled { self.settle(message, settled) }
    }

    /// Carries out the writer's next action; false when there was none.
    mutating func perform(_ message: Identifier<Message>, on server: inout ModelServer) -> Bool {
        guard var worker = self.workers[message] else { return false }
        let source = worker.source.folder
        switch worker.action {
        case .record(let writes, let step):
            for write in writes { self.record(write, step) }
            worker.action = worker.machine.recorded([message])
        case .select:
            let all: Set<Mark> = [
                .owner(Sample.ann), .owner(Sample.bob), .owner(Sample.cat), .pending, .flagged, .answered,
            ]
            worker.action = worker.machine.selected(MarkSelection(uidValidity: 1, isReadOnly: false, storable: all))
        case .store(let uids, let marks, let isAdding, let shows):
            for uid in uids {
                _ = server.store(uid, in: source) { flags in for mark in marks { Self.set(mark, isAdding, &flags) } }
            }
            let copies = server.boxes[source]?.copies ?? [:]
            let shown = copies.filter { uids.contains($0.key) }.mapValues(\.flags)
            worker.action = worker.machine.answered(shows ? .shown(shown) : .done)
        case .look(let uids):
            let copies = server.boxes[source]?.copies ?? [:]
            worker.action = worker.machine.saw(copies.filter { uids.contains($0.key) }.mapValues(\.flags))
        case .move(let uids), .copy(let uids):
            worker.action = worker.machine.transferred(self.transfer(uids, worker, on: &server))
        case .keep(let pairs, _):
            worker.action = worker.machine.copied(self.keep(pairs, message, worker))
        case .advance(let removals, let step):
            for removal in removals { self.advance(message, to: step, copy: removal.copy) }
            worker.action = worker.machine.advanced()
        case .markDeleted(let uids):
            for uid in uids { _ = server.store(uid, in: source) { $0.isDeleted = true } }
            worker.action = worker.machine.answered(.done)
        case .expunge(let uids):
            for uid in uids where server.boxes[source]?.copies[uid]?.flags.isDeleted == true {
                server.expunge(uid, in: source)
            }
            worker.action = worker.machine.answered(.done)
        case .finish(let closings):
            self.workers[message] = nil
            for closing in closings { self.end(closing, worker) }
            return true
        }
        self.workers[message] = worker
        return true
    }

    /// A crash, or a connection that broke: nobody waits for an answer any more.
    mutating func loseAnswer(_ message: Identifier<Message>) {
        guard self.workers.removeValue(forKey: message) != nil else { return }
        self.lose(message)
    }

    /// The command reaches the server, its answer does not reach us.
    mutating func performBlindly(_ message: Identifier<Message>, on server: inout ModelServer) {
        var copy = self
        _ = copy.perform(message, on: &server)
        self.loseAnswer(message)
    }

    private mutating func lose(_ message: Identifier<Message>) {
        guard let intent = self.mails[message]?.intent else { return }
        self.mails[message]?.recoveries += 1
        self.store(intent, on: message, number: self.draw(), phase: .recovering, step: intent.step, copy: intent.copy)
    }

    private mutating func advance(
        _ message: Identifier<Message>,
        to step: MarkIntent.Step,
        copy: Identifier<Placement>
    ) {
        guard let intent = self.mails[message]?.intent else { return }
        self.store(intent, on: message, number: self.draw(), phase: .inFlight, step: step, copy: copy)
    }

    private mutating func store(
        _ intent: MarkIntent,
        on message: Identifier<Message>,
        number: Int64,
        phase: MarkIntent.Phase,
        step: MarkIntent.Step,
        copy: Identifier<Placement>?
    ) {
        self.mails[message]?.intent = MarkIntent(
            number: number,
            target: intent.target,
            fields: intent.fields,
            phase: phase,
            step: step,
            source: intent.source,
            newest: intent.newest,
            copy: copy
        )
    }

    private mutating func record(_ write: MarkWrite, _ step: MarkIntent.Step) {
        let source = write.source
        let number = self.draw()
        self.mails[write.message]?.intent = MarkIntent(
            number: number,
            target: write.target,
            fields: write.fields,
            phase: .inFlight,
            step: step,
            source: MarkIntent.Source(folder: source.folder, epoch: source.epoch, uid: source.uid),
            newest: Identifier(self.nextPlacement)
        )
    }

    private func transfer(_ uids: [UInt32], _ worker: Worker, on server: inout ModelServer) -> MarkTransfer {
        guard let place = worker.destination else { return .unknown }
        let target = folder(of: place).id
        let pairs = uids.compactMap { uid in
            let moved =
                self.abilities.hasMove
                ? server.move(uid, from: worker.source.folder, to: target)
                : server.copy(uid, from: worker.source.folder, to: target)
            return moved.map { MarkTransfer.Pair(source: uid, destination: $0) }
        }
        // Without UIDPLUS there is no COPYUID, and where nothing was there is none either.
        guard self.abilities.hasUIDPlus, !pairs.isEmpty else { return .unknown }
        return .done(uidValidity: 1, pairs)
    }

    private mutating func keep(
        _ pairs: [MarkTransfer.Pair],
        _ message: Identifier<Message>,
        _ worker: Worker
    ) -> [UInt32: Identifier<Placement>] {
        var copies: [UInt32: Identifier<Placement>] = [:]
        for pair in pairs {
            guard let copy = self.arrive(message, worker, uid: pair.destination) else { continue }
            copies[pair.source] = copy
            self.advance(message, to: .mark, copy: copy)
        }
        return copies
    }

    /// The row of what was moved or copied, unless ingestion was there first.
    private mutating func arrive(
        _ message: Identifier<Message>,
        _ worker: Worker,
        uid: UInt32
    ) -> Identifier<Placement>? {
        guard let place = worker.destination else { return nil }
        let target = folder(of: place)
        let key = Key(folder: target.id, uid: uid)
        if let row = self.ledger[key] { return row.isGone ? nil : row.id }
        return self.insert(key, message, target.role, worker.source.flags, observation: nil).id
    }

    private mutating func end(_ closing: MarkClosing, _ worker: Worker) {
        let message = closing.message
        switch closing.end {
        case .confirmed(let state, .source):
            self.close(message, Settled(state: state, placement: worker.source.id, isComplete: closing.hold == nil))
        case .confirmed(let state, .placement(let placement)):
            self.close(message, Settled(state: state, placement: placement, isComplete: closing.hold == nil))
        case .confirmed(let state, .moved(let uid, _)):
            guard let placement = self.arrive(message, worker, uid: uid) else { return self.lose(message) }
            self.ledger[Key(folder: worker.source.folder, uid: worker.source.uid)]?.isGone = true
            self.close(message, Settled(state: state, placement: placement, isComplete: closing.hold == nil))
        case .refused(let state):
            self.close(message, Settled(state: state, placement: worker.source.id, isComplete: false))
        case .dropped:
            self.close(message, nil)
        case .open:
            self.lose(message)
        }
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
