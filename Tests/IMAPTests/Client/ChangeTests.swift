import Testing

@testable import IMAP

@Suite("Commands that change the server")
struct ChangeTests {
    private static let folder = FolderName(encoding: "Done")
    private static let proof = MoveReceipt(
        destinationUIDValidity: 9,
        pairs: [.init(source: 1, destination: 11), .init(source: 2, destination: 12)]
    )

    private static func move(_ answer: ScriptedServer.Step...) async throws -> (MoveOutcome, Bool) {
        var server = ScriptedServer()
        server.reactions["UID MOVE"] = { _, _, _ in answer }
        return try await Connecting.with(server) { connection, _ in
            _ = try await connection.select(.inbox, readOnly: false)
            return (try await connection.move(UIDSet([1, 2]), to: Self.folder), connection.isUsable)
        }
    }

    @Test(arguments: [
        "* OK [COPYUID 9 1:2 11:12] moved\r\n* 1 EXPUNGE\r\n* 1 EXPUNGE\r\n<tag> OK done\r\n",
        "* VANISHED 1:2\r\n<tag> OK [COPYUID 9 1:2 11:12] done\r\n",
        "* [COPYUID 9 1:2 11:12]\r\n<tag> OK [HIGHESTMODSEQ 3] done\r\n",
        "* OK [COPYUID 9 1 11] a\r\n* OK [COPYUID 9 2 12] b\r\n<tag> OK\r\n",
    ])
    func `a MOVE with COPYUID is confirmed, wherever it stands`(answer: String) async throws {
        #expect(try await Self.move(.send(answer)) == (.confirmed(Self.proof), true))
    }

    @Test(arguments: [
        "<tag> OK No messages found.\r\n", "<tag> OK [COPYUID 983  ] done\r\n", "<tag> OK [COPYUID 9 1:2 11] done\r\n",
        "<tag> OK [COPYUID 9 7 11] done\r\n",
    ])
    func `OK alone proves nothing`(answer: String) async throws {
        let (outcome, isUsable) = try await Self.move(.send(answer))
        #expect(outcome == .ambiguous(IMAPError(.unproven("no usable COPYUID"), command: "UID MOVE")))
        #expect(isUsable)
    }

    @Test(
        arguments: [
            ("<tag> NO [TRYCREATE] none\r\n", ResponseCode.tryCreate, "none"),
            ("<tag> NO [OVERQUOTA] full\r\n", .overQuota, "full"),
            ("<tag> BAD what\r\n", nil, "what"),
            (
                "<tag> BAD Request is throttled. Suggested Backoff Time: 100 milliseconds\r\n",
                .throttled(retryAfter: .milliseconds(100)),
                "Request is throttled. Suggested Backoff Time: 100 milliseconds"
            ),
        ] as [(String, ResponseCode?, String)]
    )
    func `NO and BAD are refusals with their code`(answer: String, code: ResponseCode?, text: String) async throws {
        #expect(try await Self.move(.send(answer)) == (.refused(Refusal(code: code, text: text)), true))
    }

    @Test(arguments: [
        (ScriptedServer.Step.close, IMAPError.Reason.connectionLost),
        (.send("* BYE gone\r\n"), .closedByServer("gone")),
        (.send("ZZZ OK done\r\n"), .protocolViolation("an answer to a command that was not sent")),
        (.send("* 4294967296 EXISTS\r\n"), .protocolViolation("EXISTS with a number over 4294967295")),
    ])
    func `a connection that ends after the command was sent leaves it open what became of it`(
        step: ScriptedServer.Step,
        reason: IMAPError.Reason
    ) async throws {
        let (outcome, isUsable) = try await Self.move(step)
        #expect(outcome == .ambiguous(IMAPError(reason, command: "UID MOVE")))
        #expect(!isUsable)
    }

    @Test func `NO with a COPYUID has moved some`() async throws {
        let (outcome, _) = try await Self.move(.send("* OK [COPYUID 9 1 11] x\r\n<tag> NO stopped\r\n"))
        #expect(outcome == .ambiguous(IMAPError(.unproven("refused after some were moved"), command: "UID MOVE")))
    }

    @Test func `silence after the command is ambiguous too`() async throws {
        var server = ScriptedServer()
        server.reactions["UID MOVE"] = { _, _, _ in [] }
        let script = server
        let outcome = try await Connecting.with(script) { connection, _ in
            _ = try await connection.select(.inbox, readOnly: false)
            connection.timeouts.inactivity = .milliseconds(200)
            return try await connection.move(UIDSet([1]), to: Self.folder)
        }
        #expect(outcome == .ambiguous(IMAPError(.timedOut(after: .milliseconds(200)), command: "UID MOVE")))
    }

    @Test func `an unusable connection throws, since nothing was sent`() async throws {
        var server = ScriptedServer()
        server.on("UID STORE", .close)
        try await Connecting.with(server) { connection, record in
            _ = try await connection.select(.inbox, readOnly: false)
            _ = try await connection.store(UIDSet([1]), adding: ["a"])
            let reason = await Connecting.failure { _ = try await connection.store(UIDSet([1]), adding: ["a"]) }
            #expect(reason == .connectionLost)
            #expect(connection.failure?.command == "UID STORE")
            #expect(record.verbs.filter { $0 == "UID STORE" }.count == 1)
        }
    }

