import Testing

@testable import IMAP

@Suite("FETCH responses")
struct FetchTests {
    struct Row: Sendable, CustomTestStringConvertible {
        var items: String
        var expected: FetchedItems
        init(_ items: String, _ fill: (inout FetchedItems) -> Void) {
            self.items = items
            self.expected = FetchedItems()
            fill(&self.expected)
        }
        var testDescription: String { String(self.items.prefix(80)) }
    }

    private static func deep(_ depth: Int) -> String {
        String(repeating: "(", count: depth) + String(repeating: ")", count: depth)
    }

    /// What is left of a structure that is nested too deep.
    private static var deepParts: [FetchAttribute] {
        var part = BodyStructure(type: "multipart", subtype: nil)
        for _ in 1..<IMAPLimits.default.nesting {
            var outer = BodyStructure(type: "multipart", subtype: nil)
            outer.parts = [part]
            part = outer
        }
        return [.bodyStructure(part)]
    }

    private static func section(
        _ path: String,
        _ origin: UInt64?,
        _ body: FetchedItems.Body
    ) -> FetchedItems.Section {
        .init(section: BodySection(path: path, origin: origin), body: body)
    }

    static let rows: [Row] = [
        Row("(UID 5 FLAGS (\\Seen $a) MODSEQ (12))") {
            ($0.uid, $0.flags, $0.modSeq) = (5, ["\\Seen", "$a"], 12)
        },
        Row("(FLAGS () UID 5)") { ($0.uid, $0.flags) = (5, []) },
        Row("(flags (\\seen) uid 5)") { ($0.uid, $0.flags) = (5, ["\\seen"]) },
        Row("(UID 5 FLAGS NIL)") { ($0.uid, $0.flags) = (5, []) },
        Row("(UID 5 FLAGS (\"quoted\" [x] a]b))") { ($0.uid, $0.flags) = (5, ["quoted", "[x]", "a]b"]) },
        Row("(UID 0 FLAGS ())") { $0.flags = [] },
        Row("(FLAGS (\\Seen))") { $0.flags = ["\\Seen"] },
        Row("(UID 4294967296 FLAGS ())") { ($0.flags, $0.isMalformed) = ([], true) },
        Row("(UID 5 MODSEQ (-1) FLAGS ())") { ($0.uid, $0.flags) = (5, []) },
        Row("(UID 5 MODSEQ (0))") { $0.uid = 5 },
        Row("(UID 5 MODSEQ NIL FLAGS ())") { ($0.uid, $0.flags) = (5, []) },
        Row("(UID 5 MODSEQ (18446744073709551615))") { ($0.uid, $0.modSeq) = (5, .max) },
        Row("(UID 5 RFC822.SIZE 44 INTERNALDATE \"01-Jan-1970 00:00:01 +0000\")") {
            ($0.uid, $0.size, $0.hasSize, $0.internalDate, $0.hasInternalDate) = (5, 44, true, 1_000_000, true)
        },
        Row("(UID 5 RFC822.SIZE 9.3736e+06 FLAGS ())") {
            ($0.uid, $0.flags, $0.hasSize, $0.size) = (5, [], true, 9_373_600)
        },
        Row("(UID 5 RFC822.SIZE -1 FLAGS ())") {
            ($0.uid, $0.flags, $0.hasSize, $0.isMalformed) = (5, [], true, true)
        },
        Row("(UID 5 INTERNALDATE \"32-Foo-0000\")") { ($0.uid, $0.hasInternalDate) = (5, true) },
        Row("(UID 5 INTERNALDATE NIL)") { ($0.uid, $0.hasInternalDate) = (5, true) },
        Row("(UID 5 BODY[] NIL)") { ($0.uid, $0.body) = (5, .null) },
        Row("(UID 5 BODY[])") { ($0.uid, $0.body) = (5, .null) },
        Row("(BODY[] \"a \\\"b\\\"\" UID 5)") { ($0.uid, $0.body) = (5, .inline(Array("a \"b\"".utf8))) },
        Row("(UID 5 BODY[]<0.10> \"abc\")") { ($0.uid, $0.body) = (5, .inline(Array("abc".utf8))) },
        Row("(UID 5 BODY[]<7.10> \"abc\")") {
            ($0.uid, $0.sections) = (5, [section("", 7, .inline(Array("abc".utf8)))])
        },
        Row("(UID 5 BODY[1.header.fields (\"A]B\" {3}\r\nC)D)] \"abc\")") {
            ($0.uid, $0.sections) = (5, [section("1.HEADER.FIELDS", nil, .inline(Array("abc".utf8)))])
        },
        Row("(UID 5 RFC822.HEADER \"abc\" BODY[TEXT] NIL BINARY[1] \"xy\")") {
            $0.uid = 5
            $0.sections = [
                section("HEADER", nil, .inline(Array("abc".utf8))), section("TEXT", nil, .null),
                section("1", nil, .inline(Array("xy".utf8))),
            ]
        },
        Row("(UID 5 RFC822 \"abc\")") { ($0.uid, $0.body) = (5, .inline(Array("abc".utf8))) },
        Row("(UID 5 BODY[] \"one\" BODY[] \"two\")") {
            $0.uid = 5
            $0.sections = ["one", "two"].map { section("", nil, .inline(Array($0.utf8))) }
        },
        Row("(X-ODD (\"a\" ((NIL NIL {2}\r\n)( \"c\"))) X-GM-LABELS (\"\\\\Sent\" a) UID 5)") {
            ($0.uid, $0.attributes) = (5, [.gmailLabels(["\\Sent", "a"].map { FolderName(raw: Array($0.utf8)) })])
        },
        Row("(ENVELOPE ((NIL)) UID 5)") { ($0.uid, $0.isMalformed) = (5, true) },
        Row("(X-DEEP \(deep(100)) UID 5)") { $0.uid = 5 },
        Row("(X-DEEP \(deep(101)) UID 5)") { ($0.uid, $0.isMalformed) = (5, true) },
        Row("(X-DEEP \(deep(20_000)) UID 5)") { ($0.uid, $0.isMalformed) = (5, true) },
        Row("(BODYSTRUCTURE \(deep(20_000)) UID 5)") { ($0.uid, $0.isMalformed, $0.attributes) = (5, true, deepParts) },
        Row("(X-ODD (\"unescaped q\"uote inside\" NIL) UID 5)") { $0.uid = 5 },
        Row("(UID 5 EMAILID (M1) THREADID NIL)") { ($0.uid, $0.attributes) = (5, [.emailID("M1"), .threadID(nil)]) },
        Row("(UID 5 EMAILID M1 THREADID (T_1-2))") {
            ($0.uid, $0.attributes) = (5, [.emailID("M1"), .threadID("T_1-2")])
        },
        Row("(UID 5 EMAILID NIL FLAGS ())") { ($0.uid, $0.flags) = (5, []) },
        Row("(UID 5 EMAILID ((M1)) FLAGS ())") { ($0.uid, $0.flags, $0.isMalformed) = (5, [], true) },
        Row("(X-GM-THRID 1266894439832287888 X-GM-MSGID 1278455344230334865 UID 5)") {
            $0.uid = 5
            $0.attributes = [.gmailThreadID(1_266_894_439_832_287_888), .gmailMessageID(1_278_455_344_230_334_865)]
        },
        Row("(X-GM-MSGID 0 X-GM-LABELS NIL X-GM-THRID -1 UID 5)") {
            ($0.uid, $0.attributes, $0.isMalformed) = (5, [.gmailLabels([])], true)
        },
        Row("(X-GM-LABELS (\\Inbox \\Sent Important \"Entw&APw-rfe\" {2}\r\na) NIL) UID 5)") {
            let labels = ["\\Inbox", "\\Sent", "Important", "Entw&APw-rfe", "a)"]
            ($0.uid, $0.attributes) = (5, [.gmailLabels(labels.map { FolderName(raw: Array($0.utf8)) })])
        },
        Row("(BINARY.SIZE[1.2] 77 BINARY.SIZE 5 UID 5)") {
            let section = BodySection(path: "1.2")
            ($0.uid, $0.attributes, $0.isMalformed) = (5, [.binarySize(section: section, 77)], true)
        },
        Row("(UID 5 UID 6)") { $0.uid = 5 },
        Row("(UID 5 FLAGS (\\Seen) ENVELOPE (((") { ($0.uid, $0.flags, $0.isMalformed) = (5, ["\\Seen"], true) },
        Row("(UID 5 FLAGS") { ($0.uid, $0.isMalformed) = (5, true) },
        Row("(UID 5") { $0.uid = 5 },
        Row("()") { _ in },
        Row("") { $0.isMalformed = true },
        Row("UID 5") { $0.isMalformed = true },
    ]

