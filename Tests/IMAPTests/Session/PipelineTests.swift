import Testing

@testable import IMAP

@Suite("What may be under way together")
struct PipelineTests {
    typealias Kind = Pipeline.Kind

    @Test(
        arguments: [
            ([], .barrier, true), ([], .fetch("a"), true), ([.barrier], .fetch("a"), false),
            ([.fetch("a")], .barrier, false), ([.fetch("a")], .fetch("a"), true), ([.fetch("a")], .fetch("b"), false),
            ([.fetch("a"), .fetch("a")], .fetch("a"), false), ([.status], .status, true), ([.status], .prologue, false),
            (Array(repeating: .status, count: 15), .status, true),
            (Array(repeating: .status, count: 16), .status, false), ([.prologue, .prologue], .prologue, true),
        ] as [([Kind], Kind, Bool)]
    )
    func `commands go together where their answers cannot be confused`(running: [Kind], next: Kind, may: Bool) {
        var pipeline = Pipeline()
        for (index, kind) in running.enumerated() { pipeline.started(tag: "T\(index)", kind) }
        #expect(pipeline.mayStart(next) == may)
        // One that the server must ask to go on goes alone.
        #expect(pipeline.mayStart(next, waitsForServer: true) == running.isEmpty)
        for index in running.indices { pipeline.completed(tag: "T\(index)") }
        #expect(pipeline.isEmpty && pipeline.mayStart(.barrier))
    }

    @Test(
        arguments: [
            (50, 1_000_000, 1000, true), (50, 1_000_000, 100, false), (1, 1_000_000, 1000, false),
            (50, 100_000, 1000, false),
        ]
    )
    func `compressing is worth it on a link that is long and slow, once both are known`(
        roundTrip: Int,
        bytes: Int,
        milliseconds: Int,
        isWorth: Bool
    ) {
        var measure = LinkMeasure()
        measure.answered(after: .milliseconds(roundTrip * 3))
        measure.answered(after: .milliseconds(roundTrip))
        #expect(!measure.isWorthCompressing)
        for _ in 0..<10 { measure.received(bytes / 10, after: .milliseconds(milliseconds / 10)) }
        #expect(measure.isWorthCompressing == isWorth)
    }

    @Test func `a server that says it is asked too much is asked less, until it says so no more`() {
        var pace = Pace()
        pace.answered(nil)
        #expect(pace.pause == .zero)
        for _ in 0..<3 { pace.answered(.throttled(retryAfter: nil)) }
        #expect(pace.pause == .seconds(2))
        pace.answered(.throttled(retryAfter: .seconds(10)))
        #expect(pace.pause == .seconds(10))
        for _ in 0..<9 { pace.answered(.throttled(retryAfter: nil)) }
        #expect(pace.pause == .seconds(60))
        for _ in 0..<40 { pace.answered(.alert) }
        #expect(pace.pause == .zero)
    }

    @Test(arguments: [
        ("* BYE Too many simultaneous connections", true),
        ("* BYE Maximum number of connections from user+IP exceeded", true),
        ("* BYE see you", false),
    ])
    func `a greeting that ends at once says why`(greeting: String, isTooMany: Bool) async throws {
        var server = ScriptedServer()
        server.greeting = greeting + "\r\n"
        let script = server
        let error = try await script.run { port, _ in
            do {
                let configuration = Connecting.configuration(port: port)
                try await IMAPClient.withConnection(configuration, logger: Connecting.silent) { _ in }
                return nil as IMAPError?
            } catch let error as IMAPError {
                return error
            }
        }
        #expect(error?.meansTooManyConnections == isTooMany)
        #expect((error?.retryAfter != nil) == isTooMany)
    }

    @Test func `many folders are asked in one flight, and each answer finds its question`() async throws {
        var server = ScriptedServer()
        server.capabilities = "IMAP4rev1 LITERAL+"
        let names = (1...20).map { FolderName(encoding: "Folder \($0)") } + [FolderName(raw: [0xc3, 0xa4])]
        server.reactions["STATUS"] = { _, arguments, use in
            if arguments.contains("Folder 7\"") { return [.send("<tag> NO never\r\n")] }
            let name = arguments.prefix { $0 != "(" }.dropLast()
            return [.send("* STATUS \(name) (MESSAGES \(use))\r\n<tag> OK done\r\n")]
        }
        let script = server
        let (statuses, one) = try await Connecting.with(script) { connection, _ in
            (try await connection.statuses(of: names), try await connection.status(names[0]))
        }
        #expect(statuses.count == 20 && statuses[names[6]] == nil)
        #expect(names.enumerated().allSatisfy { $0.offset == 6 || statuses[$0.element]?.messages == $0.offset })
        #expect(one.messages == 21)
    }

    @Test func `ID and ENABLE go in one flight`() async throws {
        var server = ScriptedServer()
        server.capabilities = "IMAP4rev1 AUTH=PLAIN SASL-IR ID ENABLE QRESYNC"
        // The answer to the first waits for the second.
        server.on("ID", .send(""))
        server.reactions["ENABLE"] = { tag, _, _ in
            let first = tag.dropLast() + String((Int(String(tag.last ?? "0")) ?? 0) - 1)
            return [.send("* ID (\"name\" \"x\")\r\n\(first) OK\r\n* ENABLED QRESYNC\r\n<tag> OK\r\n")]
        }
        let script = server
        try await Connecting.with(script) { connection, _ in
            #expect(connection.serverIdentity == ["name": "x"])
            #expect(connection.profile.changeDetection == .qresync)
        }
    }
}
