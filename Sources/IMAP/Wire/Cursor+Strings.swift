extension Cursor {
    /// A string, or what stands for one.
    enum Text: Equatable {
        case null
        case bytes([UInt8])
        /// A literal that was streamed past.
        case streamed
    }

    /// `nstring`, or an atom in its place (RFC 9051 §9 `nstring`, `astring`).
    mutating func text() -> Text? {
        switch self.next {
        case Byte.quote:
            return self.quoted().map { .bytes($0) }
        case Byte.openBrace:
            return self.literal()
        case Byte.tilde where self.isBeforeBrace:
            return self.literal()
        case nil:
            return nil
        default:
            guard let atom = self.atom() else { return nil }
            self.count(atom.count)
            return Byte.isNil(atom) ? .null : .bytes(Array(atom))
        }
    }

    /// Whether `~` here begins a `~{n}`, not a name such as `~anna`.
    private var isBeforeBrace: Bool {
        self.position + 1 < self.bytes.count && self.bytes[self.position + 1] == Byte.openBrace
    }

    /// The same as text that is kept up to `limit` bytes; nil also for NIL.
    mutating func string(limit: Int) -> String? {
        guard case .bytes(let bytes) = self.text() else { return nil }
        return String(decoding: bytes.prefix(limit), as: UTF8.self)
    }

    /// Where the quoted string that begins here ends: the position of its closing quote.
    ///
    /// An unescaped quote inside is taken for text where nothing follows it that could follow a string.
    private mutating func closingQuote() -> Int? {
        var index = self.position + 1
        while index < self.bytes.count {
            let byte = self.bytes[index]
            if byte == Byte.backslash {
                index += 2
                continue
            }
            let follower = index + 1
            if byte == Byte.quote,
                follower == self.bytes.count || Byte.mayFollowString(self.bytes[follower])
            {
                self.count(index - self.position)
                return index
            }
            index += 1
        }
        self.count(self.bytes.count - self.position)
        return nil
    }

    private mutating func quoted() -> [UInt8]? {
        guard let end = self.closingQuote() else { return nil }
        let content = self.bytes[(self.position + 1)..<end]
        self.advance(to: end + 1)
        guard content.contains(Byte.backslash) else { return Array(content) }
        var value: [UInt8] = []
        value.reserveCapacity(content.count)
        var index = content.startIndex
        while index < end {
            // Only these two are escaped; before anything else a server has forgotten to escape the backslash itself.
            if content[index] == Byte.backslash, index + 1 < end,
                content[index + 1] == Byte.quote || content[index + 1] == Byte.backslash
            {
                index += 1
            }
            value.append(content[index])
            index += 1
        }
        self.count(content.count)
        return value
    }

    /// `{n}`, `{n+}` or `~{n}` and the bytes behind it.
    private mutating func literal() -> Text? {
        let start = self.position
        guard let count = self.literalHead() else {
            self.reset(to: start)
            return nil
        }
        if self.isAtStreamedLiteral { return .streamed }
        guard count <= self.bytes.count - self.position else {
            self.reset(to: start)
            return nil
        }
        let value = Array(self.bytes[self.position..<(self.position + count)])
        self.advance(to: self.position + count)
        return .bytes(value)
    }

    private mutating func literalHead() -> Int? {
        _ = self.skip(Byte.tilde)
        guard self.skip(Byte.openBrace), let length = self.number() else { return nil }
        _ = self.skip(Byte.plus)
        guard self.skip(Byte.closeBrace), self.skipLineEnd() else { return nil }
        return Int(exactly: length)
    }

    // MARK: - Skipping

    /// Skips one value of any kind: string, atom, or list with all it holds.
    ///
    /// Counts depth instead of recursing.
    ///
    /// False where the response ends inside it; the position is then the end. Lists deeper than the limit are skipped
    /// like others, since that costs nothing, but noted in ``isTooDeep``.
    mutating func skipValue() -> Bool {
        var depth = 0
        repeat {
            switch self.next {
            case nil:
                return false
            case Byte.openParenthesis:
                depth += 1
                if depth > self.nestingLimit { self.isTooDeep = true }
                self.skipAny()
            case Byte.closeParenthesis:
                guard depth > 0 else { return true }
                depth -= 1
                self.skipAny()
            case Byte.space where depth > 0:
                self.skipAny()
            default:
                guard self.skipScalar() else { return false }
            }
        } while depth > 0
        return true
    }

    private mutating func skipScalar() -> Bool {
        switch self.next {
        case Byte.quote:
            guard let end = self.closingQuote() else {
                // It does not close, and looking again from each later quote would be quadratic.
                self.reset(to: self.bytes.count)
                return false
            }
            self.advance(to: end + 1)
        case Byte.openBrace, Byte.tilde:
            let start = self.position
            guard let count = self.literalHead(),
                self.isAtStreamedLiteral || count <= self.bytes.count - self.position
            else {
                self.reset(to: start + 1)
                return true
            }
            if !self.isAtStreamedLiteral { self.reset(to: self.position + count) }
        default:
            if self.atom() == nil { self.skipAny() }
        }
        return true
    }

    // MARK: - Lists

    /// A list of atoms or strings in parentheses, nothing nested kept, at most `limit` of them kept.
    ///
    /// NIL is the empty list. Nil where it does not close.
    mutating func list(limit: Int) -> [String]? {
        let start = self.position
        guard self.skip(Byte.openParenthesis) else {
            guard let atom = self.atom(), Byte.isNil(atom) else {
                self.reset(to: start)
                return nil
            }
            return []
        }
        var values: [String] = []
        while true {
            self.skipSpaces()
            switch self.next {
            case Byte.closeParenthesis:
                self.skipAny()
                return values
            case Byte.openParenthesis:
                guard self.skipValue() else {
                    self.reset(to: start)
                    return nil
                }
            case nil:
                self.reset(to: start)
                return nil
            case Byte.quote, Byte.openBrace:
                guard let value = self.listedText() else {
                    self.reset(to: start)
                    return nil
                }
                if values.count < limit { values.append(value) }
            default:
                let value = self.flag()
                if values.count < limit { values.append(value) }
            }
        }
    }

    /// A string in a list, or a flag that begins like a literal.
    ///
    /// Nil where it does not close, or is a mail that streamed past: the list was never closed in front of it.
    private mutating func listedText() -> String? {
        let isQuoted = self.next == Byte.quote
        switch self.text() {
        case .bytes(let value): return String(decoding: value, as: UTF8.self)
        case .streamed: return nil
        case .null, nil: return isQuoted ? nil : self.flag()
        }
    }

    /// A flag: anything up to a space or a parenthesis, since some hold brackets, braces or quotes.
    private mutating func flag() -> String {
        let start = self.position
        var end = start
        while end < self.bytes.count, !Byte.endsFlag(self.bytes[end]) { end += 1 }
        // A stray line end, so that something is always passed.
        if start == end, end < self.bytes.count { end += 1 }
        self.advance(to: end)
        return String(decoding: self.bytes[start..<end], as: UTF8.self)
    }
}
