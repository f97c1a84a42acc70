import MIME
import Testing

@Suite("Charsets")
struct CharsetTests {
    private func text(_ charset: String?, _ body: [UInt8]) -> MailMessage {
        MailMessage.parse(
            mail(type: "text/plain" + (charset.map { "; charset=\"\($0)\"" } ?? ""), encoding: "8bit", body: body)
        )
    }

    @Test(
        arguments: [
            ("utf-8", [0xC3, 0xA4], "ä"), ("UTF8", [0xC3, 0xA4], "ä"), ("iso-8859-1", [0xE4], "ä"),
            ("latin1", [0x80], "€"),
            ("iso-8859-2", [0xE8], "č"), ("iso-8859-5", [0xDF], "п"), ("iso-8859-7", [0xE1], "α"),
            ("iso-8859-8-i", [0xF9], "ש"),
            ("iso-8859-9", [0xFD], "ı"), ("iso-8859-15", [0xA4], "€"), ("windows-1250", [0xE8], "č"),
            ("cp1251", [0xEF], "п"),
            ("windows-1253", [0xE1], "α"), ("windows-1254", [0xFD], "ı"), ("windows-1255", [0xF9], "ש"),
            ("windows-1256", [0xC7], "ا"),
            ("windows-1257", [0xE8], "č"), ("windows-1258", [0xFE], "₫"), ("koi8-r", [0xD0], "п"),
            ("koi8-u", [0xA4], "є"),
            ("macintosh", [0x8A], "ä"), ("x-mac-cyrillic", [0xEF], "п"), ("ibm866", [0xAF], "п"),
            ("cp437", [0x84], "ä"),
            ("gb2312", [0xC4, 0xE3], "你"), ("gbk", [0xC4, 0xE3], "你"), ("gb18030", [0x81, 0x30, 0x81, 0x30], "\u{80}"),
            ("hz-gb-2312", Array("~{Dc~}!".utf8), "你!"), ("big5", [0xA7, 0x41], "你"), ("euc-kr", [0xC7, 0xD1], "한"),
            ("ks_c_5601-1987", [0xC7, 0xD1], "한"), ("iso-2022-kr", Array("\u{1B}$)C\u{E}GQ\u{F}".utf8), "한"),
            ("shift_jis", [0x82, 0xB1], "こ"), ("cp932", [0x87, 0x40], "①"), ("euc-jp", [0xA4, 0xB3], "こ"),
            ("iso-2022-jp", Array("\u{1B}$B$3\u{1B}(B".utf8), "こ"), ("tis-620", [0xA1], "ก"),
            ("iso-8859-11", [0xA1], "ก"),
            ("viscii", [0xA1], "ắ"), ("utf-7", Array("+AOQ-".utf8), "ä"),
            ("unicode-1-1-utf-7", Array("+AOQ-".utf8), "ä"),
            ("utf-16le", [0xE4, 0x00], "ä"), ("utf-16be", [0x00, 0xE4], "ä"),
            ("utf-16", [0xFE, 0xFF, 0x00, 0xE4], "ä"),
            ("windows-874", [0xA1], "ก"), ("iso-8859-16", [0xBA], "ș"), ("cp850", [0x84], "ä"),
            ("johab", [0xD0, 0x65], "한"),
            ("x-sjis", [0x82, 0xB1], "こ"), ("cseuckr", [0xC7, 0xD1], "한"),
        ] as [(String, [UInt8], String)]
    )
    func `a named charset is decoded`(charset: String, body: [UInt8], expected: String) {
        let message = self.text(charset, body)
        #expect(message.text == expected)
        #expect(message.problems == [])
    }

    @Test(
        arguments: [
            (nil, [0xC3, 0xA4], "ä", []), (nil, [0xE4], "ä", [.wrongCharset]), ("us-ascii", [0xC3, 0xA4], "ä", []),
            ("us-ascii", [0xE4, 0x80], "ä€", [.wrongCharset]), ("utf-8", [0xE4, 0xF6, 0xFC], "äöü", [.wrongCharset]),
            ("utf-8", [0xC3, 0xA4, 0xFF, 0x61], "ä\u{FFFD}a", [.wrongCharset]),
            ("nonsense", [0xC3, 0xA4], "ä", [.unknownCharset]),
            ("nonsense", [0xE4], "ä", [.unknownCharset, .wrongCharset]),
            ("iso-8859-1", [0xC3, 0xA4], "ä", [.wrongCharset]),
            ("gb2312", [0xC4, 0xE3, 0xFF, 0x61], "你\u{FFFD}a", [.wrongCharset]),
            ("gb2312", [0xC4, 0xE3, 0xC4], "你\u{FFFD}", [.wrongCharset]),
            ("koi8-r", [], "", []), (nil, Array("\u{1B}$B$3\u{1B}(B".utf8), "こ", []),
            ("x-user-defined", [0x61], "a", [.unknownCharset]),
            ("../../etc/passwd", [0x61], "a", [.unknownCharset]), ("utf-8//TRANSLIT", [0x61], "a", [.unknownCharset]),
            ("windows-1252", [0x81], "\u{FFFD}", []), ("iso-2022-jp", [0x83, 0x63, 0x81, 0x5B], "ツー", [.wrongCharset]),
            ("iso-2022-jp", Array("\u{1B}$B$3".utf8), "こ", []),
        ] as [(String?, [UInt8], String, Set<MailProblem.Kind>)]
    )
    func `a wrong name loses no text`(
        charset: String?,
        body: [UInt8],
        expected: String,
        problems: Set<MailProblem.Kind>
    ) {
        let message = self.text(charset, body)
        #expect(message.text == expected)
        #expect(message.problemKinds == problems)
    }

    @Test func `a charset name of a megabyte is unknown`() {
        let message = self.text(String(repeating: "u", count: 200_000), [0x61])
        #expect(message.text == "a")
        #expect(message.problemKinds == [.unknownCharset, .lineCut])
    }

    @Test(arguments: [
        ("a\r\nb\rc\nd\r\r\ne", "a\nb\nc\nd\ne"), ("a\0b", "a\u{FFFD}b"), ("a\tb\u{1}c\u{1B}[2Jd\u{7F}", "a\tbc[2Jd"),
        ("\u{FFFE}", "\u{FFFE}"), ("\u{FEFF}a", "a"),
    ])
    func `text has LF line ends and no controls`(body: String, expected: String) {
        #expect(self.text("utf-8", Array(body.utf8)).text == expected)
    }

    @Test(arguments: [[0xED, 0xA0, 0x80], [0xC0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xE2, 0x82]] as [[UInt8]])
    func `surrogates, over-long forms and cut sequences never pass`(bad: [UInt8]) {
        let good = Array("äöüß ".utf8)
        let text = self.text("utf-8", good + bad + good).text
        #expect(text.hasPrefix("äöüß \u{FFFD}"))
        #expect(text.hasSuffix("äöüß "))
    }
}
