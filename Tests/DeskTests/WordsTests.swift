import Desk
import Testing

struct WordsTests {
    @Test(arguments: [
        ("1970-01-01T00:00:00Z", 0),
        ("2026-01-31T12:34:56Z", 1_769_862_896_000_000),
        ("2026-01-31T12:34:56.000001Z", 1_769_862_896_000_001),
        ("1969-12-31T23:59:59.500000Z", -500_000),
        ("2000-02-29T00:00:00Z", 951_782_400_000_000),
        ("0001-01-01T00:00:00Z", -62_135_596_800_000_000),
        ("9999-12-31T23:59:59.999999Z", 253_402_300_799_999_999),
    ])
    func `instants are written and read as ISO 8601`(text: String, microseconds: Int64) {
        #expect(Timestamp(iso8601: text)?.microseconds == microseconds)
        #expect(Timestamp(microseconds: microseconds).iso8601 == text)
    }

    @Test(arguments: [
        ("2026-01-31T12:34:56+01:00", "2026-01-31T11:34:56Z"),
        ("2026-01-31T00:00:00-05:30", "2026-01-31T05:30:00Z"),
        ("2026-01-31T12:34:56.1Z", "2026-01-31T12:34:56.100000Z"),
        ("2026-01-31t12:34:56.1234567z", "2026-01-31T12:34:56.123456Z"),
    ])
    func `other spellings of an instant are understood`(text: String, normal: String) {
        #expect(Timestamp(iso8601: text)?.iso8601 == normal)
    }

    @Test(arguments: [
        "", "2026", "2026-13-01T00:00:00Z", "2026-02-29T00:00:00Z", "2026-01-31T24:00:00Z", "2026-01-31T12:34:56",
        "2026-01-31T12:34:56.Z", "2026-01-31T12:34:56Zx", "2026-01-31 12:34:56Z", "2026-01-31T12:34:56+1:00",
    ])
    func `what names no instant is nil`(text: String) {
        #expect(Timestamp(iso8601: text) == nil)
    }

    @Test func `days and dates are the same over eight centuries`() {
        let broken = (-150_000...150_000).first { day in
            let date = CivilDate(daysSinceEpoch: day)
            let next = CivilDate(daysSinceEpoch: day + 1)
            let follows = next.day == 1 ? date.day >= 28 : next.day == date.day + 1 && next.month == date.month
            let exists = CivilDate(year: date.year, month: date.month, day: date.day) == date
            return date.daysSinceEpoch != day || !follows || !exists
        }
        #expect(broken == nil)
    }

    @Test(arguments: [("1970-01-01", 4), ("2026-01-31", 6), ("1969-12-29", 1), ("2024-02-29", 4), ("2023-12-31", 7)])
    func `weekdays are those of ISO 8601`(text: String, weekday: Int) {
        #expect(Timestamp(iso8601: text + "T12:00:00Z")?.civilDate.isoWeekday == weekday)
    }

    @Test func `a duration leads from one instant to another and back`() {
        let start = Sample.at(0)
        #expect(start.advanced(by: .milliseconds(-1500)).duration(since: start) == .milliseconds(-1500))
        #expect(Timestamp(microseconds: .max).advanced(by: .seconds(1)) == .distantFuture)
        #expect(
            Timestamp(microseconds: .max).duration(since: Timestamp(microseconds: .min)) == .microseconds(Int64.max)
        )
    }

    @Test(arguments: ["a", "ann", "ann-lee2", String(repeating: "x", count: 32)])
    func `handles are short lower-case words`(text: String) throws {
        #expect(try Handle(text).text == text)
    }

    @Test(arguments: [
        ("", HandleError.Reason.empty), ("1ann", .startsWrong), ("-a", .startsWrong), ("Ann", .startsWrong),
        ("an n", .character), ("ann_", .character), ("anné", .character), (String(repeating: "x", count: 33), .tooLong),
    ])
    func `what is no handle says why`(text: String, reason: HandleError.Reason) {
        let error = #expect(throws: HandleError.self) { try Handle(text) }
        #expect(error?.reason == reason)
        #expect(error?.description.contains("1 to 32 of a-z") == true)
    }

    @Test func `of two messages of one second the later number is newer`() {
        #expect(Sample.contact(1, message: 9) < Sample.contact(1, message: 10))
        #expect(Sample.contact(1, message: 99) < Sample.contact(2, message: 1))
    }
}
