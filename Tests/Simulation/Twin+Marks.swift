import Desk

/// `MarkQueries`, `HoldQueries`, `HeldGestureQueries` and the ticket's part of `TicketQueries`.
extension Twin {
    /// `MarkQueries.due`.
    func due() -> [MarkCase] {
        self.messages.filter { $0.touched != nil || $0.lookAt.map { $0 <= self.now } ?? false }.map(self.markCase)
    }

    /// Every message with marks.
    func allCases() -> [MarkCase] { self.messages.filter { $0.settled != nil }.map(self.markCase) }

    func markCase(_ message: MessageRow) -> MarkCase {
        let ticket = message.ticket.map { self.tickets[self.ticketIndex($0)] }
        let completeSync = self.bug == .deletedAtOnce ? self.sequence + 1 : self.completeSync
        var one = MarkCase(
            id: message.id,
            digest: message.digest,
            touched: message.touched,
            direction: message.direction,
            ticket: ticket?.row,
            isAnswered: message.isAnswered,
            isMutedInJunk: message.isMutedInJunk,
            isAdopted: message.isAdopted,
            isInReach: message.isInReach,
            receivedAt: message.receivedAt,
            changedSinceAdoption: ticket?.hasChanged ?? false,
            personCommand: ticket?.personCommand,
            settled: message.settled,
            closedNumber: message.closedNumber,
            isUnconfirmed: message.isUnconfirmed,
            lingerUntil: message.lingerUntil,
            firstFolder: message.firstFolder,
            isRestoring: false,
            completeSync: completeSync,
            now: self.now
        )
        for row in self.placements where row.digest == message.digest {
            if let gone = row.goneNumber {
                one.goneNumber = max(one.goneNumber, gone)
                if let folder = self.folder(row.key.folder)?.record, row.key.epoch < folder.epoch,
                    folder.phase == .rematch || folder.phase == .backfill
                {
                    one.isBeingRecognised = true
                }
                continue
            }
            guard let folder = self.folder(row.key.folder)?.record, folder.epoch == row.key.epoch else { continue }
            one.copies.append(
                MarkCase.Copy(
                    number: row.number,
                    formers: self.formers(row),
                    folder: folder.id,
                    role: folder.role,
                    epoch: row.key.epoch,
                    uid: row.key.uid,
                    observed: row.observed,
                    flags: row.flags,
                    isInMissingFolder: folder.phase == .missing || folder.phase == .phantom
                )
            )
            if row.flags.contains(where: { $0.lowercased() == "\\deleted" }) {
                one.goneNumber = max(one.goneNumber, row.observed)
            }
        }
        if let at = self.openIntent(message.id) {
            let intent = self.intents[at]
            one.intent = MarkIntent(
                number: max(intent.opened, intent.advanced),
                target: intent.target,
                fields: intent.fields,
                phase: intent.isLost ? .recovering : .inFlight,
                step: intent.step,
                source: intent.source,
                newest: intent.newest,
                copy: intent.copy
            )
        }
        one.belated = self.belated(message)
        for field in MarkFields.each {
            let hold = self.holds[HoldKey(message: message.id, field: field.rawValue)]
            guard let until = hold?.until else { continue }
            guard until > self.now else {
                one.hasHoldThatIsOver = true
                continue
            }
            one.holds.insert(field)
            one.heldUntil = one.heldUntil.map { min($0, until) } ?? until
        }
        if let stopped = self.held[message.id] {
            one.isStopped = true
            one.decision = stopped.decision
        }
        return one
    }

    /// Intents of former holders whose commands may still come, oldest first.
    private func belated(_ message: MessageRow) -> [MarkCase.Belated] {
        guard self.bug != .belatedIsGesture else { return [] }
        let since = self.now.advanced(by: .seconds(-BelatedWrite.window))
        let lies = self.placements.first { Identifier($0.number) == message.settled?.placement }?.key
        return self.intents.indices.compactMap { at in
            let intent = self.intents[at]
            guard intent.message == message.id, intent.openedAt > since, let command = intent.belated else {
                return nil
            }
            let source = intent.source
            let isThere = lies == PlacementKey(folder: source.folder, epoch: source.epoch, uid: source.uid)
            let isFollowed = self.intents[(at + 1)...].contains {
                $0.message == message.id && $0.wasWritten && $0.source == source && lies != nil
                    && $0.destination == lies?.folder
            }
            guard isThere || isFollowed else { return nil }
            return MarkCase.Belated(
                intent: Identifier(Int64(at)),
                target: intent.target,
                command: command,
                flags: command == .add ? intent.adds : intent.removes,
                isFollowed: !isThere
            )
        }
    }

