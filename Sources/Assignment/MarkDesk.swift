import Desk
import DeskCommands
import DeskStore
import Logging

/// Decides the marks of messages that are due, inside one unit of work: settles, applies gestures, and says what is to
/// be written on the server.
struct MarkDesk {
    let unit: Unit
    let mailbox: MailboxRecord
    /// The layout that the server allows; nil: observe-only.
    let layout: Layout?
    let people: [Agent.ID: Agent]
    let keywords: MarkKeywords
    let folders: [FolderRecord]
    let logger: Logger

    private(set) var writes: [MarkWrite] = []
    /// The touch that led to each write: cleared when its intent is recorded, not before, so that nothing decided is
    /// forgotten by a crash in between.
    private(set) var touches: [Identifier<Message>: Int64] = [:]
    /// Messages settled, gestures applied, intents recovered.
    private(set) var changes = 0
    private var looked: [MarkQueries.Looked] = []
    /// Rows that changed in this unit, so that a second message of a ticket meets the present one.
    private var tickets: [Ticket.ID: Ticket] = [:]

    init(
        unit: Unit,
        mailbox: MailboxRecord,
        layout: Layout?,
        people: [Agent.ID: Agent],
        keywords: MarkKeywords,
        folders: [FolderRecord],
        logger: Logger
    ) {
        self.unit = unit
        self.mailbox = mailbox
        self.layout = layout
        self.people = people
        self.keywords = keywords
        self.folders = folders
        self.logger = logger
    }

    /// A hold ends after an hour; a refused command of the server is tried again then too.
    static let holdTime = Duration.seconds(3600)
    /// Decisions about one message in one look; more would mean that two rules disagree.
    private static let rounds = 12

    /// Decides every case and clears the touches that were seen.
    mutating func decide(_ cases: [MarkCase]) throws {
        let stopped = try self.breaker(cases)
        for one in cases {
            let isDecided = stopped.accepted.contains(one.id) || stopped.reverted.contains(one.id)
            if stopped.waiting.contains(one.id) || one.liesInMissingFolder && !isDecided {
                self.look(one, at: one.now.advanced(by: Self.holdTime))
                continue
            }
            try self.decide(one, reverts: stopped.reverted.contains(one.id))
        }
        try MarkQueries.clear(self.unit, mailbox: self.mailbox.id, self.looked)
        try HeldGestureQueries.drop(
            self.unit,
            mailbox: self.mailbox.id,
            Array(stopped.reverted.union(stopped.accepted).union(stopped.released))
        )
    }

    private func subject(_ one: MarkCase) -> MarkSubject {
        var one = one
        // Asked only once a person has decided about it: what lies there is gone.
        one.copies.removeAll { $0.isInMissingFolder }
        var subject = one.subject(
            layout: self.layout,
            keywords: self.keywords,
            marksReach: self.mailbox.marksReach
        )
        if let number = one.ticket?.number, let present = self.tickets[number] { subject.ticket = present }
        return subject
    }

    private mutating func decide(_ one: MarkCase, reverts: Bool) throws {
        var subject = self.subject(one)
        for _ in 0..<Self.rounds {
            switch Marks.reconcile(subject) {
            case .inStep, .outOfReach:
                return self.look(one)
            case .settle(let settled):
                try self.settle(&subject, settled)
            case .closeIntent(let settled):
                self.changes += 1
                try IntentQueries.close(
                    self.unit,
                    mailbox: self.mailbox.id,
                    [IntentQueries.Closing(message: one.id, settled: settled)],
                    outcome: .recovered
                )
                return  // closing touched it; ingestion looks at it again first
            case .gesture(let gesture, let settled, let overrides):
                let isApplied = try self.apply(
                    gesture,
                    one,
                    &subject,
                    settled: settled,
                    overrides: overrides,
                    reverts: reverts
                )
                guard isApplied else { return }
            case .overridden(let gesture, let settled):
                guard try self.record(.overridden, gesture, one, &subject, reason: "a command came first") else {
                    return
                }
                try self.settle(&subject, settled)
            case .write(let write):
                self.writes.append(write)
                self.touches[one.id] = one.touched
                return
            case .wait(let reason):
                return try self.wait(one, reason)
            case .held:
                return self.look(one, at: one.now.advanced(by: Self.holdTime))
            }
        }
        self.logger.error("a message's marks do not come to rest", metadata: ["message.id": "\(one.id)"])
        self.look(one, at: one.now.advanced(by: Self.holdTime))
    }

