import Desk
import DeskStore
import Reports
import Testing

extension DatabaseReportTests {
    /// What `report explain` says of a ticket in the database.
    struct StoredExplanationTests {
        @Test func `every turn, interval and bystander is there, with who and when`() async throws {
            try await TestDesk.with("explain") { desk in
                try await desk.ticket(
                    [
                        TestEvent("2026-01-10T10:00:00Z", "opened"), TestEvent("2026-01-10T10:00:00Z", "message_in"),
                        TestEvent("2026-01-10T10:05:00Z", "message_in"),
                        TestEvent("2026-01-10T10:06:00Z", "message_auto"),
                        TestEvent("2026-01-10T10:20:00Z", "answered", agent: 1),
                        TestEvent("2026-01-10T10:21:00Z", "assigned", agent: 1),
                        TestEvent("2026-01-10T11:00:00Z", "closed"),
                    ],
                    owner: 1
                )
                try await desk.run(
                    """
                    INSERT INTO turn (mailbox_id, ticket, ordinal, started_at, ended_at, outcome, responder_id, is_first)
                    VALUES (1, 1, 1, '2026-01-10T10:00:00Z', '2026-01-10T10:20:00Z', 'answered', 1, true)
                    """
                )
                let explained = try await TicketExplanation.make(of: Identifier(1), from: desk.database)
                #expect(explained.turns.map(\.row.responder) == ["ann"] && explained.turns.map(\.isCounted) == [true])
                #expect(explained.intervals.map(\.row.owner) == ["ann"])
                #expect(explained.bystanders.map(\.event.kind) == ["message_in", "message_auto"])
                #expect(explained.json.contains("\"seconds\": 1200") && explained.table.contains("20m 00s"))
            }
        }

        @Test func `a number that no ticket has is refused`() async throws {
            try await TestDesk.with("explain_none") { desk in
                await #expect(throws: ReportError(.unknownTicket(7))) {
                    try await TicketExplanation.make(of: Identifier(7), from: desk.database)
                }
            }
        }
    }
}

/// Why a turn counts, or does not.
struct ExplanationTests {
    @Test(arguments: [
        ("answered", true, true), ("answered", false, false), ("answered_unseen", true, false),
        ("answered_unseen", false, false), ("waiting", true, false), ("waiting", false, false),
        ("closed", true, false), ("spam", true, false), ("merged", true, false),
    ])
    func `only a first turn that was answered counts, and each says why`(
        _ outcome: String,
        _ isFirst: Bool,
        _ isCounted: Bool
    ) {
        let turn = ReportQueries.TicketTurn(
            ordinal: 1,
            startedAt: .epoch,
            endedAt: outcome == "waiting" ? nil : .epoch,
            outcome: outcome,
            responder: nil,
            isPresumed: false,
            isFirst: isFirst
        )
        let explained = Self.explanation(turns: [turn])
        #expect(explained.turns.map(\.isCounted) == [isCounted])
        #expect(explained.turns.allSatisfy { !$0.why.isEmpty && !$0.why.hasPrefix("outcome") })
    }

    @Test(
        arguments: [
            ("message_in", 0, false), ("message_in", 5, true), ("answered", 60, false), ("answered", 70, true),
            ("message_auto", 0, true), ("message_unverified", 0, true), ("message_out", 0, true), ("noted", 0, true),
            ("answered_unseen", 60, true),
        ] as [(String, Int64, Bool)]
    )
    func `what starts or ends a turn is no bystander`(_ kind: String, _ second: Int64, _ isBystander: Bool) {
        let turn = ReportQueries.TicketTurn(
            ordinal: 1,
            startedAt: .epoch,
            endedAt: Timestamp(microseconds: 60_000_000),
            outcome: "answered",
            responder: nil,
            isPresumed: false,
            isFirst: true
        )
        let event = ReportQueries.TicketEventLine(
            at: Timestamp(microseconds: second * 1_000_000),
            kind: kind,
            actor: "baton"
        )
        #expect(Self.explanation(turns: [turn], events: [event]).bystanders.isEmpty == !isBystander)
    }

    private static func explanation(
        turns: [ReportQueries.TicketTurn],
        events: [ReportQueries.TicketEventLine] = []
    ) -> TicketExplanation {
        TicketExplanation(
            of: Identifier(1),
            state: ReportQueries.TicketState(asOf: .epoch, mailbox: "main", queue: nil, status: "open"),
            turns: turns,
            intervals: [],
            events: events
        )
    }
}
