import MIME
import Testing

@Suite("Dates")
struct DateTests {
    @Test(arguments: [
        ("Thu, 1 Jan 1970 00:00:00 +0000", 0, 0),
        ("Fri, 21 Nov 1997 09:55:06 -0600", 880_127_706, -360),
        ("21 Nov 97 09:55:06 GMT", 880_106_106, 0),
        ("Mon, 20 May 2024 10:00:00 +0200", 1_716_192_000, 120),
        ("20 May 2024 10:00 +0200", 1_716_192_000, 120),
        ("20 May 2024 08:00:00", 1_716_192_000, 0),
        ("Mon, 20 May 2024 10:00:00 +02:00", 1_716_192_000, 120),
        ("Mon, 20 May 2024 10:00:00 GMT+0200", 1_716_192_000, 120),
        ("Mon, 20 May 2024 04:00:00 EDT", 1_716_192_000, -240),
        ("Mon, 20 May 2024 10:00:00 +0200 (CEST)", 1_716_192_000, 120),
        ("Mon, 20 May 2024 10:00:00 CEST", 1_716_192_000, 120),
        ("Mon, 20 May 2024 08:00:00 Z", 1_716_192_000, 0),
        ("(a comment) 20 (May) May 2024 08:00:00 -0000", 1_716_192_000, 0),
        ("2024-05-20T08:00:00Z", 1_716_192_000, 0),
        ("2024-05-20 10:00:00 +0200", 1_716_192_000, 120),
        ("2024-05-20T10:00:00+02:00", 1_716_192_000, 120),
        ("Mon May 20 08:00:00 2024", 1_716_192_000, 0),
        ("Monday, 20-May-24 08:00:00 UTC", 1_716_192_000, 0),
        ("20 May 2024 8:00:00 AM", 1_716_192_000, 0),
        ("19 May 2024 08:00:00 PM -1200", 1_716_192_000, -720),
        ("Mon, 20 MAY 2024 08:00:00 +9999", 1_716_192_000, 0),
        ("Thu, 29 Feb 2024 00:00:00 +0000", 1_709_164_800, 0),
        ("Sat, 31 Dec 2016 23:59:60 +0000", 1_483_228_799, 0),
        ("Fri, 31 Dec 9999 23:59:59 +0000", 253_402_300_799, 0),
        ("1 Jan 100 00:00:00 +0000", 946_684_800, 0),
    ])
    func `a date in a usual or unusual form is read`(raw: String, seconds: Int64, zone: Int) {
        let date = MailMessage.parse(mail(header: "Date: \(raw)")).date
        #expect(date == MailDate(microseconds: seconds * 1_000_000, zoneOffsetMinutes: zone))
    }

    @Test(arguments: [
        "", "garbage", "Mon, 20 May 2024", "30 Feb 2024 00:00:00 +0000", "29 Feb 2023 00:00:00 +0000",
        "1 Jan 99999 00:00:00 +0000",
        "31 Dec 1969 23:59:59 +0000", "1 Jan 1970 00:00:00 +0100", "32 Jan 2024 00:00:00 +0000",
        "0 Jan 2024 00:00:00 +0000",
        "1 Jan 2024 24:00:00 +0000", "1 Jan 2024 00:60:00 +0000", "1 Foo 2024 00:00:00 +0000",
        "1 Jan -0001 00:00:00 +0000",
        "31 Dec 9999 23:59:59 -0100", "99999999999999999999 Jan 2024 00:00:00",
    ])
    func `what is no date, or out of range, is none`(raw: String) {
        let message = MailMessage.parse(mail(header: "Date: \(raw)"))
        #expect(message.date == nil)
        #expect(message.problemKinds == [.invalidDate])
    }

    @Test func `fractions of a second are kept to the microsecond`() {
        #expect(MailMessage.parse(mail(header: "Date: 1970-01-01T00:00:01.2345678Z")).date?.microseconds == 1_234_567)
    }

    @Test func `received dates are listed from the top, unreadable ones left out`() {
        let message = MailMessage.parse(
            mail(
                "Received: from a by b; Thu, 1 Jan 1970 00:00:03 +0000",
                "Received: no date here",
                "Received: from c; garbage",
                "Received: from d (x; y) by e\r\n\tfor <f>; 1 Jan 1970 00:00:01 +0000 (UTC)",
                "",
                ""
            )
        )
        #expect(message.received == [3_000_000, 1_000_000])
    }

    @Test func `at most a hundred received fields are read`() {
        let line = "Received: x; 1 Jan 1970 00:00:01 +0000\r\n"
        #expect(MailMessage.parse(Array((String(repeating: line, count: 500) + "\r\n").utf8)).received.count == 100)
    }
}
