import IMAP
import MailTransport
import Testing

@Suite("Opening a connection")
struct OpeningTests {
    private static func open(_ server: ScriptedServer) async throws -> (IMAPError.Reason?, Transcript) {
        try await server.run { port, record in
            let reason = await Connecting.failure {
                try await IMAPClient.withConnection(Connecting.configuration(port: port), logger: Connecting.silent) {
                    _ in
                }
            }
            return (reason, record)
        }
    }

    struct LogIn: Sendable, CustomTestStringConvertible {
        var capabilities: String
        var commands: [String]
        var testDescription: String { self.capabilities }
    }

    @Test(arguments: [
        LogIn(capabilities: "IMAP4rev1 AUTH=PLAIN SASL-IR", commands: ["AUTHENTICATE PLAIN AGFubmEAc2VjcmV0"]),
        LogIn(capabilities: "IMAP4rev1", commands: ["LOGIN \"anna\" \"secret\""]),
        LogIn(
            capabilities: "IMAP4rev1 LOGINDISABLED AUTH=PLAIN SASL-IR ID enable QRESYNC",
            commands: ["AUTHENTICATE PLAIN AGFubmEAc2VjcmV0", "ID (\"name\" \"baton\")", "ENABLE QRESYNC"]
        ),
        LogIn(capabilities: "IMAP4rev1 ENABLE CONDSTORE", commands: ["LOGIN \"anna\" \"secret\"", "ENABLE CONDSTORE"]),
    ])
    func `the log-in uses what is offered`(_ row: LogIn) async throws {
        var server = ScriptedServer()
        server.capabilities = row.capabilities
        let (reason, record) = try await Self.open(server)
        #expect(reason == nil)
        #expect(record.untagged == ["CAPABILITY"] + row.commands + ["LOGOUT"])
    }

    @Test func `PLAIN without SASL-IR waits for the prompt`() async throws {
        var server = ScriptedServer()
        server.capabilities = "IMAP4rev1 AUTH=PLAIN"
        server.on("AUTHENTICATE", .send("+ \r\n"))
        let (reason, record) = try await Self.open(server)
        #expect(reason == nil)
        #expect(record.commands.dropFirst(2).first == "AGFubmEAc2VjcmV0")
        #expect(record.untagged.dropFirst().first == "AUTHENTICATE PLAIN")
    }

    @Test func `a second prompt is answered with the end of the exchange`() async throws {
        var server = ScriptedServer()
        server.on("AUTHENTICATE", .send("+ \r\n"))
        server.on("RESPONSE", .send("<tag> BAD given up\r\n"))
        let (reason, record) = try await Self.open(server)
        #expect(reason == .authenticationFailed("a second prompt"))
        #expect(record.commands.last == "*")
    }

    @Test(arguments: [
        ("<tag> NO [AUTHENTICATIONFAILED] wrong\r\n", IMAPError.Reason.authenticationFailed("wrong")),
        ("<tag> NO wrong\r\n", .authenticationFailed("wrong")),
        ("<tag> NO [UNAVAILABLE] later\r\n", .refused(code: .unavailable, text: "later")),
        (
            "<tag> NO [ALERT] Too many simultaneous connections\r\n",
            .refused(code: .limit, text: "Too many simultaneous connections")
        ),
        ("<tag> NO [REFERRAL imap://evil.example/] elsewhere\r\n", .authenticationFailed("elsewhere")),
        ("* BYE gone\r\n", .closedByServer("gone")),
        ("X1 OK guessed\r\n", .protocolViolation("an answer to a command that was not sent")),
        ("Server Unavailable. 15\r\n", .closedByServer("Server Unavailable. 15")),
    ])
    func `a log-in that fails says why`(answer: String, expected: IMAPError.Reason) async throws {
        var server = ScriptedServer()
        server.on("AUTHENTICATE", .send(answer))
        let (reason, record) = try await Self.open(server)
        #expect(reason == expected)
        #expect(record.connections == 1)
    }

    @Test func `a log-in accepted and then denied is a failed log-in`() async throws {
        var server = ScriptedServer()
        server.on("ENABLE", .send("<tag> BAD User is authenticated but not connected.\r\n"))
        let (reason, _) = try await Self.open(server)
        #expect(reason == .authenticationFailed("User is authenticated but not connected."))
    }

    @Test func `a server that wants no password is not given one`() async throws {
        var server = ScriptedServer()
        server.capabilities = "IMAP4rev1 LOGINDISABLED STARTTLS"
        let (reason, record) = try await Self.open(server)
        #expect(reason == .unsupported("a log-in with a password (LOGINDISABLED)"))
        #expect(!record.verbs.contains("LOGIN") && !record.verbs.contains("AUTHENTICATE"))
    }

    @Test(arguments: [
        ("* BYE full\r\n", IMAPError.Reason.closedByServer("full")),
        ("XYZ OK hi\r\n", .protocolViolation("the first line is no greeting")),
        ("* 1 EXISTS\r\n", .protocolViolation("the first line is no greeting")),
        ("HTTP/1.1 400 Bad\r\n", .closedByServer("HTTP/1.1 400 Bad")),
    ])
    func `a greeting must be one`(greeting: String, expected: IMAPError.Reason) async throws {
        var server = ScriptedServer()
        server.greeting = greeting
        #expect(try await Self.open(server).0 == expected)
    }

    @Test func `no greeting is a time-out`() async throws {
        var server = ScriptedServer()
        server.greeting = ""
        let reason = try await server.run { port, _ in
            var configuration = Connecting.configuration(port: port)
            configuration.timeouts.greeting = .milliseconds(200)
            return await Connecting.failure {
                try await IMAPClient.withConnection(configuration, logger: Connecting.silent) { _ in }
            }
        }
        #expect(reason == .timedOut(after: .milliseconds(200)))
    }

    @Test func `PREAUTH on a plaintext connection that was asked for is a log-in`() async throws {
        var server = ScriptedServer()
        server.greeting = "* PREAUTH hi\r\n"
        let (reason, record) = try await Self.open(server)
        #expect(reason == nil)
        #expect(record.verbs.first == "CAPABILITY")
    }

    @Test func `tags cannot be guessed`() async throws {
        let first = try await Self.open(ScriptedServer()).1.commands.first
        let second = try await Self.open(ScriptedServer()).1.commands.first
        #expect(first != second)
    }
}
