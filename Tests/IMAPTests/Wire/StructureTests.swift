import Testing

@testable import IMAP

@Suite("ENVELOPE and BODYSTRUCTURE, as real servers break them")
struct StructureTests {
    private static func items(_ text: String) -> FetchedItems? {
        guard case .fetch(let items) = Reading.response("* 1 FETCH (\(text) UID 5)"), items.uid == 5 else { return nil }
        return items
    }

    // MARK: - ENVELOPE

    private static let ann = Envelope.Address(name: "Ann", mailbox: "ann", host: "example.org")

    private static func envelope(_ fill: (inout Envelope) -> Void) -> Envelope {
        var envelope = Envelope()
        (envelope.date, envelope.subject) = ("d", "s")
        fill(&envelope)
        return envelope
    }

    private static let addresses = "((\"Ann\" NIL \"ann\" \"example.org\"))"

    @Test(arguments: [
        (
            "(\"d\" \"s\" \(addresses) \(addresses) NIL NIL NIL \(addresses) \"<r>\" \"<m>\")",
            envelope { ($0.from, $0.sender, $0.bcc, $0.inReplyTo, $0.messageID) = ([ann], [ann], [ann], "<r>", "<m>") }
        ),
        ("(\"d\" \"s\" NIL NIL NIL NIL NIL NIL NIL \"<m>\")", envelope { $0.messageID = "<m>" }),
        ("(\"d\" \"s\" () () () () () ())", envelope { _ in }),
        (
            "(\"d\" \"s\" \(addresses) \"<r>\" \"<m>\")",
            envelope { ($0.from, $0.inReplyTo, $0.messageID) = ([ann], "<r>", "<m>") }
        ),
        ("(\"d\" \"s\" (\(addresses)))", envelope { $0.from = [ann] }),
        (
            "(\"d\" \"s\" ((NIL NIL \"a\" \"MISSING_DOMAIN\") (NIL NIL \"b\" NIL \"x\" \"y\")))",
            envelope { $0.from = ["a", "b"].map { .init(name: nil, mailbox: $0, host: nil) } }
        ),
        ("(\"d\" {3}\r\na)b NIL)", envelope { $0.subject = "a)b" }),
        ("(\"d\" \"a \\\"b\\\" c\" NIL)", envelope { $0.subject = "a \"b\" c" }),
    ])
    func `an envelope is understood as far as it goes`(text: String, expected: Envelope) {
        #expect(Self.items("ENVELOPE \(text)")?.envelope == expected)
    }

    @Test(arguments: ["NIL", "\"x\"", "()", "(\"d\")", "(((()))) "])
    func `what is no envelope costs itself only`(text: String) throws {
        let items = try #require(Self.items("ENVELOPE \(text)"))
        #expect(items.envelope == nil && items.isMalformed)
    }

    // MARK: - BODYSTRUCTURE

    private static func part(_ type: String, _ subtype: String?, _ fill: (inout BodyStructure) -> Void) -> BodyStructure
    {
        var part = BodyStructure(type: type, subtype: subtype)
        fill(&part)
        return part
    }

    private static let plain = "(\"TEXT\" \"PLAIN\" (\"CHARSET\" \"utf-8\") NIL NIL \"7BIT\" 12 2)"
    private static let plainPart = part("text", "plain") {
        ($0.parameters, $0.encoding, $0.size, $0.lines) = ([.init(name: "charset", value: "utf-8")], "7bit", 12, 2)
    }

