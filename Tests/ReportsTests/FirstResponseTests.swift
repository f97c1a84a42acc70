import Desk
import DeskStore
import Reports
import Testing

extension DatabaseReportTests {
    /// What `report first-response` counts.
    struct FirstResponseTests {
        /// One report line: group, n, median, still waiting.
        struct Line: Equatable, CustomStringConvertible {
            let group: String
            let count: Int
            let median: Double?
            let waiting: Int

            init(_ group: String, _ count: Int, _ median: Double?, _ waiting: Int) {
                self.group = group
                self.count = count
                self.median = median
                self.waiting = waiting
            }

            init(_ row: ReportQueries.Row) {
                self.init(row.group, row.count, row.p50, row.stillWaiting)
            }

            var description: String { "\(self.group) \(self.count) \(self.median ?? -1) \(self.waiting)" }
        }

        struct Case: Sendable, CustomTestStringConvertible {
            let name: String
            let turns: [TestTurn]
            var grouping: ReportRequest.Grouping?
            var zone = "UTC"
            var mailbox: String?
            var queue: String?
            var includesUnseen = false
            let expected: [Line]

            var testDescription: String { self.name }

            init(
                _ name: String,
                _ turns: [TestTurn],
                by grouping: ReportRequest.Grouping? = nil,
                zone: String = "UTC",
                mailbox: String? = nil,
                queue: String? = nil,
                includesUnseen: Bool = false,
                gives expected: [Line]
            ) {
                self.name = name
                self.turns = turns
                self.grouping = grouping
                self.zone = zone
                self.mailbox = mailbox
                self.queue = queue
                self.includesUnseen = includesUnseen
                self.expected = expected
            }
        }

        static let january = TestTurn("2026-01-10T10:00:00Z", "2026-01-10T10:01:40Z")
        static let waiting = TestTurn("2026-01-20T08:00:00Z", nil)

        static let cases: [Case] = [
            Case("nothing at all is one row", [], gives: [Line("all", 0, nil, 0)]),
            Case("nothing at all by queue is no row", [], by: .queue, gives: []),
            Case("an answer counts where it came", [january], gives: [Line("all", 1, 100, 0)]),
            Case(
                "the last moment counts, the first after the window does not",
                [
                    TestTurn("2026-01-31T23:00:00Z", "2026-01-31T23:59:59.999999Z"),
                    TestTurn("2026-01-31T23:00:00Z", "2026-02-01T00:00:00Z"),
                    TestTurn("2025-12-31T23:59:30Z", "2026-01-01T00:00:00Z"),
                    TestTurn("2025-12-31T23:00:00Z", "2025-12-31T23:59:59Z"),
                ],
                gives: [Line("all", 2, 1_814.9999995, 0)]
            ),
            Case(
                "later turns, and ends that are no answer, do not count",
                [
                    january.with { $0.isFirst = false }, january.with { $0.outcome = "closed" },
                    january.with { $0.outcome = "spam" }, january.with { $0.outcome = "merged" },
                    waiting.with { $0.isFirst = false },
                ],
                gives: [Line("all", 0, nil, 0)]
            ),
            Case(
                "an answer that was not seen does not count",
                [january.with { $0.outcome = "answered_unseen" }],
                gives: [Line("all", 0, nil, 0)]
            ),
            Case(
                "an answer that was not seen counts when asked for",
                [january.with { $0.outcome = "answered_unseen" }],
                includesUnseen: true,
                gives: [Line("all", 1, 100, 0)]
            ),
            Case(
                "who waits is shown, also from before the window, and not from after it",
                [waiting, TestTurn("2025-06-01T00:00:00Z", nil), TestTurn("2026-02-01T00:00:00Z", nil)],
                gives: [Line("all", 0, nil, 2)]
            ),
            Case(
                "by queue, with those that have none first",
                [
                    january, january.with { $0.queue = 2 }, january.with { $0.queue = nil },
                    waiting.with { $0.queue = 2 },
                ],
                by: .queue,
                gives: [Line("(none)", 1, 100, 0), Line("sales", 1, 100, 1), Line("support", 1, 100, 0)]
            ),
            Case(
                "by agent, presumed and none apart",
                [
                    january.with { $0.responder = 1 },
                    january.with {
                        $0.responder = 1
                        $0.isPresumed = true
                    },
                    january.with { $0.responder = 2 }, january, waiting,
                ],
                by: .agent,
                gives: [
                    Line("(none)", 1, 100, 1), Line("ann", 1, 100, 0), Line("ann (presumed)", 1, 100, 0),
                    Line("bob", 1, 100, 0),
                ]
            ),
            Case(
                "by mailbox",
                [january, january.with { $0.mailbox = 2 }, waiting.with { $0.mailbox = 2 }],
                by: .mailbox,
                gives: [Line("main", 1, 100, 0), Line("other", 1, 100, 1)]
            ),
            Case(
                "only one mailbox",
                [january, january.with { $0.mailbox = 2 }, waiting.with { $0.mailbox = 2 }],
                mailbox: "other",
                gives: [Line("all", 1, 100, 1)]
            ),
            Case(
                "only one queue",
                [january, january.with { $0.queue = 2 }, waiting.with { $0.queue = 2 }, waiting],
                queue: "sales",
                gives: [Line("all", 1, 100, 1)]
            ),
            Case(
                "by day of the zone",
                [
                    TestTurn("2026-01-10T22:00:00Z", "2026-01-10T22:30:00Z"),
                    TestTurn("2026-01-10T22:00:00Z", "2026-01-10T23:30:00Z"),
                ],
                by: .day,
                zone: "Europe/Berlin",
                gives: [Line("2026-01-10", 1, 1_800, 0), Line("2026-01-11", 1, 5_400, 0)]
            ),
            Case(
                "the window's midnights are the zone's, in whatever case its name is written",
                [
                    TestTurn("2025-12-31T22:00:00Z", "2025-12-31T23:00:00Z"),
                    TestTurn("2026-01-31T22:00:00Z", "2026-01-31T23:00:00Z"),
                ],
                zone: "europe/berlin",
                gives: [Line("all", 1, 3_600, 0)]
            ),
            Case(
                "by ISO week, those who wait in the week they began or the window's first",
                [
                    january, waiting, TestTurn("2025-06-01T00:00:00Z", nil),
                    TestTurn("2026-01-04T23:59:00Z", "2026-01-05T00:00:00Z"),
                ],
                by: .week,
                gives: [
                    Line("2026-W01", 0, nil, 1), Line("2026-W02", 2, 80, 0), Line("2026-W04", 0, nil, 1),
                ]
            ),
            Case(
                "by month",
                [january, waiting],
                by: .month,
                gives: [Line("2026-01", 1, 100, 1)]
            ),
        ]