    @Test(arguments: Self.rows)
    func `items are read whole and at every split; a bad one costs only itself`(_ row: Row) {
        let text = "* 12 FETCH \(row.items)\r\n"
        #expect(Reading.items(of: text) == [.response(.fetch(row.expected))])
        for size in 1..<min(text.utf8.count, 16) {
            guard Reading.items(of: text, pieces: size) == [.response(.fetch(row.expected))] else {
                Issue.record("in pieces of \(size)")
                return
            }
        }
    }

    @Test(
        arguments: [
            ("(UID 5 BODY[] {4}\r\na\r\nb)", 5, "a\r\nb"), ("(BODY[] {4}\r\na\r\nb UID 5)", nil, "a\r\nb"),
            ("(UID 5 BODY[] {0}\r\n)", 5, ""), ("(UID 5 BODY[] ~{2}\r\n\u{1}\u{2})", 5, "\u{1}\u{2}"),
            ("(UID 5 RFC822 {1}\r\nx)", 5, "x"), ("(UID 5 BODY[]<0> {1}\r\nx)", 5, "x"),
            ("(UID 5 BODY[] ~{3+}\r\n))))", 5, ")))"), ("(UID 5 BODY[]{1}\r\nx)", 5, "x"),
            ("(UID 5 BODY[] {7+}\r\n{3}\r\nab)", 5, "{3}\r\nab"),
        ] as [(String, UInt32?, String)]
    )
    func `a mail's literal streams, with the UID before or after it`(items: String, uid: UInt32?, body: String) {
        let text = "* 1 FETCH \(items)\r\n* 2 EXISTS\r\n"
        var fetched = FetchedItems()
        fetched.uid = 5
        fetched.body = .streamed
        let expected: [Reading.Item] = [
            .body(uid: uid, size: body.utf8.count, text: body), .response(.fetch(fetched)), .response(.exists(2)),
        ]
        let results = [nil, 1, 2, 3, 5, 7].map { Reading.items(of: text, pieces: $0) }
        #expect(results.allSatisfy { $0 == expected }, "\(results[0])")
    }

