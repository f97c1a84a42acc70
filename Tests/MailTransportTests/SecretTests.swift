import MailTransport
import Testing

private func base64(_ text: String) -> String { Base64.encode(Array(text.utf8)) }

private let marked = "no ‹redacted› here"

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
        ("no open sesame here", marked), ("open sesame", "‹redacted›"), ("open Sesame", "open Sesame"),
        // A text that was cut in the middle of it.
        ("no open ses", "no ‹redacted›"),
        // PLAIN and LOGIN, in base64 with and without padding, with letters before it, cut, and URL-safe.
        ("no \(base64("\0anna\0open sesame")) here", "no ‹redacted›= here"),
        ("no \(base64("open sesame")) here", "no ‹redacted›= here"),
        ("no x\(base64("open sesame!")) here", marked), ("no xy\(base64("open sesame!")) here", marked),
        ("no xyz\(base64("open sesame!")) here", marked),
        ("no \(base64("\0anna\0open sesame").prefix(16))", "no ‹redacted›"),
        ("no \(base64("user=ab\u{1}auth=Bearer open sesame\u{1}\u{1}")) here", marked),
        ("AUTHENTICATE failed", "AUTHENTICATE failed"), ("", ""),
    ])
    func `a server's text loses the credential in whatever form`(text: String, shown: String) {
        #expect(Redaction(.password(Secret("open sesame"))).applied(to: text) == shown)
        #expect(Redaction(.token(Secret("open sesame"))).applied(to: text) == shown)
    }

    @Test(arguments: [
        ("p\"w\\d", "LOGIN anna \"p\\\"w\\\\d\"", "LOGIN anna \"‹redacted›\""),
        ("pw", "bad pw", "‹redacted›"), ("pw", base64("\0anna\0pw"), "‹redacted›"), ("pw", "bad", "bad"),
        ("", "bad", "bad"),
        ("schön", "no schön", "no ‹redacted›"),
    ])
    func `the same for quoted, short and foreign ones`(secret: String, text: String, shown: String) {
        #expect(Redaction(.password(Secret(secret))).applied(to: text) == shown)
    }

    @Test(arguments: [
        ("plain", "plain"), ("a\r\nb", "a\\u{d}\\u{a}b"), ("\u{1b}[31m", "\\u{1b}[31m"), ("a\u{202e}b", "a\\u{202e}b"),
        ("ü", "ü"), (String(repeating: "x", count: 301), String(repeating: "x", count: 300) + "…"),
    ])
    func `a server's text is shown on one bounded line`(text: String, shown: String) {
        #expect(ServerText.shown(text) == shown)
    }
}
