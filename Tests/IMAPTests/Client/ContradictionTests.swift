import Testing

@testable import IMAP

@Suite("Servers that contradict what they offer")
struct ContradictionTests {
    /// What is latched after `body`, and what was sent.
    private static func latched(
        _ server: ScriptedServer,
        _ body: (IMAPConnection) async throws -> Void
    ) async throws -> (latches: [IMAPExtension], sent: [String]) {
        try await Connecting.with(server) { connection, record in
            try await body(connection)
            let known = connection.configuration.memory.takeUnsaved().map(\.name)
            #expect(connection.profile.latches.map(\.name) == known.sorted { $0.rawValue < $1.rawValue })
            return (known, record.untagged)
        }
    }

    struct Row: Sendable, CustomTestStringConvertible {
        let testDescription: String
        var capabilities = "IMAP4rev1 AUTH=PLAIN SASL-IR ENABLE CONDSTORE QRESYNC NAMESPACE UNSELECT"
        let verb: String
        /// What an argument must hold to be refused; empty refuses all.
        var refuses = ""
        var answer = "<tag> BAD what\r\n"
        let latches: [IMAPExtension]
        let action: @Sendable (IMAPConnection) async throws -> Void

        init(
            _ description: String,
            verb: String,
            refuses: String = "",
            answer: String = "<tag> BAD what\r\n",
            adds capabilities: String = "",
            latches: [IMAPExtension],
            _ action: @escaping @Sendable (IMAPConnection) async throws -> Void = { _ in }
        ) {
            self.testDescription = description
            self.capabilities += " " + capabilities
            self.verb = verb
            self.refuses = refuses
            self.answer = answer
            self.latches = latches
            self.action = action
        }
    }

    private static let resync = QResync(uidValidity: 7, modSeq: 40)

