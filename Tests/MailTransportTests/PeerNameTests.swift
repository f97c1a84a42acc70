import Testing

@testable import MailTransport

@Suite("Names of servers")
struct PeerNameTests {
    @Test(arguments: [
        ("mail.example.org", "mail.example.org", true), ("MAIL.example.ORG", "mail.Example.org", true),
        ("mail.example.org.", "mail.example.org", true), ("mail.example.org", "*.example.org", true),
        ("a.mail.example.org", "*.example.org", false), ("example.org", "*.example.org", false),
        ("example.org", "*.org", false), ("localhost", "*", false), ("localhost", "localhost", true),
        ("mail.example.org", "m*.example.org", false), ("mail.example.org", "", false), ("", "", true),
    ])
    func `a certificate's DNS name covers exactly its hosts`(host: String, pattern: String, expected: Bool) {
        #expect(PeerName.matches(host: host, pattern: pattern) == expected)
    }

    @Test(arguments: [
        ("localhost", true), ("LOCALHOST", true), ("127.0.0.1", true), ("127.9.9.9", true), ("::1", true),
        ("128.0.0.1", false), ("10.0.0.1", false), ("localhost.example.org", false), ("::2", false), ("", false),
    ])
    func `only this machine is this machine`(host: String, expected: Bool) {
        #expect(PeerName.isLoopbackName(host) == expected)
    }
}
