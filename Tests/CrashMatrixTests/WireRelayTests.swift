import Testing

@testable import TestSupport

@Suite("A proxy that makes things go wrong")
struct WireRelayTests {
    typealias Effect = WireRelay.Effect

    /// Bytes of a client's or a server's message of PostgreSQL.
    private static func message(_ kind: String, _ body: String) -> [UInt8] {
        let count = body.utf8.count + 4
        return Array(kind.utf8) + [0, 0, UInt8(count >> 8), UInt8(count & 255)] + Array(body.utf8)
    }

    private static let startup: [UInt8] = [0, 0, 0, 8, 0, 3, 0, 0]

    private static func relay(_ link: WireLink, _ fault: WireFault?) -> WireRelay {
        var relay = WireRelay(link)
        relay.arm(fault)
        relay.opened(1)
        return relay
    }

    /// What is sent on, in order, as text; other effects in brackets.
    private static func words(_ effects: [Effect]) -> [String] {
        effects.map { effect in
            switch effect {
            case .send(let bytes, let direction, _):
                (direction == .toServer ? "> " : "< ")
                    + String(decoding: bytes, as: UTF8.self).replacing("\r\n", with: "")
            case .reset: "[reset]"
            case .finish: "[finish]"
            case .signal: "[signal]"
            case .resumeLater: "[later]"
            }
        }
    }

    static let framed: [(WireLink, WireDirection, [UInt8], Int)] = [
        (.imap, .toServer, Array("a NOOP\r\nb LIST \"\" *\r\n".utf8), 2),
        // A synchronising literal: the server has to see the first line to ask for the rest.
        (.imap, .toServer, Array("a APPEND INBOX {5}\r\nab\r\nc\r\nb NOOP\r\n".utf8), 3),
        (.imap, .toServer, Array("a LOGIN {3+}\r\nann {1+}\r\nx\r\n".utf8), 3),
        (.imap, .fromServer, Array("* 1 FETCH (BODY[] {6}\r\na\r\nb)\r UID 1)\r\na OK\r\n".utf8), 2),
        (.imap, .fromServer, Array("* OK {x}\r\n* 1 FETCH (A {0}\r\n B {2}\r\n\r\n)\r\n".utf8), 2),
        (.postgres, .toServer, startup + message("Q", "BEGIN\0") + message("S", ""), 3),
        (.postgres, .fromServer, message("R", "0000") + message("C", "COMMIT\0") + message("Z", "I"), 3),
    ]

    @Test(arguments: Self.framed)
    func `cuts messages alike however the bytes arrive`(
        link: WireLink,
        direction: WireDirection,
        bytes: [UInt8],
        count: Int
    ) {
        for step in [1, 2, 3, 7, bytes.count] {
            var relay = Self.relay(link, nil)
            if link == .postgres, direction == .fromServer { _ = relay.received(Self.startup, .toServer, 1) }
            var sent: [[UInt8]] = []
            for start in stride(from: 0, to: bytes.count, by: step) {
                for effect in relay.received(Array(bytes[start..<min(start + step, bytes.count)]), direction, 1) {
                    guard case .send(let message, direction, 1) = effect else {
                        Issue.record("\(effect)")
                        continue
                    }
                    sent.append(message)
                }
            }
            #expect(sent.count == count && Array(sent.joined()) == bytes, "in steps of \(step)")
        }
    }

    struct Act: Sendable {
        let fault: WireFault
        /// Direction and text of what comes in.
        let input: [(WireDirection, [UInt8])]
        let output: [String]
    }

    private static func imap(_ direction: WireDirection, _ lines: String...) -> (WireDirection, [UInt8]) {
        (direction, Array(lines.map { $0 + "\r\n" }.joined().utf8))
    }

    static let acts: [Act] = [
        Act(
            fault: WireFault(.imap, .toServer, 2, .kill),
            input: [imap(.toServer, "a A"), imap(.toServer, "b B", "c C"), imap(.fromServer, "b OK")],
            output: ["> a A", "[signal]", "[reset]"]
        ),
        Act(
            fault: WireFault(.imap, .toServer, 1, .forwardThenCut),
            input: [imap(.toServer, "a A", "b B")],
            output: ["> a A", "[reset]"]
        ),
        Act(
            fault: WireFault(.imap, .fromServer, 1, .truncate),
            input: [imap(.fromServer, "* 12345678", "* 2")],
            output: ["< * 1234", "[finish]"]
        ),
        Act(
            fault: WireFault(.imap, .fromServer, 1, .answerNo),
            input: [imap(.fromServer, "* 1 EXISTS", "a OK [X] done", "b OK done")],
            output: ["< * 1 EXISTS", "< a NO Said by the proxy.", "< b OK done"]
        ),
        Act(
            fault: WireFault(.imap, .fromServer, 1, .drop),
            input: [imap(.fromServer, "* FLAGS ()", "* 1 EXISTS", "* 2 EXISTS")],
            output: ["< * FLAGS ()", "< * 2 EXISTS"]
        ),
        Act(
            fault: WireFault(.imap, .fromServer, 1, .shiftCopyUID),
            input: [imap(.fromServer, "* OK [COPYUID 9 3,5 7:8] Moved.")],
            output: ["< * OK [COPYUID 9 3,5 8:9] Moved."]
        ),
        Act(
            fault: WireFault(.imap, .toServer, 1, .deny),
            input: [
                imap(.toServer, "a UID MOVE 1 B"),
                imap(.fromServer, "* OK [COPYUID 9 1 2] Moved.", "* 1 EXPUNGE", "a OK"),
                imap(.fromServer, "b OK"),
            ],
            output: ["> a UID MOVE 1 B", "< * 1 EXPUNGE", "< a NO Said by the proxy.", "< b OK"]
        ),
        Act(
            fault: WireFault(.imap, .toServer, 1, .hold),
            input: [imap(.toServer, "a A", "b B"), imap(.fromServer, "* 1")],
            output: ["[signal]"]
        ),
    ]