    private mutating func settle(_ subject: inout MarkSubject, _ settled: Settled) throws {
        try MarkQueries.settle(self.unit, mailbox: self.mailbox.id, subject.message, settled)
        var settled = settled
        settled.number = max(settled.number, subject.settled?.number ?? 0, subject.lastClose)
        subject.settled = settled
        self.changes += 1
    }

    private mutating func wait(_ one: MarkCase, _ reason: WaitReason) throws {
        switch reason {
        case .linger(let until): self.look(one, at: until)
        case .completeSync(let after): self.look(one, awaiting: after)
        case .openIntent: self.look(one, awaiting: one.intent?.opened ?? one.closedNumber)
        case .staleObservation, .notObservedYet:
            // Ingestion looks again at what was written, which touches it; or a complete synchronisation does.
            self.look(one, awaiting: one.closedNumber)
        }
    }

    private mutating func look(_ one: MarkCase, at: Timestamp? = nil, awaiting: Int64? = nil) {
        self.looked.append(
            MarkQueries.Looked(message: one.id, touched: one.touched, lookAt: at, awaitSync: awaiting)
        )
    }
}

// MARK: - Gestures

extension MarkDesk {
    /// Turns a gesture into commands on its ticket; false when the ticket must be read again.
    private mutating func apply(
        _ gesture: Gesture,
        _ one: MarkCase,
        _ subject: inout MarkSubject,
        settled: Settled,
        overrides: Bool,
        reverts: Bool
    ) throws -> Bool {
        guard let ticket = subject.ticket else { return false }
        if reverts { return try self.refuse(gesture, one, &subject, settled: settled, code: "reverted") }
        let visible = try TicketQueries.visible(self.unit, mailbox: self.mailbox.id, ticket.number)
        let context = GestureContext(
            layout: self.layout,
            ticket: ticket,
            message: one.id,
            seen: ticket.lastContact,
            hasOurMessages: visible.hasOurs,
            visibleInbound: visible.inbound,
            onDelete: self.mailbox.onDelete
        )
        switch gesture.outcome(context) {
        case .refused(let reason):
            return try self.refuse(gesture, one, &subject, settled: settled, code: reason.code)
        case .commands(let commands):
            let change = TicketChange(
                mailbox: self.mailbox.id,
                ticket: ticket,
                afterAnswer: self.mailbox.afterAnswer,
                at: one.now,
                agents: self.people
            )
            switch commands.isEmpty ? .unchanged("") : try change.apply(self.unit, commands, by: .mailClient) {
            case .changed(let row):
                self.tickets[row.number] = row
                subject.ticket = row
            case .unchanged: break
            case .refused(let refusal):
                return try self.refuse(gesture, one, &subject, settled: settled, code: refusal.code)
            case .overtaken:
                return false  // stays touched: the next look meets the ticket as it is then
            }
            for case .muteInJunk(let message) in commands {
                try MarkQueries.mute(self.unit, mailbox: self.mailbox.id, message)
                subject.isMutedInJunk = true
            }
            try MarkQueries.extendReach(self.unit, mailbox: self.mailbox.id, one.id)
            subject.reach = .inReach
            subject.lingerUntil = nil
            try self.settle(&subject, settled)
            self.logger.info(
                "an agent's gesture",
                metadata: ["ticket.id": "\(ticket.number)", "gesture": "\(gesture.name)"]
            )
            return true
        }
    }

    // Recorded, and written back once; the second time within an hour it is left and held.
    private mutating func refuse(
        _ gesture: Gesture,
        _ one: MarkCase,
        _ subject: inout MarkSubject,
        settled: Settled,
        code: String
    ) throws -> Bool {
        guard try self.record(.gestureRefused, gesture, one, &subject, reason: code) else { return false }
        for field in gesture.fields.names {
            let isHeld = try MarkQueries.noteRefusal(
                self.unit,
                mailbox: self.mailbox.id,
                one.id,
                field: field,
                reason: code
            )
            if isHeld { subject.holds.formUnion(gesture.fields) }
        }
        try self.settle(&subject, settled)
        return true
    }

