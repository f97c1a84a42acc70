import Desk
import Testing

struct IdentityCase: CustomTestStringConvertible, Sendable {
    let name: String
    let facts: MailFacts
    let expected: MailIdentity

    init(_ name: String, _ facts: MailFacts, _ expected: MailIdentity) {
        self.name = name
        self.facts = facts
        self.expected = expected
    }

    var testDescription: String { self.name }
}

struct IdentityTests {
    static let support = Sample.party("support@us.example")
    static let ann = Sample.party("ann@us.example", "Ann Arbor")
    static let carl = Sample.party("carl@them.example", "Carl")

    static let cases: [IdentityCase] = [
        IdentityCase(
            "mail in Sent is outbound",
            MailFacts(folder: .sent, from: [support], recipients: [carl]),
            .outbound
        ),
        IdentityCase(
            "mail in Sent without a foreign recipient is internal",
            MailFacts(folder: .sent, from: [ann], recipients: [support, ann]),
            .internal
        ),
        IdentityCase(
            "mail from others is inbound",
            MailFacts(folder: .inbox, from: [carl], recipients: [support]),
            .inbound(from: [carl])
        ),
        IdentityCase(
            "an agent's vouched mail elsewhere is outbound",
            MailFacts(folder: .inbox, from: [ann], recipients: [carl, support], verdict: .vouched),
            .outbound
        ),
        IdentityCase(
            "an agent's vouched mail to us alone is internal",
            MailFacts(folder: .inbox, from: [ann], recipients: [support], verdict: .vouched),
            .internal
        ),
        IdentityCase(
            "what claims to be us and is not vouched for is unverified",
            MailFacts(folder: .inbox, from: [ann], recipients: [carl]),
            .inboundClaimingToBeUs
        ),
        IdentityCase(
            "an own Reply-To makes no web form",
            MailFacts(folder: .inbox, from: [support], replyTo: [ann], recipients: [support]),
            .inboundClaimingToBeUs
        ),
        IdentityCase(
            "a web form is inbound from its Reply-To",
            MailFacts(folder: .inbox, from: [support], replyTo: [carl], recipients: [support]),
            .inbound(from: [carl])
        ),
        IdentityCase(
            "a vouched web form is inbound too",
            MailFacts(folder: .inbox, from: [support], replyTo: [carl], recipients: [support], verdict: .vouched),
            .inbound(from: [carl])
        ),
        IdentityCase(
            "several authors of whom one is us are unverified",
            MailFacts(folder: .inbox, from: [carl, ann], recipients: [support], verdict: .vouched),
            .inboundClaimingToBeUs
        ),
        IdentityCase("no author is inbound from nobody", MailFacts(folder: .inbox, from: []), .inbound(from: [])),
    ]

    @Test(arguments: IdentityTests.cases)
    func `direction follows the folder, the author and the verdict`(identityCase: IdentityCase) {
        #expect(MailIdentity.decide(identityCase.facts, ours: Sample.ours) == identityCase.expected)
    }

    @Test(
        arguments: [
            ("the agent's address in From", [ann], nil, [], Responder(agent: Sample.ann, isPresumed: false)),
            ("in Sender", [support], ann, [], Responder(agent: Sample.ann, isPresumed: false)),
            ("in Reply-To", [support], nil, [ann], Responder(agent: Sample.ann, isPresumed: false)),
            (
                "two agents are none by address, but From's name decides", [ann], Sample.party("bob@us.example"), [],
                Responder(agent: Sample.ann, isPresumed: false)
            ),
            (
                "the display name of one agent", [Sample.party("support@us.example", "\"BOB  marsh\"")], nil, [],
                Responder(agent: Sample.bob, isPresumed: false)
            ),
            ("else the owner, presumed", [support], nil, [], Responder(agent: Sample.cat, isPresumed: true)),
        ] as [(String, [Party], Party?, [Party], Responder)]
    )
    func `the responder is the first that applies`(
        name: String,
        from: [Party],
        sender: Party?,
        replyTo: [Party],
        expected: Responder
    ) {
        let facts = MailFacts(folder: .sent, from: from, sender: sender, replyTo: replyTo)
        #expect(MailIdentity.responder(facts, ours: Sample.ours, owner: Sample.cat) == expected, "\(name)")
    }

    @Test func `without a name, an address or an owner nobody is known to have answered`() {
        let facts = MailFacts(folder: .sent, from: [Self.support])
        #expect(MailIdentity.responder(facts, ours: Sample.ours, owner: nil) == nil)
    }

