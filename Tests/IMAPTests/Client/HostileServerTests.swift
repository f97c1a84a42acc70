import Foundation
import Testing

@testable import IMAP

@Suite("A hostile server")
struct HostileServerTests {
    /// Selects, then fetches UID 1 and gives what failed.
    private static func fetch(
        _ server: ScriptedServer,
        limits: IMAPLimits = .default,
        inactivity: Duration = .seconds(60)
    ) async throws -> (reason: IMAPError.Reason?, events: [BodyEvent]) {
        try await Connecting.with(server, limits: limits) { connection, _ in
            _ = try await connection.select(.inbox, readOnly: true)
            connection.timeouts.inactivity = inactivity
            var events: [BodyEvent] = []
            let reason = await Connecting.failure {
                try await connection.fetchBodies(UIDSet([1])) { events.append($0) }
            }
            return (reason, events)
        }
    }

    struct Attack: Sendable, CustomTestStringConvertible {
        var name: String
        var steps: [ScriptedServer.Step]
        var expected: IMAPError.Reason
        var testDescription: String { self.name }
    }

    @Test(arguments: [
        Attack(
            name: "end inside a literal",
            steps: [.send("* 1 FETCH (UID 1 BODY[] {10}\r\nabc"), .close],
            expected: .connectionLost
        ),
        Attack(name: "end inside a line", steps: [.send("* 1 FETCH (UID 1"), .close], expected: .connectionLost),
        Attack(name: "BYE", steps: [.send("* BYE gone\r\n"), .close], expected: .closedByServer("gone")),
        Attack(
            name: "literal bomb",
            steps: [.send("* 1 FETCH (UID 1 BODY[] {4294967295}\r\n")],
            expected: .limitExceeded("body literal")
        ),
        Attack(
            name: "overflowing literal",
            steps: [.send("* 1 FETCH (UID 1 BODY[] {18446744073709551616}\r\n")],
            expected: .limitExceeded("literal")
        ),
        Attack(
            name: "endless line",
            steps: [.flood(String(repeating: "x", count: 1000), times: 1000)],
            expected: .limitExceeded("line")
        ),
        Attack(
            name: "unknown tag",
            steps: [.send("evil OK done\r\n")],
            expected: .protocolViolation("an answer to a command that was not sent")
        ),
        Attack(
            name: "unasked continuation",
            steps: [.send("+ more\r\n")],
            expected: .protocolViolation("unasked continuation")
        ),
        Attack(
            name: "flood of EXISTS",
            steps: [.flood("* 5 EXISTS\r\n", times: 20_000)],
            expected: .limitExceeded("unasked responses")
        ),
        Attack(
            name: "flood of ALERT",
            steps: [.flood("* OK [ALERT] buy\r\n", times: 20_000)],
            expected: .limitExceeded("unasked responses")
        ),
        Attack(
            name: "flood of strange data",
            steps: [.flood("* X {3}\r\nabc\r\n", times: 20_000)],
            expected: .limitExceeded("unasked responses")
        ),
    ])
    func `an attack ends the session with its name`(_ attack: Attack) async throws {
        var server = ScriptedServer()
        server.reactions["UID FETCH"] = { _, _, _ in attack.steps }
        let result = try await Self.fetch(server, limits: IMAPLimits(unsolicited: 1000))
        #expect(result.reason == attack.expected)
        let ended = result.events.contains { event in
            if case .end = event { return true }
            return false
        }
        #expect(!ended)
    }

