import IMAP
import MailTransport
import Testing

@Suite("Other people's attacks on STARTTLS")
struct HostileScriptTests {
    private static let scripts = HostileScript.all(in: Corpus.path)

    @Test func `the corpus is there where it must be`() {
        if Self.scripts.isEmpty { print("corpus not found: 52 or more scripts of hostile servers skipped") }
        #expect(Self.scripts.count >= 52 || (Self.scripts.isEmpty && !Corpus.isRequired))
    }

    /// What the client knows after TLS, or why it did not get there.
    private struct Outcome: Sendable {
        var reason: IMAPError.Reason?
        var capabilities: [String] = []
        var exists = 0
        var news: [UnsolicitedEvent] = []
        var folders: [String] = []
        var identity: [String: String] = [:]
    }

    /// Long enough for this machine, short enough for servers that never answer.
    private static let short = IMAPTimeouts(
        connect: .seconds(60),
        tls: .milliseconds(700),
        greeting: .milliseconds(700),
        inactivity: .milliseconds(700),
        commandTotal: .milliseconds(700),
        logout: .milliseconds(700)
    )

    private static func server(for script: HostileScript, _ certificate: TestCertificate) -> ScriptedServer {
        var server = ScriptedServer()
        server.certificate = certificate
        server.isImplicitTLS = script.isImplicitTLS
        server.greeting = script.greeting
        server.capabilities = script.capabilities.isEmpty ? "IMAP4rev1 AUTH=PLAIN" : script.capabilities
        let offered = server.capabilities
        server.on("CAPABILITY", .send("* CAPABILITY \(offered)\r\n<tag> OK done\r\n"))
        server.on("LOGIN", .send("<tag> OK [CAPABILITY \(offered)] in\r\n"))
        server.on("AUTHENTICATE", .send("+\r\n"))
        server.on("RESPONSE", .send("<tag> OK [CAPABILITY \(offered)] in\r\n"))
        server.on("LIST", .send("* LIST () \"/\" INBOX\r\n<tag> OK\r\n"))
        for verb in script.hidden { server.on(verb, .send("<tag> BAD unknown command\r\n")) }
        for verb in script.ignored { server.on(verb) }
        for (verb, answer) in script.overrides { server.on(verb, .send(answer)) }
        guard !script.ignored.contains("STARTTLS"), !script.hidden.contains("STARTTLS") else { return server }
        let answer = ScriptedServer.Step.send(script.startTLSAnswer ?? "<tag> OK go\r\n")
        if !script.startsTLS {
            server.on("STARTTLS", answer)
        } else if script.afterTLS.isEmpty {
            server.on("STARTTLS", answer, .startTLS)
        } else {
            server.on("STARTTLS", answer, .startTLS, .send(script.afterTLS))
        }
        return server
    }

    private static func outcome(
        of script: HostileScript,
        with security: TransportSecurity
    ) async throws -> (Outcome, clear: [String], offered: String) {
        let certificate = try await TestCertificate.local()
        let server = Self.server(for: script, certificate)
        let isSlow = !script.startsTLS || !script.ignored.isEmpty || (script.isImplicitTLS == (security == .startTLS))
        return try await server.run { port, record in
            var result = Outcome()
            let configuration = Connecting.configuration(
                port: port,
                security: security,
                host: "localhost",
                caFile: certificate.caFile,
                timeouts: isSlow ? Self.short : Connecting.patient
            )
            result.reason = await Connecting.failure {
                try await IMAPClient.withConnection(configuration, logger: Connecting.silent) { connection in
                    result.capabilities = connection.capabilities.all
                    result.exists = connection.exists
                    result.news = connection.takeUnsolicited()
                    result.identity = connection.serverIdentity
                    result.folders = try await connection.list().map(\.name.display)
                }
            }
            return (result, record.clear, server.capabilities)
        }
    }

    @Test(arguments: Self.scripts)
    func `nothing said before TLS is taken as said after it, and no password goes out in clear`(
        _ script: HostileScript
    ) async throws {
        let (result, clear, offered) = try await Self.outcome(of: script, with: .startTLS)
        #expect(clear.first.map { $0.hasSuffix(" STARTTLS") } ?? true)
        // Behind its answer a server that does not begin TLS gets a handshake it cannot read.
        #expect(clear.dropFirst().allSatisfy { !$0.contains("LOGIN") && !$0.contains("AUTHENTICATE") })
        #expect(script.startsTLS ? clear.count <= 1 : true)
        guard result.reason == nil else { return }
        #expect(result.capabilities == offered.uppercased().split(separator: " ").map(String.init).sorted())
        #expect(result.exists == 0 && result.news.isEmpty && result.identity.isEmpty)
        #expect(result.folders == ["INBOX"])
    }

    @Test(arguments: Self.scripts)
    func `where TLS comes first, a server that speaks before it hears nothing`(_ script: HostileScript) async throws {
        let (result, clear, _) = try await Self.outcome(of: script, with: .implicitTLS)
        #expect(clear.allSatisfy { !$0.contains("LOGIN") && !$0.contains("AUTHENTICATE") && !$0.contains("STARTTLS") })
        #expect(script.isImplicitTLS || result.reason != nil)
    }

    @Test(arguments: [
        ("(a: Some(\"x\\r\\n\"), /* c */ b: [1, Two(\"y\")], // d\n c: {\"e\": \"f\"},)", true), ("(a: )", false),
        ("(", false), ("", false), ("(\"a\", B(c: None))", true),
    ])
    func `scripts are read, or are none`(text: String, isScript: Bool) {
        #expect((RON(text) != nil) == isScript)
        if case .record(_, let fields)? = RON(text) {
            #expect(RON(text)?["a"]?.text == "x\r\n")
            #expect(fields["b"] == .list([.word("1"), .tuple(name: "Two", [.string("y")])]))
            #expect(fields["c"] == .record(name: "", ["e": .string("f")]))
        }
    }
}

extension HostileScript: CustomTestStringConvertible {
    var testDescription: String { self.name }
}