    @Test(
        arguments: [
            ("EMAILID (M6d-_9) THREADID (T1)", .email("M6d-_9")), ("EMAILID NIL", nil), ("EMAILID (a b)", nil),
            ("EMAILID (\u{e9})", nil),
            ("EMAILID (\(String(repeating: "x", count: 255)))", .email(String(repeating: "x", count: 255))),
            ("EMAILID (\(String(repeating: "x", count: 256)))", nil), ("X-GM-MSGID 7 X-GM-THRID 8", .gmail(7)),
            ("X-GM-MSGID 7 EMAILID (M1)", .email("M1")), ("X-GM-MSGID x", nil),
        ] as [(String, ObjectID?)]
    )
    func `a mail has the server's own name where it has one`(items: String, expected: ObjectID?) {
        guard case .fetch(let items) = Reading.response("* 1 FETCH (\(items) UID 5)") else {
            Issue.record("no response")
            return
        }
        #expect(items.uid == 5 && items.objectID == expected)
    }

    @Test func `a literal is a mail's only where a mail's bytes stand`() {
        let text = "* 1 FETCH (ENVELOPE (NIL x] {3}\r\na}b) BODY[HEADER.FIELDS (TO)] {3}\r\n))) UID 5)\r\n"
        var fetched = FetchedItems()
        fetched.uid = 5
        fetched.sections = [Self.section("HEADER.FIELDS", nil, .streamed)]
        var envelope = Envelope()
        (envelope.subject, envelope.inReplyTo) = ("x]", "a}b")
        fetched.attributes = [.envelope(envelope)]
        let expected: [Reading.Item] = [.body(uid: nil, size: 3, text: ")))"), .response(.fetch(fetched))]
        #expect(Reading.items(of: text) == expected)
        #expect(Reading.items(of: text, pieces: 1) == expected)
    }

    @Test func `what a literal holds announces no other`() {
        let text = "* LIST () \"/\" {4}\r\na {9}\r\n* 1 EXISTS\r\n"
        let name = FolderName(raw: Array("a {9".utf8))
        #expect(
            Reading.items(of: text) == [
                .response(.list(ListedFolder(name: name, delimiter: "/", attributes: []))), .response(.exists(1)),
            ]
        )
    }

    @Test func `an end inside a literal is no mail`() {
        let items = Reading.items(of: "* 1 FETCH (UID 5 BODY[] {10}\r\nabc")
        #expect(items == [.unfinishedBody])
    }

    @Test(arguments: [1, 7, 1000])
    func `flags that do not close in front of a mail cost that response alone`(size: Int) {
        let text = "* 1 FETCH (UID 1 FLAGS (! RFC822.SIZE 1 BODY[] {1}\r\nx)\r\n* 7 EXISTS\r\n"
        #expect(Reading.items(of: text, pieces: size, limits: .default).last == .response(.exists(7)))
    }
}
