import MIME
import Testing

@Suite("Header scan")
struct HeaderScanTests {
    @Test(
        arguments: [
            ("Subject: Hello\r\n\r\nbody", "Hello"), ("From: a\nsubject:  b  c \n d\n\nSubject: no", "b c d"),
            ("Subject: =?utf-8?Q?x?=\n\n", "=?utf-8?Q?x?="),
            ("Subject:\n\n", nil), ("", nil), ("no header at all", nil), ("\n\nSubject: s\n\n", "s"),
            ("Subject: a\0b\u{1B}c\n\n", "a b c"),
            ("Subject: one\nSubject: two\n\n", "one"), ("From x Mon\rSubject: s\r\rb", "s"), ("Subject: ü\n\n", "ü"),
        ] as [(String, String?)]
    )
    func `a subject is found or not`(raw: String, expected: String?) {
        #expect(HeaderScan.boundedSubject(Array(raw.utf8)) == expected)
    }

    @Test func `invalid bytes are repaired and nothing past 64 KiB is read`() {
        let far = [UInt8](repeating: 0x61, count: 70_000) + Array("\nSubject: s\n\n".utf8)
        #expect(HeaderScan.boundedSubject(far) == nil)
        #expect(HeaderScan.boundedSubject(Array("Subject: a".utf8) + [0xFF, 0x0A]) == "a\u{FFFD}")
        #expect(
            HeaderScan.boundedSubject(Array(("Subject: " + String(repeating: "x", count: 5_000)).utf8))?.utf8.count
                == 997
        )
    }

    @Test func `sender and id are found too`() {
        let result = HeaderScan.scan(Array("Message-ID: <a@b>\r\nFrom: Ann <a@x>\r\n\r\n".utf8))
        #expect(result.from == "Ann <a@x>")
        #expect(result.messageID == "<a@b>")
    }
}
