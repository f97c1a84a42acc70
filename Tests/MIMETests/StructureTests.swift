import MIME
import Testing

@Suite("Structure")
struct StructureTests {
    private static let mixed = [
        "Content-Type: multipart/mixed; boundary=b", "", "preamble", "--b", "", "one", "--b", "Content-Type: text/html",
        "", "two", "--b--",
        "epilogue",
    ]

    /// The raw bodies of all leaves, as text.
    private func bodies(_ message: MailMessage, _ bytes: [UInt8]) -> [String] {
        message.parts.filter { !$0.isMultipart && $0.contentType.type != "message" }.map {
            String(decoding: bytes[$0.bodyRange], as: UTF8.self)
        }
    }

    @Test(arguments: ["\r\n", "\n", "\r", "\r\r\n"])
    func `any line end will do`(lineEnd: String) {
        let bytes = Array(Self.mixed.joined(separator: lineEnd).utf8)
        let message = MailMessage.parse(bytes)
        #expect(message.outline == ["TEXT multipart/mixed", "1 text/plain", "2 text/html"])
        #expect(self.bodies(message, bytes) == ["one", "two"])
        #expect(message.problems == [])
    }

    @Test func `line ends may be mixed`() {
        let bytes = Array(
            "Subject: s\nFrom: a@x\r\nContent-Type: multipart/mixed; boundary=b\n\r\n--b\r\n\nx\r\n--b\n\r\ny\n--b--\r\n"
                .utf8
        )
        let message = MailMessage.parse(bytes)
        #expect(self.bodies(message, bytes) == ["x", "y"])
        #expect(message.subject == "s")
    }

    @Test(
        arguments: [
            (
                "an end boundary missing", ["--b", "", "one", "--b", "", "two"], ["one", "two"],
                [MailProblem.Kind.missingEndBoundary]
            ),
            ("a boundary that begins another", ["--b", "", "--bb", "one", "--b--"], ["--bb\r\none"], []),
            ("blanks after a boundary", ["--b  ", "", "one", "--b-- \t"], ["one"], []),
            ("a boundary in the middle of a line", ["--b", "", "x--b", " --b", "--b--"], ["x--b\r\n --b"], []),
            ("no boundary line at all", ["one", "two"], ["one\r\ntwo"], [.boundaryNotFound]),
            ("a part after the end", ["--b", "", "one", "--b--", "--b", "", "two", "--b--"], ["one", "two"], []),
            ("an empty part", ["--b", "", "--b--"], [""], []),
            ("a part without a header", ["--b", "just text", "--b--"], ["just text"], [.missingHeader]),
            ("a part that ends in its header", ["--b", "X: y", "--b--"], [""], [.missingSeparator]),
            ("text that looks like a boundary", ["--b", "", "-- ", "sig", "--", "--b--"], ["-- \r\nsig\r\n--"], []),
        ] as [(String, [String], [String], Set<MailProblem.Kind>)]
    )
    func `a multipart is read with`(what: String, body: [String], expected: [String], problems: Set<MailProblem.Kind>) {
        let bytes = Array((["Content-Type: multipart/mixed; boundary=b", ""] + body).joined(separator: "\r\n").utf8)
        let message = MailMessage.parse(bytes)
        #expect(self.bodies(message, bytes) == expected)
        #expect(message.problemKinds == problems)
    }

    @Test(arguments: [
        "multipart/mixed", "multipart/mixed; boundary", "multipart/mixed; boundary=", "multipart/mixed; boundary=\"\"",
        "multipart/mixed; boundary=\"  \"",
    ])
    func `a boundary nobody named is found where it stands`(type: String) {
        let bytes = mail("Content-Type: \(type)", "", "--xyz", "", "one", "--xyz", "", "two", "--xyz--", "")
        let message = MailMessage.parse(bytes)
        #expect(self.bodies(message, bytes) == ["one", "two"])
        #expect(message.problemKinds == [.missingBoundary])
    }

    @Test func `a boundary longer than the limit is not used`() {
        let boundary = String(repeating: "b", count: 300)
        let bytes = mail("Content-Type: multipart/mixed; boundary=\(boundary)", "", "--\(boundary)", "", "one")
        let message = MailMessage.parse(bytes)
        #expect(message.outline == ["TEXT text/plain"])
        #expect(message.text.hasSuffix("one"))
    }

