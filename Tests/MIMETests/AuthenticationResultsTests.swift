import MIME
import Testing

@Suite("Authentication-Results")
struct AuthenticationResultsTests {
    private static let received = "Received: from a by b; 1 Jan 2024 00:00:00 +0000"

    @Test func `methods, results and properties are read`() throws {
        let message = MailMessage.parse(
            mail(
                "Authentication-Results: MX.Example.org 1; spf=pass (good; really) smtp.mailfrom=a@x.org;",
                " dkim=Fail reason=\"bad = signature; no\" header.d=x.org header.s = sel; dmarc/1=none",
                Self.received,
                "",
                ""
            )
        )
        let field = try #require(message.authenticationResults.first)
        #expect(field.authservID == "mx.example.org")
        #expect(field.results.map(\.method) == ["spf", "dkim", "dmarc"])
        #expect(field.results.map(\.result) == ["pass", "fail", "none"])
        #expect(field.results[0].property("smtp.mailfrom") == "a@x.org")
        #expect(field.results[1].properties.map(\.name) == ["reason", "header.d", "header.s"])
        #expect(field.results[1].property("reason") == "bad = signature; no")
    }

    @Test func `only fields above the topmost Received count`() {
        let message = MailMessage.parse(
            mail(
                "Authentication-Results: a; none",
                "Authentication-Results: b",
                Self.received,
                "Authentication-Results: evil; dmarc=pass",
                "",
                ""
            )
        )
        #expect(message.authenticationResults.map(\.authservID) == ["a", "b"])
        #expect(message.authenticationResults.allSatisfy { $0.results.isEmpty })
    }

    @Test(arguments: [
        "Authentication-Results: a; dmarc=pass", "Authentication-Results: ; dmarc=pass\r\n" + Self.received,
    ])
    func `without a Received above it, or without a name, a field is worth nothing`(header: String) {
        #expect(MailMessage.parse(mail(header: header)).authenticationResults == [])
    }

    @Test func `fields, results and properties are bounded`() {
        let properties = String(repeating: " header.d=x", count: 500)
        let field =
            "Authentication-Results: a" + String(repeating: "; dkim=pass" + properties, count: 3)
            + String(repeating: "; spf=pass", count: 500)
        let fields = Array(repeating: field, count: 3) + Array(repeating: "Authentication-Results: b", count: 300)
        let message = MailMessage.parse(Array((fields + [Self.received, "", ""]).joined(separator: "\r\n").utf8))
        #expect(message.authenticationResults.count == 100)
        #expect(message.authenticationResults[0].results.count == 100)
        #expect(message.authenticationResults[0].results[0].properties.count == 100)
    }
}
