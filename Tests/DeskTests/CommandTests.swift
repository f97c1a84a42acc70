import Desk
import Testing

struct CommandCase: CustomTestStringConvertible, Sendable {
    let name: String
    let commands: [TicketCommand]
    let ticket: Ticket
    let expected: String

    init(_ name: String, _ commands: [TicketCommand], _ ticket: Ticket, _ expected: String) {
        self.name = name
        self.commands = commands
        self.ticket = ticket
        self.expected = expected
    }

    var testDescription: String { self.name }
}

struct CommandTests {
    static let ann = Sample.ann
    static let bob = Sample.bob

    static let ownership: [CommandCase] = [
        CommandCase("assign", [.assign(ann)], Sample.ticket(), "assigned(1)"),
        CommandCase("assign hands over", [.assign(bob)], Sample.ticket(owner: ann), "assigned(2)"),
        CommandCase(
            "assign the owner",
            [.assign(ann)],
            Sample.ticket(owner: ann),
            "unchanged: Ticket 100 is ann's already."
        ),
        CommandCase("assign a closed ticket", [.assign(ann)], Sample.ticket(.closed), "assigned(1)"),
        CommandCase("assign to a disabled agent", [.assign(Sample.cat)], Sample.ticket(), "refused: agent_disabled"),
        CommandCase("assign to nobody known", [.assign(Identifier(99))], Sample.ticket(), "refused: unknown_agent"),
        CommandCase("assign spam", [.assign(ann)], Sample.ticket(.spam), "refused: is_spam"),
        CommandCase("claim", [.claim(ann)], Sample.ticket(), "assigned(1)"),
        CommandCase("claim what is another's", [.claim(ann)], Sample.ticket(owner: bob), "refused: already_owned"),
        CommandCase(
            "claim one's own",
            [.claim(ann)],
            Sample.ticket(owner: ann),
            "unchanged: Ticket 100 is ann's already."
        ),
        CommandCase("release", [.release], Sample.ticket(owner: ann), "released(1)"),
        CommandCase("release nothing", [.release], Sample.ticket(), "unchanged: Ticket 100 has no owner already."),
    ]

    static let status: [CommandCase] = [
        CommandCase("close", [.close(seen: nil)], Sample.ticket(.pending), "closed"),
        CommandCase(
            "close twice",
            [.close(seen: nil)],
            Sample.ticket(.closed),
            "unchanged: Ticket 100 is closed already."
        ),
        CommandCase("close spam", [.close(seen: nil)], Sample.ticket(.spam), "refused: is_spam"),
        CommandCase(
            "close without having seen the newest message",
            [.close(seen: Sample.contact(5))],
            Sample.ticket(lastContact: Sample.contact(6)),
            "closed reopened"
        ),
        CommandCase(
            "close having seen it",
            [.close(seen: Sample.contact(6))],
            Sample.ticket(lastContact: Sample.contact(6)),
            "closed"
        ),
        CommandCase("reopen a closed ticket", [.reopen], Sample.ticket(.closed), "reopened"),
        CommandCase("reopen a pending ticket", [.reopen], Sample.ticket(.pending), "reopened"),
        CommandCase("reopen spam", [.reopen], Sample.ticket(.spam), "not_spam"),
        CommandCase("reopen twice", [.reopen], Sample.ticket(), "unchanged: Ticket 100 is open already."),
        CommandCase("pending", [.pending(seen: nil)], Sample.ticket(), "pending"),
        CommandCase("pending takes back a close", [.pending(seen: nil)], Sample.ticket(.closed), "reopened pending"),
        CommandCase("pending spam", [.pending(seen: nil)], Sample.ticket(.spam), "refused: is_spam"),
        CommandCase("spam", [.spam], Sample.ticket(owner: ann), "marked_spam"),
        CommandCase("spam twice", [.spam], Sample.ticket(.spam), "unchanged: Ticket 100 is spam already."),
        CommandCase("not spam", [.notSpam], Sample.ticket(.spam), "not_spam"),
        CommandCase("note", [.note(Identifier(4))], Sample.ticket(.spam), "noted"),
        CommandCase("priority", [.priority(.high)], Sample.ticket(), "priority_high"),
        CommandCase(
            "priority as it is",
            [.priority(.normal)],
            Sample.ticket(),
            "unchanged: Ticket 100 has priority normal already."
        ),
        CommandCase("answered unseen", [.answeredUnseen(Sample.message)], Sample.ticket(), "answered_unseen pending"),
        CommandCase(
            "answered unseen when closed",
            [.answeredUnseen(Sample.message)],
            Sample.ticket(.closed),
            "answered_unseen"
        ),
        CommandCase("deleted", [.deletedInMailbox], Sample.ticket(.pending), "deleted_in_mailbox"),
        CommandCase(
            "deleted when closed",
            [.deletedInMailbox],
            Sample.ticket(.closed),
            "unchanged: Ticket 100 is closed already."
        ),
        CommandCase("restored", [.restoredInMailbox], Sample.ticket(.closed, before: .pending), "restored_in_mailbox"),
        CommandCase(
            "restored without a deletion",
            [.restoredInMailbox],
            Sample.ticket(),
            "unchanged: Ticket 100 was not deleted."
        ),
        CommandCase("muted in Junk", [.muteInJunk(Sample.message)], Sample.ticket(), "muted_in_junk"),
        CommandCase(
            "several",
            [.notSpam, .assign(bob), .reopen],
            Sample.ticket(.spam, owner: ann),
            "not_spam assigned(2)"
        ),
        CommandCase(
            "several, all or none",
            [.release, .assign(Sample.cat)],
            Sample.ticket(owner: ann),
            "refused: agent_disabled"
        ),
    ]