    @Test func `multiparts nest, and a child with its parent's boundary hides it until it ends`() {
        let bytes = mail(
            "Content-Type: multipart/mixed; boundary=b",
            "",
            "--b",
            "Content-Type: multipart/alternative; boundary=c",
            "",
            "--c",
            "",
            "plain",
            "--c",
            "Content-Type: text/html",
            "",
            "html",
            "--c--",
            "--b",
            "Content-Type: multipart/mixed; boundary=b",
            "",
            "--b",
            "",
            "x",
            "--b--",
            ""
        )
        #expect(
            MailMessage.parse(bytes).outline == [
                "TEXT multipart/mixed", "1 multipart/alternative", "1.1 text/plain", "1.2 text/html",
                "2 multipart/mixed", "2.1 text/plain",
            ]
        )
    }

    @Test func `a missing inner end is closed by the outer boundary`() {
        let bytes = mail(
            "Content-Type: multipart/mixed; boundary=b",
            "",
            "--b",
            "Content-Type: multipart/mixed; boundary=c",
            "",
            "--c",
            "",
            "x",
            "--b",
            "",
            "y",
            "--b--"
        )
        let message = MailMessage.parse(bytes)
        #expect(message.outline == ["TEXT multipart/mixed", "1 multipart/mixed", "1.1 text/plain", "2 text/plain"])
        #expect(self.bodies(message, bytes) == ["x", "y"])
    }

    @Test func `an enclosed message is entered, with the section names of IMAP`() {
        let bytes = mail(
            "Content-Type: multipart/mixed; boundary=b",
            "",
            "--b",
            "",
            "see below",
            "--b",
            "Content-Type: message/rfc822",
            "",
            "Subject: inner",
            "Content-Type: multipart/mixed; boundary=c",
            "",
            "--c",
            "",
            "x",
            "--c--",
            "--b",
            "Content-Type: message/rfc822",
            "",
            "Subject: other",
            "",
            "y",
            "--b--"
        )
        let message = MailMessage.parse(bytes)
        #expect(
            message.outline == [
                "TEXT multipart/mixed", "1 text/plain", "2 message/rfc822", "2.TEXT multipart/mixed", "2.1 text/plain",
                "3 message/rfc822", "3.1 text/plain",
            ]
        )
        #expect(message.parts.map(\.isEnclosed) == [false, false, false, true, true, false, true])
        #expect(message.parts.map(\.depth) == [0, 1, 1, 2, 3, 1, 2])
        #expect(message.parts.filter(\.isAttachment).map(\.path) == ["2", "3"])
        #expect(message.text == "see below")
    }

    @Test func `a base64 message stays one part and a digest holds messages`() {
        let bytes = mail(
            "Content-Type: multipart/digest; boundary=b",
            "",
            "--b",
            "",
            "Subject: x",
            "",
            "body",
            "--b",
            "Content-Type: message/rfc822",
            "Content-Transfer-Encoding: base64",
            "",
            "U3ViamVjdDogeA==",
            "--b--"
        )
        let message = MailMessage.parse(bytes)
        #expect(message.outline == ["TEXT multipart/digest", "1 message/rfc822", "1.1 text/plain", "2 message/rfc822"])
        #expect(message.decodedBody(of: message.parts[3], in: bytes) == Array("Subject: x".utf8))
    }

    @Test(arguments: [
        ("", "", ""), ("\r\n", "", ""), ("just a body\r\n", "", "just a body\n"), ("Subject: s", "s", ""),
        ("Subject: s\r\n", "s", ""),
        ("From ann Mon May 20 2024\r\nSubject: s\r\n\r\nb", "s", "b"), (">From ann\r\nSubject: s\r\n\r\nb", "s", "b"),
        ("\r\n\r\nSubject: s\r\n\r\nb", "s", "b"), ("\u{FEFF}Subject: s\r\n\r\nb", "s", "b"),
        ("Subject: s\r\nno separator\r\n\r\nmore", "s", "no separator\n\nmore"),
        ("Subject: s\r\nstray line\r\nTo: a@x\r\n\r\nb", "s", "b"),
        (" indented\r\nSubject: s", "", " indented\nSubject: s"),
        ("Subject : s\r\n\r\nb", "s", "b"), ("Subject: s\r\nhttp://x.org/\r\n\r\nb", "s", "http://x.org/\n\nb"),
        ("Subject: s\r\n \r\nX: y\r\n\r\nb", "s", "b"), ("Subject: s\r\n  \r\nbody", "s", "body"),
        ("SUBJECT:s\r\n\r\nb", "s", "b"), ("X-A: b\r\nstray\r\nstray\r\nSubject: s\r\n\r\nb", "s", "b"),
        ("---- mail ----\r\nSubject: s\r\n\r\nb", "s", "b"),
        ("Dear all\r\nNote: x\r\n\r\nb", "", "Dear all\nNote: x\n\nb"),
        ("Subject: s\r\none\r\ntwo\r\nNote: x\r\n\r\nb", "s", "one\ntwo\nNote: x\n\nb"),
        (": no name\r\n\r\nb", "", ": no name\n\nb"),
    ])
    func `a header in any state gives a subject and a text`(raw: String, subject: String, text: String) {
        let message = MailMessage.parse(Array(raw.utf8))
        #expect(message.subject == subject)
        #expect(message.text == text)
    }

    @Test func `the first of two types counts`() {
        let message = MailMessage.parse(mail("Content-Type: text/html", "Content-Type: text/plain", "", "<p>x</p>"))
        #expect(message.outline == ["1 text/html"])
        #expect(message.problemKinds == [.repeatedContentType])
    }

    @Test(arguments: ["", ";", "nonsense", "text/", "a b/c", "/plain"])
    func `a type that is none is plain text`(type: String) {
        #expect(
            MailMessage.parse(mail("Content-Type: \(type)", "", "x")).parts.map(\.contentType.description) == [
                "text/plain"
            ]
        )
    }

    @Test func `a type with controls in it is shown without them`() {
        #expect(
            MailMessage.parse(mail("Content-Type: te\u{1B}xt/pl\0ain", "", "x")).parts[0].contentType.description
                == "te?xt/pl?ain"
        )
    }

    @Test func `nesting ends at the limit and the rest is one part`() {
        var lines: [String] = []
        for level in 0..<150 { lines += ["Content-Type: multipart/mixed; boundary=b\(level)", "", "--b\(level)"] }
        let message = MailMessage.parse(Array((lines + ["", "core"]).joined(separator: "\r\n").utf8))
        #expect(message.parts.count == 101)
        #expect(message.parts.map(\.depth).max() == 100)
        #expect(message.problemKinds.contains(.depthLimit))
    }

    @Test func `parts end at the limit and the last one keeps the rest`() {
        let bytes = Array(
            ("Content-Type: multipart/mixed; boundary=b\r\n\r\n" + String(repeating: "--b\r\n\r\nx\r\n", count: 20))
                .utf8
        )
        var limits = MailLimits()
        limits.parts = 5
        let message = MailMessage.parse(bytes, limits: limits)
        #expect(message.parts.count == 5)
        #expect(message.parts[4].bodyRange.upperBound == bytes.count)
        #expect(message.problemKinds.contains(.partLimit))
    }

    @Test(arguments: [("fields", 1_200, MailProblem.Kind.tooManyFields), ("bytes", 900, .headerTooLong)])
    func `a header past a limit still ends at its empty line`(what: String, count: Int, problem: MailProblem.Kind) {
        let value = String(repeating: "v", count: what == "bytes" ? 400 : 1)
        let header = (0..<count).map { "X-\($0): \(value)\r\n" }.joined()
        let message = MailMessage.parse(Array(("Subject: s\r\n" + header + "To: late@x\r\n\r\nbody").utf8))
        #expect(message.text == "body")
        #expect(message.to == [])
        #expect(message.problemKinds == [problem])
    }

    @Test func `a header can be asked for by name`() {
        let bytes = mail("X-Loop: one", "x-loop: =?utf-8?Q?zw=C3=B6lf?=", "Subject: s", "", "X-Loop: body")
        #expect(MailMessage.parse(bytes).headerValues(named: "X-LOOP", in: bytes) == ["one", "zwölf"])
    }
}