    static let rows: [Row] = [
        Row("ENABLE refused", verb: "ENABLE", latches: [.enable]),
        Row("ENABLE without ENABLED", verb: "ENABLE", answer: "<tag> OK done\r\n", latches: [.qresync]),
        Row("an empty ENABLED", verb: "ENABLE", answer: "* ENABLED\r\n<tag> OK done\r\n", latches: [.qresync]),
        Row("ENABLE throttled", verb: "ENABLE", answer: "<tag> NO [THROTTLED] later\r\n", latches: []),
        Row("NAMESPACE refused", verb: "NAMESPACE", latches: [.namespace]) { _ = try await $0.namespaces() },
        Row("SELECT with QRESYNC refused", verb: "SELECT", refuses: "QRESYNC", latches: [.qresync]) {
            let selected = try await $0.select(.inbox, readOnly: false, resync: Self.resync)
            #expect(selected.highestModSeq == 42)
        },
        Row("SELECT with any parameter refused", verb: "SELECT", refuses: "(", latches: [.qresync, .condStore]) {
            let selected = try await $0.select(.inbox, readOnly: false, resync: Self.resync)
            #expect(selected.exists == 3)
        },
        Row("SELECT refused in every form", verb: "SELECT", latches: []) { connection in
            let reason = await Connecting.failure { _ = try await connection.select(.inbox, readOnly: false) }
            #expect(reason == .refused(code: nil, text: "what"))
        },
        Row("FETCH CHANGEDSINCE refused", verb: "UID FETCH", refuses: "CHANGEDSINCE", latches: [.qresync, .condStore]) {
            _ = try await $0.select(.inbox, readOnly: true)
            _ = try await $0.fetchFlags(UIDSet([1]), changedSince: 4, vanished: true)
        },
        Row("STATUS with HIGHESTMODSEQ refused", verb: "STATUS", refuses: "MODSEQ", latches: [.condStore]) {
            _ = try await $0.status(.inbox)
        },
        Row("FETCH EMAILID refused", verb: "UID FETCH", refuses: "EMAILID", adds: "OBJECTID", latches: [.objectID]) {
            _ = try await $0.select(.inbox, readOnly: true)
            _ = try await $0.fetchSummaries(UIDSet([1]))
        },
        Row(
            "FETCH of bodies with X-GM-MSGID refused",
            verb: "UID FETCH",
            refuses: "X-GM",
            adds: "X-GM-EXT-1",
            latches: [.gmail]
        ) {
            _ = try await $0.select(.inbox, readOnly: true)
            try await $0.fetchBodies([UIDSet([1]), UIDSet([2]), UIDSet([3])]) { _ in }
        },
        Row("SEARCH refuses RETURN", verb: "UID SEARCH", refuses: "RETURN", adds: "ESEARCH", latches: [.eSearch]) {
            _ = try await $0.select(.inbox, readOnly: true)
            #expect(try await $0.findUIDs() == UIDSet([1, 2, 5]))
        },
        Row(
            "SEARCH RETURN finds nothing where there is mail",
            verb: "UID SEARCH",
            refuses: "RETURN",
            answer: "* ESEARCH (TAG \"<tag>\") UID\r\n<tag> OK done\r\n",
            adds: "ESEARCH",
            latches: [.eSearch]
        ) {
            _ = try await $0.select(.inbox, readOnly: true)
            #expect(try await $0.findUIDs() == UIDSet([1, 2, 5]))
        },
        Row(
            "SEARCH RETURN answered in the plain form, or without UID",
            verb: "UID SEARCH",
            answer: "* SEARCH 2 1\r\n* ESEARCH ALL 5:6\r\n<tag> OK done\r\n",
            adds: "ESEARCH",
            latches: []
        ) {
            _ = try await $0.select(.inbox, readOnly: true)
            #expect(try await $0.findUIDs() == UIDSet([1, 2, 5, 6]))
        },
        Row("UNSELECT refused", verb: "UNSELECT", latches: [.unselect]) {
            _ = try await $0.select(.inbox, readOnly: true)
            try await $0.unselect()
        },
        Row(
            "LIST refuses special uses",
            verb: "LIST",
            refuses: "SPECIAL",
            adds: "LIST-STATUS SPECIAL-USE",
            latches: [.specialUse]
        ) { _ = try await $0.listWithStatus() },
        Row(
            "LIST refuses STATUS",
            verb: "LIST",
            refuses: "STATUS",
            adds: "LIST-STATUS SPECIAL-USE",
            latches: [.listStatus]
        ) { _ = try await $0.listWithStatus() },
        Row(
            "LIST refuses every RETURN",
            verb: "LIST",
            refuses: "RETURN",
            adds: "LIST-STATUS SPECIAL-USE",
            latches: [.specialUse, .listExtended]
        ) { _ = try await $0.listWithStatus() },
        Row(
            "LIST with RETURN leaves INBOX out",
            verb: "LIST",
            refuses: "RETURN",
            answer: "<tag> OK done\r\n",
            adds: "LIST-EXTENDED SPECIAL-USE",
            latches: [.specialUse, .listExtended]
        ) { _ = try await $0.list() },
        Row("a MOVE that is not known", verb: "UID MOVE", adds: "MOVE UIDPLUS", latches: [.move]) { connection in
            _ = try await connection.select(.inbox, readOnly: false)
            let outcome = try await connection.moveAsOffered(UIDSet([1]), to: .inbox)
            #expect(outcome == .ambiguous(IMAPError(.unproven("no usable COPYUID"), command: "UID COPY")))
        },
        Row("a MOVE that is refused", verb: "UID MOVE", answer: "<tag> NO full\r\n", adds: "MOVE UIDPLUS", latches: [])
        {
            connection in
            _ = try await connection.select(.inbox, readOnly: false)
            let outcome = try await connection.moveAsOffered(UIDSet([1]), to: .inbox)
            #expect(outcome == .refused(Refusal(code: nil, text: "full")))
        },
        Row(
            "a keyword that is not kept",
            verb: "UID FETCH",
            answer: "* 1 FETCH (UID 1 FLAGS (a))\r\n<tag> OK\r\n",
            latches: [.keywords]
        ) { connection in
            _ = try await connection.select(.inbox, readOnly: false)
            guard case .refused = try await connection.store(UIDSet([1]), adding: ["b"]) else {
                Issue.record("taken for stored")
                return
            }
            #expect(try await !connection.select(.inbox, readOnly: false).allowsKeywords)
        },
        Row(
            "a keyword that is kept",
            verb: "UID FETCH",
            answer: "* 1 FETCH (UID 1 FLAGS (B))\r\n<tag> OK\r\n",
            latches: []
        ) { connection in
            _ = try await connection.select(.inbox, readOnly: false)
            #expect(try await connection.store(UIDSet([1]), adding: ["b"]) == .confirmed)
        },
    ]

