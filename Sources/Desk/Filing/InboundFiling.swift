/// Files mail from others, and mail that only claims to be from us.
struct InboundFiling {
    let input: FilingInput

    func decide() -> FilingDecision {
        switch self.input.kind {
        case .automatic, .bounce, .receipt: self.mute()
        case .human: self.fileHuman()
        }
    }

    /// A colleague who writes to the mailbox from an address that is vouched for, and to nobody outside.
    ///
    /// Within a ticket that is talk among ourselves; without one it asks for something, and is not lost.
    func decideFromColleague() -> FilingDecision {
        guard self.input.kind == .human else { return self.mute(direction: .internal) }
        guard let ticket = self.input.existing else { return self.begin() }
        return FilingDecision(
            fate: .ticket,
            direction: .internal,
            kind: .human,
            target: .existing(ticket.number),
            events: [self.event(.noted)]
        )
    }

    private func mute(direction: Direction = .inbound) -> FilingDecision {
        var decision = FilingDecision(fate: .muted, direction: direction, kind: self.input.kind)
        guard let ticket = self.input.existing else { return decision }
        decision.target = .existing(ticket.number)
        decision.events = [self.event(.messageAuto, details: ["kind": self.input.kind.rawValue])]
        return decision
    }

    private func fileHuman() -> FilingDecision {
        guard let ticket = self.input.existing else { return self.begin() }
        var decision = FilingDecision(
            fate: .ticket,
            direction: .inbound,
            kind: .human,
            target: .existing(ticket.number)
        )
        if self.isUnverified {
            decision.events = [self.event(.messageUnverified)]
            return decision
        }
        decision.contacts = self.authors
        decision.participants = self.authors.union(self.copied)
        let late = self.lateAnswers(on: ticket)
        decision.events = [self.event(.messageIn)] + late + self.consequences(for: ticket, after: late)
        return decision
    }

    private func begin() -> FilingDecision {
        let input = self.input
        var events = [input.opened(at: input.receivedAt)]
        if case .new(let claims?, _) = input.threading {
            events.append(self.event(.claimsTicket, details: ["claims": claims.description]))
        }
        events.append(self.event(.messageIn))
        if let owner = input.folder.agent, input.activeAgents.contains(owner) {
            events.append(self.found(.assigned, agent: owner))
        }
        if input.isFlagged { events.append(self.found(.priorityHigh)) }
        if self.isAnsweredBefore { events.append(self.found(.answeredUnseen, message: input.message)) }
        if self.isPutAway {
            events.append(self.found(.closed))
        } else if self.isAnsweredBefore, let status = input.statusAfterAnswer(at: input.receivedAt) {
            events.append(status)
        }
        return FilingDecision(
            fate: .ticket,
            direction: .inbound,
            kind: .human,
            target: .new,
            events: events,
            participants: self.isUnverified ? [] : self.authors.union(self.copied),
            contacts: self.authors
        )
    }

    /// Answers to this message that were filed before it, and what an answer does to the ticket.
    private func lateAnswers(on ticket: Ticket) -> [EventDraft] {
        let input = self.input
        let found = EarlierOutbound.all(in: input.events, recipients: input.sentTo).filter { earlier in
            earlier.at >= input.receivedAt && !earlier.recipients.isDisjoint(with: self.authors)
        }
        guard let first = found.min(by: { $0.at < $1.at }) else { return [] }
        var events = found.map(\.answer)
        if ticket.owner == nil, ticket.status != .spam, let owner = first.responder, !owner.isPresumed,
            input.activeAgents.contains(owner.agent)
        {
            events.append(EventDraft(.assigned, at: first.at, by: .baton(.mail), agent: owner.agent))
        }
        let isNewest = ticket.lastContact.map { $0.receivedAt <= first.at } ?? true
        if ticket.status == .open, isNewest, let status = input.statusAfterAnswer(at: first.at) {
            events.append(status)
        }
        return events
    }

