import IMAP
import Testing

@Suite("Waiting for news")
struct IdleTests {
    private static func idle(
        _ server: ScriptedServer,
        upTo timeout: Duration = .seconds(20),
        until interrupt: (@Sendable () async -> Void)? = nil
    ) async throws -> (end: IdleEnd, news: [UnsolicitedEvent], verbs: [String]) {
        try await Connecting.with(server) { connection, record in
            _ = try await connection.select(.inbox, readOnly: true)
            let end = try await connection.idle(upTo: timeout, until: interrupt)
            try await connection.noop()
            return (end, connection.takeUnsolicited(), record.verbs)
        }
    }

    @Test(arguments: [
        ("+ idling\r\n* 4 EXISTS\r\n", [UnsolicitedEvent.exists(4)]),
        ("+\r\n* 1 EXPUNGE\r\n", [.expunged(sequence: 1)]),
        ("* 4 EXISTS\r\n+ idling\r\n", [.exists(4)]), ("+ idling\r\n* VANISHED 2\r\n", [.vanished(UIDSet([2]))]),
        (
            "+ idling\r\n* OK Still here\r\n* 4 EXISTS\r\n* 4 RECENT\r\n* 1 FETCH (UID 1 FLAGS (a))\r\n",
            [.exists(4), .flags(MessageFlags(uid: 1, flags: ["a"]))]
        ),
    ])
    func `news end the wait, and the connection goes on`(answer: String, news: [UnsolicitedEvent]) async throws {
        var server = ScriptedServer()
        server.on("IDLE", .send(answer))
        let result = try await Self.idle(server)
        #expect(result.end == .serverActivity)
        #expect(result.news == news)
        #expect(result.verbs.suffix(3) == ["IDLE", "DONE", "NOOP"])
    }

    @Test(arguments: [("", IdleEnd.timeout), ("* 1 EXPUNGE\r\n", .serverActivity)])
    func `mail that somebody is told of at once does not end the wait, other news do`(
        more: String,
        end: IdleEnd
    ) async throws {
        var server = ScriptedServer()
        server.on("IDLE", .send("+ idling\r\n* 4 EXISTS\r\n* 5 EXISTS\r\n" + more))
        try await Connecting.with(server) { connection, record in
            _ = try await connection.select(.inbox, readOnly: true)
            var told = 0
            connection.onArrival = { told += 1 }
            #expect(try await connection.idle(upTo: .milliseconds(100)) == end)
            #expect(told == 2)
            #expect(connection.takeUnsolicited().first == .exists(5))
            #expect(record.verbs.suffix(2) == ["IDLE", "DONE"])
        }
    }

    @Test func `the time ends the wait; a sign of life does not`() async throws {
        var server = ScriptedServer()
        server.on("IDLE", .send("+ idling\r\n* OK Still here\r\n"))
        let result = try await Self.idle(server, upTo: .milliseconds(100))
        #expect(result.end == .timeout)
        #expect(result.verbs.suffix(3) == ["IDLE", "DONE", "NOOP"])
    }

    @Test func `an interrupt ends the wait`() async throws {
        let result = try await Self.idle(ScriptedServer()) {}
        #expect(result.end == .interrupted)
        #expect(result.verbs.suffix(3) == ["IDLE", "DONE", "NOOP"])
    }

    @Test func `an interrupt that never comes is ended with the wait`() async throws {
        let result = try await Self.idle(ScriptedServer(), upTo: .milliseconds(50)) {
            let (stream, continuation) = AsyncStream<Void>.makeStream()
            for await _ in stream {}
            continuation.finish()
        }
        #expect(result.end == .timeout)
    }

    @Test func `a server that ends IDLE by itself is a time-out`() async throws {
        var server = ScriptedServer()
        server.on("IDLE", .send("+ idling\r\n<tag> OK enough\r\n"))
        #expect(try await Self.idle(server).end == .timeout)
    }

