/// Turns the bytes of one complete response into a ``Response``.
///
/// Lenient wherever a server is known to be sloppy; a violation is only what makes the rest of the session unreliable.
/// Source: RFC 9051 §9 `response`, and the field notes' table of quirks.
struct ResponseParser {
    /// Why a response ends the session.
    struct Violation: Error, Equatable {
        let text: String
    }

    let limits: IMAPLimits
    var cursor: Cursor
    private var progress: FetchParser.Progress?

    /// `progress`: what was read of a FETCH response before the bytes of its mail.
    init(
        _ bytes: [UInt8],
        streamedLiterals: [Int] = [],
        progress: consuming FetchParser.Progress? = nil,
        limits: IMAPLimits = .default
    ) {
        self.limits = limits
        self.cursor = Cursor(bytes, streamedLiterals: streamedLiterals, nestingLimit: limits.nesting)
        self.progress = progress
    }

    mutating func parse() throws(Violation) -> Response {
        if let progress = self.progress.take() {
            let sequence = progress.sequence
            return self.fetch(
                FetchParser(resuming: progress, in: self.cursor, limits: self.limits),
                sequence: sequence
            )
        }
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
        let code = ResponseCode.parse(&self.cursor, limits: self.limits)
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
        return String(decoding: bytes.prefix(self.limits.text), as: UTF8.self)
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
        case "FLAGS": return self.cursor.list(limit: self.limits.words).map { .flags($0) } ?? .ignored(word)
        case "VANISHED": return self.vanished()
        case "LIST", "XLIST": return self.listedFolder().map { .list($0) } ?? .ignored(word)
        case "LSUB": return self.listedFolder().map { .subscribed($0) } ?? .ignored(word)
        case "SEARCH": return self.search()
        case "ESEARCH": return self.extendedSearch()
        case "QUOTA": return self.quota() ?? .ignored(word)
        case "QUOTAROOT": return self.quotaRoots() ?? .ignored(word)
        case "STATUS": return self.status() ?? .ignored(word)
        case "NAMESPACE": return self.namespaces() ?? .ignored(word)
        case "ID": return self.identity()
        default: return .ignored(String(word.prefix(32)))
        }
    }

    private mutating func words() -> [String] {
        var words: [String] = []
        while words.count < self.limits.words, let word = self.cursor.keyword() {
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
        self.countSorting(of: sequence.ranges)
        return .vanished(sequence.set, earlier: isEarlier)
    }

    private mutating func identity() -> Response {
        guard self.cursor.skip(Byte.openParenthesis) else { return .identity([:]) }
        var pairs: [String: String] = [:]
        while pairs.count < self.limits.words {
            self.cursor.skipSpaces()
            guard let key = self.cursor.string(limit: 64) else { break }
            self.cursor.skipSpaces()
            guard let value = self.cursor.text() else { break }
            guard case .bytes(let value) = value else { continue }
            pairs[key.lowercased()] = String(decoding: value.prefix(self.limits.text), as: UTF8.self)
        }
        return .identity(pairs)
    }

    // MARK: - Numbered

    private mutating func numbered() throws(Violation) -> Response {
        let number = self.cursor.number()
        if number == nil { self.cursor.skipDigits() }
        self.cursor.skipSpaces()
        if self.cursor.skipWord("FETCH") {
            self.cursor.skipSpaces()
            return self.fetch(FetchParser(cursor: self.cursor, limits: self.limits), sequence: number)
        }
        guard let word = self.cursor.keyword() else { return .ignored("") }
        let sequence = number.flatMap { UInt32(exactly: $0) }
        switch word {
        case "EXISTS":
            guard let sequence else { throw Violation(text: "EXISTS with a number over 4294967295") }
            return .exists(Int(sequence))
        case "EXPUNGE":
            guard let sequence else { throw Violation(text: "EXPUNGE with a number over 4294967295") }
            return sequence == 0 ? .ignored(word) : .expunge(sequence)
        case "RECENT":
            return sequence.map { .recent(Int($0)) } ?? .ignored(word)
        default:
            return .ignored(String(word.prefix(32)))
        }
    }

    private mutating func fetch(_ parser: consuming FetchParser, sequence: UInt64?) -> Response {
        var items = parser.parse()
        self.cursor = parser.cursor
        // Courier sends it when flags change; no mail has the number 0, so nothing in it is about one.
        if sequence == 0 {
            guard items.sections.contains(where: { $0.body == .streamed }) else { return .ignored("FETCH") }
            items.uid = nil
        }
        return .fetch(items)
    }
}