    @Test func `a name that two agents bear names neither`() {
        let names = [(name: "Help Desk", agent: Sample.ann), (name: "help desk", agent: Sample.bob)]
        let ours = OurIdentity(mailboxKeys: [], agentKeys: [:], names: names)
        let facts = MailFacts(folder: .sent, from: [Sample.party("x", "Help Desk")])
        #expect(MailIdentity.responder(facts, ours: ours, owner: nil) == nil)
    }
}

struct VerdictCase: CustomTestStringConvertible, Sendable {
    let name: String
    let trace: [TraceField]
    let expected: AuthenticationVerdict

    init(_ name: String, _ trace: [TraceField], _ expected: AuthenticationVerdict) {
        self.name = name
        self.trace = trace
        self.expected = expected
    }

    var testDescription: String { self.name }
}

struct AuthenticationVerdictTests {
    static let outside = TraceField.received("from a (b [1.2.3.4]) by mx.us.example with ESMTPS id 1; Thu, 1 Jan 2026")
    static let local = TraceField.received("from mx (x with SMTP) by store.us.example with LMTP id 2; Thu, 1 Jan 2026")

    static func results(_ text: String) -> TraceField { .authenticationResults(text) }

    static let cases: [VerdictCase] = [
        VerdictCase("dmarc=pass", [results("mx.us.example; dmarc=pass header.from=us.example"), outside], .vouched),
        VerdictCase(
            "below a local delivery",
            [
                local, results("MX.us.example 1; spf=fail smtp.mailfrom=x; dmarc=pass (p=none) header.from=us.example"),
                outside,
            ],
            .vouched
        ),
        VerdictCase(
            "written by the sender",
            [outside, results("mx.us.example; dmarc=pass header.from=us.example")],
            .unverified
        ),
        VerdictCase(
            "forged under our own failing one",
            [
                results("mx.us.example; dmarc=fail header.from=us.example"), results("mx.us.example; dmarc=pass"),
                outside,
            ],
            .unverified
        ),
        VerdictCase(
            "another server's",
            [results("mx.them.example; dmarc=pass header.from=us.example"), outside],
            .unverified
        ),
        VerdictCase(
            "dmarc of another domain",
            [results("mx.us.example; dmarc=pass header.from=evil.example")],
            .unverified
        ),
        VerdictCase("dkim aligned", [results("mx.us.example; dkim=pass header.d=us.example header.s=a")], .vouched),
        VerdictCase("dkim aligned by identity", [results("mx.us.example; dkim = pass header.i=@us.example")], .vouched),
        VerdictCase("dkim of another domain", [results("mx.us.example; dkim=pass header.d=evil.example")], .unverified),
        VerdictCase("spf aligned", [results("mx.us.example; spf=pass smtp.mailfrom=\"bounce\"@us.example")], .vouched),
        VerdictCase(
            "spf of another domain",
            [results("mx.us.example; spf=pass smtp.mailfrom=a@evil.example")],
            .unverified
        ),
        VerdictCase(
            "a failing dmarc outweighs an aligned dkim",
            [results("mx.us.example; dkim=pass header.d=us.example; dmarc=fail header.from=us.example")],
            .unverified
        ),
        VerdictCase("a verdict inside a comment", [results("mx.us.example (; dmarc=pass); spf=none")], .unverified),
        VerdictCase(
            "a verdict inside a quoted reason",
            [results("mx.us.example; spf=fail reason=\"x; dmarc=pass header.from=us.example\"")],
            .unverified
        ),
        VerdictCase("nothing", [], .unverified),
        VerdictCase("an empty field", [results(""), results(";"), results("mx.us.example; none")], .unverified),
    ]

    @Test(arguments: AuthenticationVerdictTests.cases)
    func `only our own server vouches, above what the sender wrote`(verdictCase: VerdictCase) {
        let verdict = AuthenticationVerdict.decide(
            trace: verdictCase.trace,
            authservID: "mx.us.example",
            fromDomains: ["us.example"]
        )
        #expect(verdict == verdictCase.expected)
    }

    @Test(arguments: [
        (nil, ["us.example"]), ("", ["us.example"]), ("mx.us.example", []), ("mx.us.example", ["us.example", "a"]),
    ])
    func `without a configured server or with several authors nothing is vouched for`(id: String?, domains: [String]) {
        let trace = [Self.results("mx.us.example; dmarc=pass header.from=us.example")]
        #expect(AuthenticationVerdict.decide(trace: trace, authservID: id, fromDomains: domains) == .unverified)
    }
}
