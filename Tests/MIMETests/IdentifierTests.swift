import MIME
import Testing

@Suite("Message ids")
struct IdentifierTests {
    @Test(
        arguments: [
            ("<a@b>", "<a@b>"), (" < a @ b > ", "<a@b>"), ("<a\r\n b@c>", "<ab@c>"), ("a@b", "<a@b>"),
            ("<a@b> <c@d>", "<a@b>"),
            ("", nil), ("<>", nil), ("   ", nil), ("<a@b", "<a@b>"), ("text <a@b>", "<a@b>"), ("<no-at>", "<no-at>"),
        ] as [(String, String?)]
    )
    func `a message id keeps its brackets and loses its blanks`(raw: String, expected: String?) {
        #expect(MailMessage.parse(mail(header: "Message-ID: \(raw)")).messageID == expected)
    }

    @Test func `an id too long to be one is none`() {
        let message = MailMessage.parse(mail(header: "Message-ID: <" + String(repeating: "x", count: 3_000) + "@y>"))
        #expect(message.messageID == nil)
        #expect(message.problemKinds == [.messageIDTooLong])
    }

    @Test(arguments: [
        ("<a@b> <c@d>", ["<a@b>", "<c@d>"]), ("<a@b>\r\n\t<c@d>,<e@f>", ["<a@b>", "<c@d>", "<e@f>"]),
        ("<a@b><c@d>", ["<a@b>", "<c@d>"]),
        ("<a@b> <c@d> <a@b>", ["<c@d>", "<a@b>"]), ("a@b c@d", ["<a@b>", "<c@d>"]), ("words only", []), ("", []),
    ])
    func `references are ids, oldest first, each once`(raw: String, expected: [String]) {
        #expect(MailMessage.parse(mail(header: "References: \(raw)")).references == expected)
    }

    @Test func `the newest hundred references are kept`() {
        let ids = (0..<5_000).map { "<\($0)@x>" }
        let message = MailMessage.parse(mail(header: "References: " + ids.joined(separator: "\r\n ")))
        #expect(message.references == Array(ids.suffix(100)))
        #expect(message.problemKinds.contains(.tooManyIdentifiers))
    }

    @Test(arguments: [
        ("<a@b>", ["<a@b>"]), ("Message from Ann of \"Monday\" <a@b>", ["<a@b>"]), ("Your letter of Monday", []),
        ("<a@b> <a@b>", ["<a@b>"]),
    ])
    func `prose in In-Reply-To is no id`(raw: String, expected: [String]) {
        #expect(MailMessage.parse(mail(header: "In-Reply-To: \(raw)")).inReplyTo == expected)
    }

    @Test(
        arguments: [
            ("<A@B.Example>", "A@b.example"), ("A@B", "A@b"), (" <a @ b> ", "a@b"), ("<a@b> (comment)", "a@b"),
            ("<>", nil), ("", nil),
            ("(only)", nil), ("<no-at>", "no-at"), ("<x@Y@Z>", "x@Y@z"),
        ] as [(String, String?)]
    )
    func `ids are compared without brackets, blanks and comments`(raw: String, expected: String?) {
        #expect(normalizedMessageID(raw) == expected)
    }
}
