/// Reads the grammar's smallest pieces from one complete response.
///
/// A reader that fails leaves the position where it was and returns nil. Literals stand inline as `{n} CRLF bytes`,
/// except those whose bytes were streamed past, which are known by their position.
struct Cursor {
    /// A string, or what stands for one.
    enum Text: Equatable {
        case null
        case bytes([UInt8])
        /// A literal that was streamed past.
        case streamed
    }

    let bytes: [UInt8]
    private let streamedLiterals: [Int]
    private let nestingLimit: Int
    private(set) var position = 0
    /// True where a list deeper than the limit was met; it was skipped like any other.
    private(set) var isTooDeep = false

    init(_ bytes: [UInt8], streamedLiterals: [Int] = [], nestingLimit: Int = 100) {
        self.bytes = bytes
        self.streamedLiterals = streamedLiterals
        self.nestingLimit = nestingLimit
    }

    var isAtEnd: Bool { self.position >= self.bytes.count }

    /// The next byte, or nil at the end.
    var next: UInt8? { self.position < self.bytes.count ? self.bytes[self.position] : nil }

    /// The rest of the response as text.
    var restText: String { String(decoding: self.bytes[self.position...], as: UTF8.self) }

    mutating func skip(_ byte: UInt8) -> Bool {
        guard self.next == byte else { return false }
        self.position += 1
        return true
    }

    mutating func skipSpaces() {
        while self.next == Byte.space { self.position += 1 }
    }

    mutating func skipAny() {
        if self.position < self.bytes.count { self.position += 1 }
    }

    mutating func reset(to position: Int) {
        self.position = position
    }

    /// Bytes up to one that cannot be in an atom, a list or a section.
    ///
    /// Empty counts as none.
    mutating func atom() -> ArraySlice<UInt8>? {
        let start = self.position
        while let byte = self.next, !Byte.endsAtom(byte) { self.position += 1 }
        return start < self.position ? self.bytes[start..<self.position] : nil
    }

    /// The next word in capitals, up to a space.
    mutating func keyword() -> String? {
        guard let atom = self.atom() else { return nil }
        return String(decoding: atom.map(Byte.uppercased), as: UTF8.self)
    }

    /// An unsigned number of at most 64 bits; nil where it overflows.
    mutating func number() -> UInt64? {
        let start = self.position
        var value: UInt64 = 0
        while let byte = self.next, (0x30...0x39).contains(byte) {
            let (product, overflow) = value.multipliedReportingOverflow(by: 10)
            let (sum, carried) = product.addingReportingOverflow(UInt64(byte - 0x30))
            guard !overflow, !carried else {
                self.position = start
                return nil
            }
            value = sum
            self.position += 1
        }
        return start < self.position ? value : nil
    }

    mutating func number32() -> UInt32? {
        let start = self.position
        guard let value = self.number(), let small = UInt32(exactly: value) else {
            self.position = start
            return nil
        }
        return small
    }

    /// `1:3,7`, in wire order, each range turned the right way.
    mutating func uidSequence() -> UIDSequence? {
        let start = self.position
        var ranges: [ClosedRange<UInt32>] = []
        repeat {
            guard let first = self.number32() else {
                self.position = start
                return nil
            }
            var second = first
            if self.skip(Byte.colon) {
                guard let number = self.number32() else {
                    self.position = start
                    return nil
                }
                second = number
            }
            ranges.append(min(first, second)...max(first, second))
        } while self.skip(Byte.comma)
        return UIDSequence(ranges)
    }

    // MARK: - Strings

    /// `nstring`, or an atom in its place (RFC 9051 §9 `nstring`, `astring`).
    mutating func text() -> Text? {
        switch self.next {
        case Byte.quote:
            return self.quoted().map { .bytes($0) }
        case Byte.openBrace, Byte.tilde:
            return self.literal()
        case nil:
            return nil
        default:
            guard let atom = self.atom() else { return nil }
            return Byte.isNil(atom) ? .null : .bytes(Array(atom))
        }
    }