    private mutating func record(
        _ kind: TicketEvent.Kind,
        _ gesture: Gesture,
        _ one: MarkCase,
        _ subject: inout MarkSubject,
        reason: String
    ) throws -> Bool {
        guard let ticket = subject.ticket else { return false }
        let change = TicketChange(
            mailbox: self.mailbox.id,
            ticket: ticket,
            afterAnswer: self.mailbox.afterAnswer,
            at: one.now,
            agents: self.people
        )
        let event = EventDraft(
            kind,
            at: one.now,
            by: .mailClient,
            message: one.id,
            details: ["gesture": gesture.name, "reason": reason]
        )
        guard let row = try change.record(self.unit, [event]) else { return false }
        self.tickets[row.number] = row
        subject.ticket = row
        return true
    }
}

// MARK: - Breaker

extension MarkDesk {
    private struct Stopped {
        var waiting: Set<Identifier<Message>> = []
        var accepted: Set<Identifier<Message>> = []
        var reverted: Set<Identifier<Message>> = []
        /// What was held is not so any more: the mail is back, or a person changed the ticket.
        var released: Set<Identifier<Message>> = []
    }

    /// Holds what takes away from many tickets at once, until a person accepts or reverts it.
    private func breaker(_ cases: [MarkCase]) throws -> Stopped {
        var stopped = Stopped()
        let held = try HeldGestureQueries.held(self.unit, mailbox: self.mailbox.id, among: cases.map(\.id))
        for (message, decision) in held {
            switch decision {
            case nil:
                if cases.contains(where: { $0.id == message && self.isStillHeld($0) }) {
                    stopped.waiting.insert(message)
                } else {
                    stopped.released.insert(message)
                }
            case .accept: stopped.accepted.insert(message)
            case .revert: stopped.reverted.insert(message)
            }
        }
        guard self.mailbox.breaker > 0 else { return stopped }
        var entries: [(message: Identifier<Message>, entry: BreakerEntry)] = []
        for one in cases where held[one.id] == nil || stopped.released.contains(one.id) {
            let subject = self.subject(one)
            guard case .gesture(let gesture, _, _) = Marks.reconcile(subject), let kind = gesture.kind,
                let ticket = subject.ticket, let folder = self.folder(of: subject.settled?.state.place)
            else { continue }
            entries.append((one.id, BreakerEntry(ticket: ticket.number, kind: kind, folder: folder)))
        }
        // What is alike to something that waits already belongs to it.
        let groups = Breaker.held(entries.map(\.entry), limit: self.mailbox.breaker)
            .union(try HeldGestureQueries.undecidedGroups(self.unit, mailbox: self.mailbox.id))
        let stopping = entries.filter { groups.contains($0.entry.group) }
        guard !stopping.isEmpty else { return stopped }
        self.logger.warning(
            "many tickets changed alike at once: held until a person decides",
            metadata: ["messages": "\(stopping.count)"]
        )
        try HeldGestureQueries.hold(
            self.unit,
            mailbox: self.mailbox.id,
            stopping.map { ($0.message, $0.entry.ticket, $0.entry.group.folder, $0.entry.group.kind.rawValue) }
        )
        stopped.waiting.formUnion(stopping.map(\.message))
        return stopped
    }

    private func isStillHeld(_ one: MarkCase) -> Bool {
        if one.liesInMissingFolder { return true }
        switch Marks.reconcile(self.subject(one)) {
        case .gesture(let gesture, _, _): return gesture.kind != nil
        case .wait: return true
        case .inStep, .settle, .write, .overridden, .closeIntent, .held, .outOfReach: return false
        }
    }

    private func folder(of place: Place?) -> Identifier<Folder>? {
        guard let place else { return nil }
        return self.folders.first { Place(role: $0.role, folder: $0.id) == place }?.id
    }
}