    /// Whether an answer of ours came after this message, though it was filed before it.
    private func isAnswered(after late: [EventDraft]) -> Bool {
        let arrival = self.input.receivedAt
        let next = (self.input.events.last?.seq ?? 0) + 1
        let new = ([self.event(.messageIn)] + late).enumerated().map { offset, draft in
            TicketEvent(draft, seq: next + Int64(offset), recordedAt: arrival)
        }
        let turn = TurnFold.turns(of: self.input.events + new).last { $0.startedAt <= arrival }
        return turn?.outcome == .answered && turn?.endedAt.map { $0 >= arrival } == true
    }

    /// What a contact's message does to a ticket there is.
    private func consequences(for ticket: Ticket, after late: [EventDraft]) -> [EventDraft] {
        let input = self.input
        guard ticket.status != .spam else { return [] }
        var events: [EventDraft] = []
        // While live, a first sighting on an existing ticket only settles. An import has no other source for owner and status.
        if input.isImport, let owner = input.folder.agent, owner != ticket.owner, input.activeAgents.contains(owner) {
            events.append(self.found(.assigned, agent: owner))
        }
        let isAnsweredUnseen = self.isAnsweredBefore && late.isEmpty
        if isAnsweredUnseen { events.append(self.found(.answeredUnseen, message: input.message)) }
        // Mostly in order of arrival; what All brings up later is no word about what came since.
        let isNewest = ticket.lastContact.map { $0.receivedAt <= input.receivedAt } ?? true
        if input.isImport, isNewest || input.folder != .all, self.isPutAway || input.folder == .trash {
            events.append(self.found(.closed))
            return events
        }
        let isNewer = ticket.seen.map { $0.receivedAt <= input.receivedAt } ?? true
        if isAnsweredUnseen, let status = input.statusAfterAnswer(at: input.receivedAt) {
            if isNewer { events.append(status) }
            return events
        }
        switch ticket.status {
        case .pending, .closed:
            guard isNewer, !self.isAnswered(after: late) else { return events }
            // Not before the close that it undoes, so that the turn goes on.
            events.append(self.found(.reopened, at: max(input.receivedAt, ticket.statusChangedAt), by: .mail))
        case .open, .spam:
            break
        }
        if let owner = ticket.owner, !input.activeAgents.contains(owner),
            !events.contains(where: { $0.kind == .assigned })
        {
            events.append(self.found(.released, agent: owner, by: .policy))
        }
        return events
    }

    private var isUnverified: Bool {
        switch self.input.identity {
        case .inboundClaimingToBeUs: true
        case .inbound, .outbound, .internal: false
        }
    }

    /// Whether an import finds it answered; the answer itself may be found later.
    private var isAnsweredBefore: Bool { self.input.isImport && self.input.isAnswered }

    private var isPutAway: Bool {
        switch self.input.folder {
        case .closed, .archive, .all: true
        case .inbox, .agent, .junk, .trash, .sent, .drafts, .other: false
        }
    }

    /// Who waits for the answer.
    ///
    /// Who claims to be us is the contact of a ticket of their own.
    private var authors: Set<String> {
        switch self.input.identity {
        case .inbound(let from): Set(from.map(\.key)).union(self.input.foreignKeys(self.input.replyTo))
        case .inboundClaimingToBeUs, .outbound, .internal: Set(self.input.from.map(\.key))
        }
    }

    /// A forged mail must not let its Cc into the conversation.
    private var copied: Set<String> {
        self.input.verdict == .vouched ? self.input.foreignKeys(self.input.copied) : []
    }

    private func event(_ kind: TicketEvent.Kind, details: [String: String] = [:]) -> EventDraft {
        var details = details
        switch self.input.folder {
        case .junk: details["lies_in"] = "junk"
        case .trash: details["lies_in"] = "trash"
        case .inbox, .agent, .closed, .archive, .sent, .drafts, .all, .other: break
        }
        if self.isUnverified { details["unverified"] = "true" }
        return EventDraft(
            kind,
            at: self.input.receivedAt,
            by: .baton(.mail),
            message: self.input.message,
            details: details
        )
    }

    private func found(
        _ kind: TicketEvent.Kind,
        at: Timestamp? = nil,
        agent: Agent.ID? = nil,
        message: Identifier<Message>? = nil,
        by origin: Origin = .ingestion
    ) -> EventDraft {
        EventDraft(kind, at: at ?? self.input.receivedAt, by: .baton(origin), agent: agent, message: message)
    }
}
