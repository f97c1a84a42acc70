import Glibc

/// The two byte operations that are worth a call into the C library, made bounds-checked.
///
/// Everything else in this module reads bytes through `Span` and arrays; only this file, the converter and the HTML
/// reader hold pointers, each inside one expression.
extension Span where Element == UInt8 {
    /// The index of the first `byte` within `range`.
    func firstIndex(of byte: UInt8, in range: Range<Int>) -> Int? {
        precondition(range.lowerBound >= 0 && range.upperBound <= self.count)
        return self.withUnsafeBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return nil }
            guard let hit = memchr(base + range.lowerBound, Int32(byte), range.count) else { return nil }
            return UnsafeRawPointer(base).distance(to: UnsafeRawPointer(hit))
        }
    }

    /// A copy of the bytes of `range`.
    func bytes(in range: Range<Int>) -> [UInt8] {
        precondition(range.lowerBound >= 0 && range.upperBound <= self.count)
        return self.withUnsafeBufferPointer { [UInt8](UnsafeBufferPointer(rebasing: $0[range])) }
    }
}

extension [UInt8] {
    /// Appends `range` of `source` in one copy.
    mutating func append(_ source: Span<UInt8>, _ range: Range<Int>) {
        precondition(range.lowerBound >= 0 && range.upperBound <= source.count)
        source.withUnsafeBufferPointer { self.append(contentsOf: UnsafeBufferPointer(rebasing: $0[range])) }
    }

    /// U+FFFD in UTF-8.
    static let replacementCharacter: [UInt8] = [0xEF, 0xBF, 0xBD]

    /// Cuts to at most `limit` bytes without splitting a UTF-8 sequence; says whether anything was cut.
    mutating func cutUTF8(to limit: Int) -> Bool {
        guard self.count > limit else { return false }
        var end = limit
        while end > 0, self[end] & 0xC0 == 0x80 { end -= 1 }
        self.removeSubrange(end...)
        return true
    }
}

/// ASCII classes and names of the bytes the grammars use.
enum ASCII {
    static let tab: UInt8 = 0x09
    static let lineFeed: UInt8 = 0x0A
    static let carriageReturn: UInt8 = 0x0D
    static let space: UInt8 = 0x20

    /// Space, tab, and line ends that unfolding left behind.
    static func isWhitespace(_ byte: UInt8) -> Bool {
        byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D
    }

    static func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }

    static func isLetter(_ byte: UInt8) -> Bool {
        let lower = byte | 0x20
        return lower >= 0x61 && lower <= 0x7A
    }

    static func lowercased(_ byte: UInt8) -> UInt8 {
        byte >= 0x41 && byte <= 0x5A ? byte | 0x20 : byte
    }

    /// The value of a hexadecimal digit.
    static func hexValue(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 0x30...0x39: byte - 0x30
        case 0x41...0x46: byte - 0x41 + 10
        case 0x61...0x66: byte - 0x61 + 10
        default: nil
        }
    }

    /// `bytes` with A–Z made small and white space at both ends removed, as text; controls become `?`.
    static func token(_ bytes: some Collection<UInt8>) -> String {
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count)
        for byte in bytes {
            let isControl = byte == 0x7F || byte < 0x20 && !self.isWhitespace(byte)
            result.append(isControl ? 0x3F : self.lowercased(byte))
        }
        while let last = result.last, self.isWhitespace(last) { result.removeLast() }
        let start = result.firstIndex { !self.isWhitespace($0) } ?? result.endIndex
        return String(decoding: result[start...], as: UTF8.self)
    }

    /// Whether `bytes` equals `text`, which must be small letters, without regard to case.
    static func equals(_ bytes: some Collection<UInt8>, _ text: StaticString) -> Bool {
        guard bytes.count == text.utf8CodeUnitCount else { return false }
        return text.withUTF8Buffer { buffer in
            zip(bytes, buffer).allSatisfy { self.lowercased($0) == $1 }
        }
    }

    /// Whether `bytes` begins with `text`, which must be small letters, without regard to case.
    static func hasPrefix(_ bytes: some Collection<UInt8>, _ text: StaticString) -> Bool {
        self.equals(bytes.prefix(text.utf8CodeUnitCount), text)
    }
}
