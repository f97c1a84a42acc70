import MailTransport
import Testing

@Suite("Endpoints from URLs")
struct MailEndpointTests {
    struct Good: Sendable, CustomTestStringConvertible {
        var url: String
        var plaintext = false
        var forced = false
        var expected: MailEndpoint
        var testDescription: String { self.url }
    }

    @Test(arguments: [
        Good(url: "imaps://mail.example.org", expected: MailEndpoint(host: "mail.example.org", port: 993)),
        Good(url: "IMAPS://mail.example.org:1993/", expected: MailEndpoint(host: "mail.example.org", port: 1993)),
        Good(url: "imap://h", expected: MailEndpoint(host: "h", port: 143, security: .startTLS)),
        Good(
            url: "imap://localhost:10143",
            plaintext: true,
            expected: MailEndpoint(host: "localhost", port: 10143, security: .plaintext(forced: false))
        ),
        Good(
            url: "imap://h:143",
            forced: true,
            expected: MailEndpoint(host: "h", port: 143, security: .plaintext(forced: true))
        ),
        Good(url: "imaps://[::1]:993", expected: MailEndpoint(host: "::1", port: 993)),
        Good(url: "imaps://[2001:db8::1]", expected: MailEndpoint(host: "2001:db8::1", port: 993)),
    ])
    func `a URL names host, port and protection`(_ row: Good) throws {
        let endpoint = try MailEndpoint(url: row.url, plaintext: row.plaintext, forcePlaintext: row.forced)
        #expect(endpoint == row.expected)
    }

    @Test(arguments: [
        "", "mail.example.org", "http://h", "imaps://", "imaps://h:0", "imaps://h:65536", "imaps://h:", "imaps://h:x",
        "imaps://user@h", "imaps://user:secret@h", "imaps://h/INBOX", "imaps://h?x", "imaps://h#x", "imaps://::1",
        "imaps://[::1", "imaps://[::1]x", "imaps://h h", "imaps://h\r\n",
    ])
    func `anything else is refused`(url: String) {
        #expect(throws: TransportError.self) { try MailEndpoint(url: url) }
    }

    @Test func `plaintext over an imaps URL is a contradiction`() {
        #expect(throws: TransportError.self) { try MailEndpoint(url: "imaps://h", plaintext: true) }
    }

    @Test func `the CA file is kept`() throws {
        #expect(try MailEndpoint(url: "imaps://h", caFile: "/ca.pem").caFile == "/ca.pem")
    }
}
