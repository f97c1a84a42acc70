import Desk
import Testing

/// One line of a history: what happened, when, and by whom.
struct Happening {
    let kind: TicketEvent.Kind
    let minute: Int
    var agent: Agent.ID?
    var isPresumed = false
    var details: [String: String] = [:]

    static func h(_ kind: TicketEvent.Kind, _ minute: Int, _ agent: Agent.ID? = nil) -> Happening {
        Happening(kind: kind, minute: minute, agent: agent)
    }
}

struct TurnCase: CustomTestStringConvertible, Sendable {
    let name: String
    let events: [TicketEvent]
    /// `start-end:outcome`, in minutes.
    let expected: [String]

    init(_ name: String, _ happenings: [Happening], _ expected: [String]) {
        self.name = name
        self.expected = expected
        self.events = happenings.enumerated().map { index, happening in
            let draft = EventDraft(
                happening.kind,
                at: Sample.at(happening.minute),
                by: .baton(.mail),
                agent: happening.agent,
                isPresumed: happening.isPresumed,
                details: happening.details
            )
            return TicketEvent(draft, seq: Int64(index), recordedAt: Sample.at(1000 + index))
        }
    }

    var testDescription: String { self.name }
}

struct TurnFoldTests {
    static let cases: [TurnCase] = [
        TurnCase(
            "a turn starts at the earliest unanswered message",
            [.h(.messageIn, 0), .h(.messageIn, 5)],
            ["0-:waiting!"]
        ),
        TurnCase(
            "the first answer ends it",
            [.h(.messageIn, 0), .h(.answered, 7), .h(.answered, 9)],
            ["0-7:answered!"]
        ),
        TurnCase(
            "later turns are not the first response",
            [.h(.messageIn, 0), .h(.answered, 7), .h(.messageIn, 10)],
            ["0-7:answered!", "10-:waiting"]
        ),
        TurnCase(
            "an answer before the start ends it at the start",
            [.h(.messageIn, 3), .h(.answered, 3)],
            ["3-3:answered!"]
        ),
        TurnCase(
            "automatic, unverified mail, notes and pending neither start nor end",
            [
                .h(.messageAuto, 0), .h(.messageUnverified, 1), .h(.noted, 2), .h(.messageIn, 3), .h(.messageAuto, 4),
                .h(.pending, 5), .h(.noted, 6), .h(.messageUnverified, 7), .h(.messageOut, 8),
            ],
            ["3-:waiting!"]
        ),
        TurnCase("answered unseen ends it", [.h(.messageIn, 0), .h(.answeredUnseen, 4)], ["0-4:answered_unseen!"]),
        TurnCase(
            "an answer found later replaces answered unseen",
            [.h(.messageIn, 0), .h(.answeredUnseen, 4), .h(.answered, 6)],
            ["0-6:answered!"]
        ),
        TurnCase(
            "an answer from before answered unseen is found later",
            [.h(.messageIn, 0), .h(.answeredUnseen, 4), .h(.answered, 2)],
            ["0-2:answered!"]
        ),
        TurnCase("a close ends it without an answer", [.h(.messageIn, 0), .h(.closed, 4)], ["0-4:closed!"]),
        TurnCase(
            "an answer after a close and before new mail makes it answered",
            [.h(.messageIn, 0), .h(.closed, 4), .h(.answered, 6)],
            ["0-6:answered!"]
        ),
        TurnCase(
            "an answer after a close and after new mail does not",
            [.h(.messageIn, 0), .h(.closed, 4), .h(.messageIn, 5), .h(.reopened, 5), .h(.answered, 6)],
            ["0-4:closed!", "5-6:answered"]
        ),
        TurnCase(
            "reopening by us continues it",
            [.h(.messageIn, 0), .h(.closed, 4), .h(.reopened, 8), .h(.answered, 9)],
            ["0-9:answered!"]
        ),
        TurnCase(
            "reopening an answered ticket starts nothing",
            [.h(.messageIn, 0), .h(.answered, 2), .h(.closed, 4), .h(.reopened, 8)],
            ["0-2:answered!"]
        ),
        TurnCase(
            "a message that the closer overlooked keeps waiting",
            [.h(.messageIn, 0), .h(.closed, 4), .h(.messageIn, 3), .h(.reopened, 4)],
            ["0-:waiting!"]
        ),
        TurnCase("spam ends it", [.h(.messageIn, 0), .h(.markedSpam, 4), .h(.messageIn, 6)], ["0-4:spam!"]),
        TurnCase(
            "not spam continues it",
            [.h(.messageIn, 0), .h(.markedSpam, 4), .h(.messageIn, 6), .h(.notSpam, 8)],
            ["0-:waiting!"]
        ),
        TurnCase(
            "mail that came while an answered ticket was spam waits from its arrival",
            [.h(.messageIn, 0), .h(.answered, 1), .h(.markedSpam, 4), .h(.messageIn, 6), .h(.notSpam, 8)],
            ["0-1:answered!", "6-:waiting"]
        ),
        TurnCase("a deletion closes it", [.h(.messageIn, 0), .h(.deletedInMailbox, 4)], ["0-4:closed!"]),
        TurnCase(
            "a restored ticket continues it",
            [
                .h(.messageIn, 0), .h(.deletedInMailbox, 4),
                Happening(kind: .restoredInMailbox, minute: 9, details: ["status": "open"]),
            ],
            ["0-:waiting!"]
        ),
        TurnCase("a merge ends it", [.h(.messageIn, 0), .h(.merged, 4)], ["0-4:merged!"]),
        TurnCase(
            "what we start has no first response",
            [.h(.messageOut, 0), .h(.messageIn, 5), .h(.answered, 6), .h(.messageIn, 9)],
            ["5-6:answered", "9-:waiting"]
        ),
        TurnCase(
            "events count in the order in which they happened",
            [.h(.messageIn, 10), .h(.answered, 2), .h(.messageIn, 0)],
            ["0-2:answered!", "10-:waiting"]
        ),
        TurnCase("no mail, no turn", [.h(.opened, 0), .h(.assigned, 1, Sample.ann), .h(.closed, 2)], []),
    ]