    @Test(arguments: Self.rows)
    func `an offer is believed once; what works without it is used from then on`(_ row: Row) async throws {
        var server = ScriptedServer()
        server.capabilities = row.capabilities
        let plain = "* LIST () \"/\" INBOX\r\n<tag> OK done\r\n"
        server.reactions["LIST"] = { _, _, _ in [.send(plain)] }
        let (otherwise, verb) = (ScriptedServer.answers(to: row.verb), row.verb)
        server.reactions[row.verb] = { tag, arguments, use in
            if row.refuses.isEmpty || arguments.contains(row.refuses) { return [.send(row.answer)] }
            return verb == "LIST" ? [.send(plain)] : otherwise(tag, arguments, use)
        }
        let (latches, sent) = try await Self.latched(server, row.action)
        #expect(latches == row.latches)
        // Latched is latched: the refused form is not sent a second time.
        let refused = sent.filter { !row.refuses.isEmpty && $0.hasPrefix(row.verb) && $0.contains(row.refuses) }
        #expect(refused.count == Set(refused).count)
    }

    @Test func `what was latched is not sent by the next connection either`() async throws {
        var server = ScriptedServer()
        server.capabilities = "IMAP4rev1 AUTH=PLAIN SASL-IR ENABLE QRESYNC"
        server.on("ENABLE", .send("<tag> OK done\r\n"))
        let verbs = try await server.run { port, record in
            let configuration = Connecting.configuration(port: port)
            for _ in 0..<2 {
                try await IMAPClient.withConnection(configuration, logger: Connecting.silent) { _ in }
            }
            return record.verbs
        }
        #expect(verbs.filter { $0 == "ENABLE" }.count == 1)
    }

    @Test func `a command that ends two connections is not sent again`() async throws {
        var server = ScriptedServer()
        server.capabilities = "IMAP4rev1 AUTH=PLAIN SASL-IR ID"
        server.on("ID", .close)
        let (verbs, latches) = try await server.run { port, record in
            let configuration = Connecting.configuration(port: port)
            return try await IMAPClient.withConnection(configuration, logger: Connecting.silent) { connection in
                try await connection.noop()
                return (record.verbs, configuration.memory.takeUnsaved())
            }
        }
        #expect(verbs.filter { $0 == "ID" }.count == 2)
        #expect(latches == [ExtensionLatch(.identity, reason: "ID ended 2 connections in a row")])
    }

    @Test func `what a person switched off is not used`() async throws {
        let verbs = try await ScriptedServer().run { port, record in
            var configuration = Connecting.configuration(port: port)
            configuration.off = [.enable: .byHand, .condStore: .byHand]
            return try await IMAPClient.withConnection(configuration, logger: Connecting.silent) { connection in
                let selected = try await connection.select(.inbox, readOnly: true)
                #expect(connection.profile.changeDetection == .compare)
                _ = try await connection.fetchFlags(UIDSet([1]), changedSince: 5)
                #expect(selected.exists == 3)
                return record.untagged
            }
        }
        #expect(Array(verbs.suffix(2)) == ["EXAMINE INBOX", "UID FETCH 1 (UID FLAGS)"])
    }

    @Test func `OK to a command that was not sent whole is a lie`() async throws {
        var server = ScriptedServer()
        server.capabilities = "IMAP4rev1 UIDPLUS"
        server.answersLiterals = "<tag> OK [APPENDUID 9 77] done\r\n"
        let outcome = try await Connecting.with(server) { connection, _ in
            try await connection.append(Array("x".utf8), to: .inbox)
        }
        let reason = IMAPError.Reason.protocolViolation("OK before the command was sent")
        #expect(outcome == .ambiguous(IMAPError(reason, command: "APPEND")))
    }

    @Test func `some changed and then a refusal is not a refusal`() async throws {
        var server = ScriptedServer()
        server.capabilities = "IMAP4rev1 MESSAGELIMIT=2"
        server.reactions["UID STORE"] = { _, _, use in [.send(use == 0 ? "<tag> OK\r\n" : "<tag> NO enough\r\n")] }
        let (outcome, sent) = try await Connecting.with(server) { connection, record in
            _ = try await connection.select(.inbox, readOnly: false)
            return (try await connection.store(UIDSet(1...5), removing: ["a"]), record.untagged.suffix(2))
        }
        #expect(outcome == .ambiguous(IMAPError(.unproven("refused after some were changed"), command: "UID STORE")))
        #expect(Array(sent) == ["UID STORE 1:2 -FLAGS.SILENT (a)", "UID STORE 3:4 -FLAGS.SILENT (a)"])
    }
}