    /// The numbers that a mail had in a folder before its UIDVALIDITY changed.
    private func formers(_ row: PlacementRow) -> [Int64] {
        self.placements.filter {
            $0.isRenumbered && $0.digest == row.digest && $0.key.folder == row.key.folder
                && $0.key.epoch < row.key.epoch
        }.map(\.number)
    }

    // MARK: - Holds

    /// `HoldQueries.hold`.
    mutating func hold(_ message: Identifier<Message>, _ fields: MarkFields, for wait: Duration) {
        for field in fields.parts {
            let key = HoldKey(message: message, field: field.rawValue)
            guard var row = self.holds[key] else {
                self.holds[key] = HoldRow(since: self.now, until: self.now.advanced(by: wait))
                continue
            }
            let longer = min(wait * (1 << min(row.times, 10)), .seconds(3600))
            row.times += 1
            row.until = self.now.advanced(by: longer)
            self.holds[key] = row
        }
    }

    /// `HoldQueries.forget`.
    mutating func forgetHolds(_ message: Identifier<Message>) {
        for field in MarkFields.each {
            let key = HoldKey(message: message, field: field.rawValue)
            if let until = self.holds[key]?.until, until <= self.now { self.holds[key] = nil }
        }
    }

    // MARK: - Looks

    /// `MarkQueries.clear`.
    mutating func clear(_ looks: [MarkLook]) {
        for look in looks {
            let at = self.messageIndex(look.message)
            if self.messages[at].touched == look.touched || self.bug == .touchForgotten {
                self.messages[at].touched = nil
            }
            self.messages[at].lookAt = look.lookAt
            self.messages[at].awaitSync = look.awaitSync
        }
    }

    // MARK: - Tickets

    /// Writes a ticket and its events, guarded by the version that was read; false: it is another.
    mutating func write(_ row: Ticket, replacing old: Ticket, _ events: [EventDraft]) -> Bool {
        let at = self.ticketIndex(row.number)
        guard self.tickets[at].row.version == old.version || self.bug == .versionIgnored else { return false }
        for (offset, event) in events.enumerated() {
            self.tickets[at].events.append(
                TicketEvent(event, seq: old.version + Int64(offset) + 1, recordedAt: self.now)
            )
        }
        self.tickets[at].row = row
        let changesMarks = old.owner != row.owner || old.status != row.status || old.priority != row.priority
        if changesMarks { self.tickets[at].hasChanged = true }
        if let first = events.first, first.origin.isPerson {
            self.tickets[at].personCommand = self.draw()
        }
        if changesMarks { self.touchMessages(of: [row.number], endsLinger: true) }
        return true
    }

    /// `TicketQueries.visible`.
    func visible(_ ticket: Ticket.ID) -> (inbound: Int, hasOurs: Bool) {
        let messages = self.messages.filter { $0.ticket == ticket }
        let inbound = messages.count { message in
            guard message.direction == .inbound else { return false }
            return self.placements.contains { row in
                guard row.isLive, row.digest == message.digest, let folder = self.folder(row.key.folder)?.record else {
                    return false
                }
                let isHidden: Bool =
                    switch folder.role {
                    case .trash, .sent, .drafts, .all: true
                    case .inbox, .agent, .closed, .archive, .junk, .other: false
                    }
                let isThere =
                    folder.phase != .missing && folder.phase != .phantom
                    || self.held[message.id].map { $0.decision == nil } ?? false
                return !isHidden && isThere && !row.flags.contains { $0.lowercased() == "\\deleted" }
            }
        }
        return (inbound, messages.contains { $0.direction == .outbound })
    }

    /// `TicketQueries.seenContact`.
    func seenContact(_ ticket: Ticket.ID, before placement: Identifier<Placement>) -> ContactMessage? {
        let goneAt = self.placement(placement)?.goneAt
        return self.messages.filter { message in
            message.ticket == ticket && message.direction == .inbound && message.kind == .human && message.isVerified
                && self.placements.contains { row in
                    row.digest == message.digest
                        && (row.number <= placement.rawValue || goneAt.map { row.seenAt <= $0 } ?? false)
                }
        }.map { ContactMessage(receivedAt: $0.receivedAt, message: $0.id) }.max()
    }
}

/// `MarkUnit` on the twin of the database.
final class TwinUnit: MarkUnit {
    var twin: Twin
    /// The mailbox's number when what is decided from was read.
    let number: Int64
    let agents: [Agent.ID: Agent]
    var gestures: [(ticket: Ticket.ID, gesture: Gesture)] = []
    var isRestless = false

    init(_ twin: Twin, number: Int64, agents: [Agent.ID: Agent]) {
        self.twin = twin
        self.number = number
        self.agents = agents
    }

