import NIOCore
import Testing

@testable import IMAP

@Suite("What a server may make us hold")
struct LimitTests {
    /// What a limit does when it is passed.
    enum Effect: Sendable, Equatable {
        /// The session ends, and the error has this name.
        case ends(String)
        /// The response counts as malformed, or what is beyond is left out; the session goes on.
        case spares
    }

    /// A limit of what is read, set to ten, and input that needs a given number of it.
    struct Row: Sendable, CustomTestStringConvertible {
        /// The limit's name in ``IMAPLimits``.
        let name: String
        let effect: Effect
        var limits = IMAPLimits()
        let input: @Sendable (Int) -> String
        /// Whether a response is whole.
        var isWhole: @Sendable (Response) -> Bool = { _ in true }

        init(
            _ limit: any WritableKeyPath<IMAPLimits, Int> & Sendable,
            _ name: String,
            at value: Int,
            _ effect: Effect,
            _ input: @escaping @Sendable (Int) -> String
        ) {
            self.name = name
            self.effect = effect
            self.input = input
            self.limits[keyPath: limit] = value
            self.value = value
        }

        let value: Int
        var testDescription: String { self.name }

        func whole(_ isWhole: @escaping @Sendable (Response) -> Bool) -> Row {
            var row = self
            row.isWhole = isWhole
            return row
        }

        func with(_ change: (inout IMAPLimits) -> Void) -> Row {
            var row = self
            change(&row.limits)
            return row
        }
    }

    private static func repeated(_ text: String, _ count: Int) -> String { String(repeating: text, count: count) }

    static let rows: [Row] = [
        Row(\.line, "line", at: 200, .ends("line")) { "* OK " + repeated("x", $0 - 7) + "\r\n" },
        Row(\.setLine, "setLine", at: 400, .ends("line")) { length in
            // Every set of an even length.
            "* VANISHED 11" + repeated(",1", (length - 15) / 2) + (length % 2 == 0 ? "1" : "") + "\r\n"
        }.with { $0.line = 100 },
        Row(\.literal, "literal", at: 50, .ends("literal")) {
            "* LIST () \"/\" {\($0)}\r\n" + repeated("x", $0) + "\r\n"
        },
        Row(\.bodyLiteral, "bodyLiteral", at: 100, .ends("body literal")) {
            "* 1 FETCH (UID 1 BODY[] {\($0)}\r\n" + repeated("x", $0) + ")\r\n"
        },
        Row(\.response, "response", at: 100, .ends("response")) { total in
            "* ODD {50}\r\n" + repeated("x", 50) + " {\(total - 50)}\r\n" + repeated("x", total - 50) + "\r\n"
        },
        Row(\.bodies, "bodies", at: 4, .ends("body literals in a response")) {
            "* 1 FETCH (" + repeated("BODY[] {0}\r\n", $0) + ")\r\n"
        },
        Row(\.nesting, "nesting", at: 30, .spares) {
            "* 1 FETCH (UID 1 X " + repeated("(", $0) + repeated(")", $0) + ")\r\n"
        }.whole { response in
            if case .fetch(let items) = response { return items.uid == 1 && !items.isMalformed }
            return false
        },
        Row(\.flags, "flags", at: 20, .spares) {
            "* 1 FETCH (UID 1 FLAGS (a" + repeated(" a", $0 - 1) + "))\r\n"
        }.whole { response in
            if case .fetch(let items) = response { return items.flags != nil }
            return false
        },
        Row(\.words, "words", at: 20, .spares) {
            "* CAPABILITY " + (0..<$0).map { "X\($0)" }.joined(separator: " ") + "\r\n"
        }.whole { response in
            if case .capability(let words) = response {
                return words.count <= 20 && words.last == "X\(words.count - 1)"
            }
            return false
        },
        Row(\.text, "text", at: 30, .spares) { "* OK " + repeated("x", $0 - 1) + ".\r\n" }.whole { response in
            if case .condition(_, let text) = response { return text.text.hasSuffix(".") }
            return false
        },
    ]

    /// The names of the limits that a connection holds, not the reader of responses: see below.
    private static let connectionLimits = ["listedFolders", "rows", "unsolicited", "keptEvents", "pairs"]

    @Test func `every limit is tested`() {
        let names = Mirror(reflecting: IMAPLimits.default).children.compactMap(\.label)
        #expect(Set(names) == Set(Self.rows.map(\.name) + Self.connectionLimits))
        #expect(Self.connectionRows.map(\.name) == Self.connectionLimits)
    }

