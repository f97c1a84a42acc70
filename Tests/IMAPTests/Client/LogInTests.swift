import MailTransport
import Testing

@testable import IMAP

@Suite("Logging in")
struct LogInTests {
    struct Row: Sendable, CustomTestStringConvertible {
        let offered: String
        var isToken = false
        var user = "anna"
        var refusals = 0
        var off: [IMAPExtension: ExtensionOff] = [:]
        let way: LogInPlan?

        var testDescription: String { "\(self.offered) \(self.isToken) \(self.refusals)" }
    }

    @Test(arguments: [
        Row(offered: "AUTH=PLAIN AUTH=LOGIN AUTH=SCRAM-SHA-256", way: .sasl(.scramSHA256)),
        // A second try takes the second way, a third the first again.
        Row(offered: "AUTH=PLAIN AUTH=LOGIN AUTH=SCRAM-SHA-256", refusals: 1, way: .sasl(.plain)),
        Row(offered: "AUTH=PLAIN AUTH=LOGIN AUTH=SCRAM-SHA-256", refusals: 2, way: .sasl(.scramSHA256)),
        Row(offered: "AUTH=PLAIN AUTH=SCRAM-SHA-256", user: "jürgen", way: .sasl(.plain)),
        Row(offered: "AUTH=PLAIN AUTH=SCRAM-SHA-256", off: [.authScram: .byHand], way: .sasl(.plain)),
        Row(offered: "AUTH=LOGIN", way: .sasl(.login)), Row(offered: "", way: .command),
        Row(offered: "", refusals: 1, way: .command), Row(offered: "LOGINDISABLED", way: nil),
        Row(offered: "LOGINDISABLED AUTH=PLAIN", way: .sasl(.plain)),
        Row(offered: "AUTH=PLAIN AUTH=XOAUTH2 AUTH=OAUTHBEARER", isToken: true, way: .sasl(.oauthBearer)),
        Row(offered: "AUTH=PLAIN AUTH=XOAUTH2", isToken: true, way: .sasl(.xoauth2)),
        // A token never becomes a password.
        Row(offered: "AUTH=PLAIN AUTH=LOGIN", isToken: true, way: nil),
        Row(offered: "AUTH=XOAUTH2", way: .command),
    ])
    func `the way is chosen by what is offered and what there is`(_ row: Row) {
        let capabilities = IMAPCapabilities(row.offered.split(separator: " ").map(String.init), off: row.off)
        let credential: Credential = row.isToken ? .token(Secret("t")) : .password(Secret("p"))
        let way = LogInPlan.way(capabilities, user: row.user, credential: credential, refusals: row.refusals)
        #expect(way == row.way)
    }

    /// Logs in with a nonce nobody knows beforehand; so the server's part is played by what it receives.
    private static func open(
        _ server: ScriptedServer,
        credential: Credential = .password(Secret("pencil")),
        refusals: Int = 0,
        log: CapturedLog = CapturedLog()
    ) async throws -> (reason: IMAPError.Reason?, sent: [String], latches: [IMAPExtension]) {
        try await server.run { port, record in
            var configuration = Connecting.configuration(port: port)
            configuration.credential = credential
            configuration.logInRefusals = refusals
            let reason = await Connecting.failure {
                try await IMAPClient.withConnection(configuration, logger: log.logger) { _ in }
            }
            return (reason, record.untagged, configuration.memory.latches.keys.map(\.self))
        }
    }

    @Test func `a server that consents without proving itself in SCRAM is not believed`() async throws {
        var server = ScriptedServer()
        server.capabilities = "IMAP4rev1 AUTH=SCRAM-SHA-256 SASL-IR"
        let result = try await Self.open(server)
        #expect(result.reason == .protocolViolation("the server did not prove that it knows the password"))
    }

    @Test func `SCRAM refused and another way accepted latches SCRAM off`() async throws {
        var server = ScriptedServer()
        server.capabilities = "IMAP4rev1 AUTH=SCRAM-SHA-256 AUTH=PLAIN SASL-IR"
        let result = try await Self.open(server, refusals: 1)
        #expect(result.reason == nil)
        #expect(result.latches == [.authScram])
        #expect(result.sent.contains { $0.hasPrefix("AUTHENTICATE PLAIN ") })
    }

