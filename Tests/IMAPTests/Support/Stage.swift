import Logging
import NIOCore
import NIOEmbedded
import Synchronization

@testable import IMAP
@testable import MailTransport

/// Plays one transcript: the real client on one side of an in-memory connection, the script on the other.
struct Stage: Sendable {
    /// How the server's bytes are cut.
    enum Delivery: Sendable, Equatable {
        /// All that is said between two lines of the client's in one read.
        case whole
        case byteByByte
        /// At places that follow from the number.
        case random(seed: UInt64)
    }

    /// How it went.
    struct Outcome: Sendable {
        /// What came of the steps.
        var results: [String] = []
        /// What went wrong in the script, or nil.
        var fault: String?
    }

    let playable: Playable
    let delivery: Delivery

    /// Plays, and tells what came of it.
    func play() async throws -> Outcome {
        let channel = NIOAsyncTestingChannel()
        try await channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 143)).get()
        let core = StreamCore(channel: channel)
        try await channel.testingEventLoop.executeInContext {
            try channel.pipeline.syncOperations.addHandler(StreamHandler(core: core, awaitsTLS: false, host: "stage"))
        }
        let login = LogInState()
        return await withTaskGroup(of: String?.self) { group in
            let server = StageServer(playable: self.playable, delivery: self.delivery, channel: channel, core: core)
            group.addTask { await server.run(login) }
            var outcome = Outcome()
            await withTaskCancellationHandler {
                outcome.results = await self.runClient(core, login)
            } onCancel: {
                channel.close(promise: nil)
            }
            // Wakes a server that still waits for a line.
            channel.close(promise: nil)
            outcome.fault = await group.next() ?? nil
            return outcome
        }
    }

    private func runClient(_ core: StreamCore, _ login: LogInState) async -> [String] {
        let stream = MailStream(core: core, isEncrypted: false, writeTimeout: .seconds(60))
        let connection = IMAPConnection(
            stream: stream,
            sharing: SharedConfiguration(Connecting.configuration(port: 143)),
            logger: Connecting.silent
        )
        let actor = StageActor(connection: connection)
        defer { stream.close() }
        if self.playable.capabilities != nil {
            let results = await actor.perform("open")
            guard results.isEmpty else { return results }
        }
        login.end()
        var results: [String] = []
        for step in self.playable.steps { results += await actor.perform(step) }
        return results
    }
}

/// Whether the log-in nobody wrote down is over.
final class LogInState: Sendable {
    private let state = Mutex(false)

    var isOver: Bool { self.state.withLock { $0 } }

    func end() {
        self.state.withLock { $0 = true }
    }
}

/// The server's side: waits for what the client must say, says what stands in the script.
struct StageServer: Sendable {
    let playable: Playable
    let delivery: Stage.Delivery
    let channel: NIOAsyncTestingChannel
    /// The client's end, to see whether it waits.
    let core: StreamCore

    /// What does not follow the script, as text.
    private struct Fault: Error {
        let text: String
    }

    /// What was read and not yet looked at, and the tags by the names the script gives them.
    private struct State {
        var input = ByteBuffer()
        var tags: [String: String] = [:]
        var generator: SplitMix
        /// How much time passes while the client is waited for.
        var passing: Duration?

        mutating func line() -> String? {
            guard let end = self.input.readableBytesView.firstIndex(of: Byte.lineFeed) else { return nil }
            let line = self.input.readString(length: end - self.input.readerIndex + 1) ?? ""
            return line.hasSuffix("\r\n") ? String(line.dropLast()) : line + "(without CR)"
        }
    }

    /// Runs the script to its end; what went wrong, or nil.
    func run(_ login: LogInState) async -> String? {
        var seed: UInt64 = 0
        if case .random(let number) = self.delivery { seed = number }
        var state = State(generator: SplitMix(seed: seed))
        var rest = self.playable.script[...]
        do {
            if let capabilities = self.playable.capabilities {
                let first = try await self.logIn(capabilities, &state, login)
                if case .client(let expected)? = rest.first, let first {
                    rest.removeFirst()
                    try self.match(first, expected, &state)
                } else if let first {
                    throw Fault(text: "said \(first), but the script does not wait for it")
                }
            }
            while let element = rest.popFirst() { try await self.perform(element, &rest, &state) }
            if let line = await self.lineBehindEnd(&state) { throw Fault(text: "said \(line) behind the end") }
            return nil
        } catch let fault as Fault {
            self.channel.close(promise: nil)
            return fault.text
        } catch {
            self.channel.close(promise: nil)
            return "\(error), with \(rest.count) elements of the script to come"
        }
    }

    /// What the client says although the script is over; nil where it leaves.
    private func lineBehindEnd(_ state: inout State) async -> String? {
        do {
            return try await self.nextLine(&state)
        } catch {
            return nil
        }
    }

    // MARK: - Script

