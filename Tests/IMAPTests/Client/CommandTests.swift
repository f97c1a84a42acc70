import IMAP
import Testing

@Suite("Commands and their answers")
struct CommandTests {
    private static let folder = FolderName(encoding: "Assigned/anna")

    @Test func `SELECT gathers what the server says of the folder`() async throws {
        let selected = try await Connecting.with(ScriptedServer()) { connection, _ in
            try await connection.select(.inbox, readOnly: false)
        }
        let expected = Selected(
            folder: .inbox,
            uidValidity: 7,
            uidNext: 10,
            exists: 3,
            highestModSeq: 42,
            flags: ["\\Seen", "$a"],
            permanentFlags: ["\\Seen", "$a", "\\*"],
            allowsKeywords: true
        )
        #expect(selected == expected)
    }

    @Test func `a QRESYNC SELECT asks, and reports what vanished and changed`() async throws {
        var server = ScriptedServer()
        server.capabilities += " QRESYNC"
        server.on(
            "SELECT",
            .send(
                "* 9 EXISTS\r\n* VANISHED (EARLIER) 1\r\n* OK [CLOSED] x\r\n* 2 EXISTS\r\n* OK [UIDVALIDITY 7] x\r\n"
                    + "* OK [HIGHESTMODSEQ 50] x\r\n* VANISHED (EARLIER) 3:4\r\n* VANISHED (EARLIER) 9\r\n"
                    + "* 1 FETCH (UID 5 FLAGS (\\Seen) MODSEQ (49))\r\n<tag> OK [READ-WRITE] done\r\n"
            )
        )
        let (selected, commands) = try await Connecting.with(server) { connection, record in
            let resync = QResync(uidValidity: 7, modSeq: 40, knownUIDs: UIDSet(1...9))
            return (try await connection.select(Self.folder, readOnly: false, resync: resync), record.untagged)
        }
        #expect(commands.last == "SELECT Assigned/anna (QRESYNC (7 40 1:9))")
        #expect((selected.exists, selected.highestModSeq) == (2, 50))
        #expect(selected.vanished == Reading.set("3:4,9"))
        #expect(selected.changed == [MessageFlags(uid: 5, flags: ["\\Seen"], modSeq: 49)])
    }

    @Test func `a folder without modification sequences has none, and is opened for reading where it says so`()
        async throws
    {
        var server = ScriptedServer()
        server.on(
            "SELECT",
            .send("* OK [HIGHESTMODSEQ 1] x\r\n* OK [NOMODSEQ] x\r\n* FLAGS (a)\r\n<tag> OK [READ-ONLY]\r\n")
        )
        let selected = try await Connecting.with(server) { connection, _ in
            try await connection.select(.inbox, readOnly: false)
        }
        #expect(selected.highestModSeq == nil)
        #expect(selected.isReadOnly)
        #expect(selected.permanentFlags == ["a"])
    }

    @Test func `a refused SELECT leaves nothing selected and the connection usable`() async throws {
        var server = ScriptedServer()
        server.on("EXAMINE", .send("<tag> NO [NONEXISTENT] gone\r\n"))
        try await Connecting.with(server) { connection, _ in
            _ = try await connection.select(.inbox, readOnly: false)
            let reason = await Connecting.failure { _ = try await connection.select(Self.folder, readOnly: true) }
            #expect(reason == .refused(code: .nonexistent, text: "gone"))
            #expect(connection.selected == nil)
            try await connection.noop()
        }
    }

    @Test func `flags are asked by set and modification sequence, and news stay apart`() async throws {
        var server = ScriptedServer()
        server.capabilities += " QRESYNC"
        server.on(
            "UID FETCH",
            .send(
                "* 1 FETCH (UID 1 FLAGS (a) MODSEQ (43))\r\n* VANISHED (EARLIER) 2\r\n* 4 EXISTS\r\n* 3 FETCH (FLAGS (x))\r\n"
                    + "* 9 FETCH (UID 99 FLAGS (y))\r\n* 1 FETCH (UID 1 FLAGS (b) MODSEQ (44))\r\n"
                    + "<tag> OK [HIGHESTMODSEQ 44] done\r\n"
            )
        )
        try await Connecting.with(server) { connection, record in
            _ = try await connection.select(.inbox, readOnly: true)
            let answer = try await connection.fetchFlags(UIDSet(1...3), changedSince: 42, vanished: true)
            #expect(record.untagged.last == "UID FETCH 1:3 (UID FLAGS MODSEQ) (CHANGEDSINCE 42 VANISHED)")
            #expect(answer.rows.map(\.flags) == [["a"], ["b"]])
            #expect((answer.vanished, answer.highestModSeq) == (UIDSet([2]), 44))
            #expect(connection.takeUnsolicited() == [.exists(4), .flags(MessageFlags(uid: 99, flags: ["y"]))])
            #expect(connection.takeUnsolicited().isEmpty)
            #expect(connection.exists == 4)
        }
    }

    @Test func `a long set goes in several commands, each short`() async throws {
        let set = UIDSet((1...2000).map { UInt32($0 * 3) })
        var server = ScriptedServer()
        server.capabilities = "IMAP4rev1"
        let script = server
        let commands = try await Connecting.with(script) { connection, record in
            _ = try await connection.select(.inbox, readOnly: true)
            _ = try await connection.fetchFlags(set)
            return record.untagged.filter { $0.hasPrefix("UID FETCH") }
        }
        #expect(commands.count > 5)
        #expect(commands.allSatisfy { $0.utf8.count < 1050 })
    }