    @Test(arguments: CommandTests.ownership + CommandTests.status)
    func `commands change, leave or refuse`(commandCase: CommandCase) {
        #expect(self.text(self.decide(commandCase.commands, commandCase.ticket)) == commandCase.expected)
    }

    @Test(arguments: CommandTests.ownership + CommandTests.status)
    func `what is done already is unchanged the second time`(commandCase: CommandCase) {
        guard case .changed(let events, let ticket) = self.decide(commandCase.commands, commandCase.ticket) else {
            return
        }
        #expect(ticket.version == commandCase.ticket.version + Int64(events.count))
        let isRepeatable = commandCase.expected.hasPrefix("noted") || commandCase.expected.hasPrefix("muted")
        if case .changed = self.decide(commandCase.commands, ticket) {
            #expect(isRepeatable || ticket.status == .open || commandCase.expected.hasPrefix("answered_unseen"))
        }
    }

    @Test(arguments: [
        (Refusal.Reason.alreadyOwned(by: bob, handle: "bob"), "Ticket 100 is already owned by bob."),
        (.agentDisabled("cat"), "Agent cat is disabled and takes no tickets."),
        (.isSpam, "Ticket 100 is spam. Mark it as not spam first: reopen it."),
    ])
    func `a refusal says what is wrong`(reason: Refusal.Reason, text: String) {
        #expect(Refusal(reason: reason, ticket: Sample.number).description == text)
    }

    @Test func `a deleted ticket returns to its former status`() throws {
        let before = Sample.ticket(.pending, owner: Self.ann)
        let deleted = try #require(self.ticket(after: [.deletedInMailbox], before))
        #expect((deleted.status, deleted.statusBeforeDeletion) == (.closed, .pending))
        let restored = try #require(self.ticket(after: [.restoredInMailbox], deleted))
        #expect((restored.status, restored.statusBeforeDeletion) == (.pending, nil))
    }

    @Test func `closing remembers what its actor could see`() throws {
        let ticket = Sample.ticket(lastContact: Sample.contact(6, message: 8))
        let all = try #require(self.ticket(after: [.close(seen: nil)], ticket))
        #expect(all.seen == Sample.contact(6, message: 8))
        let overlooked = try #require(self.ticket(after: [.close(seen: Sample.contact(6, message: 7))], ticket))
        #expect((overlooked.status, overlooked.seen) == (.open, nil))
    }

    @Test func `the ticket is the fold of its events, whatever is commanded`() {
        for seed in 0..<300 {
            var random = SeededGenerator(seed: UInt64(seed))
            let opened = EventDraft(.opened, at: Sample.at(0), by: .baton(.mail), details: ["queue": "7"])
            var events = [opened]
            guard var ticket = TicketFold.fold(number: Sample.number, events) else { return #expect(Bool(false)) }
            for step in 1..<30 {
                let command = Self.random(&random)
                let decision = TicketCommand.decide(
                    command,
                    on: ticket,
                    by: Sample.actor,
                    at: Sample.at(step),
                    agents: Sample.agents
                )
                if case .changed(let more, let after) = decision {
                    events += more
                    ticket = after
                }
            }
            #expect(TicketFold.fold(number: Sample.number, events) == ticket, "seed \(seed)")
        }
    }

    @Test func `a history that does not begin with opened is no ticket`() {
        #expect(TicketFold.fold(number: Sample.number, []) == nil)
        #expect(TicketFold.fold(number: Sample.number, [EventDraft(.closed, at: .epoch, by: Sample.actor)]) == nil)
        #expect(TicketFold.fold(number: Sample.number, [EventDraft(.opened, at: .epoch, by: Sample.actor)]) == nil)
    }

    private static func random(_ random: inout SeededGenerator) -> TicketCommand {
        let agents = [Self.ann, Self.bob, Sample.cat]
        let agent = agents[random.below(3)]
        let all: [TicketCommand] = [
            .assign(agent), .claim(agent), .release, .close(seen: nil), .close(seen: Sample.contact(2)), .reopen,
            .pending(seen: nil), .note(Identifier(1)), .spam, .notSpam, .priority(.high), .priority(.normal),
            .answeredUnseen(Sample.message), .deletedInMailbox, .restoredInMailbox, .muteInJunk(Sample.message),
        ]
        return all[random.below(all.count)]
    }

    private func decide(_ commands: [TicketCommand], _ ticket: Ticket) -> CommandDecision {
        TicketCommand.decide(commands, on: ticket, by: Sample.actor, at: Sample.at(120), agents: Sample.agents)
    }

    private func ticket(after commands: [TicketCommand], _ ticket: Ticket) -> Ticket? {
        guard case .changed(_, let after) = self.decide(commands, ticket) else { return nil }
        return after
    }

    private func text(_ decision: CommandDecision) -> String {
        switch decision {
        case .changed(let events, _):
            events.map { $0.kind.rawValue + ($0.agent.map { "(\($0))" } ?? "") }.joined(separator: " ")
        case .unchanged(let sentence): "unchanged: \(sentence)"
        case .refused(let refusal): "refused: \(refusal.code)"
        }
    }
}