    private func perform(
        _ element: Playable.Element,
        _ rest: inout ArraySlice<Playable.Element>,
        _ state: inout State
    ) async throws {
        switch element {
        case .client(let expected):
            try self.match(try await self.nextLine(&state), expected, &state)
        case .server(var bytes):
            // All that is said in a row, so that it can be cut anywhere.
            while case .server(let more)? = rest.first {
                bytes += more
                rest.removeFirst()
            }
            try await self.say(bytes, &state)
        case .chunk, .step, .result:
            break
        case .close:
            try await self.channel.close().get()
        case .rst:
            try await self.channel.testingEventLoop.executeInContext {
                self.channel.pipeline.fireErrorCaught(IOError(errnoCode: 104, reason: "read"))
            }
        case .wait(let seconds):
            state.passing = .seconds(seconds)
        }
    }

    private func say(_ bytes: [UInt8], _ state: inout State) async throws {
        let bytes = Self.naming(state.tags, in: bytes)
        var pieces: [ByteBuffer] = []
        var offset = 0
        while offset < bytes.count {
            let length: Int
            switch self.delivery {
            case .whole: length = bytes.count
            case .byteByByte: length = 1
            case .random: length = Int.random(in: 1...40, using: &state.generator)
            }
            let end = min(offset + length, bytes.count)
            pieces.append(ByteBuffer(bytes: bytes[offset..<end]))
            offset = end
        }
        let ready = pieces
        // Each piece is a read of its own, whenever the client comes to look.
        try await self.channel.testingEventLoop.executeInContext {
            for piece in ready { self.channel.pipeline.fireChannelRead(piece) }
            self.channel.pipeline.fireChannelReadComplete()
        }
    }

    /// `bytes` with the tag in place of each `$name` that has one.
    private static func naming(_ tags: [String: String], in bytes: [UInt8]) -> [UInt8] {
        var output: [UInt8] = []
        var rest = bytes[...]
        while let byte = rest.popFirst() {
            let name = rest.prefix { (0x61...0x7a).contains($0) }
            guard byte == UInt8(ascii: "$"), let tag = tags[String(decoding: name, as: UTF8.self)] else {
                output.append(byte)
                continue
            }
            output += tag.utf8
            rest = rest.dropFirst(name.count)
        }
        return output
    }

    private func nextLine(_ state: inout State) async throws -> String {
        while true {
            if let line = state.line() { return line }
            var bytes = try await self.nextBytes(passing: state.passing)
            state.passing = nil
            state.input.writeBuffer(&bytes)
        }
    }

    /// What the client says next; where time passes, the client's timers fire as they would.
    private func nextBytes(passing time: Duration?) async throws -> ByteBuffer {
        guard let time else { return try await self.channel.waitForOutboundWrite(as: ByteBuffer.self) }
        while true {
            // Asked before the output: a client that waits has written what it had to.
            let isWaiting = self.core.hasWaitingReader
            if let bytes = try await self.channel.readOutbound(as: ByteBuffer.self) { return bytes }
            guard self.channel.isActive else { throw ChannelError.ioOnClosedChannel }
            guard isWaiting else {
                await Task.yield()
                continue
            }
            await self.channel.testingEventLoop.advanceTime(by: TimeAmount(time))
            await Task.yield()
        }
    }

    /// `$a …` names a tag at its first use; `…` at the end stands for anything.
    private func match(_ line: String, _ expected: String, _ state: inout State) throws {
        var expected = expected
        if expected.hasPrefix("$"), let end = expected.firstIndex(of: " ") {
            let name = String(expected[expected.index(after: expected.startIndex)..<end])
            let tag = state.tags[name] ?? String(line.prefix { $0 != " " })
            state.tags[name] = tag
            expected = tag + expected[end...]
        }
        let isEqual = expected.hasSuffix("…") ? line.hasPrefix(expected.dropLast()) : line == expected
        guard isEqual else { throw Fault(text: "said \(line), not \(expected)") }
    }

    // MARK: - The log-in nobody wrote down

    /// Answers until the client says that it is logged in; the first line it says then, or nil where it left.
    private func logIn(
        _ capabilities: String,
        _ state: inout State,
        _ login: LogInState
    ) async throws -> String? {
        try await self.channel.writeInbound(
            ByteBuffer(string: "* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN SASL-IR] ready\r\n")
        )
        while true {
            let line: String
            do {
                line = try await self.nextLine(&state)
            } catch {
                if login.isOver { return nil }
                throw error
            }
            if login.isOver { return line }
            let words = line.split(separator: " ", maxSplits: 2).map(String.init)
            guard words.count >= 2 else { throw Fault(text: "said \(line) while logging in") }
            let answer =
                switch words[1] {
                case "AUTHENTICATE", "LOGIN": "OK [CAPABILITY \(capabilities)] in"
                default: "OK done"
                }
            let data = words[1] == "ENABLE" ? "* ENABLED \(words[2])\r\n" : ""
            try await self.channel.writeInbound(ByteBuffer(string: "\(data)\(words[0]) \(answer)\r\n"))
        }
    }
}

/// Numbers that follow from a seed, the same on every machine (SplitMix64).
struct SplitMix: RandomNumberGenerator, Sendable {
    private var state: UInt64

    init(seed: UInt64) {
        self.state = seed
    }

    mutating func next() -> UInt64 {
        self.state &+= 0x9e37_79b9_7f4a_7c15
        var value = self.state
        value = (value ^ (value >> 30)) &* 0xbf58_476d_1ce4_e5b9
        value = (value ^ (value >> 27)) &* 0x94d0_49bb_1331_11eb
        return value ^ (value >> 31)
    }
}