    @Test(arguments: [
        (plain, plainPart),
        (
            "(\(plain)\(plain) \"MIXED\" (\"BOUNDARY\" \"x\") NIL (\"en\" NIL \"de\") \"loc\")",
            part("multipart", "mixed") {
                ($0.parts, $0.parameters) = ([plainPart, plainPart], [.init(name: "boundary", value: "x")])
                ($0.languages, $0.location) = (["en", "de"], "loc")
            }
        ),
        (
            "(\"IMAGE\" \"PNG\" NIL \"<1>\" \"pic\" \"BASE64\" 99 \"md5\" (\"ATTACHMENT\" (\"FILENAME\" \"a.png\")) \"en\" NIL)",
            part("image", "png") {
                ($0.id, $0.description, $0.encoding, $0.size) = ("<1>", "pic", "base64", 99)
                ($0.md5, $0.disposition, $0.languages) = ("md5", "attachment", ["en"])
                $0.dispositionParameters = [.init(name: "filename", value: "a.png")]
            }
        ),
        (
            "(\"MESSAGE\" \"RFC822\" NIL NIL NIL \"7BIT\" 9 (\"d\" \"s\" NIL NIL NIL NIL NIL NIL NIL NIL) \(plain) 3)",
            part("message", "rfc822") {
                ($0.encoding, $0.size, $0.lines) = ("7bit", 9, 3)
                ($0.envelope, $0.parts) = (envelope { _ in }, [plainPart])
            }
        ),
        // Gmail describes an attached mail in base64 like any other part.
        (
            "(\"MESSAGE\" \"RFC822\" NIL NIL NIL \"BASE64\" 9 NIL (\"ATTACHMENT\" NIL) NIL)",
            part("message", "rfc822") { ($0.encoding, $0.size, $0.disposition) = ("base64", 9, "attachment") }
        ),
        // Parts without parts.
        ("(\"ALTERNATIVE\")", part("multipart", "alternative") { _ in }),
        ("(NIL \"alternative\")", part("multipart", "alternative") { _ in }),
        ("(NIL \"mixed\" NIL NIL)", part("multipart", "mixed") { _ in }),
        // NIL for the subtype and the encoding, negative sizes.
        ("(\"TEXT\" NIL NIL NIL NIL NIL -1 -1)", part("text", nil) { _ in }),
        // A bare disposition, and a description in its place.
        (
            "(\"TEXT\" \"PLAIN\" NIL NIL NIL \"7BIT\" 1 1 NIL \"inline\" NIL)",
            part("text", "plain") {
                ($0.encoding, $0.size, $0.lines, $0.disposition) = ("7bit", 1, 1, "inline")
            }
        ),
        (
            "(\"TEXT\" \"PLAIN\" NIL NIL NIL \"7BIT\" 1 1 NIL \"My pictures\" NIL)",
            part("text", "plain") {
                ($0.encoding, $0.size, $0.lines) = ("7bit", 1, 1)
            }
        ),
        // One field too few: no lines.
        ("(\"TEXT\" \"HTML\" NIL NIL NIL \"8BIT\" 5)", part("text", "html") { ($0.encoding, $0.size) = ("8bit", 5) }),
    ])
    func `a structure is understood as far as it goes`(text: String, expected: BodyStructure) {
        #expect(Self.items("BODYSTRUCTURE \(text)")?.bodyStructure == expected)
        #expect(Self.items("BODY \(text)")?.bodyStructure == expected)
    }

    @Test(arguments: ["NIL", "\"x\"", "()"])
    func `what is no structure costs itself only`(text: String) throws {
        let items = try #require(Self.items("BODYSTRUCTURE \(text)"))
        #expect(items.bodyStructure == nil && items.isMalformed)
    }

    // MARK: - Numbers

    @Test(
        arguments: [
            ("0", 0), ("007", 7), ("18446744073709551615", UInt64.max), ("18446744073709551616", nil), ("-1", nil),
            ("9.3736e+06", 9_373_600), ("1e3", 1000), ("1.5E2", 150), ("12.7", 12), ("123e-2", 1), ("1e-5", 0),
            ("0e99", 0),
            ("1e99", nil), ("1e20", nil), ("1e", nil), ("1.", nil), (".5", nil), ("1e100", nil), ("1x", nil), ("", nil),
            ("+1", nil), ("0.00001e10", 100_000),
        ] as [(String, UInt64?)]
    )
    func `a number is read in any of its spellings`(text: String, expected: UInt64?) {
        #expect(LooseNumber.parse(Array(text.utf8)[...]) == expected)
    }
}