    @Test func `a refused IDLE is an error, and the connection goes on`() async throws {
        var server = ScriptedServer()
        server.on("IDLE", .send("<tag> BAD what\r\n"))
        try await Connecting.with(server) { connection, _ in
            let reason = await Connecting.failure { _ = try await connection.idle(upTo: .seconds(5)) }
            #expect(reason == .refused(code: nil, text: "what"))
            #expect(connection.profile.waiting == .poll)
            try await connection.noop()
        }
    }

    @Test func `NOTIFY tells of other folders, and of giving up`() async throws {
        var server = ScriptedServer()
        server.capabilities += " NOTIFY"
        server.reactions["IDLE"] = { _, _, use in
            let news = use == 0 ? "* STATUS x (MESSAGES 3)" : "* OK [NOTIFICATIONOVERFLOW] too much"
            return [.send("+ idling\r\n\(news)\r\n")]
        }
        let script = server
        try await Connecting.with(script) { connection, record in
            _ = try await connection.select(.inbox, readOnly: true)
            let others = [FolderName(encoding: "a"), FolderName(encoding: "b c"), FolderName(encoding: "ü")]
            #expect(try await connection.notify(of: others))
            #expect(
                record.untagged.last
                    == "NOTIFY SET (SELECTED (MessageNew MessageExpunge FlagChange)) (MAILBOXES (a \"b c\" &APw-) (MessageNew MessageExpunge FlagChange)) (PERSONAL (MailboxName))"
            )
            let first = try await connection.idle(upTo: .seconds(20))
            #expect(first == .serverActivity && !connection.takeNotifyOverflow())
            let second = try await connection.idle(upTo: .seconds(20))
            #expect(second == .serverActivity && connection.takeNotifyOverflow())
        }
    }

    @Test func `a refused NOTIFY or IDLE is latched off; a link that dies while it is silent latches nothing`()
        async throws
    {
        var server = ScriptedServer()
        server.capabilities += " NOTIFY"
        server.on("NOTIFY", .send("<tag> NO [BADEVENT (FlagChange)] what\r\n"))
        server.reactions["IDLE"] = { _, _, use in use == 0 ? [.send("+ idling\r\n"), .close] : [.send("<tag> BAD\r\n")]
        }
        let script = server
        let memory = try await script.run { port, _ in
            let configuration = Connecting.configuration(port: port)
            for _ in 0..<3 {
                _ = await Connecting.failure {
                    try await IMAPClient.withConnection(configuration, logger: Connecting.silent) { connection in
                        _ = try await connection.select(.inbox, readOnly: true)
                        if connection.capabilities.hasNotify { #expect(try await !connection.notify(of: [])) }
                        _ = try await connection.idle(upTo: .seconds(20))
                    }
                }
            }
            return configuration.memory
        }
        #expect(Set(memory.latches.keys) == [.notify])
    }

    @Test func `without IDLE nothing is sent`() async throws {
        var server = ScriptedServer()
        server.capabilities = "IMAP4rev1"
        let reason = try await Connecting.with(server) { connection, _ in
            await Connecting.failure { _ = try await connection.idle(upTo: .seconds(5)) }
        }
        #expect(reason == .unsupported("IDLE"))
    }

    @Test(.timeLimit(.minutes(1)))
    func `a cancelled task says DONE and leaves`() async throws {
        let (idling, isIdling) = AsyncStream<Void>.makeStream()
        let (done, isDone) = AsyncStream<Void>.makeStream()
        let log = CapturedLog { line in
            if line.contains("+ idling") { isIdling.yield() }
        }
        var server = ScriptedServer()
        server.reactions["DONE"] = { _, _, _ in
            isDone.yield()
            return []
        }
        let result = try await server.run { port, _ in
            try await withThrowingTaskGroup(of: (end: IdleEnd, isUsable: Bool).self) { group in
                group.addTask {
                    try await IMAPClient.withConnection(
                        Connecting.configuration(port: port),
                        logger: log.logger
                    ) { connection in
                        (try await connection.idle(upTo: .seconds(60)), connection.isUsable)
                    }
                }
                for await _ in idling { break }
                group.cancelAll()
                for await _ in done { break }
                return try await group.next()
            }
        }
        #expect(result?.end == .interrupted)
        #expect(result?.isUsable == false)
    }
}
