import MIME
import Testing

@Suite("Parameters and RFC 2231")
struct ParameterTests {
    @Test(
        arguments: [
            ("attachment; filename=a.txt", "a.txt"),
            ("attachment; filename=\"a b.txt\"", "a b.txt"),
            ("attachment; filename=a b (1).txt", "a b (1).txt"),
            ("attachment; filename=\"a\\\"b.txt\"", "a\"b.txt"),
            ("attachment; filename=\"C:\\temp\\a.txt\"", "C:\\temp\\a.txt"),
            ("attachment; filename*=utf-8''n%C3%A4me.txt", "näme.txt"),
            ("attachment; filename*=iso-8859-1'de'n%E4me.txt", "näme.txt"),
            ("attachment; filename*0=one; filename*1=\" two\"", "one two"),
            ("attachment; filename*1=two; filename*0=one", "onetwo"),
            ("attachment; filename*0*=utf-8''%C3; filename*1*=%A4; filename*2=.txt", "ä.txt"),
            ("attachment; filename*0=a; filename*2=c", "ac"),
            ("attachment; filename*1=b", "b"),
            ("attachment; filename=plain.txt; filename*=utf-8''st%C3%A4r.txt", "stär.txt"),
            ("attachment; filename=\"=?utf-8?Q?n=C3=A4me.txt?=\"", "näme.txt"),
            ("attachment; filename==?utf-8?B?bsOkbWUudHh0?=", "näme.txt"),
            ("attachment; filename=n\u{E4}me.txt", "näme.txt"),
            ("attachment; filename=\"never closed; x=y", "never closed"),
            ("attachment; filename=a; filename=b", "a"),
            ("attachment; filename*0=a; filename*0=b", "a"),
            ("attachment; filename=\"a\u{0}b\"", "a\u{FFFD}b"),
            ("attachment; filename*=utf-8''%2E%2E%2Fetc", "../etc"),
            ("attachment; filename*=utf-8''100%", "100%"),
            ("attachment;;; =; filename = a.txt ;", "a.txt"),
            ("attachment", nil),
            ("attachment; filename=\"\"", nil),
        ] as [(String, String?)]
    )
    func `a file name is decoded as the sender meant it`(disposition: String, expected: String?) {
        let message = MailMessage.parse(mail("Content-Disposition: \(disposition)", "", "x"))
        #expect(message.parts[0].filename == expected)
        #expect(message.parts[0].disposition == .attachment)
    }

    @Test func `the name of the type serves where the disposition has none`() {
        let message = MailMessage.parse(mail("Content-Type: image/png; name=\"a.png\"", "Content-ID: < a@b >", "", "x"))
        #expect(message.parts[0].filename == "a.png")
        #expect(message.parts[0].contentID == "<a@b>")
    }

    @Test func `a file name is at most 255 bytes and whole characters`() {
        let message = MailMessage.parse(
            mail("Content-Disposition: attachment; filename=" + String(repeating: "ü", count: 200), "", "")
        )
        #expect(message.parts[0].filename == String(repeating: "ü", count: 127))
        #expect(message.problemKinds == [.fileNameCut])
    }

    @Test(
        arguments: [
            ("text/plain; charset=us-ascii (Plain text)", "charset", "us-ascii"),
            ("TEXT/Plain; CHARSET=\"UTF-8\"", "charset", "UTF-8"),
            ("text/plain (x); charset=utf-8", "charset", "utf-8"), ("text/plain charset=utf-8", "charset", nil),
        ] as [(String, String, String?)]
    )
    func `parameters are found whatever stands around them`(type: String, name: String, expected: String?) {
        let part = MailMessage.parse(mail("Content-Type: \(type)", "", "x")).parts[0]
        #expect(part.contentType.parameter(name) == expected)
        #expect(part.contentType.description == "text/plain")
    }

    @Test func `at most a hundred segments are read`() {
        let segments = (0..<100_000).map { "filename*\($0)=a" }.joined(separator: ";")
        let message = MailMessage.parse(mail("Content-Disposition: attachment; \(segments.prefix(200_000))", "", ""))
        #expect(message.parts[0].filename == String(repeating: "a", count: 100))
        #expect(message.problemKinds.contains(.tooManyParameters))
    }
}
