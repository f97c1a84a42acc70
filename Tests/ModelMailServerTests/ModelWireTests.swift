import ModelMailServer
import Testing

@Suite("The model mail server speaks IMAP")
struct ModelWireTests {
    /// What a client reads that sends `text` in pieces of `size` bytes.
    private static func answers(
        to text: String,
        _ size: Int = .max,
        _ profile: ServerProfile = .dovecot
    ) -> [String] {
        var server = ModelServer(profile: profile)
        server.deliver(server.content(Array("Subject: a\r\nX: b\r\n\r\nText".utf8)), date: 86_400)
        var wire = ModelWire(&server, account: ModelWire.Account(user: "ann", password: "pass word"))
        var out = wire.greeting()
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            out += wire.received(rest.prefix(size), &server)
            rest = rest.dropFirst(size)
        }
        return String(decoding: out, as: UTF8.self).split(separator: "\r\n").map(String.init)
    }

    private static let session = """
        a LOGIN ann "pass word"\r
        b CREATE {3}\r
        Box\r
        c SELECT INBOX\r
        d UID FETCH 1:* (FLAGS INTERNALDATE BODY.PEEK[HEADER.FIELDS (SUBJECT)])\r
        e APPEND Box (\\Seen) {7+}\r
        a: b\r
        \r
        f LIST "" "*"\r
        g IDLE\r
        DONE\r
        h LOGOUT\r

        """

    @Test func `a session reads what a server would send`() {
        let lines = Self.answers(to: Self.session)
        #expect(lines.contains("a OK Done") && lines.contains("+ Ready") && lines.contains("* 1 EXISTS"))
        let fetched =
            "* 1 FETCH (UID 1 FLAGS () INTERNALDATE \" 2-Jan-1970 00:00:00 +0000\" BODY[HEADER.FIELDS (SUBJECT)] {14}"
        #expect(lines.contains(fetched), "\(lines)")
        #expect(lines.contains { $0.hasPrefix("e OK [APPENDUID ") }, "\(lines)")
        #expect(lines.contains("* LIST (\\HasNoChildren) \"/\" \"Box\""))
        #expect(lines.suffix(4) == ["+ idling", "g OK Done", "* BYE Goodbye", "h OK Done"])
    }

    @Test(arguments: [1, 2, 3, 7, 50])
    func `the pieces in which bytes come change nothing`(size: Int) {
        #expect(Self.answers(to: Self.session, size) == Self.answers(to: Self.session))
    }

    @Test(arguments: [
        ("a AUTHENTICATE PLAIN AGFubgBwYXNzIHdvcmQ=", "a OK"), ("a AUTHENTICATE PLAIN\r\nAGFubgBwYXNzIHdvcmQ=", "a OK"),
        ("a AUTHENTICATE LOGIN\r\nYW5u\r\ncGFzcyB3b3Jk", "a OK"), ("a LOGIN ann other", "a NO"),
        ("a AUTHENTICATE PLAIN\r\n*", "a BAD"), ("a AUTHENTICATE OTHER", "a NO"), ("a SELECT INBOX", "a BAD"),
    ])
    func `the log-in is by password alone`(text: String, end: String) {
        #expect(Self.answers(to: text + "\r\n").last?.hasPrefix(end) == true)
    }

    @Test(arguments: [0, 951_782_400, 951_868_799, 1_600_000_000, 4_102_444_799] as [Int64])
    func `dates go there and back`(seconds: Int64) {
        #expect(WireDate.seconds(WireDate.text(seconds)) == seconds)
    }

    @Test func `a date has its zone`() {
        #expect(WireDate.text(951_782_400) == "29-Feb-2000 00:00:00 +0000")
        #expect(WireDate.seconds("29-Feb-2000 01:30:00 +0130") == 951_782_400)
    }
}
