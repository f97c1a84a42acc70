import Desk
import Testing

/// What is filed, from a usual mail by small changes.
struct FilingCase: CustomTestStringConvertible, Sendable {
    let name: String
    let input: FilingInput
    /// Fate, reason, direction, target and events, as one line.
    let expected: String

    init(_ name: String, _ expected: String, _ change: (inout FilingInput) -> Void = { _ in }) {
        self.name = name
        self.expected = expected
        var input = FilingTests.usual
        change(&input)
        self.input = input
    }

    var testDescription: String { self.name }
}

struct FilingTests {
    static let carl = Sample.party("carl@them.example", "Carl")
    static let support = Sample.party("support@us.example")
    static let evidence = Evidence.inReplyTo(Sample.digest(1))

    /// A contact's new mail in INBOX.
    static let usual = FilingInput(
        message: Sample.message,
        folder: .inbox,
        identity: .inbound(from: [carl]),
        kind: .human,
        threading: .new(claims: nil, nil),
        from: [carl],
        recipients: [support],
        ours: Sample.ours,
        activeAgents: Sample.active,
        receivedAt: Sample.at(60),
        sentAt: Sample.at(60),
        queue: Sample.queue
    )

    private static func join(_ input: inout FilingInput, _ ticket: Ticket) {
        input.threading = .existing(ticket.number, Self.evidence)
        input.ticket = ticket
        input.contacts = ["carl@them.example"]
    }

    private static func retry(_ input: inout FilingInput) {
        input.stored = StoredCopy(fate: .fetched, ignoreReason: nil, ticket: Identifier(44))
    }

    private static func answer(_ input: inout FilingInput, on ticket: Ticket?) {
        if let ticket { Self.join(&input, ticket) }
        input.identity = .outbound
        input.folder = .sent
        input.from = [Self.support]
        input.recipients = [Self.carl]
        input.responder = Responder(agent: Sample.ann, isPresumed: false)
    }

