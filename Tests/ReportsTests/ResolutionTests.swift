import Desk
import DeskStore
import Reports
import Testing

extension DatabaseReportTests {
    /// What `report resolution` counts.
    struct ResolutionTests {
        struct Case: Sendable, CustomTestStringConvertible {
            let name: String
            let events: [TestEvent]
            let seconds: [Double]
            let waiting: Int

            var testDescription: String { self.name }

            init(_ name: String, _ events: [TestEvent], _ seconds: [Double], waiting: Int = 0) {
                self.name = name
                self.events = events
                self.seconds = seconds
                self.waiting = waiting
            }
        }

        private static func at(_ hour: Int, _ kind: String, origin: String = "cli", details: String = "{}") -> TestEvent
        {
            TestEvent("2026-01-10T\(hour < 10 ? "0" : "")\(hour):00:00Z", kind, origin: origin, details: details)
        }

        static let cases: [Case] = [
            Case("from the opening to the close", [at(1, "opened"), at(3, "closed")], [7_200]),
            Case("an open ticket waits", [at(1, "opened")], [], waiting: 1),
            Case(
                "pending, answers, notes and owners change nothing",
                [
                    at(1, "opened"), at(2, "assigned"), at(3, "answered"), at(4, "pending"), at(5, "noted"),
                    at(6, "reopened"), at(7, "closed"),
                ],
                [21_600]
            ),
            Case(
                "each reopening begins an interval",
                [at(1, "opened"), at(2, "closed"), at(5, "reopened"), at(7, "closed"), at(9, "reopened")],
                [3_600, 7_200],
                waiting: 1
            ),
            Case(
                "a second close of a closed ticket is none",
                [at(1, "opened"), at(2, "closed"), at(4, "closed")],
                [3_600]
            ),
            Case("spam is no close", [at(1, "opened"), at(2, "marked_spam")], []),
            Case(
                "what was not spam after all begins anew",
                [at(1, "opened"), at(2, "marked_spam"), at(3, "not_spam"), at(4, "closed")],
                [3_600]
            ),
            Case(
                "deleted in the mailbox closes, and is undone by being seen again",
                [
                    at(1, "opened"), at(2, "deleted_in_mailbox"),
                    at(3, "restored_in_mailbox", details: #"{"status": "open"}"#), at(6, "closed"),
                ],
                [3_600, 10_800]
            ),
            Case(
                "what comes back closed stays closed",
                [
                    at(1, "opened"), at(2, "closed"), at(3, "deleted_in_mailbox"),
                    at(4, "restored_in_mailbox", details: #"{"status": "closed"}"#),
                ],
                [3_600]
            ),
            Case("merged is no close", [at(1, "opened"), at(2, "merged")], []),
            Case("first seen closed is not counted", [at(1, "opened"), at(1, "closed", origin: "ingestion")], []),
            Case(
                "closed from outside, then reopened and closed by us",
                [at(1, "opened"), at(1, "closed", origin: "ingestion"), at(4, "reopened"), at(5, "closed")],
                [3_600]
            ),
            Case("a close dated before the opening lasts no time", [at(5, "opened"), at(4, "closed")], [0]),
        ]

        @Test(arguments: cases)
        func `counts by the written rule`(_ example: Case) async throws {
            let index = try #require(Self.cases.firstIndex { $0.name == example.name })
            try await TestDesk.with("resolution_\(index)") { desk in
                try await desk.ticket(example.events)
                let request = try ReportRequest(from: "2026-01-10", to: "2026-01-11")
                let report = try await ResponseReport.make(.resolution, request, from: desk.database)
                let row = try #require(report.rows.first)
                let summary = ResponseSummary(seconds: example.seconds)
                #expect(row.count == summary.count && row.p50 == summary.p50 && row.longest == summary.max)
                #expect(row.stillWaiting == example.waiting)
                let explained = try await TicketExplanation.make(of: Identifier(1), from: desk.database)
                #expect(explained.intervals.filter(\.isCounted).count == example.seconds.count)
            }
        }

        @Test func `an interval counts in the group and on the day of its close`() async throws {
            try await TestDesk.with("resolution_groups") { desk in
                try await desk.ticket(
                    [
                        TestEvent("2026-01-01T00:00:00Z", "opened"),
                        TestEvent("2026-01-02T00:00:00Z", "assigned", agent: 2),
                        TestEvent("2026-01-09T23:00:00Z", "closed"), TestEvent("2026-01-20T00:00:00Z", "reopened"),
                        TestEvent("2026-01-20T01:00:00Z", "assigned", agent: 1),
                        TestEvent("2026-01-20T02:00:00Z", "released"), TestEvent("2026-01-21T00:00:00Z", "closed"),
                        TestEvent("2026-01-22T00:00:00Z", "reopened"),
                    ],
                    owner: 1,
                    queue: 2
                )
                try await desk.ticket([TestEvent("2026-01-05T00:00:00Z", "opened")], mailbox: 2)
                var request = try ReportRequest(from: "2026-01-01", to: "2026-02-01")
                let expected: [(ReportRequest.Grouping, [String], [Int], [Int])] = [
                    (.agent, ["(none)", "ann", "bob"], [1, 0, 1], [1, 1, 0]),
                    (.queue, ["sales", "support"], [2, 0], [1, 1]),
                    (.mailbox, ["main", "other"], [2, 0], [1, 1]),
                    (.day, ["2026-01-05", "2026-01-09", "2026-01-21", "2026-01-22"], [0, 1, 1, 0], [1, 0, 0, 1]),
                ]
                for (grouping, groups, counts, waiting) in expected {
                    request.grouping = grouping
                    let report = try await ResponseReport.make(.resolution, request, from: desk.database)
                    #expect(report.rows.map(\.group) == groups)
                    #expect(report.rows.map(\.count) == counts && report.rows.map(\.stillWaiting) == waiting)
                }
                request.grouping = nil
                request.mailbox = "other"
                let other = try await ResponseReport.make(.resolution, request, from: desk.database)
                #expect(other.rows.map(\.stillWaiting) == [1] && other.rows.map(\.count) == [0])
            }
        }
    }
}