    @Test func `a challenge that makes no sense ends the exchange with a star`() async throws {
        var server = ScriptedServer()
        server.capabilities = "IMAP4rev1 AUTH=SCRAM-SHA-256 SASL-IR"
        server.on("AUTHENTICATE", .send("+ !!!\r\n"))
        server.on("RESPONSE", .send("<tag> BAD ended\r\n"))
        let result = try await Self.open(server)
        #expect(result.reason == .authenticationFailed("a challenge that is no base64"))
        #expect(result.sent.last == "*")
    }

    @Test func `a refused token says why, and neither it nor a password is ever logged`() async throws {
        var server = ScriptedServer()
        server.capabilities = "IMAP4rev1 AUTH=XOAUTH2 AUTH=PLAIN SASL-IR"
        server.on("AUTHENTICATE", .send("+ eyJzdGF0dXMiOiI0MDEifQ==\r\n"))
        server.on("RESPONSE", .send("<tag> NO [AUTHENTICATIONFAILED] no\r\n"))
        let log = CapturedLog()
        let result = try await Self.open(server, credential: .token(Secret("s3cr3t-t0ken")), log: log)
        #expect(result.reason == .authenticationFailed("no {\"status\":\"401\"}"))
        #expect(result.sent.last?.isEmpty == true)
        #expect(!log.text.contains("s3cr3t-t0ken") && log.text.contains("AUTHENTICATE XOAUTH2"))
        let encoded = Base64.encode(Array("user=anna\u{1}auth=Bearer s3cr3t-t0ken\u{1}\u{1}".utf8))
        #expect(!log.text.contains(encoded) && result.sent.contains("AUTHENTICATE XOAUTH2 \(encoded)"))
    }

    @Test(arguments: ["IMAP4rev1 AUTH=PLAIN SASL-IR", "IMAP4rev1"], ["NO", "BYE"])
    func `a server that repeats the log-in is not repeated`(capabilities: String, answer: String) async throws {
        var server = ScriptedServer()
        server.capabilities = capabilities
        let echo: ScriptedServer.Reaction = { tag, arguments, _ in
            let text = "bad \(arguments) pencil \(Base64.encode(Array("pencil".utf8)))"
            let steps: [ScriptedServer.Step] = [.send("\(answer == "NO" ? tag : "*") \(answer) \(text)\r\n")]
            return answer == "NO" ? steps : steps + [.close]
        }
        for verb in ["AUTHENTICATE", "LOGIN"] { server.reactions[verb] = echo }
        let log = CapturedLog()
        let result = try await Self.open(server, log: log)
        let told = "\(result.reason.map { IMAPError($0, command: "LOGIN").description } ?? "") \(log.text)"
        #expect(told.contains("bad") && told.contains("‹redacted›"))
        let sent = result.sent.joined().split(separator: " ").last.map(String.init) ?? ""
        for secret in ["pencil", "cGVuY2ls", sent.filter { $0 != "=" && $0 != "\"" }] {
            #expect(!told.contains(secret))
        }
    }

    @Test func `LOGIN by two prompts`() async throws {
        var server = ScriptedServer()
        server.capabilities = "IMAP4rev1 AUTH=LOGIN SASL-IR"
        server.on("AUTHENTICATE", .send("+ VXNlciBOYW1lAA==\r\n"))
        server.reactions["RESPONSE"] = { _, _, use in [.send(use == 0 ? "+ UGFzc3dvcmQ6\r\n" : "<tag> OK in\r\n")] }
        let result = try await Self.open(server)
        #expect(result.reason == nil)
        #expect(result.sent.contains("AUTHENTICATE LOGIN"))
    }

    @Test func `a keeper that holds back is asked before anything is sent`() async throws {
        struct Stop: ServerKeeper {
            func mayConnect() async throws(IMAPError) {
                throw IMAPError(.heldBack("later", for: .seconds(9)), command: "CONNECT")
            }
            func connected() async {}
            func failed(with error: IMAPError) async {}
            func contradicted(_ latch: ExtensionLatch) async {}
        }
        let (reason, connections) = try await ScriptedServer().run { port, record in
            var configuration = Connecting.configuration(port: port)
            configuration.keeper = Stop()
            let reason = await Connecting.failure {
                try await IMAPClient.withConnection(configuration, logger: Connecting.silent) { _ in }
            }
            return (reason, record.connections)
        }
        #expect(reason == .heldBack("later", for: .seconds(9)))
        #expect(connections == 0)
    }
}
