import Desk
import Testing

@testable import Reports

/// What a user may ask for.
struct ReportRequestTests {
    @Test(arguments: [
        "2026-1-01", "2026-02-30", "20260101", "2026-01-01T00:00:00Z", "", "0000-01-01", "2026-13-01", "２026-01-01",
    ])
    func `what is not a day is refused`(_ text: String) {
        #expect(throws: ReportError(.badDay(text))) { try ReportRequest.day(text) }
    }

    @Test(arguments: [("2026-01-31", 20_484), ("2024-02-29", 19_782), ("1970-01-01", 0)])
    func `a day is read`(_ text: String, _ expected: Int) throws {
        #expect(try ReportRequest.day(text).daysSinceEpoch == expected)
    }

    @Test(arguments: [("2026-01-01", "2026-01-01"), ("2026-01-02", "2026-01-01")])
    func `a window without a day is refused`(_ from: String, _ to: String) {
        #expect(throws: ReportError(.emptyWindow(from: from, to: to))) { try ReportRequest(from: from, to: to) }
    }

    @Test(
        arguments: [
            ("Europe/Berlni", "Europe/Berlin"), ("utc", "UTC"), ("Amsterdam", nil), ("Etc/UT", "Etc/UTC"), ("", nil),
        ] as [(String, String?)]
    )
    func `a mistyped name gets the nearest one`(_ typed: String, _ expected: String?) {
        let names = ["Africa/Abidjan", "Etc/UTC", "Europe/Berlin", "Europe/Bern", "UTC"]
        #expect(Suggestion.nearest(to: typed, among: names) == expected)
    }

    @Test(arguments: [
        ReportError(.badDay("x")), ReportError(.emptyWindow(from: "a", to: "b")),
        ReportError(.unknownZone("x", suggestion: nil)), ReportError(.unknownQueue("x", suggestion: "y")),
        ReportError(.unknownMailbox("x", suggestion: nil)), ReportError(.unknownTicket(3)),
        ReportError(.noWorkingHours(queue: "support")), ReportError(.noWorkingHours(queue: nil)),
    ])
    func `every refusal says what is wrong and what to do`(_ error: ReportError) {
        #expect(!error.problem.isEmpty && !error.problem.hasSuffix("."))
        #expect(error.advice.hasSuffix(".") || error.advice.hasSuffix("?"))
        #expect(!error.isTransient)
    }

    @Test(arguments: ResponseReport.Measure.allCases, ReportRequest.Grouping.allCases)
    func `every definition names its window, its zone and who still waits`(
        _ measure: ResponseReport.Measure,
        _ grouping: ReportRequest.Grouping
    ) throws {
        var request = try ReportRequest(from: "2026-01-01", to: "2026-02-01")
        request.grouping = grouping
        let text = ReportDefinition.text(of: measure, request, zone: "Asia/Tokyo")
        #expect(text.contains("2026-01-01 up to, without, 2026-02-01, days of Asia/Tokyo"))
        #expect(text.contains("still_waiting") && text.contains("calendar time") && !text.contains("  "))
    }
}
