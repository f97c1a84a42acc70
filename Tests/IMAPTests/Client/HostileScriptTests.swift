import IMAP
import MailTransport
import Testing

@Suite("Other people's attacks on STARTTLS")
struct HostileScriptTests {
    private static let scripts = HostileScript.all(in: Corpus.path)
    @Test func `the corpus is there where it must be`() {
        if Self.scripts.isEmpty { print("corpus not found: 47 or more scripts of hostile servers skipped") }
        #expect(Self.scripts.count >= 47 || (Self.scripts.isEmpty && !Corpus.isRequired))
    }

    /// What the client knows after TLS, or why it did not get there.
    private struct Outcome: Sendable {
        var reason: IMAPError.Reason?
        var capabilities: [String] = []
        var exists = 0
        var news: [UnsolicitedEvent] = []
        var folders: [String] = []
    }

    @Test(arguments: Self.scripts)
    func `nothing said before TLS is taken as said after it, and no password goes out in clear`(
        _ script: HostileScript
    ) async throws {
        let certificate = try await TestCertificate.local()
        var server = ScriptedServer()
        server.certificate = certificate
        server.greeting = script.greeting + script.afterGreeting
        server.capabilities = "IMAP4rev1 AUTH=PLAIN SASL-IR"
        for verb in script.hidden.union(script.ignored) {
            server.on(verb.uppercased(), .send("<tag> BAD unknown command\r\n"))
        }
        for (verb, answer) in script.overrides where verb != "CAPABILITY" { server.on(verb, .send(answer)) }
        if let answer = script.startTLSAnswer { server.on("STARTTLS", .send(answer), .startTLS) }
        server.on("LIST", .send("* LIST () \"/\" INBOX\r\n<tag> OK\r\n"))
        let script = server
        let (result, clear) = try await script.run { port, record in
            var result = Outcome()
            result.reason = await Connecting.failure {
                try await IMAPClient.withConnection(
                    Connecting.configuration(
                        port: port,
                        security: .startTLS,
                        host: "localhost",
                        caFile: certificate.caFile
                    ),
                    logger: Connecting.silent
                ) { connection in
                    result.capabilities = connection.capabilities.all
                    result.exists = connection.exists
                    result.news = connection.takeUnsolicited()
                    result.folders = try await connection.list().map(\.name.display)
                }
            }
            return (result, record.clear)
        }
        #expect(clear.allSatisfy { $0.hasSuffix(" STARTTLS") } && clear.count <= 1)
        guard result.reason == nil else { return }
        #expect(result.capabilities == ["AUTH=PLAIN", "IMAP4REV1", "SASL-IR"])
        #expect(result.exists == 0 && result.news.isEmpty && result.folders == ["INBOX"])
    }
}

extension HostileScript: CustomTestStringConvertible {
    var testDescription: String { self.name }
}
