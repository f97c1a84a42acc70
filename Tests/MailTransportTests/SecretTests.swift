import MailTransport
import Testing

@Suite("Secrets")
struct SecretTests {
    private struct Holder {
        let user = "anna"
        let password = Secret("open sesame")
    }

    @Test func `a secret never prints`() {
        let holder = Holder()
        var dumped = ""
        dump(holder, to: &dumped)
        let printed = [
            "\(holder)", String(reflecting: holder), dumped, "\(holder.password)", holder.password.debugDescription,
        ]
        #expect(printed.allSatisfy { !$0.contains("sesame") && $0.contains("‹redacted›") })
    }

    @Test func `a secret is revealed where it is asked for`() {
        #expect(Secret("open sesame").reveal() == "open sesame")
    }

    @Test(arguments: [
        ("plain", "plain"), ("a\r\nb", "a\\u{d}\\u{a}b"), ("\u{1b}[31m", "\\u{1b}[31m"), ("a\u{202e}b", "a\\u{202e}b"),
        ("ü", "ü"), (String(repeating: "x", count: 301), String(repeating: "x", count: 300) + "…"),
    ])
    func `a server's text is shown on one bounded line`(text: String, shown: String) {
        #expect(ServerText.shown(text) == shown)
    }
}