    func undecidedGroups() -> Set<BreakerGroup> {
        Set(self.twin.held.values.filter { $0.decision == nil }.map(\.group))
    }

    func hold(_ entries: [(message: Identifier<Message>, entry: BreakerEntry)]) {
        for (message, entry) in entries where self.twin.held[message] == nil {
            self.twin.held[message] = Twin.HeldRow(ticket: entry.ticket, group: entry.group, decision: nil)
        }
    }

    func accept(_ messages: [Identifier<Message>]) {
        for message in messages { self.twin.held[message]?.decision = .accept }
    }

    func drop(_ messages: [Identifier<Message>]) {
        for message in messages { self.twin.held[message] = nil }
    }

    func clear(_ looked: [MarkLook]) { self.twin.clear(looked) }

    func forgetHolds(_ messages: [Identifier<Message>]) {
        for message in messages { self.twin.forgetHolds(message) }
    }

    func endRestore(_: [Identifier<Message>]) {}

    func close(
        _ message: Identifier<Message>,
        settled: Settled?,
        isWritten: Bool,
        missing: BelatedWrite.Command?
    ) {
        self.twin.closeIntent(message, settled: settled, isWritten: isWritten, missing: missing)
    }

    func endBelated(_ intents: [Identifier<MarkIntent>]) {
        for intent in intents { self.twin.intents[Int(intent.rawValue)].belated = nil }
    }

    func settle(_ message: Identifier<Message>, _ settled: Settled) {
        if self.twin.bug == .gestureNotSettled { return }
        let at = self.twin.messageIndex(message)
        var settled = settled
        settled.number = settled.isComplete ? self.number : self.twin.messages[at].settled?.number ?? 0
        settled.isComplete = true
        self.twin.messages[at].settled = settled
    }

    func mute(_ message: Identifier<Message>) {
        let at = self.twin.messageIndex(message)
        self.twin.messages[at].isMutedInJunk = true
        self.twin.messages[at].fate = .muted
    }

    func unmute(_ message: Identifier<Message>) {
        let at = self.twin.messageIndex(message)
        guard self.twin.messages[at].isMutedInJunk else { return }
        self.twin.messages[at].isMutedInJunk = false
        self.twin.messages[at].fate = self.twin.messages[at].direction == .outbound ? .reply : .ticket
    }

    func extendReach(_ message: Identifier<Message>) {
        self.twin.messages[self.twin.messageIndex(message)].isInReach = true
    }

    func seenContact(
        _ ticket: Ticket.ID,
        before placement: Identifier<Placement>,
        of _: Identifier<Message>
    ) -> ContactMessage? {
        self.twin.seenContact(ticket, before: placement)
    }

    func visible(_ ticket: Ticket.ID) -> (inbound: Int, hasOurs: Bool) { self.twin.visible(ticket) }

    func apply(_ commands: [TicketCommand], on ticket: Ticket, at: Timestamp) -> TicketOutcome {
        if self.twin.bug == .gestureIgnored { return .unchanged }
        let decision = TicketCommand.decide(
            commands,
            on: ticket,
            by: .mailClient,
            at: at,
            agents: self.agents,
            afterAnswer: .pending
        )
        switch decision {
        case .unchanged: return .unchanged
        case .refused(let refusal): return .refused(code: refusal.code)
        case .changed(let events, let row):
            return self.twin.write(row, replacing: ticket, events) ? .changed(row) : .overtaken
        }
    }

    func record(_ events: [EventDraft], on ticket: Ticket, at: Timestamp) -> Ticket? {
        var row = ticket
        for event in events { TicketFold.apply(event, to: &row) }
        return self.twin.write(row, replacing: ticket, events) ? row : nil
    }

    func refuse(_ message: Identifier<Message>, _ fields: MarkFields, reason: String) -> Bool {
        var isHeld = false
        let hourAgo = self.twin.now.advanced(by: .seconds(-3600))
        for field in fields.parts {
            let key = Twin.HoldKey(message: message, field: field.rawValue)
            guard var row = self.twin.holds[key] else {
                self.twin.holds[key] = Twin.HoldRow(since: self.twin.now, until: nil)
                continue
            }
            if row.since > hourAgo {
                row.times += 1
                row.until = self.twin.now.advanced(by: .seconds(3600))
                isHeld = true
            } else {
                row = Twin.HoldRow(since: self.twin.now, until: nil)
            }
            self.twin.holds[key] = row
        }
        return isHeld
    }

    func tell(_ note: MarkNote) {
        switch note {
        case .restless: self.isRestless = true
        case .gesture(let ticket, let gesture): self.gestures.append((ticket, gesture))
        case .stopped, .belated: break
        }
    }
}