    @Test func `summaries hold what the server says`() async throws {
        var server = ScriptedServer()
        server.on(
            "UID FETCH",
            .send(
                "* 1 FETCH (UID 1 FLAGS () RFC822.SIZE 12 INTERNALDATE \"01-Jan-1970 00:00:01 +0000\" MODSEQ (9))\r\n"
                    + "* 2 FETCH (UID 2 RFC822.SIZE x FLAGS (a))\r\n* 3 FETCH (UID 9 RFC822.SIZE 1)\r\n<tag> OK done\r\n"
            )
        )
        let summaries = try await Connecting.with(server) { connection, _ in
            _ = try await connection.select(.inbox, readOnly: true)
            return try await connection.fetchSummaries(UIDSet(1...2))
        }
        #expect(
            summaries == [
                MessageSummary(uid: 1, flags: [], modSeq: 9, internalDate: 1_000_000, size: 12),
                MessageSummary(uid: 2, flags: ["a"]),
            ]
        )
    }

    @Test func `bodies of several sets come with two commands under way`() async throws {
        var server = ScriptedServer()
        server.reactions["UID FETCH"] = { _, arguments, use in
            let uid = arguments.prefix { $0 != " " }
            // The first answer waits for the second command.
            if use == 0 { return [.send("* 1 FETCH (UID \(uid) RFC822.SIZE 3 BODY[] {3}\r\nabc)\r\n")] }
            return [.send("* 2 FETCH (UID \(uid) RFC822.SIZE 3 BODY[] {3}\r\nabc)\r\n<tag> OK done\r\n")]
        }
        let script = server
        let bodies = try await Connecting.with(script) { connection, record in
            _ = try await connection.select(.inbox, readOnly: true)
            var uids: [UInt32] = []
            let reason = await Connecting.failure {
                try await connection.fetchBodies([UIDSet([1]), UIDSet([2])]) { event in
                    if case .end(let summary, .complete) = event { uids.append(summary.uid) }
                    if uids.count == 2 { throw Stop() }
                }
            }
            return (uids, record.verbs.filter { $0 == "UID FETCH" }.count, reason, connection.isUsable)
        }
        #expect(bodies.0 == [1, 2])
        #expect(bodies.1 == 2)
        #expect(!bodies.3)
    }

    private struct Stop: Error {}

    @Test func `a refused fetch delivers what came, then throws`() async throws {
        var server = ScriptedServer()
        server.on("UID FETCH", .send("* 1 FETCH (UID 1 BODY[] {1}\r\nx)\r\n<tag> NO [EXPUNGEISSUED] some are gone\r\n"))
        try await Connecting.with(server) { connection, _ in
            var events: [BodyEvent] = []
            _ = try await connection.select(.inbox, readOnly: true)
            let reason = await Connecting.failure {
                try await connection.fetchBodies(UIDSet([1, 2])) { events.append($0) }
            }
            #expect(reason == .refused(code: .expungeIssued, text: "some are gone"))
            #expect(events.count == 3)
            #expect(connection.isUsable)
        }
    }

    @Test func `LIST falls back to the plain form where the other is refused or leaves INBOX out`() async throws {
        var server = ScriptedServer()
        server.capabilities += " LIST-EXTENDED SPECIAL-USE LIST-STATUS"
        server.reactions["LIST"] = { _, arguments, _ in
            if arguments.contains("STATUS") { return [.send("<tag> BAD what\r\n")] }
            if arguments.contains("RETURN") { return [.send("* LIST () \"/\" x\r\n<tag> OK done\r\n")] }
            return [
                .send("* LIST () \"/\" INBOX\r\n* LIST (\\Noselect) \"/\" n\r\n* LIST (\\Sent) \"/\" s\r\n<tag> OK\r\n")
            ]
        }
        server.reactions["STATUS"] = { _, arguments, _ in
            if arguments.hasPrefix("s ") { return [.send("<tag> NO no\r\n")] }
            return [.send("* STATUS inbox (MESSAGES 3 UIDNEXT 9)\r\n<tag> OK\r\n")]
        }
        let folders = try await Connecting.with(server) { connection, _ in try await connection.listWithStatus() }
        #expect(folders.map(\.name.display) == ["INBOX", "n", "s"])
        #expect(folders.map(\.status) == [FolderStatus(uidNext: 9, messages: 3), nil, nil])
        #expect(folders.map(\.isSelectable) == [true, false, true])
    }

    @Test func `UNSELECT is sent only where it is offered, CLOSE never`() async throws {
        var server = ScriptedServer()
        server.capabilities = "IMAP4rev1"
        let verbs = try await Connecting.with(server) { connection, record in
            _ = try await connection.select(.inbox, readOnly: false)
            try await connection.unselect()
            return record.verbs
        }
        #expect(!verbs.contains("UNSELECT") && !verbs.contains("CLOSE") && !verbs.contains("EXPUNGE"))
    }

    @Test(arguments: [
        (["INBOX"], ""), (["INBOX", "Sent", "INBOX.a"], ""), (["INBOX", "INBOX.Sent", "INBOX.a.b"], "INBOX."),
        (["Inbox", "Inbox.Sent"], "Inbox."), (["INBOX", "INBOXES"], ""), (["INBOX", "inbox.Sent", "INBOX.b"], ""),
        ([], ""),
    ])
    func `without NAMESPACE prefix and delimiter come from LIST`(_ folders: [String], _ prefix: String) async throws {
        var server = ScriptedServer()
        let lines = folders.map { "* LIST () \".\" \"\($0)\"\r\n" }.joined()
        server.on("LIST", .send(lines + "<tag> OK\r\n"))
        let namespaces = try await Connecting.with(server) { connection, _ in try await connection.namespaces() }
        #expect(namespaces.personalDelimiter == (folders.isEmpty ? nil : "."))
        #expect(namespaces.personalPrefix == FolderName(raw: Array(prefix.utf8)))
    }
}