    static let inbound: [FilingCase] = [
        FilingCase("new mail begins a ticket", "ticket inbound new: opened message_in"),
        FilingCase("an agent's folder gives the owner", "ticket inbound new: opened message_in assigned(1)") {
            $0.folder = .agent(Sample.ann)
        },
        FilingCase("a disabled agent's folder gives none", "ticket inbound new: opened message_in") {
            $0.folder = .agent(Sample.cat)
        },
        FilingCase("Closed gives closed", "ticket inbound new: opened message_in closed") { $0.folder = .closed },
        FilingCase("Archive gives closed", "ticket inbound new: opened message_in closed") { $0.folder = .archive },
        FilingCase("first seen in All alone it was archived", "ticket inbound new: opened message_in closed") {
            $0.folder = .all
        },
        FilingCase("Flagged gives priority high", "ticket inbound new: opened message_in priority_high") {
            $0.isFlagged = true
        },
        FilingCase("Answered at first sight settles while live", "ticket inbound new: opened message_in") {
            $0.isAnswered = true
        },
        FilingCase(
            "an import takes Answered as answered unseen",
            "ticket inbound new: opened message_in answered_unseen pending"
        ) {
            $0.isAnswered = true
            $0.isImport = true
        },
        FilingCase("a claim is said", "ticket inbound new: opened claims_ticket message_in") {
            $0.threading = .new(claims: Identifier(3), Self.evidence)
        },
        FilingCase("a new message joins an open ticket", "ticket inbound 100: message_in") {
            Self.join(&$0, Sample.ticket(.open))
        },
        FilingCase("it opens a pending ticket", "ticket inbound 100: message_in reopened") {
            Self.join(&$0, Sample.ticket(.pending))
        },
        FilingCase("it opens a closed ticket", "ticket inbound 100: message_in reopened") {
            Self.join(&$0, Sample.ticket(.closed, lastContact: Sample.contact(10), seen: Sample.contact(10)))
        },
        FilingCase(
            "it opens it also if it came in the second that was seen last",
            "ticket inbound 100: message_in reopened"
        ) {
            Self.join(&$0, Sample.ticket(.closed, lastContact: Sample.contact(60), seen: Sample.contact(60)))
        },
        FilingCase("mail older than what the closer saw does not", "ticket inbound 100: message_in") {
            Self.join(&$0, Sample.ticket(.closed, lastContact: Sample.contact(61), seen: Sample.contact(61)))
        },
        FilingCase("spam stays spam", "ticket inbound 100: message_in") { Self.join(&$0, Sample.ticket(.spam)) },
        FilingCase("an active owner stays", "ticket inbound 100: message_in reopened") {
            Self.join(&$0, Sample.ticket(.closed, owner: Sample.ann))
        },
        FilingCase("a disabled owner does not", "ticket inbound 100: message_in reopened released(3)") {
            Self.join(&$0, Sample.ticket(.closed, owner: Sample.cat))
        },
        FilingCase("first sighting on an existing ticket only settles", "ticket inbound 100: message_in") {
            Self.join(&$0, Sample.ticket(.open, owner: Sample.ann))
            $0.folder = .agent(Sample.bob)
            $0.isFlagged = true
        },
        FilingCase("an import takes owners from folders", "ticket inbound 100: message_in assigned(2)") {
            Self.join(&$0, Sample.ticket(.open, owner: Sample.ann))
            $0.folder = .agent(Sample.bob)
            $0.isImport = true
        },
        FilingCase("an import leaves put away what is put away", "ticket inbound 100: message_in closed") {
            Self.join(&$0, Sample.ticket(.closed))
            $0.folder = .closed
            $0.isImport = true
        },
        FilingCase("an import closes what was archived last", "ticket inbound 100: message_in closed") {
            Self.join(&$0, Sample.ticket())
            $0.folder = .all
            $0.isImport = true
        },
        FilingCase("what was archived before newer mail closes nothing", "ticket inbound 100: message_in") {
            var ticket = Sample.ticket()
            ticket.lastContact = ContactMessage(receivedAt: Sample.at(90), message: Identifier(9))
            Self.join(&$0, ticket)
            $0.folder = .all
            $0.isImport = true
        },
        FilingCase(
            "an imported answered message waits for the contact",
            "ticket inbound 100: message_in answered_unseen pending"
        ) {
            Self.join(&$0, Sample.ticket(.closed))
            $0.isAnswered = true
            $0.isImport = true
        },
    ]

    /// The ticket's history as kind, minute and message; mail of ours that answered nobody went to `sentTo`.
    private static func recall(
        _ input: inout FilingInput,
        _ history: [(TicketEvent.Kind, Int, Int64?)],
        sentTo: String? = nil
    ) {
        input.events = history.enumerated().map { index, happening in
            let draft = EventDraft(
                happening.0,
                at: Sample.at(happening.1),
                by: .baton(.mail),
                agent: happening.0 == .messageIn ? nil : Sample.ann,
                message: happening.2.map { Identifier($0) }
            )
            return TicketEvent(draft, seq: Int64(index + 1), recordedAt: Sample.at(1000))
        }
        if let sentTo { input.sentTo = [Identifier(9): [sentTo]] }
    }

