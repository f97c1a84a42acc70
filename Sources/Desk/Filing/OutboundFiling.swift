/// Files mail of ours.
struct OutboundFiling {
    let input: FilingInput

    func decide() -> FilingDecision {
        let input = self.input
        var decision = FilingDecision(fate: .reply, direction: .outbound, kind: input.kind)
        switch input.kind {
        case .human:
            decision.participants = input.foreignKeys(input.recipients)
            if let ticket = input.existing {
                decision.target = .existing(ticket.number)
                decision.events = self.answer(on: ticket)
            } else {
                decision.target = .new
                decision.events = self.begin()
            }
        case .automatic, .bounce, .receipt:
            // A program of ours answers nobody: the wait goes on.
            decision.fate = .muted
            if let ticket = input.existing {
                decision.target = .existing(ticket.number)
                decision.events = [self.event(.messageAuto, details: ["kind": input.kind.rawValue])]
            }
        }
        return decision
    }

    private func answer(on ticket: Ticket) -> [EventDraft] {
        let input = self.input
        guard !input.foreignKeys(input.recipients).isDisjoint(with: input.contacts) else {
            return [self.event(.messageOut, agent: input.responder)]
        }
        var events = [self.event(.answered, agent: input.responder)]
        if ticket.owner == nil, ticket.status != .spam, let owner = self.newOwner { events.append(owner) }
        // An answer that is older than the contact's newest message leaves that message unanswered.
        let isNewest = ticket.lastContact.map { $0.receivedAt <= input.sentAt } ?? true
        if ticket.status == .open, isNewest, let status = input.statusAfterAnswer(at: input.sentAt) {
            events.append(status)
        }
        return events
    }

    /// A conversation that we start.
    private func begin() -> [EventDraft] {
        var events = [self.input.opened(at: self.input.sentAt), self.event(.messageOut, agent: self.input.responder)]
        if let owner = self.newOwner { events.append(owner) }
        if let status = self.input.statusAfterAnswer(at: self.input.sentAt) { events.append(status) }
        return events
    }

    private var newOwner: EventDraft? {
        guard let responder = self.input.responder, !responder.isPresumed else { return nil }
        guard self.input.activeAgents.contains(responder.agent) else { return nil }
        return EventDraft(.assigned, at: self.input.sentAt, by: .baton(.mail), agent: responder.agent)
    }

    private func event(
        _ kind: TicketEvent.Kind,
        agent: Responder? = nil,
        details: [String: String] = [:]
    ) -> EventDraft {
        EventDraft(
            kind,
            at: self.input.sentAt,
            by: .baton(.mail),
            agent: agent?.agent,
            isPresumed: agent?.isPresumed ?? false,
            message: self.input.message,
            details: details
        )
    }
}
