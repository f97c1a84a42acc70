import Desk
import DeskStore
import Testing

@testable import Reports

/// How reports are printed: to the byte, because two reports of the same figures must be the same.
struct RenderingTests {
    private static func report(
        by grouping: ReportRequest.Grouping?,
        _ rows: [ReportQueries.Row]
    ) throws -> ResponseReport {
        var request = try ReportRequest(from: "2026-01-01", to: "2026-02-01")
        request.grouping = grouping
        let answer = ReportQueries.Answer(asOf: Timestamp(microseconds: 1_769_904_000_500_000), unseen: 2, rows: rows)
        return ResponseReport(.firstResponse, request, zone: "UTC", answer)
    }

    private static let rows = [
        ReportQueries.Row(group: "(none)", count: 0, p50: nil, p90: nil, p95: nil, longest: nil, stillWaiting: 3),
        ReportQueries.Row(group: "ann", count: 2, p50: 90, p90: 90.5, p95: 3_600.25, longest: 90_000, stillWaiting: 0),
    ]

    @Test func `JSON has the contract's members in their order`() throws {
        let report = try Self.report(by: .agent, Self.rows)
        let expected = """
              "hours": "calendar",
              "as_of": "2026-02-01T00:00:00.500000Z",
              "rows": [
                {
                  "group": "(none)",
                  "n": 0,
                  "p50_seconds": null,
                  "p90_seconds": null,
                  "p95_seconds": null,
                  "max_seconds": null,
                  "still_waiting": 3
                },
                {
                  "group": "ann",
                  "n": 2,
                  "p50_seconds": 90,
                  "p90_seconds": 90.5,
                  "p95_seconds": 3600.25,
                  "max_seconds": 90000,
                  "still_waiting": 0
                }
              ]
            }

            """
        #expect(report.json.hasPrefix("{\n  \"definition\": \"First response: ") && report.json.hasSuffix(expected))
    }

    @Test func `CSV has a line of names and empty cells for no figure`() throws {
        let report = try Self.report(by: .agent, Self.rows)
        let expected =
            "group,n,p50_seconds,p90_seconds,p95_seconds,max_seconds,still_waiting\r\n"
            + "(none),0,,,,,3\r\nann,2,90,90.5,3600.25,90000,0\r\n"
        #expect(report.csv == expected)
    }

    @Test func `the table is aligned and followed by the definition, in lines that fit`() throws {
        let lines = try Self.report(by: .agent, Self.rows).table.split(
            separator: "\n",
            omittingEmptySubsequences: false
        )
        #expect(lines[0] == "group   n     p50     p90     p95     max  still waiting")
        #expect(
            lines[2] == "ann     2  1m 30s  1m 31s  1h 00m  1d 01h              0"
        )
        #expect(lines.contains("Left out: 2 answered by \\Answered alone (--include-unseen counts them)."))
        #expect(lines.allSatisfy { $0.count <= 100 } && lines.contains { $0.hasPrefix("First response: ") })
    }

    @Test func `without a grouping there is always one row`() throws {
        #expect(try Self.report(by: nil, []).rows.map(\.group) == ["all"])
        #expect(try Self.report(by: .queue, []).rows.isEmpty)
    }

    @Test(
        arguments: [
            (nil, "-"), (0, "0s"), (59.4, "59s"), (59.6, "1m 00s"), (3_599, "59m 59s"), (3_600, "1h 00m"),
            (86_399, "23h 59m"), (90_000, "1d 01h"), (31_536_000, "365d 00h"),
        ] as [(Double?, String)]
    )
    func `lengths are readable`(_ seconds: Double?, _ expected: String) {
        #expect(readable(seconds) == expected)
    }

    @Test(
        arguments: [
            (0, "0"), (5_400, "5400"), (0.1, "0.1"), (1.0000001, "1"), (2.0000005, "2.000001"), (1e9, "1000000000"),
            (1.0 / 3, "0.333333"),
        ] as [(Double, String)]
    )
    func `seconds have a fraction only where there is one, and at most microseconds`(
        _ value: Double,
        _ expected: String
    ) {
        #expect(secondsText(value) == expected)
    }
}
