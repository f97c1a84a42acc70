import MIME
import Testing

@Suite("Damaged mail")
struct DamageTests {
    private static let seedMail = mail(
        "From ann Mon May 20 2024",
        "Return-Path: <a@x.org>",
        "Received: from a by b; Mon, 20 May 2024 10:00:00 +0200",
        "Authentication-Results: mx; spf=pass smtp.mailfrom=a@x.org",
        "From: =?utf-8?Q?M=C3=BCller,_A?= <a@x.org>",
        "To: Team: b@x.org, \"C, D\" <@r:c@x.org>;, d@x.org (E)",
        "Subject: =?iso-2022-jp?B?GyRCJDMbKEI=?=",
        " folded =?x?Q?y?=",
        "References: <a@b> <c@d>",
        "Content-Type: multipart/mixed; boundary=\"b b\"",
        "",
        "--b b",
        "Content-Type: multipart/alternative; boundary=c",
        "",
        "--c",
        "Content-Type: text/plain; format=flowed; charset=gb2312",
        "Content-Transfer-Encoding: quoted-printable",
        "",
        "> =C4=E3 ",
        "> x=",
        "y",
        "--c",
        "Content-Type: text/html",
        "",
        "<p>a<a href=\"http://x\">b</a><!-- c --><style>d</style>&amp;",
        "--c--",
        "--b b",
        "Content-Disposition: attachment; filename*0*=utf-8''%C3; filename*1*=%A4",
        "Content-Transfer-Encoding: base64",
        "",
        "aGVsbG8gd29ybGQ=",
        "--b b",
        "Content-Type: message/rfc822",
        "",
        "Subject: inner",
        "",
        "begin 644 a",
        "#86)C",
        "`",
        "end",
        "--b b--",
        ""
    )

    @Test(arguments: 0..<40)
    func `any damage to a mail leaves a message`(seed: Int) {
        var random = SeededBytes(seed: UInt64(seed) * 7_919 + 1)
        for _ in 0..<25 {
            let bytes = random.damaged(Self.seedMail)
            let message = MailMessage.parse(bytes)
            let ends = message.parts.map(\.bodyRange.upperBound)
            #expect(ends.allSatisfy { $0 <= bytes.count } && !ends.isEmpty)
            #expect(!message.text.utf8.contains { $0 < 0x20 && $0 != 0x0A && $0 != 0x09 })
            for part in message.parts { #expect(message.decodedBody(of: part, in: bytes).count <= 2 * bytes.count) }
        }
    }

    @Test func `a mail cut anywhere is a mail`() {
        for length in 0...Self.seedMail.count {
            let message = MailMessage.parse(Array(Self.seedMail.prefix(length)))
            #expect(message.parts.last?.bodyRange.upperBound ?? -1 <= length)
        }
    }
}
