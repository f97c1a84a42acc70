/// Reads the grammar's smallest pieces from one complete response.
///
/// A reader that fails leaves the position where it was and returns nil. Literals stand inline as `{n} CRLF bytes`,
/// except those whose bytes were streamed past, which are known by their position. Every byte it passes, copies or looks
/// at again counts as a step: the cost law of the project is stated in these.
struct Cursor {
    let bytes: [UInt8]
    let nestingLimit: Int
    private let streamedLiterals: [Int]
    /// Where a literal begins whose bytes are still to come, or −1.
    private let awaitedLiteral: Int
    private(set) var position = 0
    /// What reading cost so far.
    private(set) var steps = 0
    /// True where a list deeper than the limit was met; it was skipped like any other.
    var isTooDeep = false

    init(
        _ bytes: [UInt8],
        streamedLiterals: [Int] = [],
        awaitedLiteral: Int = -1,
        nestingLimit: Int = IMAPLimits.default.nesting
    ) {
        self.bytes = bytes
        self.streamedLiterals = streamedLiterals
        self.awaitedLiteral = awaitedLiteral
        self.nestingLimit = nestingLimit
    }

    var isAtEnd: Bool { self.position >= self.bytes.count }

    /// The next byte, or nil at the end.
    var next: UInt8? { self.position < self.bytes.count ? self.bytes[self.position] : nil }

    /// True at the end, or where nothing but the line's end follows.
    var isAtLineEnd: Bool {
        switch self.next {
        case nil, Byte.carriageReturn, Byte.lineFeed: true
        default: false
        }
    }

    /// Whether the literal that would begin here was streamed past.
    var isAtStreamedLiteral: Bool {
        self.position == self.awaitedLiteral || self.streamedLiterals.contains(self.position)
    }

    // MARK: - Moving

    /// Goes to `end`, which was looked at byte by byte.
    mutating func advance(to end: Int) {
        self.steps &+= end - self.position + 1
        self.position = end
    }

    /// Counts work that moved nothing.
    mutating func count(_ steps: Int) {
        self.steps &+= steps
    }

    mutating func reset(to position: Int) {
        self.position = position
    }

    mutating func skip(_ byte: UInt8) -> Bool {
        self.steps &+= 1
        guard self.next == byte else { return false }
        self.position += 1
        return true
    }

    mutating func skipSpaces() {
        while self.next == Byte.space {
            self.position += 1
            self.steps &+= 1
        }
    }

    mutating func skipAny() {
        self.steps &+= 1
        if self.position < self.bytes.count { self.position += 1 }
    }

    mutating func skipDigits() {
        while let byte = self.next, Byte.isDigit(byte) { self.skipAny() }
    }

    mutating func skipLineEnd() -> Bool {
        _ = self.skip(Byte.carriageReturn)
        return self.skip(Byte.lineFeed)
    }

    /// Skips `word`, which is given in capitals, in any case, where it is a whole atom.
    mutating func skipWord(_ word: StaticString) -> Bool {
        let end = self.position + word.utf8CodeUnitCount
        guard self.holds(word, at: self.position), end == self.bytes.count || Byte.endsAtom(self.bytes[end]) else {
            return false
        }
        self.advance(to: end)
        return true
    }

    /// Whether `word`, which is given in capitals, stands at `start` in any case.
    func holds(_ word: StaticString, at start: Int) -> Bool {
        let length = word.utf8CodeUnitCount
        guard start + length <= self.bytes.count else { return false }
        return word.withUTF8Buffer { word in
            for index in 0..<length where Byte.uppercased(self.bytes[start + index]) != word[index] { return false }
            return true
        }
    }

    // MARK: - Atoms

    /// Bytes up to one that cannot be in an atom, a list or a section.
    ///
    /// Empty counts as none.
    mutating func atom() -> ArraySlice<UInt8>? {
        let start = self.position
        var end = start
        while end < self.bytes.count, !Byte.endsAtom(self.bytes[end]) { end += 1 }
        self.advance(to: end)
        return start < end ? self.bytes[start..<end] : nil
    }

    /// The next word in capitals, up to a space.
    mutating func keyword() -> String? {
        guard let atom = self.atom() else { return nil }
        self.count(atom.count)
        return String(decoding: atom.map(Byte.uppercased), as: UTF8.self)
    }

    // MARK: - Numbers

    /// An unsigned number of at most 64 bits; nil where it overflows.
    mutating func number() -> UInt64? {
        let start = self.position
        var index = start
        var value: UInt64 = 0
        while index < self.bytes.count, Byte.isDigit(self.bytes[index]) {
            let (product, overflow) = value.multipliedReportingOverflow(by: 10)
            let (sum, carried) = product.addingReportingOverflow(UInt64(self.bytes[index] - 0x30))
            guard !overflow, !carried else {
                self.count(index - start)
                return nil
            }
            value = sum
            index += 1
        }
        self.advance(to: index)
        return start < index ? value : nil
    }

    mutating func number32() -> UInt32? {
        let start = self.position
        guard let value = self.number(), let small = UInt32(exactly: value) else {
            self.position = start
            return nil
        }
        return small
    }

    /// A number as the sloppier servers write it: `9.3736e+06` is 9373600.
    ///
    /// Nil where it is negative, has more than 64 bits, or something follows it within its atom.
    mutating func looseNumber() -> UInt64? {
        let start = self.position
        guard let atom = self.atom(), let value = LooseNumber.parse(atom) else {
            self.position = start
            return nil
        }
        self.count(atom.count)
        return value
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
}