    /// A question of minute 60 that comes when mail after it is on the ticket already.
    static let late: [FilingCase] = [
        FilingCase("answered by mail that was there before it", "ticket inbound 100: message_in answered(1)") {
            Self.join(&$0, Sample.ticket(.pending, owner: Sample.ann))
            Self.recall(&$0, [(.opened, 70, 9), (.messageOut, 70, 9)], sentTo: "carl@them.example")
        },
        FilingCase("also in the same second", "ticket inbound 100: message_in answered(1)") {
            Self.join(&$0, Sample.ticket(.pending, owner: Sample.ann))
            Self.recall(&$0, [(.opened, 60, 9), (.messageOut, 60, 9)], sentTo: "carl@them.example")
        },
        FilingCase("not by mail that was sent before it", "ticket inbound 100: message_in reopened") {
            Self.join(&$0, Sample.ticket(.pending, owner: Sample.ann))
            Self.recall(&$0, [(.opened, 50, 9), (.messageOut, 50, 9)], sentTo: "carl@them.example")
        },
        FilingCase("not by mail to somebody else", "ticket inbound 100: message_in reopened") {
            Self.join(&$0, Sample.ticket(.pending, owner: Sample.ann))
            Self.recall(&$0, [(.opened, 70, 9), (.messageOut, 70, 9)], sentTo: "dave@them.example")
        },
        FilingCase("not by an answer twice", "ticket inbound 100: message_in") {
            Self.join(&$0, Sample.ticket(.pending, owner: Sample.ann))
            Self.recall(
                &$0,
                [(.opened, 70, 9), (.messageOut, 70, 9), (.messageIn, 20, 8), (.answered, 70, 9)],
                sentTo: "carl@them.example"
            )
        },
        FilingCase("by an answer to a contact known already", "ticket inbound 100: message_in") {
            Self.join(&$0, Sample.ticket(.pending, owner: Sample.ann, lastContact: Sample.contact(10)))
            Self.recall(&$0, [(.opened, 10, 7), (.messageIn, 10, 7), (.answered, 20, 8), (.answered, 70, 9)])
        },
        FilingCase("it gives the ticket its owner", "ticket inbound 100: message_in answered(1) assigned(1) pending") {
            Self.join(&$0, Sample.ticket(.open))
            Self.recall(&$0, [(.opened, 70, 9), (.messageOut, 70, 9)], sentTo: "carl@them.example")
        },
        FilingCase(
            "a message that the closer overlooked is no answer's",
            "ticket inbound 100: message_in reopened"
        ) {
            Self.join(&$0, Sample.ticket(.closed, lastContact: Sample.contact(10), seen: Sample.contact(10)))
            Self.recall(&$0, [(.opened, 10, 7), (.messageIn, 10, 7), (.closed, 80, nil)])
        },
    ]

    static let special: [FilingCase] = [
        FilingCase("first seen in Junk", "ignored(junk) inbound none:") { $0.folder = .junk },
        FilingCase("first seen in Trash", "ignored(trash) inbound none:") { $0.folder = .trash },
        FilingCase("an answer to us in Junk", "ticket inbound 100: message_in[junk] reopened") {
            Self.join(&$0, Sample.ticket(.pending))
            $0.folder = .junk
        },
        FilingCase("automatic mail without a ticket", "muted inbound none:") { $0.kind = .automatic },
        FilingCase("automatic mail in Junk", "ignored(junk) inbound none:") {
            $0.kind = .automatic
            $0.folder = .junk
        },
        FilingCase("automatic mail changes nothing", "muted inbound 100: message_auto") {
            Self.join(&$0, Sample.ticket(.closed))
            $0.kind = .automatic
        },
        FilingCase("a bounce changes nothing", "muted inbound 100: message_auto") {
            Self.join(&$0, Sample.ticket(.pending))
            $0.kind = .bounce
        },
        FilingCase("who claims to be us changes nothing", "ticket inbound 100: message_unverified") {
            Self.join(&$0, Sample.ticket(.closed))
            $0.identity = .inboundClaimingToBeUs
        },
        FilingCase("without evidence it is a new ticket", "ticket inbound new: opened message_in") {
            $0.identity = .inboundClaimingToBeUs
        },
        FilingCase("unverified mail in Junk", "ignored(junk) inbound none:") {
            Self.join(&$0, Sample.ticket(.closed))
            $0.identity = .inboundClaimingToBeUs
            $0.folder = .junk
        },
        FilingCase("Sent mail among ourselves", "ignored(internal) internal none:") {
            $0.identity = .internal
            $0.folder = .sent
        },
        FilingCase("a colleague within a ticket", "ticket internal 100: noted") {
            Self.join(&$0, Sample.ticket(.pending))
            $0.identity = .internal
        },
        FilingCase("a colleague asks for something", "ticket inbound new: opened message_in") {
            $0.identity = .internal
        },
        FilingCase("a draft", "ignored(drafts) outbound none:") {
            $0.identity = .outbound
            $0.folder = .drafts
        },
        FilingCase("a copy of one in quarantine", "duplicate inbound none:") {
            $0.stored = StoredCopy(fate: .quarantined, ignoreReason: nil, ticket: Identifier(44))
        },
        FilingCase("a copy of one that was let be", "duplicate inbound none:") {
            $0.stored = StoredCopy(fate: .ignored, ignoreReason: .discarded, ticket: Identifier(44))
        },
        FilingCase("a copy", "duplicate inbound none:") { $0.stored = StoredCopy(fate: .ticket, ignoreReason: nil) },
        FilingCase("a copy of what was muted", "duplicate inbound none:") {
            $0.stored = StoredCopy(fate: .muted, ignoreReason: nil)
        },
        FilingCase("out of quarantine it stays on its ticket, and was counted", "ticket inbound 44: again") {
            Self.retry(&$0)
        },
        FilingCase("with what it is known to belong to", "ticket inbound 44: claims_ticket again") {
            Self.retry(&$0)
            Self.join(&$0, Sample.ticket(.pending))
        },
        FilingCase("a program wrote it", "muted inbound 44: message_auto again") {
            Self.retry(&$0)
            Self.join(&$0, Sample.ticket(.pending))
            $0.threading = .existing(Identifier(44), Self.evidence)
            $0.ticket?.number = Identifier(44)
            $0.kind = .automatic
        },
        FilingCase("it defeats the parser again", "quarantined inbound 44: again") {
            Self.retry(&$0)
            $0.isQuarantined = true
        },
        FilingCase("it lay in Trash, where nobody saw it", "ticket inbound new: opened message_in again") {
            Self.retry(&$0)
            $0.stored = StoredCopy(fate: .fetched, ignoreReason: nil)
        },
        FilingCase("moved out of Junk", "ticket inbound new: opened message_in again") {
            $0.stored = StoredCopy(fate: .ignored, ignoreReason: .junk)
        },
        FilingCase("moved from Junk to Trash", "duplicate inbound none:") {
            $0.stored = StoredCopy(fate: .ignored, ignoreReason: .junk)
            $0.folder = .trash
        },
        FilingCase("what a rule ignored stays ignored", "duplicate inbound none:") {
            $0.stored = StoredCopy(fate: .ignored, ignoreReason: .rule)
        },
        FilingCase("what defeats the parser is seen by a person", "quarantined inbound new: opened message_in") {
            $0.isQuarantined = true
        },
        FilingCase("unless it lies in Junk", "quarantined inbound none:") {
            $0.isQuarantined = true
            $0.folder = .junk
        },
    ]

