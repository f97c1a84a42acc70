/// Bytes of a mail to valid UTF-8: named charset, then UTF-8, then windows-1252, and no text is ever dropped.
extension Charset {
    /// `bytes`, said to be in the charset `name`, as valid UTF-8.
    ///
    /// Bytes that fit nothing become U+FFFD. What was named wrongly is noted in the context.
    static func decode(_ bytes: [UInt8], name: String?, context: inout ParseContext) -> [UInt8] {
        context.count(bytes.count)
        guard let name, !name.isEmpty else { return self.guess(bytes, context: &context) }
        guard let charset = self.named(name) else {
            context.note(.unknownCharset)
            return self.guess(bytes, context: &context)
        }
        switch charset {
        case .ascii:
            return self.guess(bytes, context: &context)
        case .utf8:
            return self.decodeUTF8(bytes, context: &context)
        case .windows1252:
            // Many a mail says Latin-1 and holds UTF-8; Latin-1 text that is valid UTF-8 by chance is not found in practice.
            if self.isUTF8(bytes) {
                if bytes.contains(where: { $0 >= 0x80 }) { context.note(.wrongCharset) }
                return bytes
            }
            return self.windows1252(bytes)
        case .hz:
            return self.convert(self.eightBit(hz: bytes), StaticName.gb18030, context: &context)
        case .converted(let converter):
            return self.convert(bytes, converter, context: &context)
        }
    }

    /// Whether `bytes` is valid UTF-8.
    static func isUTF8(_ bytes: [UInt8]) -> Bool {
        do {
            _ = try UTF8Span(validating: bytes.span)
            return true
        } catch {
            return false
        }
    }

    /// Bytes without a name: ISO 2022 when its escapes are there, else UTF-8 when valid, else windows-1252.
    private static func guess(_ bytes: [UInt8], context: inout ParseContext) -> [UInt8] {
        if self.isUTF8(bytes) {
            if self.hasJapaneseEscape(bytes) { return self.convert(bytes, StaticName.iso2022JP, context: &context) }
            return bytes
        }
        context.note(.wrongCharset)
        return self.windows1252(bytes)
    }

    /// Named UTF-8 with faults: repaired when most of it is UTF-8, else read as windows-1252.
    private static func decodeUTF8(_ bytes: [UInt8], context: inout ParseContext) -> [UInt8] {
        if self.isUTF8(bytes) { return bytes }
        context.note(.wrongCharset)
        context.count(bytes.count)
        var good = 0
        var bad = 0
        var index = 0
        while index < bytes.count {
            let length = self.sequenceLength(bytes, at: index)
            if length == 0 {
                bad += 1
                index += 1
            } else {
                if length > 1 { good += 1 }
                index += length
            }
        }
        if good == 0 && bad > 1 || bad > 2 * good + 2 { return self.windows1252(bytes) }
        return Array(String(decoding: bytes, as: UTF8.self).utf8)
    }

    /// The length of the UTF-8 sequence at `index`, 0 when there is none.
    ///
    /// Only counts shapes; the standard library repairs.
    private static func sequenceLength(_ bytes: [UInt8], at index: Int) -> Int {
        let length =
            switch bytes[index] {
            case 0..<0x80: 1
            case 0xC2...0xDF: 2
            case 0xE0...0xEF: 3
            case 0xF0...0xF4: 4
            default: 0
            }
        guard length > 1 else { return length }
        guard index + length <= bytes.count else { return 0 }
        for next in index + 1..<index + length where bytes[next] & 0xC0 != 0x80 { return 0 }
        return length
    }

    private static func convert(
        _ bytes: [UInt8],
        _ converter: StaticName,
        context: inout ParseContext
    ) -> [UInt8] {
        context.count(2 * bytes.count)
        guard let result = context.converter.convert(bytes, from: converter) else {
            context.note(.unknownCharset)
            return self.guess(bytes, context: &context)
        }
        // The C library's converters give valid UTF-8, but that is their promise, not ours to make.
        let output =
            self.isUTF8(result.output) ? result.output : Array(String(decoding: result.output, as: UTF8.self).utf8)
        guard result.faults > 0 else { return output }
        context.note(.wrongCharset)
        guard bytes.contains(where: { $0 >= 0x80 }) else { return output }
        if self.isUTF8(bytes) { return bytes }
        // ISO 2022 has seven bits; with eight it is Shift JIS under the other name.
        if converter == .iso2022JP, let other = context.converter.convert(bytes, from: .shiftJIS), other.faults == 0 {
            return other.output
        }
        return output
    }

    private static func hasJapaneseEscape(_ bytes: [UInt8]) -> Bool {
        guard let escape = bytes.span.firstIndex(of: 0x1B, in: 0..<bytes.count), escape + 2 < bytes.count else {
            return false
        }
        return bytes[escape + 1] == 0x24 && (bytes[escape + 2] == 0x42 || bytes[escape + 2] == 0x40)
    }

    /// Windows-1252, whose five holes become U+FFFD.
    private static func windows1252(_ bytes: [UInt8]) -> [UInt8] {
        var output: [UInt8] = []
        output.reserveCapacity(bytes.count + bytes.count / 8 + 8)
        for byte in bytes {
            if byte < 0x80 {
                output.append(byte)
            } else if byte >= 0xA0 {
                output.append(0xC0 | byte >> 6)
                output.append(0x80 | byte & 0x3F)
            } else {
                let scalar = self.windows1252Upper[Int(byte - 0x80)]
                if scalar < 0x800 {
                    output.append(UInt8(0xC0 | scalar >> 6))
                } else {
                    output.append(UInt8(0xE0 | scalar >> 12))
                    output.append(UInt8(0x80 | scalar >> 6 & 0x3F))
                }
                output.append(UInt8(0x80 | scalar & 0x3F))
            }
        }
        return output
    }

    /// 0x80…0x9F of windows-1252.
    private static let windows1252Upper: [UInt16] = [
        0x20AC, 0xFFFD, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160, 0x2039, 0x0152, 0xFFFD,
        0x017D, 0xFFFD,
        0xFFFD, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0xFFFD,
        0x017E, 0x0178,
    ]

    /// HZ (RFC 1843): text between `~{` and `~}` gets its eighth bit back.
    private static func eightBit(hz bytes: [UInt8]) -> [UInt8] {
        var output: [UInt8] = []
        output.reserveCapacity(bytes.count)
        var isShifted = false
        var index = 0
        while index < bytes.count {
            let byte = bytes[index]
            let next = index + 1 < bytes.count ? bytes[index + 1] : 0
            if byte == 0x7E, next == 0x7B || next == 0x7D {
                isShifted = next == 0x7B
                index += 2
            } else if byte == 0x7E, next == 0x7E || next == ASCII.lineFeed {
                if next == 0x7E { output.append(byte) }
                index += 2
            } else {
                output.append(isShifted && byte > 0x20 ? byte | 0x80 : byte)
                if byte == ASCII.lineFeed { isShifted = false }
                index += 1
            }
        }
        return output
    }
}
