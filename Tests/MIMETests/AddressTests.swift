import MIME
import Testing

@Suite("Addresses")
struct AddressTests {
    /// `name <local@domain>` of each address, `-` for no name.
    private func shown(_ addresses: [MailAddress]) -> [String] {
        addresses.map { "\($0.displayName ?? "-") <\($0.address)>" }
    }

    @Test(arguments: [
        ("ann@example.com", ["- <ann@example.com>"]),
        ("Ann <ann@Example.COM>", ["Ann <ann@example.com>"]),
        ("\"Doe, Ann\" <a@x.org>, b@x.org", ["Doe, Ann <a@x.org>", "- <b@x.org>"]),
        ("\"A \\\"B\\\" C\" <a@x.org>", ["A \"B\" C <a@x.org>"]),
        ("a@x.org (Ann (Doe))", ["Ann (Doe) <a@x.org>"]),
        ("Ann (work) <a@x.org>", ["Ann <a@x.org>"]),
        ("Team: a@x.org, B <b@x.org>;, c@x.org", ["- <a@x.org>", "B <b@x.org>", "- <c@x.org>"]),
        ("undisclosed-recipients:;", []),
        ("Ann <@relay.org,@other.org:a@x.org>", ["Ann <a@x.org>"]),
        ("Ann Doe a@x.org", ["Ann Doe <a@x.org>"]),
        ("Ann <a@x.org", ["Ann <a@x.org>"]),
        ("Ann <a@x.org, b@x.org", ["Ann <a@x.org>", "- <b@x.org>"]),
        ("a b c", ["a b c <>"]),
        ("<>", []),
        ("", []),
        (" , ,", []),
        ("john . doe @ example . com", ["- <john.doe@example.com>"]),
        ("\"john doe\"@x.org", ["- <\"john doe\"@x.org>"]),
        ("\"a@b\"@x.org", ["- <\"a@b\"@x.org>"]),
        ("a@x.org b@x.org", ["- <a@x.org>", "- <b@x.org>"]),
        ("=?utf-8?Q?M=C3=BCller,_A?= <a@x.org>", ["Müller, A <a@x.org>"]),
        ("=?utf-8?Q?Doe, Ann?= <a@x.org>", ["Doe, Ann <a@x.org>"]),
        ("\"=?utf-8?Q?M=C3=BCller?=\" <a@x.org>", ["Müller <a@x.org>"]),
        ("a@[192.0.2.1]", ["- <a@[192.0.2.1]>"]),
        ("A <a@[IPv6:2001:db8::1]>", ["A <a@[ipv6:2001:db8::1]>"]),
        ("mailto:a@x.org", ["- <a@x.org>"]),
        ("A <mailto:a@x.org>", ["A <a@x.org>"]),
        ("\"ann@bank.com\" <evil@x.org>", ["ann@bank.com <evil@x.org>"]),
        ("ann@bank.com <evil@x.org>", ["ann@bank.com <evil@x.org>"]),
        ("a@x.org; b@x.org", ["- <a@x.org>", "- <b@x.org>"]),
        ("A \"B <a@x.org>", ["A B <a@x.org>"]),
        ("A (B <a@x.org>", ["A (B <a@x.org>"]),
        ("<<a@x.org>>", ["- <a@x.org>"]),
        ("a@bücher.example", ["- <a@bücher.example>"]),
        ("postmaster <root>", ["postmaster <root>"]),
        ("A <a @ x.org>", ["A <a@x.org>"]),
    ])
    func `an address field of any quality is read`(raw: String, expected: [String]) {
        #expect(self.shown(MailMessage.parse(mail(header: "To: \(raw)")).to) == expected)
    }

    @Test(arguments: [
        ("Ann@Example.COM", "ann@EXAMPLE.com", true),
        ("a@bücher.example", "a@xn--bcher-kva.example", true),
        ("a@BÜCHER.example", "a@bücher.example", true),
        ("a@例え.jp", "a@xn--r8jz45g.jp", true),
        ("a.b@x.org", "ab@x.org", false),
        ("a+tag@x.org", "a@x.org", false),
    ])
    func `two spellings of an address are one contact or two`(first: String, second: String, areSame: Bool) {
        let message = MailMessage.parse(mail(header: "To: \(first), \(second)"))
        #expect(Set(message.to.map(\.comparisonKey)).count == (areSame ? 1 : 2))
    }

    @Test func `of several From fields the first counts and the number is told`() {
        let message = MailMessage.parse(mail("From: a@x.org", "From: b@x.org", "", ""))
        #expect(message.from.map(\.address) == ["a@x.org"])
        #expect(message.fromFieldCount == 2)
        #expect(message.problemKinds == [.repeatedFrom])
    }

    @Test func `a From field without an address gives way to one that has it`() {
        let message = MailMessage.parse(mail("From: [???]", "From: b@x.org", "", ""))
        #expect(message.from.map(\.address) == ["b@x.org"])
        #expect(message.fromFieldCount == 2)
    }

    @Test func `each address field lands in its place`() {
        let message = MailMessage.parse(
            mail(
                "Sender: s@x.org",
                "Reply-To: r@x.org",
                "To: t1@x.org",
                "To: t2@x.org",
                "Cc: c@x.org",
                "Bcc: b@x.org",
                "",
                ""
            )
        )
        let all = [message.sender, message.replyTo, message.to, message.cc, message.bcc].map { $0.map(\.address) }
        #expect(all == [["s@x.org"], ["r@x.org"], ["t1@x.org", "t2@x.org"], ["c@x.org"], ["b@x.org"]])
    }

    @Test(
        arguments: [
            ("Return-Path: <a@x.org>", "a@x.org"), ("Return-Path: <>", ""), ("Return-Path: a@x.org", "a@x.org"),
            ("X: y", nil),
        ] as [(String, String?)]
    )
    func `a return path is an address, nobody, or absent`(header: String, expected: String?) {
        let path = MailMessage.parse(mail(header: header)).returnPath
        #expect(path?.address == expected)
        #expect(path?.isNull == expected.map(\.isEmpty))
    }

    @Test func `a field keeps a thousand addresses`() {
        let list = (0..<1_500).map { "u\($0)@x.org" }.joined(separator: ", ")
        let message = MailMessage.parse(mail(header: "Cc: \(list)"))
        #expect(message.cc.count == 1_000)
        #expect(message.problemKinds == [.tooManyAddresses])
    }

    @Test func `what is too long for an address is a name`() {
        let message = MailMessage.parse(mail(header: "To: " + String(repeating: "a", count: 600) + "@x.org"))
        #expect(message.to.map(\.isNull) == [true])
        #expect(message.problemKinds == [.addressTooLong])
    }
}
