/// Decides commands: pure, against the version of the ticket that the caller read.
extension TicketCommand {
    /// Decides one command.
    package static func decide(
        _ command: TicketCommand,
        on ticket: Ticket,
        by actor: Actor,
        at: Timestamp,
        agents: [Agent.ID: Agent],
        afterAnswer: AfterAnswer = .pending
    ) -> CommandDecision {
        self.decide([command], on: ticket, by: actor, at: at, agents: agents, afterAnswer: afterAnswer)
    }

    /// Decides several commands, one after the other: all of them happen, or none.
    package static func decide(
        _ commands: [TicketCommand],
        on ticket: Ticket,
        by actor: Actor,
        at: Timestamp,
        agents: [Agent.ID: Agent],
        afterAnswer: AfterAnswer = .pending
    ) -> CommandDecision {
        var changing = CommandRun(ticket: ticket, actor: actor, at: at, agents: agents, afterAnswer: afterAnswer)
        for command in commands {
            do {
                try changing.run(command)
            } catch {
                return .refused(error)
            }
        }
        if changing.events.isEmpty { return .unchanged(changing.sentence) }
        return .changed(events: changing.events, ticket: changing.ticket)
    }
}

private struct CommandRun {
    var ticket: Ticket
    let actor: Actor
    let at: Timestamp
    let agents: [Agent.ID: Agent]
    let afterAnswer: AfterAnswer
    var events: [EventDraft] = []
    var sentence: String

    init(ticket: Ticket, actor: Actor, at: Timestamp, agents: [Agent.ID: Agent], afterAnswer: AfterAnswer) {
        self.ticket = ticket
        self.actor = actor
        self.at = at
        self.agents = agents
        self.afterAnswer = afterAnswer
        self.sentence = "Ticket \(ticket.number) is unchanged."
    }

    mutating func run(_ command: TicketCommand) throws(Refusal) {
        switch command {
        case .assign(let agent): try self.assign(agent)
        case .claim(let agent): try self.claim(agent)
        case .release: self.release()
        case .close(let seen): try self.close(seen)
        case .reopen: self.reopen()
        case .pending(let seen): try self.pend(seen)
        case .note(let note): self.happen(.noted, details: ["note": note.description])
        case .spam: self.markSpam()
        case .notSpam: self.unmarkSpam()
        case .priority(let priority): self.prioritise(priority)
        case .answeredUnseen(let message): self.answerUnseen(message)
        case .deletedInMailbox: self.delete()
        case .restoredInMailbox: self.restore()
        case .muteInJunk(let message): self.happen(.mutedInJunk, message: message)
        }
    }

    private mutating func assign(_ id: Agent.ID) throws(Refusal) {
        let agent = try self.takingTickets(id)
        guard self.ticket.owner != id else { return self.unchanged("is \(agent.handle)'s already") }
        self.happen(.assigned, agent: id)
    }

    private mutating func claim(_ id: Agent.ID) throws(Refusal) {
        let agent = try self.takingTickets(id)
        guard let owner = self.ticket.owner else { return self.happen(.assigned, agent: id) }
        guard owner != id else { return self.unchanged("is \(agent.handle)'s already") }
        throw self.refusal(.alreadyOwned(by: owner, handle: self.agents[owner]?.handle.text ?? "agent \(owner)"))
    }

    private mutating func release() {
        guard let owner = self.ticket.owner else { return self.unchanged("has no owner already") }
        self.happen(.released, agent: owner)
    }

    private mutating func close(_ seen: ContactMessage?) throws(Refusal) {
        switch self.ticket.status {
        case .spam: throw self.refusal(.isSpam)
        case .closed: self.unchanged("is closed already")
        case .open, .pending:
            self.happen(.closed, details: self.seenDetails(seen))
            self.reopenIfOverlooked(seen)
        }
    }

    private mutating func pend(_ seen: ContactMessage?) throws(Refusal) {
        switch self.ticket.status {
        case .spam: throw self.refusal(.isSpam)
        case .pending: self.unchanged("is pending already")
        case .open, .closed:
            // Taking back a close lets the turn go on, which pending alone does not.
            if self.ticket.status == .closed { self.happen(.reopened) }
            self.happen(.pending, details: self.seenDetails(seen))
            self.reopenIfOverlooked(seen)
        }
    }

    private mutating func reopen() {
        switch self.ticket.status {
        case .open: self.unchanged("is open already")
        case .pending, .closed: self.happen(.reopened)
        case .spam: self.happen(.notSpam)
        }
    }

    private mutating func markSpam() {
        guard self.ticket.status != .spam else { return self.unchanged("is spam already") }
        self.happen(.markedSpam)
    }

    private mutating func unmarkSpam() {
        guard self.ticket.status == .spam else { return self.unchanged("is no spam already") }
        self.happen(.notSpam)
    }

    private mutating func prioritise(_ priority: Priority) {
        guard self.ticket.priority != priority else {
            return self.unchanged("has priority \(priority.rawValue) already")
        }
        switch priority {
        case .high: self.happen(.priorityHigh)
        case .normal: self.happen(.priorityNormal)
        }
    }

    private mutating func answerUnseen(_ message: Identifier<Message>) {
        guard self.ticket.status != .spam else { return self.unchanged("is spam") }
        self.happen(.answeredUnseen, message: message)
        guard self.ticket.status == .open else { return }
        switch self.afterAnswer {
        case .open: break
        case .pending: self.happen(.pending)
        case .closed: self.happen(.closed)
        }
    }

    private mutating func delete() {
        switch self.ticket.status {
        case .closed: self.unchanged("is closed already")
        case .spam: self.unchanged("is spam")
        case .open, .pending: self.happen(.deletedInMailbox)
        }
    }

    private mutating func restore() {
        guard let former = self.ticket.statusBeforeDeletion else { return self.unchanged("was not deleted") }
        self.happen(.restoredInMailbox, details: ["status": former.rawValue])
    }

    /// A message that whoever closed could not see opens the ticket again, in whatever order the two are committed.
    private mutating func reopenIfOverlooked(_ seen: ContactMessage?) {
        guard let seen, let last = self.ticket.lastContact, last > seen else { return }
        self.record(EventDraft(.reopened, at: self.at, by: .baton(.mail), message: last.message))
    }

    private func seenDetails(_ seen: ContactMessage?) -> [String: String] {
        SeenMark.details(seen ?? self.ticket.lastContact)
    }

    private func takingTickets(_ id: Agent.ID) throws(Refusal) -> Agent {
        guard let agent = self.agents[id] else { throw self.refusal(.unknownAgent(id)) }
        guard agent.isActive else { throw self.refusal(.agentDisabled(agent.handle.text)) }
        guard self.ticket.status != .spam else { throw self.refusal(.isSpam) }
        return agent
    }

    private func refusal(_ reason: Refusal.Reason) -> Refusal {
        Refusal(reason: reason, ticket: self.ticket.number)
    }

    private mutating func unchanged(_ predicate: String) {
        self.sentence = "Ticket \(self.ticket.number) \(predicate)."
    }

    private mutating func happen(
        _ kind: TicketEvent.Kind,
        agent: Agent.ID? = nil,
        message: Identifier<Message>? = nil,
        details: [String: String] = [:]
    ) {
        self.record(EventDraft(kind, at: self.at, by: self.actor, agent: agent, message: message, details: details))
    }

    private mutating func record(_ event: EventDraft) {
        TicketFold.apply(event, to: &self.ticket)
        self.events.append(event)
    }
}