    @Test(arguments: [["a b"], ["\\"], [""], ["a\r\nX LOGOUT"], []])
    func `a bad keyword throws, since nothing was sent`(flags: [String]) async throws {
        try await Connecting.with(ScriptedServer()) { connection, record in
            _ = try await connection.select(.inbox, readOnly: false)
            let reason = await Connecting.failure { _ = try await connection.store(UIDSet([1]), adding: flags) }
            guard case .invalidArgument = reason else {
                Issue.record("\(String(describing: reason))")
                return
            }
            #expect(connection.isUsable && !record.verbs.contains("UID STORE"))
        }
    }

    @Test func `flags are changed relatively and silently`() async throws {
        let commands = try await Connecting.with(ScriptedServer()) { connection, record in
            _ = try await connection.select(.inbox, readOnly: false)
            let outcomes = [
                try await connection.store(UIDSet([2, 1]), adding: ["$a", "\\Seen"]),
                try await connection.store(UIDSet([5]), removing: ["$a"]),
                try await connection.markDeleted(UIDSet([5])),
                try await connection.uidExpunge(UIDSet([5])),
            ]
            #expect(outcomes.allSatisfy { $0 == .confirmed })
            return record.untagged.suffix(5)
        }
        // The first keyword of a connection is read back.
        #expect(
            Array(commands) == [
                "UID STORE 1:2 +FLAGS.SILENT ($a \\Seen)", "UID FETCH 1:2 (UID FLAGS MODSEQ)",
                "UID STORE 5 -FLAGS.SILENT ($a)",
                "UID STORE 5 +FLAGS.SILENT (\\Deleted)", "UID EXPUNGE 5",
            ]
        )
    }

    @Test func `without MOVE the fallback copies, proves, marks and expunges`() async throws {
        var server = ScriptedServer()
        server.capabilities = "IMAP4rev1 UIDPLUS"
        server.on("UID COPY", .send("<tag> OK [COPYUID 9 1:2 11:12] done\r\n"))
        let (outcome, verbs, reason) = try await Connecting.with(server) { connection, record in
            _ = try await connection.select(.inbox, readOnly: false)
            let reason = await Connecting.failure { _ = try await connection.move(UIDSet([1]), to: Self.folder) }
            return (try await connection.moveByCopy(UIDSet([1, 2]), to: Self.folder), record.verbs.suffix(3), reason)
        }
        #expect(reason == .unsupported("MOVE"))
        #expect(outcome == .confirmed(Self.proof))
        #expect(Array(verbs) == ["UID COPY", "UID STORE", "UID EXPUNGE"])
    }

    @Test func `without proof of the copy nothing is marked or expunged`() async throws {
        var server = ScriptedServer()
        server.capabilities = "IMAP4rev1"
        let (outcome, verbs, reason) = try await Connecting.with(server) { connection, record in
            _ = try await connection.select(.inbox, readOnly: false)
            let outcome = try await connection.moveByCopy(UIDSet([1]), to: Self.folder)
            let reason = await Connecting.failure { _ = try await connection.uidExpunge(UIDSet([1])) }
            return (outcome, record.verbs, reason)
        }
        #expect(outcome == .ambiguous(IMAPError(.unproven("no usable COPYUID"), command: "UID COPY")))
        #expect(!verbs.contains("UID STORE") && !verbs.contains("UID EXPUNGE") && !verbs.contains("EXPUNGE"))
        #expect(reason == .unsupported("UIDPLUS"))
    }

    @Test func `a folder that exists counts as created`() async throws {
        var server = ScriptedServer()
        server.reactions["CREATE"] = { _, _, use in
            [.send(use == 0 ? "<tag> NO [ALREADYEXISTS] there\r\n" : "<tag> NO [NOPERM] never\r\n")]
        }
        let outcomes = try await Connecting.with(server) { connection, _ in
            [
                try await connection.create(Self.folder), try await connection.create(Self.folder),
                try await connection.subscribe(Self.folder),
            ]
        }
        #expect(outcomes == [.confirmed, .refused(Refusal(code: .noPerm, text: "never")), .confirmed])
    }

    @Test(arguments: [10, 5000, 300_000])
    func `APPEND sends the mail as a literal, whatever its size`(size: Int) async throws {
        var server = ScriptedServer()
        server.on("APPEND", .send("<tag> OK [APPENDUID 9 77] done\r\n"))
        let mail = [UInt8](repeating: 0x78, count: size)
        let (outcome, command) = try await Connecting.with(server) { connection, record in
            let outcome = try await connection.append(mail, to: Self.folder, flags: ["\\Seen"], date: 0)
            return (outcome, record.untagged.last ?? "")
        }
        let head = "APPEND Done (\\Seen) \" 1-Jan-1970 00:00:00 +0000\" {\(size)\(size <= 4096 ? "+" : "")}"
        #expect(outcome == .confirmed(AppendReceipt(uidValidity: 9, uid: 77)))
        #expect(command == head + String(repeating: "x", count: size))
    }

    @Test(arguments: [
        (
            "<tag> OK done\r\n",
            AppendOutcome.ambiguous(IMAPError(.unproven("no APPENDUID"), command: "APPEND"))
        ),
        ("<tag> NO [TRYCREATE] none\r\n", .refused(Refusal(code: .tryCreate, text: "none"))),
        ("* BYE gone\r\n", .ambiguous(IMAPError(.closedByServer("gone"), command: "APPEND"))),
    ])
    func `APPEND tells what became of the mail`(answer: String, expected: AppendOutcome) async throws {
        var server = ScriptedServer()
        server.on("APPEND", .send(answer))
        let outcome = try await Connecting.with(server) { connection, _ in
            try await connection.append(Array("x".utf8), to: Self.folder)
        }
        #expect(outcome == expected)
    }
}
