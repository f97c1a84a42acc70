import LocalServers
import MailTransport
import Testing

@testable import IMAP

@Suite("Extensions with a real Dovecot")
struct DovecotExtensionTests {
    private static let user = PrivateDovecot.User(name: "anna", password: "open sesame \"x\\")

    private static let extra = """
        auth_mechanisms = plain login scram-sha-256
        protocol imap {
          mail_plugins = imap_zlib
        }
        """

    private static func configuration(_ server: PrivateDovecot, password: String) -> IMAPConfiguration {
        IMAPConfiguration(
            endpoint: MailEndpoint(host: server.host, port: server.imapsPort, caFile: server.caFile),
            user: Self.user.name,
            credential: .password(Secret(password))
        )
    }

    private static func with<R: Sendable>(_ body: (PrivateDovecot) async throws -> R) async throws -> R {
        let folder = try ServerFolder()
        do {
            let server = try await PrivateDovecot.start(in: folder, users: [Self.user], extraConfiguration: Self.extra)
            let result = try await body(server)
            await folder.remove()
            return result
        } catch {
            await folder.remove()
            throw error
        }
    }

    private static let archive = FolderName(encoding: "Archive")
    /// Longer than any window of the compressor, and not the same everywhere.
    private static let mail = Array(
        ("Subject: long\r\n\r\n" + (0..<12_000).map { "Line \($0 * 7919 % 104_729)\r\n" }.joined()).utf8
    )

    @Test(.timeLimit(.minutes(2)))
    func `SCRAM, NOTIFY, COMPRESS and keywords work as they are described`() async throws {
        try await Self.with { server in
            let wrong = await Connecting.failure {
                let configuration = Self.configuration(server, password: "guess")
                try await IMAPClient.withConnection(configuration, logger: Connecting.silent) { _ in }
            }
            guard case .authenticationFailed = wrong else {
                Issue.record("\(String(describing: wrong))")
                return
            }
            let configuration = Self.configuration(server, password: Self.user.password)
            try await IMAPClient.withConnection(configuration, logger: Connecting.silent) { connection in
                #expect(connection.logInName == "SCRAM-SHA-256")
                #expect(connection.profile.tier(allowsKeywords: true) == .qresync)
                try await self.compresses(connection)
                try await self.hears(connection, configuration)
                try await self.triesKeyword(connection)
                #expect(configuration.memory.latches.isEmpty)
            }
        }
    }

    private func compresses(_ connection: IMAPConnection) async throws {
        try await connection.compress()
        #expect(connection.isCompressed)
        guard case .confirmed(let receipt) = try await connection.append(Self.mail, to: .inbox) else {
            Issue.record("not stored")
            return
        }
        _ = try await connection.select(.inbox, readOnly: true)
        var bytes: [UInt8] = []
        try await connection.fetchBodies(UIDSet([receipt.uid])) { event in
            if case .bytes(let piece) = event { bytes.append(piece) }
        }
        #expect(bytes == Self.mail)
    }

    /// What happens in a folder that is not selected ends the wait.
    private func hears(_ connection: IMAPConnection, _ configuration: IMAPConfiguration) async throws {
        _ = try await connection.select(.inbox, readOnly: true)
        #expect(try await connection.notify(of: [Self.archive, FolderName(encoding: "Sent")]))
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                try await IMAPClient.withConnection(configuration, logger: Connecting.silent) { other in
                    _ = try await other.append(Array("Subject: x\r\n\r\nx\r\n".utf8), to: Self.archive)
                }
            }
            let end = try await connection.idle(upTo: .seconds(60))
            #expect(end == .serverActivity)
            try await group.waitForAll()
        }
    }

    private func triesKeyword(_ connection: IMAPConnection) async throws {
        _ = try await connection.select(.inbox, readOnly: true)
        let before = try await connection.fetchFlags(.all).rows.map(\.flags)
        #expect(try await connection.tryKeyword("baton-probe", in: .inbox) == .kept)
        let after = try await connection.fetchFlags(.all).rows.map(\.flags)
        #expect(after.map { $0.filter { $0 != "\\Recent" } } == before.map { $0.filter { $0 != "\\Recent" } })
        #expect(try await connection.tryKeyword("baton-probe", in: FolderName(encoding: "Sent")) == .noMail)
        // Longer than Dovecot allows, of which it says nothing beforehand.
        let long = String(repeating: "x", count: 60)
        guard case .refused = try await connection.tryKeyword(long, in: .inbox) else {
            Issue.record("taken")
            return
        }
        #expect(connection.profile.mayUseKeywords)
    }
}