    @Test func `a server that says nothing is left`() async throws {
        var server = ScriptedServer()
        server.reactions["UID FETCH"] = { _, _, _ in [.send("* 1 FETCH (UID 1 BODY[] {10}\r\nabc")] }
        #expect(
            try await Self.fetch(server, inactivity: .milliseconds(200)).reason == .timedOut(after: .milliseconds(200))
        )
    }

    @Test(arguments: [
        "* 1 FETCH (UID 1 FLAGS (a) RFC822.SIZE 1)\r\n", "* VANISHED 1,3,5\r\n",
    ])
    func `an answer that never ends is cut at the limit`(line: String) async throws {
        var server = ScriptedServer()
        let flood = [ScriptedServer.Step.flood(line, times: 5000), .send("<tag> OK\r\n")]
        server.reactions["UID FETCH"] = { _, _, _ in flood }
        server.reactions["EXAMINE"] = { _, _, use in use == 0 ? [.send("* 9 EXISTS\r\n<tag> OK\r\n")] : flood }
        let limits = IMAPLimits(rows: 1000)
        for verb in 0..<2 {
            let reason = try await Connecting.with(server, limits: limits) { connection, _ in
                _ = try await connection.select(.inbox, readOnly: true)
                return await Connecting.failure {
                    if verb == 0 {
                        _ = try await connection.fetchFlags(UIDSet([1]))
                    } else {
                        _ = try await connection.select(.inbox, readOnly: true)
                    }
                }
            }
            #expect(reason == .limitExceeded("rows"))
        }
    }

    @Test func `deep nesting costs the item, not the mail`() async throws {
        var server = ScriptedServer()
        let deep = String(repeating: "(", count: 20_000) + String(repeating: ")", count: 20_000)
        server.on("UID FETCH", .send("* 1 FETCH (UID 1 BODYSTRUCTURE \(deep) BODY[] {1}\r\nx)\r\n<tag> OK\r\n"))
        let result = try await Self.fetch(server)
        #expect(result.reason == nil)
        #expect(result.events.contains(.bytes(MailBytes(Array("x".utf8)))))
    }

    @Test func `a mail of 50 MB passes in constant memory`() async throws {
        let size = 50 * 1024 * 1024
        let piece = String(repeating: "x", count: 64 * 1024)
        var server = ScriptedServer()
        server.on(
            "UID FETCH",
            .send("* 1 FETCH (UID 1 RFC822.SIZE \(size) BODY[] {\(size)}\r\n"),
            .flood(piece, times: size / piece.utf8.count),
            .send(")\r\n<tag> OK done\r\n")
        )
        let (bytes, largest, growth) = try await Connecting.with(server) { connection, _ in
            _ = try await connection.select(.inbox, readOnly: true)
            var bytes = 0
            var largest = 0
            var peak = 0
            let before = Self.residentBytes()
            try await connection.fetchBodies(UIDSet([1])) { event in
                guard case .bytes(let piece) = event else { return }
                bytes += piece.count
                largest = max(largest, piece.count)
                peak = max(peak, Self.residentBytes())
            }
            return (bytes, largest, peak - before)
        }
        #expect(bytes == size)
        #expect(largest <= 256 * 1024)
        // The rest of the suite runs in this process, too; a mail held whole would take 50 MB or more.
        #expect(growth < 40 * 1024 * 1024)
    }

    /// Pages of this process in memory, in bytes.
    private static func residentBytes() -> Int {
        // Linux only, as is the rest of the suite; an unreadable file counts as nothing and fails no test.
        guard let text = try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8) else { return 0 }
        let fields = text.split(separator: " ")
        return fields.count > 1 ? (Int(fields[1]) ?? 0) * 4096 : 0
    }

    @Test func `a cancelled task ends the connection for good`() async throws {
        let (asked, isAsked) = AsyncStream<Void>.makeStream()
        var server = ScriptedServer()
        server.reactions["NOOP"] = { _, _, _ in
            isAsked.yield()
            return []
        }
        let failure = try await server.run { port, _ in
            await withTaskGroup(of: (IMAPError.Reason?, Bool).self) { group in
                group.addTask {
                    var isUsable = true
                    let reason = await Connecting.failure {
                        try await IMAPClient.withConnection(
                            Connecting.configuration(port: port),
                            logger: Connecting.silent
                        ) { connection in
                            defer { isUsable = connection.isUsable }
                            try await connection.noop()
                        }
                    }
                    return (reason, isUsable)
                }
                for await _ in asked { break }
                group.cancelAll()
                return await group.next()
            }
        }
        #expect(failure?.0 == .cancelled)
        #expect(failure?.1 == false)
    }

    @Test func `the wire log holds neither password nor mail`() async throws {
        let log = CapturedLog()
        var server = ScriptedServer()
        server.capabilities = "IMAP4rev1"
        server.on(
            "UID FETCH",
            .send("* 1 FETCH (UID 1 BODY[] {7}\r\nprivate)\r\n* 2 FETCH (UID 2 BODY[] \"private\")\r\n<tag> OK\r\n")
        )
        try await server.run { port, _ in
            try await IMAPClient.withConnection(
                Connecting.configuration(port: port, password: "sesame"),
                logger: log.logger
            ) { connection in
                _ = try await connection.select(.inbox, readOnly: true)
                try await connection.fetchBodies(UIDSet([1, 2])) { _ in }
                _ = try await connection.append(Array("private".utf8), to: .inbox)
            }
        }
        let text = log.text
        #expect(!text.contains("sesame") && !text.contains("private") && !text.contains("\"anna\""))
        #expect(text.contains("LOGIN ‹redacted› ‹redacted›") && text.contains("BODY[…") && text.contains("‹literal›"))
    }
}
