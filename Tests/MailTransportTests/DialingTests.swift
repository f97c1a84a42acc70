import Logging
import MailTransport
import Testing

@Suite("Dialing")
struct DialingTests {
    private static let logger = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })

    private static func reason(_ endpoint: MailEndpoint) async -> TransportError.Reason? {
        do {
            try await MailDialer.open(endpoint, logger: Self.logger).close()
            return nil
        } catch {
            return (error as? TransportError)?.reason
        }
    }

    @Test(arguments: ["192.0.2.1", "mail.example.org", "10.0.0.1"])
    func `plaintext does not leave this machine unless forced`(host: String) async {
        let endpoint = MailEndpoint(host: host, port: 143, security: .plaintext(forced: false))
        #expect(await Self.reason(endpoint) == .plaintextForbidden)
    }

    @Test func `a CA file that cannot be read is named`() async {
        let endpoint = MailEndpoint(host: "localhost", port: 1, caFile: "/nonexistent/ca.pem")
        #expect(await Self.reason(endpoint) == .unreadableCAFile("/nonexistent/ca.pem"))
    }

    @Test func `nobody listening is unreachable`() async {
        let endpoint = MailEndpoint(host: "127.0.0.1", port: 1, security: .plaintext(forced: false))
        #expect(await Self.reason(endpoint) == .unreachable("Connection refused"))
    }

    @Test func `STARTTLS needs a protocol that knows it`() async {
        let endpoint = MailEndpoint(host: "localhost", port: 1, security: .startTLS)
        guard case .invalidEndpoint = await Self.reason(endpoint) else {
            Issue.record("not refused")
            return
        }
    }

    @Test(arguments: [
        (TransportError(.unreachable("x")), true), (TransportError(.hostNotFound("x")), true),
        (TransportError(.timedOut(.tls, after: .seconds(1))), true), (TransportError(.connectionLost("x")), true),
        (TransportError(.certificateUntrusted("x")), false), (TransportError(.certificateForAnotherHost("x")), false),
        (TransportError(.startTLSRefused("x")), false), (TransportError(.bytesBeforeTLS), false),
        (TransportError(.plaintextForbidden), false),
    ])
    func `only what time can heal is transient`(error: TransportError, expected: Bool) {
        #expect(error.isTransient == expected)
    }
}