    static let outbound: [FilingCase] = [
        FilingCase(
            "our answer makes an open ticket pending, and the responder's",
            "reply outbound 100: answered(1) assigned(1) pending"
        ) {
            Self.answer(&$0, on: Sample.ticket(.open))
        },
        FilingCase("an owned ticket keeps its owner", "reply outbound 100: answered(1) pending") {
            Self.answer(&$0, on: Sample.ticket(.open, owner: Sample.bob))
        },
        FilingCase("after-answer open", "reply outbound 100: answered(1)") {
            Self.answer(&$0, on: Sample.ticket(.open, owner: Sample.ann))
            $0.afterAnswer = .open
        },
        FilingCase("after-answer closed", "reply outbound 100: answered(1) closed") {
            Self.answer(&$0, on: Sample.ticket(.open, owner: Sample.ann))
            $0.afterAnswer = .closed
        },
        FilingCase("an answer after a close leaves it closed", "reply outbound 100: answered(1)") {
            Self.answer(&$0, on: Sample.ticket(.closed, owner: Sample.ann))
        },
        FilingCase("an answer older than the newest message leaves it open", "reply outbound 100: answered(1)") {
            Self.answer(&$0, on: Sample.ticket(.open, owner: Sample.ann, lastContact: Sample.contact(61)))
        },
        FilingCase("a presumed responder owns nothing new", "reply outbound 100: answered(1?) pending") {
            Self.answer(&$0, on: Sample.ticket(.open))
            $0.responder = Responder(agent: Sample.ann, isPresumed: true)
        },
        FilingCase("a disabled responder neither", "reply outbound 100: answered(3) pending") {
            Self.answer(&$0, on: Sample.ticket(.open))
            $0.responder = Responder(agent: Sample.cat, isPresumed: false)
        },
        FilingCase("mail to none of the contacts is no answer", "reply outbound 100: message_out(1)") {
            Self.answer(&$0, on: Sample.ticket(.open))
            $0.recipients = [Sample.party("zoe@else.example")]
        },
        FilingCase(
            "what we start waits for the contact",
            "reply outbound new: opened message_out(1) assigned(1) pending"
        ) {
            Self.answer(&$0, on: nil)
        },
        FilingCase("our programs answer nobody", "muted outbound 100: message_auto") {
            Self.answer(&$0, on: Sample.ticket(.open))
            $0.kind = .automatic
        },
    ]

