import IMAP
import MailTransport
import Testing

@Suite("TLS, and what stands before it")
struct TransportSecurityTests {
    private static func connect(
        _ server: ScriptedServer,
        certificate: TestCertificate,
        host: String = "localhost",
        security: TransportSecurity = .startTLS,
        caFile: String? = nil
    ) async throws -> (reason: IMAPError.Reason?, record: Transcript) {
        var server = server
        server.certificate = certificate
        server.isImplicitTLS = security == .implicitTLS
        return try await server.run { port, record in
            let configuration = Connecting.configuration(
                port: port,
                security: security,
                host: host,
                caFile: caFile ?? certificate.caFile
            )
            let reason = await Connecting.failure {
                try await IMAPClient.withConnection(configuration, logger: Connecting.silent) { connection in
                    _ = try await connection.select(.inbox, readOnly: true)
                }
            }
            return (reason, record)
        }
    }

    @Test(arguments: [TransportSecurity.implicitTLS, .startTLS])
    func `a server with the right certificate is used`(security: TransportSecurity) async throws {
        let result = try await Self.connect(ScriptedServer(), certificate: TestCertificate.local(), security: security)
        #expect(result.reason == nil)
        #expect(result.record.verbs.contains("EXAMINE"))
    }

    @Test(arguments: [
        ("DNS:localhost", "localhost", true), ("IP:127.0.0.1", "127.0.0.1", true),
        ("DNS:localhost,IP:127.0.0.1", "127.0.0.1", true), ("DNS:other.example", "localhost", false),
        ("IP:127.0.0.1", "localhost", false), ("DNS:other.example,IP:127.0.0.1", "localhost", false),
        ("DNS:localhost", "127.0.0.1", false), ("IP:127.0.0.2", "127.0.0.1", false), ("DNS:*", "localhost", false),
    ])
    func `a certificate counts for the name or address that was configured`(
        names: String,
        host: String,
        isAccepted: Bool
    ) async throws {
        let certificate = try await TestCertificate(names: names)
        defer { certificate.remove() }
        let result = try await Self.connect(
            ScriptedServer(),
            certificate: certificate,
            host: host,
            security: .implicitTLS
        )
        #expect((result.reason == nil) == isAccepted, "\(String(describing: result.reason))")
        #expect(isAccepted || !result.record.verbs.contains("AUTHENTICATE"))
    }

    @Test(arguments: [TransportSecurity.implicitTLS, .startTLS])
    func `another authority is not trusted`(security: TransportSecurity) async throws {
        let other = try await TestCertificate(names: "DNS:localhost")
        defer { other.remove() }
        let result = try await Self.connect(
            ScriptedServer(),
            certificate: TestCertificate.local(),
            security: security,
            caFile: other.caFile
        )
        guard case .transport(let error) = result.reason, case .certificateUntrusted = error.reason else {
            Issue.record("\(String(describing: result.reason))")
            return
        }
    }

    @Test func `an expired certificate is not trusted`() async throws {
        let expired = try await TestCertificate(names: "DNS:localhost", days: -1)
        defer { expired.remove() }
        let result = try await Self.connect(ScriptedServer(), certificate: expired, security: .implicitTLS)
        guard case .transport(let error) = result.reason, case .certificateUntrusted = error.reason else {
            Issue.record("\(String(describing: result.reason))")
            return
        }
    }

    @Test func `a plaintext server on the TLS port is told as such`() async throws {
        let reason = try await ScriptedServer().run { port, _ in
            await Connecting.failure {
                try await IMAPClient.withConnection(
                    Connecting.configuration(port: port, security: .implicitTLS, host: "localhost"),
                    logger: Connecting.silent
                ) { _ in }
            }
        }
        guard case .transport(let error) = reason, case .tls = error.reason else {
            Issue.record("\(String(describing: reason))")
            return
        }
    }

    struct Attack: Sendable, CustomTestStringConvertible {
        var name: String
        var greeting = "* OK ready\r\n"
        var answer = "<tag> OK go\r\n"
        var expected: TransportError.Reason
        var testDescription: String { self.name }
    }

    @Test(arguments: [
        Attack(
            name: "response behind OK",
            answer: "<tag> OK go\r\n* OK [ALERT] injected\r\n",
            expected: .bytesBeforeTLS
        ),
        Attack(name: "one byte behind OK", answer: "<tag> OK go\r\nX", expected: .bytesBeforeTLS),
        Attack(name: "PREAUTH", greeting: "* PREAUTH hi\r\n", expected: .preauthBeforeTLS),
        Attack(name: "BAD", answer: "<tag> BAD what\r\n", expected: .startTLSRefused("what")),
        Attack(
            name: "guessed tag",
            answer: "A1 OK go\r\n<tag> OK go\r\n",
            expected: .cleartextViolation("an answer to a command that was not sent")
        ),
        Attack(
            name: "answer before the question",
            greeting: "* OK ready\r\nA1 OK go\r\n",
            expected: .cleartextViolation("an answer to a command that was not sent")
        ),
        Attack(
            name: "endless line",
            greeting: String(repeating: "x", count: 20_000),
            expected: .cleartextViolation("endless line")
        ),
        Attack(
            name: "endless talk",
            answer: String(repeating: "* OK x\r\n", count: 500),
            expected: .cleartextViolation("too many lines")
        ),
    ])
    func `an attack before TLS ends the connection, and no password is sent`(_ attack: Attack) async throws {
        var server = ScriptedServer()
        server.greeting = attack.greeting
        server.on("STARTTLS", .send(attack.answer), .startTLS)
        let result = try await Self.connect(server, certificate: TestCertificate.local())
        #expect(result.reason == .transport(TransportError(attack.expected)))
        #expect(!result.record.verbs.contains("AUTHENTICATE") && !result.record.verbs.contains("LOGIN"))
    }

    @Test func `nothing said before TLS is known after it`() async throws {
        var server = ScriptedServer()
        server.greeting = "* OK [CAPABILITY IMAP4rev1 X-EVIL MOVE] ready\r\n"
        server.capabilities = "IMAP4rev1 AUTH=PLAIN SASL-IR"
        server.on(
            "STARTTLS",
            .send("* CAPABILITY X-EVIL\r\n* 9 EXISTS\r\n* ENABLED QRESYNC\r\n<tag> OK go\r\n"),
            .startTLS
        )
        let certificate = try await TestCertificate.local()
        server.certificate = certificate
        let capabilities = try await server.run { port, _ in
            try await IMAPClient.withConnection(
                Connecting.configuration(
                    port: port,
                    security: .startTLS,
                    host: "localhost",
                    caFile: certificate.caFile
                ),
                logger: Connecting.silent
            ) { ($0.capabilities.all, $0.exists) }
        }
        #expect(capabilities.0 == ["AUTH=PLAIN", "IMAP4REV1", "SASL-IR"])
        #expect(capabilities.1 == 0)
    }

    @Test func `PREAUTH over TLS is refused, since the log-in is ours`() async throws {
        var server = ScriptedServer()
        server.greeting = "* PREAUTH hi\r\n"
        let result = try await Self.connect(server, certificate: TestCertificate.local(), security: .implicitTLS)
        #expect(result.reason == .protocolViolation("the server claims we are logged in already"))
    }
}