        @Test(arguments: cases)
        func `counts by the written rule`(_ example: Case) async throws {
            let index = try #require(Self.cases.firstIndex { $0.name == example.name })
            try await TestDesk.with("first_\(index)") { desk in
                for turn in example.turns { try await desk.turn(turn) }
                var request = try ReportRequest(from: "2026-01-01", to: "2026-02-01")
                request.grouping = example.grouping
                request.zone = example.zone
                request.mailbox = example.mailbox
                request.queue = example.queue
                request.includesUnseen = example.includesUnseen
                let report = try await ResponseReport.make(.firstResponse, request, from: desk.database)
                #expect(report.rows.map(Line.init) == example.expected)
            }
        }

        @Test func `a day of 23 hours and an ISO year that is not the calendar's keep their names`() async throws {
            try await TestDesk.with("first_calendar") { desk in
                // Berlin, 29 March 2026: from 02:00 the clocks show 03:00. The day ends at 22:00 UTC.
                try await desk.turn(TestTurn("2026-03-29T21:00:00Z", "2026-03-29T21:59:59Z"))
                try await desk.turn(TestTurn("2026-03-29T21:00:00Z", "2026-03-29T22:00:00Z"))
                try await desk.turn(TestTurn("2027-01-01T00:00:00Z", "2027-01-01T12:00:00Z"))
                var request = try ReportRequest(from: "2026-03-29", to: "2027-01-02")
                request.zone = "Europe/Berlin"
                request.grouping = .day
                let days = try await ResponseReport.make(.firstResponse, request, from: desk.database)
                #expect(days.rows.map(\.group) == ["2026-03-29", "2026-03-30", "2027-01-01"])
                request.grouping = .week
                let weeks = try await ResponseReport.make(.firstResponse, request, from: desk.database)
                #expect(weeks.rows.map(\.group) == ["2026-W13", "2026-W14", "2026-W53"])
            }
        }