    @Test(arguments: TurnFoldTests.cases)
    func `turns follow the rules of response times`(turnCase: TurnCase) {
        let turns = TurnFold.turns(of: turnCase.events)
        #expect(turns.map(self.text) == turnCase.expected)
        #expect(turns.map(\.ordinal) == Array(1..<(turns.count + 1)))
        #expect(TurnFold.turns(of: turnCase.events.reversed()) == turns)
    }

    @Test func `the responder of the answer is kept with how sure we are`() {
        let answer = Happening(kind: .answered, minute: 5, agent: Sample.bob, isPresumed: true)
        let turn = TurnFold.turns(of: TurnCase("", [.h(.messageIn, 0), answer], []).events).first
        #expect(turn?.responder == Sample.bob)
        #expect(turn?.isPresumed == true)
    }

    @Test(
        arguments: [
            (Int64(1), 99, 0), (2, 99, 0), (4, 99, 20), (nil, 99, 20), (nil, 12, 0), (nil, -1, nil), (77, 12, 0),
        ] as [(Int64?, Int, Int?)]
    )
    func `an answer belongs to the turn of the message that it names`(message: Int64?, storedAt: Int, start: Int?) {
        // Messages 1 and 2 are answered by 3, message 4 waits.
        let history: [(TicketEvent.Kind, Int)] = [(.messageIn, 0), (.messageIn, 5), (.answered, 10), (.messageIn, 20)]
        let events = history.enumerated().map { index, entry in
            let id = Identifier<Message>(Int64(index + 1))
            let draft = EventDraft(entry.0, at: Sample.at(entry.1), by: .baton(.mail), message: id)
            return TicketEvent(draft, seq: Int64(index), recordedAt: Sample.at(200))
        }
        let found = TurnFold.start(
            answering: message.map { Identifier($0) },
            storedAt: Sample.at(storedAt),
            in: events
        )
        #expect(found == start.map(Sample.at))
    }

    @Test func `turns of random histories never overlap nor run backwards`() {
        for seed in 0..<400 {
            var random = SeededGenerator(seed: UInt64(seed))
            let history = (0..<20).map { _ in
                Happening.h(TicketEvent.Kind.allCases[random.below(TicketEvent.Kind.allCases.count)], random.below(60))
            }
            let turns = TurnFold.turns(of: TurnCase("", history, []).events)
            let isOrdered = zip(turns, turns.dropFirst()).allSatisfy { ($0.endedAt ?? .distantFuture) <= $1.startedAt }
            #expect(isOrdered, "seed \(seed)")
            #expect(turns.allSatisfy { ($0.endedAt ?? $0.startedAt) >= $0.startedAt }, "seed \(seed)")
            #expect(turns.filter { ($0.outcome == .waiting) != ($0.endedAt == nil) }.isEmpty, "seed \(seed)")
        }
    }

    private func text(_ turn: Turn) -> String {
        func minute(_ at: Timestamp) -> Int { Int(at.duration(since: Sample.at(0)).components.seconds) / 60 }
        let end = turn.endedAt.map { String(minute($0)) } ?? ""
        return "\(minute(turn.startedAt))-\(end):\(turn.outcome.rawValue)\(turn.isFirst ? "!" : "")"
    }
}

struct ResponseSummaryTests {
    @Test(arguments: [
        (0.5, 25.0), (0.0, 10.0), (1.0, 40.0), (0.9, 37.0), (0.95, 38.5), (-1.0, 10.0), (2.0, 40.0),
    ])
    func `percentiles are interpolated like percentile_cont`(fraction: Double, expected: Double) throws {
        let value = try #require(ResponseSummary.percentile(fraction, ofSorted: [10, 20, 30, 40]))
        #expect(abs(value - expected) < 1e-9)
    }

    @Test func `the summary sorts, and is empty without values`() {
        let summary = ResponseSummary(seconds: [30, 10, 20])
        #expect((summary.count, summary.p50, summary.max) == (3, 20, 30))
        #expect(ResponseSummary(seconds: []).p50 == nil)
        #expect(ResponseSummary(seconds: [5]).p95 == 5)
    }

    @Test(arguments: [(nil, 0), (-5, 0), (-1439, 0), (-1440, -1440), (-9000, -9000), (10, 0)])
    func `arrival is INTERNALDATE unless it is a day after the newest Received line`(received: Int?, expected: Int) {
        let arrival = ArrivalTime.decide(internalDate: Sample.at(0), newestReceived: received.map(Sample.at))
        #expect(arrival == Sample.at(expected))
    }

    @Test(
        arguments: [
            (-5, nil, -5), (5, nil, 0), (nil, nil, 0), (-10_080, nil, -10_080), (-10_081, nil, 0), (-5, -3, -3),
            (-5, -9, -5),
        ] as [(Int?, Int?, Int)]
    )
    func `an answer's time is its Date within seven days, never before the turn`(date: Int?, start: Int?, expected: Int)
    {
        let time = AnswerTime.decide(
            date: date.map(Sample.at),
            internalDate: Sample.at(0),
            turnStart: start.map(Sample.at)
        )
        #expect(time == Sample.at(expected))
    }
}
