import Foundation
import IMAP
import LocalServers
import MailTransport
import Testing

@Suite("With a real Dovecot")
struct DovecotTests {
    private static let user = PrivateDovecot.User(name: "anna", password: "open sesame \"x\\")

    private static func mail(_ number: Int) -> [UInt8] {
        Array(
            "From: a@example.org\r\nMessage-ID: <\(number)@example.org>\r\nSubject: \(number)\r\n\r\nText \(number)\r\n"
                .utf8
        )
    }

    /// Starts a server, and logs in `body`'s connection over TLS.
    private static func with<R: Sendable>(_ body: (IMAPConnection, PrivateDovecot) async throws -> R) async throws -> R
    {
        try await self.withServer { server in
            try await IMAPClient.withConnection(Self.configuration(server), logger: Connecting.silent) {
                try await body($0, server)
            }
        }
    }

    private static func withServer<R: Sendable>(_ body: (PrivateDovecot) async throws -> R) async throws -> R {
        let folder = try ServerFolder()
        let result: R
        do {
            let server = try await PrivateDovecot.start(in: folder, users: [Self.user])
            result = try await body(server)
        } catch {
            await folder.remove()
            throw error
        }
        await folder.remove()
        return result
    }

    private static func configuration(
        _ server: PrivateDovecot,
        security: TransportSecurity = .implicitTLS,
        password: String? = nil
    ) -> IMAPConfiguration {
        IMAPConfiguration(
            endpoint: MailEndpoint(
                host: server.host,
                port: security == .implicitTLS ? server.imapsPort : server.imapPort,
                security: security,
                caFile: server.caFile
            ),
            user: Self.user.name,
            credential: .password(Secret(password ?? Self.user.password))
        )
    }

    private static func appended(_ connection: IMAPConnection, _ numbers: ClosedRange<Int>) async throws -> [UInt32] {
        var uids: [UInt32] = []
        for number in numbers {
            let outcome = try await connection.append(Self.mail(number), to: .inbox, flags: [], date: 1_000_000)
            guard case .confirmed(let receipt) = outcome else {
                Issue.record("\(outcome)")
                continue
            }
            uids.append(receipt.uid)
        }
        return uids
    }

