/// The steps every header value takes on its way to text.
enum HeaderText {
    /// The value with its line breaks taken out (RFC 5322 §2.2.3); the white space that began the next line stays.
    static func unfold(_ input: Span<UInt8>, _ range: Range<Int>, context: inout ParseContext) -> [UInt8] {
        context.count(range.count)
        var bytes = input.bytes(in: range)
        if input.firstIndex(of: ASCII.lineFeed, in: range) != nil
            || input.firstIndex(of: ASCII.carriageReturn, in: range) != nil
        {
            bytes.removeAll { $0 == ASCII.lineFeed || $0 == ASCII.carriageReturn }
        }
        return bytes
    }

    /// The value without `(comments)`, which may nest (counted, never recursed); a comment that is never closed is
    /// text.
    static func withoutComments(_ bytes: [UInt8]) -> [UInt8] {
        guard bytes.contains(0x28) else { return bytes }
        var output: [UInt8] = []
        output.reserveCapacity(bytes.count)
        var index = 0
        var areCommentsBroken = false
        var isQuoted = false
        while index < bytes.count {
            let byte = bytes[index]
            if byte == 0x5C, index + 1 < bytes.count {
                output.append(byte)
                output.append(bytes[index + 1])
                index += 2
                continue
            }
            if byte == 0x22 { isQuoted.toggle() }
            if byte == 0x28, !isQuoted, !areCommentsBroken {
                if let end = self.commentEnd(bytes, from: index) {
                    output.append(ASCII.space)
                    index = end
                    continue
                }
                areCommentsBroken = true
            }
            output.append(byte)
            index += 1
        }
        return output
    }

    /// The index after the comment that opens at `start`; nil when it never closes.
    static func commentEnd(_ bytes: [UInt8], from start: Int) -> Int? {
        var depth = 0
        var index = start
        while index < bytes.count {
            switch bytes[index] {
            case 0x5C: index += 1
            case 0x28: depth += 1
            case 0x29:
                depth -= 1
                if depth == 0 { return index + 1 }
            default: break
            }
            index += 1
        }
        return nil
    }

    /// RFC 2047 decoded, white space collapsed, controls removed, U+0000 replaced, at most `limits.lineScalars` long.
    static func line(_ bytes: [UInt8], context: inout ParseContext) -> String {
        if let plain = self.plainLine(bytes, limit: context.limits.lineScalars) {
            context.count(bytes.count)
            return plain
        }
        let decoded = EncodedWord.decode(bytes, context: &context)
        var cleaned = self.clean(decoded)
        context.count(decoded.count)
        let limit = context.limits.lineScalars
        if cleaned.count > limit {
            var scalars = 0
            if let cut = cleaned.firstIndex(where: { byte in
                if byte & 0xC0 != 0x80 { scalars += 1 }
                return scalars > limit
            }) {
                cleaned.removeSubrange(cut...)
                context.note(.lineCut)
            }
        }
        return String(decoding: cleaned, as: UTF8.self)
    }

    /// The text of a value that needs no work but trimming, as most do; nil for all others.
    private static func plainLine(_ bytes: [UInt8], limit: Int) -> String? {
        let source = bytes.span
        var start = 0
        var end = source.count
        while start < end, ASCII.isWhitespace(source[start]) { start += 1 }
        while end > start, ASCII.isWhitespace(source[end - 1]) { end -= 1 }
        guard end - start <= limit else { return nil }
        var previous: UInt8 = 0
        for index in start..<end {
            let byte = source[index]
            guard byte >= 0x20, byte < 0x7F, byte != 0x20 || previous != 0x20, byte != 0x3F || previous != 0x3D else {
                return nil
            }
            previous = byte
        }
        return start == 0 && end == source.count
            ? String(decoding: bytes, as: UTF8.self) : String(decoding: bytes[start..<end], as: UTF8.self)
    }

    /// Valid UTF-8 in one line: runs of white space become one space, none at the ends; C0 and C1 controls go; U+0000
    /// shows as U+FFFD.
    static func clean(_ bytes: [UInt8]) -> [UInt8] {
        var output: [UInt8] = []
        output.reserveCapacity(bytes.count)
        var isSpacePending = false
        var index = 0
        while index < bytes.count {
            let byte = bytes[index]
            index += 1
            if ASCII.isWhitespace(byte) {
                isSpacePending = !output.isEmpty
                continue
            }
            if byte == 0xC2, index < bytes.count, bytes[index] < 0xA0 {
                index += 1
                continue
            }
            if byte > 0 && byte < 0x20 || byte == 0x7F { continue }
            if isSpacePending { output.append(ASCII.space) }
            isSpacePending = false
            if byte == 0 {
                output.append(contentsOf: [UInt8].replacementCharacter)
            } else {
                output.append(byte)
            }
        }
        return output
    }
}