    /// A quoted string.
    ///
    /// An unescaped quote inside is taken for text where nothing follows it that could follow a string.
    private mutating func quoted() -> [UInt8]? {
        let start = self.position
        self.position += 1
        var value: [UInt8] = []
        while let byte = self.next {
            self.position += 1
            if byte == Byte.backslash, let escaped = self.next {
                value.append(escaped)
                self.position += 1
            } else if byte == Byte.quote, self.next.map(Byte.mayFollowString) ?? true {
                return value
            } else {
                value.append(byte)
            }
        }
        self.position = start
        return nil
    }

    /// `{n}` or `~{n}`, a line end, and n bytes, unless they were streamed past.
    private mutating func literal() -> Text? {
        let start = self.position
        _ = self.skip(Byte.tilde)
        guard self.skip(Byte.openBrace), let length = self.number(),
            length <= UInt64(self.bytes.count) || self.mayStream
        else {
            self.position = start
            return nil
        }
        _ = self.skip(Byte.plus)
        guard self.skip(Byte.closeBrace), self.skipLineEnd() else {
            self.position = start
            return nil
        }
        if self.streamedLiterals.contains(self.position) { return .streamed }
        guard let count = Int(exactly: length), count <= self.bytes.count - self.position else {
            self.position = start
            return nil
        }
        let value = Array(self.bytes[self.position..<(self.position + count)])
        self.position += count
        return .bytes(value)
    }

    private var mayStream: Bool { !self.streamedLiterals.isEmpty }

    private mutating func skipLineEnd() -> Bool {
        _ = self.skip(Byte.carriageReturn)
        return self.skip(Byte.lineFeed)
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
                self.position += 1
            case Byte.closeParenthesis:
                guard depth > 0 else { return true }
                depth -= 1
                self.position += 1
            case Byte.space where depth > 0:
                self.position += 1
            default:
                guard self.skipScalar() else { return false }
            }
        } while depth > 0
        return true
    }

    private mutating func skipScalar() -> Bool {
        switch self.next {
        case Byte.quote:
            guard self.quoted() != nil else {
                // It does not close, and looking again from each later quote would be quadratic.
                self.position = self.bytes.count
                return false
            }
        case Byte.openBrace, Byte.tilde:
            if self.text() == nil { self.position += 1 }
        default:
            if self.atom() == nil { self.skipAny() }
        }
        return true
    }

    /// A list of atoms or strings in parentheses, nothing nested kept.
    ///
    /// NIL is the empty list. Nil where it does not close.
    mutating func list(limit: Int) -> [String]? {
        let start = self.position
        guard self.skip(Byte.openParenthesis) else {
            guard let atom = self.atom(), Byte.isNil(atom) else {
                self.position = start
                return nil
            }
            return []
        }
        var values: [String] = []
        while true {
            self.skipSpaces()
            switch self.next {
            case Byte.closeParenthesis:
                self.position += 1
                return values
            case Byte.openParenthesis:
                guard self.skipValue() else {
                    self.position = start
                    return nil
                }
            case Byte.quote:
                guard case .bytes(let value) = self.text() else {
                    self.position = start
                    return nil
                }
                if values.count < limit { values.append(String(decoding: value, as: UTF8.self)) }
            case Byte.openBrace:
                let value: String
                if case .bytes(let bytes) = self.text() {
                    value = String(decoding: bytes, as: UTF8.self)
                } else {
                    value = self.flag()
                }
                if values.count < limit { values.append(value) }
            case nil:
                self.position = start
                return nil
            default:
                let value = self.flag()
                if values.count < limit { values.append(value) }
            }
        }
    }

    /// A flag: anything up to a space or a parenthesis, since some hold brackets, braces or quotes.
    private mutating func flag() -> String {
        let start = self.position
        while let byte = self.next, byte != Byte.space, byte != Byte.closeParenthesis, byte != Byte.openParenthesis,
            byte != Byte.carriageReturn, byte != Byte.lineFeed
        {
            self.position += 1
        }
        if start == self.position { self.skipAny() }
        return String(decoding: self.bytes[start..<self.position], as: UTF8.self)
    }
}
