import Testing

@testable import IMAP

@Suite("INTERNALDATE")
struct InternalDateTests {
    @Test(arguments: [
        (" 5-Nov-2024 01:02:03 +0100", 1_730_764_923), ("17-Jul-1996 02:44:25 -0700", 837_596_665),
        ("1-Jan-1970 00:00:00 +0000", 0), ("01-Jan-1970 00:00 +0000", 0), ("29-Feb-2024 00:00:00 +0000", 1_709_164_800),
        ("05-nov-2024 01:02:03", 1_730_768_523), ("31-Dec-1969 23:59:59 +0000", -1), ("5-Nov-2024", 1_730_764_800),
        ("5-Nov-2024 00:00:00 GMT", 1_730_764_800), ("31-Dec-9999 23:59:59 +0000", 253_402_300_799),
    ])
    func `dates as servers write them`(text: String, seconds: Int64) {
        #expect(InternalDate.parse(text) == seconds * 1_000_000)
    }

    @Test(arguments: [
        "", "00-Jan-0000 00:00:00 +0000", "32-Foo-0000", "30-Feb-2024 00:00:00 +0000", "29-Feb-2023 00:00:00 +0000",
        "5-Nov-2024 24:00:00 +0000", "5-Nov-2024 00:60:00 +0000", "5-Nov-2024 00:00:00 +0199", "5-Nov-2024 x",
        "5-Nov-99999 00:00:00 +0000", "-5-Nov-2024", "5-Nov-2024 00:00:00 0000", "99999999999999999999-Nov-2024",
    ])
    func `nonsense is unknown, never a trap`(text: String) {
        #expect(InternalDate.parse(text) == nil)
    }

    @Test(arguments: [
        (1_730_764_923_000_000, " 5-Nov-2024 00:02:03 +0000"), (0, " 1-Jan-1970 00:00:00 +0000"),
        (-1, "31-Dec-1969 23:59:59 +0000"), (1_709_251_199_999_999, "29-Feb-2024 23:59:59 +0000"),
    ])
    func `dates are written in full`(microseconds: Int64, text: String) {
        #expect(InternalDate.format(microseconds) == text)
    }

    @Test(arguments: [Int64.min, Int64.max])
    func `dates no server could read are not written`(microseconds: Int64) {
        #expect(InternalDate.format(microseconds) == nil)
    }

    @Test func `what is written reads back, day by day for four centuries`() {
        for day in stride(from: Int64(-25_000), to: 121_000, by: 13) {
            let time = (day * 86_400 + 3661) * 1_000_000
            guard let text = InternalDate.format(time), InternalDate.parse(text) == time else {
                Issue.record("day \(day)")
                return
            }
        }
    }
}