        @Test(
            arguments: [
                ([60], [60, 60, 60, 60]), ([10, 20], [15, 19, 19.5, 20]),
                ([60, 120, 180, 240, 600], [180, 456, 528, 600]), ([0, 0, 0, 1], [0, 0.7, 0.85, 1]),
            ] as [([Int], [Double])]
        )
        func `percentiles interpolate as worked out by hand`(_ seconds: [Int], _ expected: [Double]) async throws {
            try await TestDesk.with("percentiles_\(seconds.map(String.init).joined(separator: "_"))") { desk in
                for second in seconds {
                    let end = "2026-01-10T10:\(second / 60 < 10 ? "0" : "")\(second / 60):\(second % 60)Z"
                    try await desk.turn(TestTurn("2026-01-10T10:00:00Z", end))
                }
                let request = try ReportRequest(from: "2026-01-10", to: "2026-01-11")
                let report = try await ResponseReport.make(.firstResponse, request, from: desk.database)
                let row = try #require(report.rows.first)
                let figures = [row.p50, row.p90, row.p95, row.longest].compactMap(\.self)
                #expect(zip(figures, expected).allSatisfy { abs($0 - $1) < 0.000_001 } && figures.count == 4)
            }
        }

        @Test(arguments: [1, 2, 3] as [UInt64])
        func `the database and the domain agree on percentiles`(_ seed: UInt64) async throws {
            var state = seed
            let seconds = (0..<(50 + Int(seed) * 17)).map { _ in
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                return Double(state >> 44) / 8
            }
            try await TestDesk.with("agree_\(seed)") { desk in
                let values = seconds.map { "(\($0)::float8)" }.joined(separator: ", ")
                try await desk.run(
                    """
                    INSERT INTO turn (mailbox_id, ticket, ordinal, started_at, ended_at, outcome, is_first)
                    SELECT 1, test_ticket(1, 1, NULL, 'open'), 1, timestamptz '2026-01-31T00:00:00Z' - v * interval '1 second',
                           '2026-01-31T00:00:00Z', 'answered', true
                    FROM (VALUES \(values)) AS list (v)
                    """
                )
                let request = try ReportRequest(from: "2026-01-31", to: "2026-02-01")
                let report = try await ResponseReport.make(.firstResponse, request, from: desk.database)
                let row = try #require(report.rows.first)
                let summary = ResponseSummary(seconds: seconds)
                let pairs = [(row.p50, summary.p50), (row.p90, summary.p90), (row.p95, summary.p95)]
                #expect(pairs.allSatisfy { abs(($0 ?? -1) - ($1 ?? -2)) < 0.000_01 })
                #expect(row.count == summary.count && row.longest == summary.max)
            }
        }

        @Test func `what was left out as unseen is told beside the rows`() async throws {
            try await TestDesk.with("first_unseen") { desk in
                try await desk.turn(Self.january.with { $0.outcome = "answered_unseen" })
                try await desk.turn(Self.january)
                var request = try ReportRequest(from: "2026-01-01", to: "2026-02-01")
                let without = try await ResponseReport.make(.firstResponse, request, from: desk.database)
                #expect(without.unseen == 1 && without.table.contains("Left out: 1 "))
                request.includesUnseen = true
                let with = try await ResponseReport.make(.firstResponse, request, from: desk.database)
                #expect(with.unseen == 0 && with.rows.map(\.count) == [2])
            }
        }

        @Test(arguments: [
            (ReportError(.unknownZone("Europe/Berlni", suggestion: "Europe/Berlin")), "zone", "Europe/Berlni"),
            (ReportError(.unknownZone("nowhere at all", suggestion: nil)), "zone", "nowhere at all"),
            (ReportError(.unknownMailbox("mian", suggestion: "main")), "mailbox", "mian"),
            (ReportError(.unknownQueue("suport", suggestion: "support")), "queue", "suport"),
            (ReportError(.noWorkingHours(queue: "sales")), "hours", ""),
        ])
        func `what is not there is refused with the nearest name`(
            _ expected: ReportError,
            _ field: String,
            _ value: String
        ) async throws {
            try await TestDesk.with("refused_\(abs(expected.description.hashValue))") { desk in
                var request = try ReportRequest(from: "2026-01-01", to: "2026-02-01")
                switch field {
                case "zone": request.zone = value
                case "mailbox": request.mailbox = value
                case "queue": request.queue = value
                default: request.hours = .working
                }
                let asked = request
                await #expect(throws: expected) {
                    try await ResponseReport.make(.firstResponse, asked, from: desk.database)
                }
            }
        }
    }
}