    @Test(arguments: [TransportSecurity.implicitTLS, .startTLS, .plaintext(forced: false)])
    func `the log-in works in each way, and says what is offered`(security: TransportSecurity) async throws {
        try await Self.withServer { server in
            let configuration = Self.configuration(server, security: security)
            try await IMAPClient.withConnection(configuration, logger: Connecting.silent) { connection in
                let capabilities = connection.capabilities
                #expect(
                    capabilities.hasQResync && capabilities.hasMove && capabilities.hasUIDPlus && capabilities.hasIdle
                )
                #expect(connection.serverIdentity["name"] == "Dovecot")
                let namespaces = try await connection.namespaces()
                #expect(namespaces.personalDelimiter != nil)
            }
        }
    }

    @Test func `a wrong password, a wrong authority and a wrong name are told apart`() async throws {
        try await Self.withServer { server in
            let wrong = await Connecting.failure {
                try await IMAPClient.withConnection(
                    Self.configuration(server, password: "guess"),
                    logger: Connecting.silent
                ) { _ in }
            }
            guard case .authenticationFailed = wrong else {
                Issue.record("\(String(describing: wrong))")
                return
            }
            var untrusted = Self.configuration(server)
            untrusted.endpoint.caFile = nil
            var renamed = Self.configuration(server)
            renamed.endpoint.host = "127.0.0.1"
            var reasons: [TransportError.Reason] = []
            for configuration in [untrusted, renamed] {
                let reason = await Connecting.failure {
                    try await IMAPClient.withConnection(configuration, logger: Connecting.silent) { _ in }
                }
                if case .transport(let error) = reason { reasons.append(error.reason) }
            }
            #expect(
                reasons == [.certificateUntrusted("verification failed"), .certificateForAnotherHost("127.0.0.1")]
            )
        }
    }

    @Test func `folders are listed, made, subscribed and described`() async throws {
        try await Self.with { connection, _ in
            let folder = FolderName(encoding: "Zugewiesen/Jürgen & Söhne")
            #expect(try await connection.create(folder) == .confirmed)
            #expect(try await connection.create(folder) == .confirmed)
            #expect(try await connection.subscribe(folder) == .confirmed)
            let folders = try await connection.listWithStatus()
            let made = folders.first { $0.name == folder }
            #expect(made?.name.display == "Zugewiesen/Jürgen & Söhne")
            #expect(made?.status?.messages == 0)
            #expect(folders.first { $0.specialUse == "\\Sent" }?.name.display == "Sent")
            #expect(folders.contains { $0.name.isInbox && $0.status?.uidValidity != nil })
            let status = try await connection.status(folder)
            #expect(status == made?.status)
            let reason = await Connecting.failure { _ = try await connection.status(FolderName(encoding: "none")) }
            guard case .refused = reason else {
                Issue.record("\(String(describing: reason))")
                return
            }
        }
    }

    @Test func `mails come back byte for byte, with flags, date and size`() async throws {
        try await Self.with { connection, _ in
            let uids = try await Self.appended(connection, 1...20)
            _ = try await connection.select(.inbox, readOnly: true)
            var bodies: [UInt32: [UInt8]] = [:]
            var current: [UInt8] = []
            var summaries: [MessageSummary] = []
            try await connection.fetchBodies([UIDSet(uids[..<7].map { $0 }), UIDSet(uids[7...].map { $0 })]) { event in
                switch event {
                case .begin: current = []
                case .bytes(let bytes): current.append(bytes)
                case .abandoned: Issue.record("abandoned")
                case .end(let summary, let state):
                    #expect(state == .complete)
                    bodies[summary.uid] = current
                    summaries.append(summary)
                }
            }
            #expect(uids.enumerated().allSatisfy { bodies[$1] == Self.mail($0 + 1) })
            #expect(summaries.allSatisfy { $0.internalDate == 1_000_000 && $0.modSeq != nil })
            #expect(summaries.allSatisfy { $0.size == Int64(bodies[$0.uid]?.count ?? 0) })
            #expect(try await connection.fetchSummaries(UIDSet(uids)) == summaries)
        }
    }

    @Test func `flags and keywords are stored, and a second session resynchronises by QRESYNC`() async throws {
        try await Self.with { connection, server in
            let uids = try await Self.appended(connection, 1...5)
            let first = try await connection.select(.inbox, readOnly: false)
            #expect(first.allowsKeywords && first.exists == 5)
            let stored = try await connection.store(UIDSet(uids), adding: ["$hd_open", "\\Flagged"])
            let removed = try await connection.store(UIDSet([uids[0]]), removing: ["\\Flagged"])
            #expect([stored, removed] == [.confirmed, .confirmed])
            let flags = try await connection.fetchFlags(UIDSet(uids))
            #expect(flags.rows.map { $0.flags.contains("\\Flagged") } == [false, true, true, true, true])
            try await connection.noop()
            let known = try #require(flags.rows.compactMap(\.modSeq).max())

            try await IMAPClient.withConnection(Self.configuration(server), logger: Connecting.silent) { other in
                _ = try await other.select(.inbox, readOnly: false)
                _ = try await other.store(UIDSet([uids[1]]), adding: ["$hd_done"])
                _ = try await other.markDeleted(UIDSet([uids[4]]))
                _ = try await other.uidExpunge(UIDSet([uids[4]]))
            }
            try await IMAPClient.withConnection(Self.configuration(server), logger: Connecting.silent) { again in
                let resync = QResync(uidValidity: first.uidValidity, modSeq: known, knownUIDs: UIDSet(uids))
                let selected = try await again.select(.inbox, readOnly: true, resync: resync)
                #expect(selected.vanished == UIDSet([uids[4]]))
                #expect(selected.changed.map(\.uid) == [uids[1]])
                #expect(selected.isReadOnly && selected.exists == 4)
                let delta = try await again.fetchFlags(.all, changedSince: known, vanished: true)
                #expect(delta.vanished == UIDSet([uids[4]]))
                #expect(delta.rows.map(\.uid) == [uids[1]])
            }
            try await connection.noop()
            let news = connection.takeUnsolicited()
            #expect(news.contains(.vanished(UIDSet([uids[4]]))))
            #expect(connection.exists == 4)
        }
    }

    @Test func `MOVE gives the new UIDs; a missing folder, and a mail that is gone, are told`() async throws {
        try await Self.with { connection, _ in
            let uids = try await Self.appended(connection, 1...3)
            let done = FolderName(encoding: "Done")
            _ = try await connection.select(.inbox, readOnly: false)
            let missing = try await connection.move(UIDSet(uids), to: done)
            guard case .refused(let refusal) = missing, refusal.code == .tryCreate else {
                Issue.record("\(missing)")
                return
            }
            _ = try await connection.create(done)
            let moved = try await connection.move(UIDSet(uids[..<2].map { $0 }), to: done)
            guard case .confirmed(let receipt) = moved else {
                Issue.record("\(moved)")
                return
            }
            #expect(receipt.pairs.map(\.source) == Array(uids[..<2]))
            let copied = try await connection.moveByCopy(UIDSet([uids[2]]), to: done)
            guard case .confirmed(let last) = copied else {
                Issue.record("\(copied)")
                return
            }
            let gone = try await connection.move(UIDSet([uids[0]]), to: done)
            #expect(gone == .ambiguous(IMAPError(.unproven("no usable COPYUID"), command: "UID MOVE")))
            let opened = try await connection.select(done, readOnly: true)
            #expect(opened.uidValidity == receipt.destinationUIDValidity && opened.exists == 3)
            let there = try await connection.fetchFlags(.all).rows.map(\.uid)
            #expect(there == (receipt.pairs + last.pairs).map(\.destination))
            #expect(try await connection.status(.inbox).messages == 0)
        }
    }

    @Test func `IDLE hears of new mail, and the connection goes on`() async throws {
        try await Self.with { connection, server in
            _ = try await connection.select(.inbox, readOnly: true)
            try await server.deliver(Self.mail(1), to: Self.user.name, from: "a@example.org")
            let end = try await connection.idle(upTo: .seconds(30))
            #expect(end == .serverActivity)
            #expect(connection.takeUnsolicited().contains(.exists(1)))
            #expect(try await connection.idle(upTo: .milliseconds(50)) == .timeout)
            #expect(try await connection.fetchFlags(.all).rows.count == 1)
        }
    }

    @Test func `a kicked connection says so, and what was sent is open`() async throws {
        try await Self.with { connection, server in
            let uids = try await Self.appended(connection, 1...1)
            _ = try await connection.select(.inbox, readOnly: false)
            try await server.kick(Self.user.name)
            let outcome = try await connection.store(UIDSet(uids), adding: ["$a"])
            guard case .ambiguous(let error) = outcome, error.isTransient else {
                Issue.record("\(outcome)")
                return
            }
            #expect(!connection.isUsable)
        }
    }
}