    @Test(arguments: FilingTests.inbound + FilingTests.late + FilingTests.special + FilingTests.outbound)
    func `filing follows the rules`(filingCase: FilingCase) {
        #expect(self.text(Filing.decide(filingCase.input)) == filingCase.expected)
    }

    @Test(arguments: FilingTests.inbound + FilingTests.late + FilingTests.special + FilingTests.outbound)
    func `the events of a new ticket make its row`(filingCase: FilingCase) {
        let decision = Filing.decide(filingCase.input)
        let ticket = TicketFold.fold(number: Sample.number, decision.events)
        #expect((ticket != nil) == (decision.target == .new))
        #expect(ticket.map(\.version) ?? 0 == (ticket == nil ? 0 : Int64(decision.events.count)))
    }

    @Test(
        arguments: [
            (.inbound(from: []), .human, true), (.inbound(from: []), .automatic, true),
            (.inbound(from: []), .bounce, false),
            (.inbound(from: []), .receipt, false), (.outbound, .human, false), (.inboundClaimingToBeUs, .human, false),
        ] as [(MailIdentity, MessageKind, Bool)]
    )
    func `who must take part to enter`(identity: MailIdentity, kind: MessageKind, expected: Bool) {
        #expect(Filing.asksParticipation(identity, kind) == expected)
    }

    @Test func `a reopening is never before the close that it undoes`() {
        var input = Self.usual
        var closed = Sample.ticket(.closed, lastContact: Sample.contact(10), seen: Sample.contact(10))
        closed.statusChangedAt = Sample.at(90)
        Self.join(&input, closed)
        #expect(Filing.decide(input).events.map(\.at) == [Sample.at(60), Sample.at(90)])
    }

    @Test(arguments: [(AuthenticationVerdict.vouched, true), (.unverified, false)])
    func `Cc takes part only where the author is vouched for`(verdict: AuthenticationVerdict, takesPart: Bool) {
        var input = Self.usual
        input.verdict = verdict
        input.copied = [Sample.party("zoe@else.example"), Self.support]
        input.replyTo = [Sample.party("carl@home.example")]
        let authors: Set<String> = ["carl@them.example", "carl@home.example"]
        #expect(Filing.decide(input).participants == (takesPart ? authors.union(["zoe@else.example"]) : authors))
        #expect(Filing.decide(input).contacts == authors)
    }

    @Test func `a web form's contact is its Reply-To alone`() {
        var input = Self.usual
        input.from = [Self.support]
        input.replyTo = [Self.carl]
        #expect(Filing.decide(input).contacts == ["carl@them.example"])
    }

    @Test func `unverified mail makes nobody a participant`() {
        var input = Self.usual
        Self.join(&input, Sample.ticket(.open))
        input.identity = .inboundClaimingToBeUs
        #expect(Filing.decide(input).participants.isEmpty)
    }

    private func text(_ decision: FilingDecision) -> String {
        let reason = decision.ignoreReason.map { "(\($0.rawValue))" } ?? ""
        let target =
            switch decision.target {
            case .none: "none"
            case .existing(let number): "\(number)"
            case .new: "new"
            }
        let events = decision.events.map { event in
            let agent = event.agent.map { "(\($0)\(event.isPresumed ? "?" : ""))" } ?? ""
            return event.kind.rawValue + agent + (event.details["lies_in"].map { "[\($0)]" } ?? "")
        }
        let head = "\(decision.fate.rawValue)\(reason) \(decision.direction.rawValue) \(target):"
        return ([head] + events + (decision.isRefiled ? ["again"] : [])).joined(separator: " ")
    }
}
