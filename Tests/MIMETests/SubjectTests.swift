import MIME
import Testing

@Suite("Subjects and RFC 2047")
struct SubjectTests {
    @Test(arguments: [
        ("Hello", "Hello"),
        ("", ""),
        ("  a \t b  ", "a b"),
        ("first\r\n second\r\n\tthird", "first second third"),
        ("=?utf-8?Q?Gr=C3=BC=C3=9Fe?=", "Grüße"),
        ("=?UTF-8?b?R3LDvMOfZQ==?=", "Grüße"),
        ("=?iso-8859-1?q?Andr=E9?= Pirard", "André Pirard"),
        ("=?ISO-8859-1?Q?a?= =?ISO-8859-1?Q?b?=", "ab"),
        ("=?ISO-8859-1?Q?a?=\r\n\t=?ISO-8859-2?Q?_b?=", "a b"),
        ("=?ISO-8859-1?Q?a?= b", "a b"),
        ("=?utf-8?Q?=C3?= =?utf-8?Q?=BC?=", "ü"),
        ("=?utf-8?B?w7w=?= =?utf-8?B?w7w=?=", "üü"),
        ("=?utf-8?B?w7w", "=?utf-8?B?w7w"),
        ("=?utf-8?X?abc?=", "=?utf-8?X?abc?="),
        ("=?utf-8?Q?a", "=?utf-8?Q?a"),
        ("=?=?utf-8?Q?a?=", "=?a"),
        ("=?us-ascii*en?Q?Keith_Moore?=", "Keith Moore"),
        ("=?utf-8?Q?two words?=", "two words"),
        ("=?utf-8?B?====?=", "=?utf-8?B?====?="),
        ("=?no-such-charset?Q?caf=C3=A9?=", "café"),
        ("=?no-such-charset?Q?caf=E9?=", "café"),
        ("=?iso-2022-jp?B?GyRCJDMbKEI=?=", "こ"),
        ("=?gb2312?B?xOO6ww==?=", "你好"),
        ("=?koi8-r?B?8NLJ18XU?=", "Привет"),
        ("=?windows-1255?B?+ezl7Q==?=", "שלום"),
        ("=?utf-8?Q?a=00b?=", "a\u{FFFD}b"),
        ("a\u{1B}[2Jb\u{7}", "a[2Jb"),
        ("=?utf-8?Q?x=C2=9By?=", "xy"),
        ("=?utf-8?Q??= x", "x"),
    ])
    func `a subject is decoded as far as it makes sense`(raw: String, expected: String) {
        #expect(MailMessage.parse(mail(header: "Subject: \(raw)")).subject == expected)
    }

    @Test(
        arguments: [
            ([0x63, 0x61, 0x66, 0xC3, 0xA9], nil, "café"),
            ([0x63, 0x61, 0x66, 0xE9], nil, "café"),
            ([0xF0, 0xF2, 0xE9], "koi8-r", "ПРИ"),
            ([0x80], nil, "€"),
            ([0x61, 0x00, 0x62], nil, "a\u{FFFD}b"),
        ] as [([UInt8], String?, String)]
    )
    func `raw 8-bit bytes are UTF-8, else what the mail declares, else windows-1252`(
        raw: [UInt8],
        charset: String?,
        expected: String
    ) {
        let type = charset.map { "Content-Type: text/plain; charset=\($0)\r\n" } ?? ""
        let bytes = Array("Subject: ".utf8) + raw + Array("\r\n\(type)\r\n".utf8)
        #expect(MailMessage.parse(bytes).subject == expected)
    }

    @Test func `a subject has at most 998 scalars`() {
        let message = MailMessage.parse(mail(header: "Subject: " + String(repeating: "ü", count: 5_000)))
        #expect(message.subject == String(repeating: "ü", count: 998))
        #expect(message.problemKinds == [.lineCut])
    }

    @Test func `the first of two subjects counts`() {
        #expect(MailMessage.parse(mail("Subject: one", "Subject: two", "", "")).subject == "one")
    }

    @Test func `encoded words past the limit stay as they are`() {
        var limits = MailLimits()
        limits.encodedWords = 2
        let message = MailMessage.parse(
            mail(header: "Subject: " + "=?utf-8?Q?a?= =?utf-8?Q?b?= =?utf-8?Q?c?="),
            limits: limits
        )
        #expect(message.subject == "ab =?utf-8?Q?c?=")
        #expect(message.problemKinds == [.tooManyEncodedWords])
    }
}