    @Test(arguments: Self.acts)
    func `does at the message what it was told, and nothing after it`(act: Act) {
        var relay = Self.relay(.imap, act.fault)
        let effects = act.input.flatMap { relay.received($0.1, $0.0, 1) }
        #expect(Self.words(effects) == act.output)
        #expect(relay.fired != nil)
    }

    @Test func `lets a bound statement run whole before it cuts, and answers a COMMIT that it turned back`() {
        let begun = [Self.startup, Self.message("Q", "BEGIN\0")].joined()
        let ready = Self.message("C", "BEGIN\0") + Self.message("Z", "T")
        var relay = Self.relay(.postgres, WireFault(.postgres, .toServer, 2, .forwardThenCut))
        _ = relay.received(Array(begun), .toServer, 1) + relay.received(ready, .fromServer, 1)
        let statement = ["B", "D", "E", "S"].map { Self.message($0, "\0name\0") }
        let effects = relay.received(Array(statement.joined()), .toServer, 1)
        #expect(effects == statement.map { .send($0, .toServer, 1) } + [.reset(1)])

        relay = Self.relay(.postgres, WireFault(.postgres, .toServer, 2, .failSerialization))
        _ = relay.received(Array(begun), .toServer, 1) + relay.received(ready, .fromServer, 1)
        #expect(
            relay.received(Self.message("Q", "COMMIT\0"), .toServer, 1)
                == [.send(Self.message("Q", "ROLLBACK\0"), .toServer, 1)]
        )
        let answer = relay.received(Self.message("C", "ROLLBACK\0") + Self.message("Z", "I"), .fromServer, 1)
        #expect(answer == [.send(PostgresFraming.failure("40001", then: UInt8(ascii: "I")), .fromServer, 1)])
    }

    @Test func `follows a transaction through a pipeline, and lets the server itself fail in it`() {
        func bound(_ name: String) -> [UInt8] {
            Self.message("B", "\0\(name)\0\0\0\0\0\0\0") + Self.message("D", "P\0") + Self.message("E", "\0\0\0\0\0")
        }
        func unnamed(_ text: String) -> [UInt8] { Self.message("P", "\0\(text)\0\0\0") + bound("") }
        let sent = [
            unnamed("BEGIN ISOLATION LEVEL READ COMMITTED"), bound("one"), bound("two"), unnamed("COMMIT"),
            Self.message("S", ""),
        ].joined()
        let answered = ["BEGIN", "INSERT 0 1", "INSERT 0 1", "COMMIT"].map { Self.message("C", "\($0)\0") }.joined()
        var relay = Self.relay(.postgres, nil)
        _ = relay.received(Self.startup + sent, .toServer, 1)
        _ = relay.received(Array(answered) + Self.message("Z", "I"), .fromServer, 1)
        #expect(relay.entries.map(\.summary).prefix(4) == ["B BEGIN", "B one", "B two", "B COMMIT"])
        #expect(relay.entries.map(\.isDecisive) == [false, false, false, true, false, false, false, true])

        relay = Self.relay(.postgres, WireFault(.postgres, .toServer, 2, .failDiskFull))
        let effects = relay.received(Self.startup + sent, .toServer, 1)
        #expect(effects.contains(.send(PostgresFraming.bindFailing("53100"), .toServer, 1)))
        #expect(!effects.contains(.send(Self.message("B", "\0one\0\0\0\0\0\0\0"), .toServer, 1)))
        let refusal = Self.message("E", "C53100\0\0") + Self.message("Z", "E")
        let passed = relay.received(refusal, .fromServer, 1).flatMap { effect -> [UInt8] in
            guard case .send(let bytes, _, _) = effect else { return [] }
            return bytes
        }
        #expect(passed == refusal)
    }

    @Test func `tells what decides something, and puts passwords and mail into no list`() {
        var relay = Self.relay(.imap, nil)
        _ = relay.received(Array("a AUTHENTICATE PLAIN AHNlY3JldA==\r\nAHNlY3JldA==\r\n".utf8), .toServer, 1)
        _ = relay.received(Array("* 1 FETCH (BODY[] {8}\r\nsecret\r\n)\r\n* FLAGS ()\r\n".utf8), .fromServer, 1)
        #expect(relay.entries.allSatisfy { !$0.summary.contains("ecret") && !$0.summary.contains("AHN") })
        #expect(relay.entries.map(\.isDecisive) == [true, true, true, false])
        #expect(WireFault("imap to-server 12 forward-cut") == WireFault(.imap, .toServer, 12, .forwardThenCut))
        #expect(WireFault("imap to-server 12") == nil)
    }
}
