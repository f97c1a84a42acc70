import MIME
import Testing

@Suite("Readable text")
struct TextTests {
    private func alternative(_ plain: String, _ html: String) -> [UInt8] {
        mail(
            "Content-Type: multipart/alternative; boundary=b",
            "",
            "--b",
            "",
            plain,
            "--b",
            "Content-Type: text/html",
            "",
            html,
            "--b--",
            ""
        )
    }

    @Test(
        arguments: [
            ("plain", "<p>html</p>", "plain", TextSource.plain, "html"), (" \r\n\t", "<p>html</p>", "html", .html, nil),
            ("", "<p>html</p>", "html", .html, nil), ("plain", "", "plain", .plain, nil), ("", "", "", .none, nil),
        ] as [(String, String, String, TextSource, String?)]
    )
    func `of two alternatives plain text is read unless it is blank`(
        plain: String,
        html: String,
        text: String,
        source: TextSource,
        htmlText: String?
    ) {
        let message = MailMessage.parse(self.alternative(plain, html))
        #expect(message.text == text)
        #expect(message.textSource == source)
        #expect(message.htmlText == htmlText)
        var limits = MailLimits.default
        limits.readsAlternatives = false
        let lean = MailMessage.parse(self.alternative(plain, html), limits: limits)
        #expect(lean.text == text && lean.textSource == source && lean.htmlText == nil)
    }

    @Test func `html deep within an alternative still is one`() {
        let message = MailMessage.parse(
            mail(
                "Content-Type: multipart/mixed; boundary=a",
                "",
                "--a",
                "Content-Type: multipart/alternative; boundary=b",
                "",
                "--b",
                "",
                "plain",
                "--b",
                "Content-Type: multipart/related; boundary=c",
                "",
                "--c",
                "Content-Type: text/html",
                "",
                "<b>html</b>",
                "--c",
                "Content-Type: image/png; name=i.png",
                "",
                "x",
                "--c--",
                "--b--",
                "--a",
                "Content-Type: text/plain; name=log.txt",
                "",
                "log",
                "--a",
                "",
                "footer",
                "--a",
                "Content-Disposition: attachment; filename=a.txt",
                "",
                "attached",
                "--a--",
                ""
            )
        )
        #expect(message.text == "plain\n\nfooter")
        #expect(message.htmlText == "html")
        #expect(message.parts.filter(\.isAttachment).map(\.filename) == ["i.png", "log.txt", "a.txt"])
    }

    @Test func `parts of different kinds follow one another`() {
        let message = MailMessage.parse(
            mail(
                "Content-Type: multipart/mixed; boundary=a",
                "",
                "--a",
                "",
                "one",
                "--a",
                "Content-Type: text/html",
                "",
                "<p>two</p>",
                "--a",
                "",
                "three",
                "--a--",
                ""
            )
        )
        #expect(message.text == "one\n\ntwo\n\nthree")
        #expect(message.textSource == .html)
    }

    @Test func `a mail that is nothing but an enclosed one shows that one's text`() {
        let message = MailMessage.parse(mail("Content-Type: message/rfc822", "", "Subject: inner", "", "inner text"))
        #expect(message.text == "inner text")
    }

    @Test(arguments: [
        ("one \r\ntwo\r\nthree", false, "one two\nthree"), ("one \r\ntwo", true, "onetwo"),
        ("a\r\n-- \r\nsig \r\nx", false, "a\n-- \nsig x"),
        ("a \r\n-- \r\nsig", false, "a \n-- \nsig"), ("> one \r\n> two\r\nthree", false, "> one two\nthree"),
        ("> one \r\n>> two", false, "> one \n>> two"), (" >not quoted\r\n From x", false, ">not quoted\nFrom x"),
        ("one ", false, "one "),
        (">\r\n>one", false, ">\n> one"), ("", false, ""),
    ])
    func `flowed lines are joined`(body: String, deletesSpace: Bool, expected: String) {
        let type = "text/plain; format=flowed" + (deletesSpace ? "; delsp=yes" : "")
        #expect(MailMessage.parse(mail(type: type, body: Array(body.utf8))).text == expected)
    }

    @Test func `text is cut at 512 KiB between characters`() {
        let body = Array(String(repeating: "ü", count: 400_000).utf8)
        let message = MailMessage.parse(mail(type: "text/plain; charset=utf-8", body: [0x61] + body))
        #expect(message.text.utf8.count == 512 * 1024 - 1)
        #expect(message.textIsTruncated)
        #expect(message.problemKinds == [.textCut])
    }

    @Test func `encoded text is decoded before its charset`() {
        let message = MailMessage.parse(
            mail(type: "text/plain; charset=iso-8859-1", encoding: "quoted-printable", body: Array("caf=E9=\r\n!".utf8))
        )
        #expect(message.text == "café!")
    }
}
