/// Turns the bytes of one complete response into a ``Response``.
///
/// Lenient wherever a server is known to be sloppy; a violation is only what makes the rest of the session unreliable.
/// Source: RFC 9051 §9 `response`, and the field notes' table of quirks.
struct ResponseParser {
    /// Why a response ends the session.
    struct Violation: Error, Equatable {
        let text: String
    }

    private static let listLimit = 512

    var cursor: Cursor

    init(_ bytes: [UInt8], streamedLiterals: [Int] = [], nestingLimit: Int = 100) {
        self.cursor = Cursor(bytes, streamedLiterals: streamedLiterals, nestingLimit: nestingLimit)
    }

    mutating func parse() throws(Violation) -> Response {
        switch self.cursor.next {
        case Byte.plus:
            self.cursor.skipAny()
            self.cursor.skipSpaces()
            return .continuation(self.responseText())
        case Byte.star:
            self.cursor.skipAny()
            self.cursor.skipSpaces()
            return try self.untagged()
        default:
            return self.tagged()
        }
    }

    // MARK: - Conditions

    private mutating func tagged() -> Response {
        guard let tag = self.cursor.atom() else { return .unreadable(self.lineText()) }
        let name = String(decoding: tag, as: UTF8.self)
        self.cursor.skipSpaces()
        guard let word = self.cursor.keyword(), let condition = Self.condition(word) else {
            self.cursor.reset(to: 0)
            return .unreadable(self.lineText())
        }
        self.cursor.skipSpaces()
        return .tagged(tag: name, condition, self.responseText())
    }

    private static func condition(_ word: String) -> Response.Condition? {
        switch word {
        case "OK": .ok
        case "NO": .no
        case "BAD": .bad
        default: nil
        }
    }

    /// The rest of the line: a code if there is one, then text if there is any.
    private mutating func responseText() -> ResponseText {
        let code = ResponseCode.parse(&self.cursor)
        self.cursor.skipSpaces()
        var text = ResponseText(code: code, text: self.lineText())
        // Gmail appends it to the text, even of an OK; Exchange names a time.
        if text.code == nil || text.code == .alert {
            if let wait = Throttling.retryAfter(in: text.text) {
                text.code = .throttled(retryAfter: wait)
            } else if Throttling.isNamed(in: text.text) {
                text.code = .throttled(retryAfter: nil)
            }
        }
        return text
    }

    private mutating func lineText() -> String {
        var bytes = self.cursor.bytes[self.cursor.position...]
        while let last = bytes.last, last == Byte.lineFeed || last == Byte.carriageReturn { bytes = bytes.dropLast() }
        return String(decoding: bytes.prefix(1024), as: UTF8.self)
    }

    // MARK: - Untagged

    private mutating func untagged() throws(Violation) -> Response {
        if self.cursor.next == Byte.openBracket { return .condition(.ok, self.responseText()) }
        let start = self.cursor.position
        if let first = self.cursor.next, (0x30...0x39).contains(first) {
            return try self.numbered()
        }
        guard let word = self.cursor.keyword() else {
            self.cursor.reset(to: start)
            return .ignored("")
        }
        self.cursor.skipSpaces()
        if let condition = Self.condition(word) { return .condition(condition, self.responseText()) }
        switch word {
        case "PREAUTH": return .preauthenticated(self.responseText())
        case "BYE": return .bye(self.responseText())
        case "CAPABILITY": return .capability(self.words())
        case "ENABLED": return .enabled(self.words())
        case "FLAGS": return self.cursor.list(limit: Self.listLimit).map { .flags($0) } ?? .ignored(word)
        case "VANISHED": return self.vanished()
        case "LIST", "XLIST": return self.listedFolder() ?? .ignored(word)
        case "STATUS": return self.status() ?? .ignored(word)
        case "NAMESPACE": return self.namespaces() ?? .ignored(word)
        case "ID": return self.identity()
        default: return .ignored(String(word.prefix(32)))
        }
    }

    private mutating func words() -> [String] {
        var words: [String] = []
        while words.count < Self.listLimit, let word = self.cursor.keyword() {
            // "LITERAL +" with a space is one capability in two pieces.
            if word == "+", let last = words.last, last == "LITERAL" {
                words[words.count - 1] = "LITERAL+"
            } else {
                words.append(word)
            }
            self.cursor.skipSpaces()
        }
        return words
    }

    private mutating func vanished() -> Response {
        var isEarlier = false
        if self.cursor.next == Byte.openParenthesis {
            guard let options = self.cursor.list(limit: 8) else { return .ignored("VANISHED") }
            isEarlier = options.contains { $0.uppercased() == "EARLIER" }
            self.cursor.skipSpaces()
        }
        guard let sequence = self.cursor.uidSequence() else { return .ignored("VANISHED") }
        return .vanished(sequence.set, earlier: isEarlier)
    }

    private mutating func identity() -> Response {
        guard self.cursor.skip(Byte.openParenthesis) else { return .identity([:]) }
        var pairs: [String: String] = [:]
        while pairs.count < 64 {
            self.cursor.skipSpaces()
            guard case .bytes(let key) = self.cursor.text() else { break }
            self.cursor.skipSpaces()
            guard let value = self.cursor.text() else { break }
            if case .bytes(let value) = value {
                pairs[String(decoding: key.prefix(64), as: UTF8.self).lowercased()] =
                    String(decoding: value.prefix(1024), as: UTF8.self)
            }
        }
        return .identity(pairs)
    }

    // MARK: - Numbered

    private mutating func numbered() throws(Violation) -> Response {
        let number = self.cursor.number()
        if number == nil { while let byte = self.cursor.next, (0x30...0x39).contains(byte) { self.cursor.skipAny() } }
        self.cursor.skipSpaces()
        guard let word = self.cursor.keyword() else { return .ignored("") }
        switch word {
        case "EXISTS":
            guard let number, let count = UInt32(exactly: number) else {
                throw Violation(text: "EXISTS with a number over 4294967295")
            }
            return .exists(Int(count))
        case "EXPUNGE":
            guard let number, let sequence = UInt32(exactly: number) else {
                throw Violation(text: "EXPUNGE with a number over 4294967295")
            }
            return sequence == 0 ? .ignored(word) : .expunge(sequence)
        case "FETCH":
            self.cursor.skipSpaces()
            var parser = FetchParser(cursor: self.cursor)
            return .fetch(parser.parse())
        default:
            return .ignored(String(word.prefix(32)))
        }
    }
}