    @Test(arguments: Self.rows)
    func `what is read may reach a limit, and not pass it`(row: Row) {
        for count in [row.value - 1, row.value, row.value + 1] {
            for size in [nil, 1, 64] as [Int?] {
                let items = Reading.items(of: row.input(count) + "* 7 EXISTS\r\n", pieces: size, limits: row.limits)
                let goesOn = items.last == .response(.exists(7))
                let responses = items.compactMap { item -> Response? in
                    if case .response(let response) = item { return response }
                    return nil
                }
                let isWhole = goesOn && responses.first.map(row.isWhole) ?? false
                switch (count > row.value, row.effect) {
                case (false, _): #expect(isWhole, "\(count) in pieces of \(size ?? 0)")
                case (true, .ends(let name)): #expect(items.last == .failure(.limit(name)))
                case (true, .spares): #expect(goesOn && (row.name == "words" || !isWhole))
                }
            }
        }
    }

    // MARK: - Limits of a connection

    struct ConnectionRow: Sendable, CustomTestStringConvertible {
        let name: String
        let limits: IMAPLimits
        let verb: String
        let answer: @Sendable (Int) -> String
        /// Runs the command; false where the limit showed.
        let run: @Sendable (IMAPConnection) async throws -> Bool
        var testDescription: String { self.name }
    }

    private static let limit = 20

    static let connectionRows: [ConnectionRow] = [
        ConnectionRow(name: "listedFolders", limits: IMAPLimits(listedFolders: limit), verb: "LIST") {
            (1...$0).map { "* LIST () \"/\" f\($0)\r\n" }.joined()
        } run: { connection in
            await Connecting.failure { _ = try await connection.list() } != .limitExceeded("folders")
        },
        ConnectionRow(name: "rows", limits: IMAPLimits(rows: limit), verb: "UID FETCH") {
            (1...$0).map { "* \($0) FETCH (UID \($0) FLAGS ())\r\n" }.joined()
        } run: { connection in
            let reason = await Connecting.failure { _ = try await connection.fetchFlags(UIDSet(1...100)) }
            return reason != .limitExceeded("rows")
        },
        ConnectionRow(name: "unsolicited", limits: IMAPLimits(unsolicited: limit), verb: "NOOP") {
            repeated("* 3 EXISTS\r\n", $0)
        } run: { connection in
            await Connecting.failure { try await connection.noop() } != .limitExceeded("unasked responses")
        },
        ConnectionRow(name: "keptEvents", limits: IMAPLimits(keptEvents: limit), verb: "NOOP") {
            (1...$0).map { "* VANISHED \($0)\r\n" }.joined()
        } run: { connection in
            try await connection.noop()
            let events = connection.takeUnsolicited()
            #expect(events.count <= limit)
            return events.last != .overflowed
        },
        ConnectionRow(name: "pairs", limits: IMAPLimits(pairs: limit), verb: "UID MOVE") {
            "* OK [COPYUID 9 1:\($0) 101:\(100 + $0)] x\r\n"
        } run: { connection in
            let outcome = try await connection.move(UIDSet(1...100), to: FolderName(encoding: "x"))
            if case .confirmed(let receipt) = outcome { return receipt.pairs.count <= limit }
            return false
        },
    ]

    @Test(arguments: Self.connectionRows)
    func `what is kept may reach a limit, and not pass it`(row: ConnectionRow) async throws {
        for count in [Self.limit - 1, Self.limit, Self.limit + 1] {
            var server = ScriptedServer()
            server.reactions[row.verb] = { _, _, _ in [.send(row.answer(count) + "<tag> OK done\r\n")] }
            let isWithin = try await Connecting.with(server, limits: row.limits) { connection, _ in
                _ = try await connection.select(.inbox, readOnly: false)
                return try await row.run(connection)
            }
            #expect(isWithin == (count <= Self.limit), "\(count)")
        }
    }

    // MARK: - Bombs

    private static func failure(_ text: String, limits: IMAPLimits) -> ResponseReader.Failure? {
        if case .failure(let failure) = Reading.items(of: text, pieces: 64, limits: limits).last { return failure }
        return nil
    }

    @Test(arguments: ["4294967295", "9223372036854775807", "9223372036854775808", "18446744073709551616"])
    func `a literal bomb is refused before a byte of it comes`(length: String) {
        #expect(Self.failure("* LIST () \"/\" {\(length)}\r\n", limits: .default) == .limit("literal"))
        let body = Self.failure("* 1 FETCH (UID 1 BODY[] {\(length)}\r\n", limits: .default)
        #expect(body == .limit("body literal") || body == .limit("literal"))
    }

    @Test func `what only looks like a mail counts against the same limit`() {
        let text = "* 1 FETCH (" + Self.repeated("B[] {0}\r\n", 17) + ")\r\n"
        #expect(Self.failure(text, limits: .default) == .limit("body literals in a response"))
    }

    @Test func `after a failure nothing more is read`() {
        var reader = ResponseReader(limits: IMAPLimits(line: 200))
        reader.feed(.init(string: Self.repeated("x", 300)))
        #expect(throws: ResponseReader.Failure.limit("line")) { try reader.next() }
        reader.feed(.init(string: "* 1 EXISTS\r\n"))
        #expect(throws: ResponseReader.Failure.limit("line")) { try reader.next() }
    }
}
