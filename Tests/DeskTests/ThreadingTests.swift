import Desk
import Testing

struct ThreadingCase: CustomTestStringConvertible, Sendable {
    let name: String
    let mail: ThreadingMail
    let expected: ThreadingDecision

    init(_ name: String, _ mail: ThreadingMail, _ expected: ThreadingDecision) {
        self.name = name
        self.mail = mail
        self.expected = expected
    }

    var testDescription: String { self.name }
}

struct ThreadingTests {
    static let first: Ticket.ID = Identifier(1)
    static let second: Ticket.ID = Identifier(2)
    static let d = Sample.digest
    static let known: [IDDigest: [Ticket.ID]] = [d(1): [first], d(2): [second, first], d(3): [second], d(9): [first]]
    static let participants: [Ticket.ID: Set<String>] = [first: ["carl", "dora"], second: ["eve"]]

    static func mail(
        _ inReplyTo: [UInt8],
        _ references: [UInt8],
        from: Set<String> = ["carl"],
        own: UInt8 = 77,
        asks: Bool = true
    ) -> ThreadingMail {
        ThreadingMail(
            ownID: self.d(own),
            inReplyTo: inReplyTo.map(self.d),
            references: references.map(self.d),
            senders: from,
            asksParticipation: asks
        )
    }

    static let cases: [ThreadingCase] = [
        ThreadingCase("nothing known", mail([50], [51, 52]), .new(claims: nil, nil)),
        ThreadingCase(
            "In-Reply-To comes first",
            mail([1], [3], from: ["carl", "eve"]),
            .existing(first, .inReplyTo(d(1)))
        ),
        ThreadingCase("then References, newest first", mail([50], [9, 1]), .existing(first, .reference(d(1)))),
        ThreadingCase(
            "through an ancestor that only a ticket's mail mentions",
            mail([50], [9, 51]),
            .existing(first, .reference(d(9)))
        ),
        ThreadingCase("the ancestor itself comes late", mail([], [], own: 9), .existing(first, .awaitedAncestor(d(9)))),
        ThreadingCase(
            "who takes no part gets a new ticket that says so",
            mail([1], [], from: ["eve"]),
            .new(claims: first, .inReplyTo(d(1)))
        ),
        ThreadingCase(
            "the claim is the best evidence's",
            mail([3], [1], from: ["zoe"]),
            .new(claims: second, .inReplyTo(d(3)))
        ),
        ThreadingCase(
            "weaker evidence counts where the sender takes part",
            mail([3], [1]),
            .existing(first, .reference(d(1)))
        ),
        ThreadingCase(
            "of several tickets the one the sender takes part in",
            mail([2], [], from: ["eve"]),
            .existing(second, .inReplyTo(d(2)))
        ),
        ThreadingCase("else the oldest", mail([2], [], from: ["eve", "dora"]), .existing(first, .inReplyTo(d(2)))),
        ThreadingCase(
            "our own mail is not asked",
            mail([3], [], from: [], asks: false),
            .existing(second, .inReplyTo(d(3)))
        ),
        ThreadingCase("nobody takes part in nothing", mail([1], [], from: []), .new(claims: first, .inReplyTo(d(1)))),
    ]

    @Test(arguments: ThreadingTests.cases)
    func `evidence is climbed from the strongest, and the sender must take part`(threadingCase: ThreadingCase) {
        let decision = Threading.decide(mail: threadingCase.mail, known: Self.known, participants: Self.participants)
        #expect(decision == threadingCase.expected)
    }

    @Test func `each id is looked up once, best evidence first`() {
        let lookups = Threading.lookups(of: Self.mail([1, 1], [3, 2, 1, 3], own: 2))
        #expect(lookups == [Self.d(1), Self.d(3), Self.d(2)])
    }

    @Test(arguments: [0, 31, 33])
    func `a digest has thirty-two bytes`(count: Int) {
        #expect(IDDigest(Array(repeating: 0, count: count)) == nil)
    }
}
