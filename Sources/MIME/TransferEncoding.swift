/// How a part's bytes are wrapped for transport (RFC 2045 §6), with the uuencode that came before it.
package enum TransferEncoding: String, Sendable, Equatable, CaseIterable {
    /// `7bit`, `8bit`, `binary`, none, or one nobody knows: the bytes are what they are.
    case identity
    /// RFC 2045 §6.8.
    case base64
    /// RFC 2045 §6.7.
    case quotedPrintable
    /// `begin 644 name` … `end`, as a transfer encoding or within a text.
    case uuencode

    /// Reads the value of a `Content-Transfer-Encoding` field.
    init(field value: [UInt8]) {
        let value = HeaderText.withoutComments(value)
        let end = value.firstIndex { $0 == 0x3B } ?? value.endIndex
        self =
            switch ASCII.token(value[..<end]) {
            case "base64", "base-64", "x-base64": .base64
            case "quoted-printable", "quotedprintable", "quoted_printable", "x-quoted-printable": .quotedPrintable
            case "x-uuencode", "uuencode", "x-uue", "uue", "x-uu": .uuencode
            default: .identity
            }
    }
}

/// A part's bytes as the sender had them.
package struct DecodedBody: Sendable, Equatable {
    /// The decoded bytes; all that could be read.
    package let bytes: [UInt8]
    /// Whether something was missing or foreign in the encoded form.
    package let isDamaged: Bool
}

/// The decoders of ``TransferEncoding``: linear, and content with whatever they get.
enum TransferDecoder {
    /// The body in `range` of `input`, decoded, stopping soon after `limit` bytes of output.
    static func decode(
        _ input: Span<UInt8>,
        _ range: Range<Int>,
        _ encoding: TransferEncoding,
        limit: Int = .max
    ) -> DecodedBody {
        switch encoding {
        case .identity:
            let end = range.count > limit ? range.lowerBound + limit : range.upperBound
            return DecodedBody(bytes: input.bytes(in: range.lowerBound..<end), isDamaged: false)
        case .base64:
            return self.base64(input, range, limit: limit)
        case .quotedPrintable:
            return self.quotedPrintable(input, range, limit: limit)
        case .uuencode:
            return UUDecoder.decode(input, range, limit: limit)
        }
    }

    // MARK: - Base64

    /// 0…63 for the alphabet, 64 for `=`, 65 for white space, 66 for everything else.
    ///
    /// `-` and `_` are those of base64url.
    private static let sextets: [UInt8] = {
        var table = [UInt8](repeating: 66, count: 256)
        for (value, byte) in "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8.enumerated() {
            table[Int(byte)] = UInt8(value)
        }
        table[0x2D] = 62
        table[0x5F] = 63
        table[0x3D] = 64
        for byte in [0x20, 0x09, 0x0A, 0x0D] { table[byte] = 65 }
        return table
    }()

    /// Base64 with junk skipped and a short tail kept.
    ///
    /// After padding, only lines that are whole base64 again are read: what a mailing list wrote beneath is not data.
    static func base64(_ input: Span<UInt8>, _ range: Range<Int>, limit: Int = .max) -> DecodedBody {
        let table = self.sextets
        var output: [UInt8] = []
        output.reserveCapacity(min(limit, range.count / 4 * 3) + 3)
        var isDamaged = false
        var bits: UInt32 = 0
        var held = 0
        var index = range.lowerBound
        let end = range.upperBound
        while index < end, output.count < limit {
            if held == 0 {
                // Whole quanta without anything between them are nearly all there is.
                while index + 4 <= end, output.count < limit {
                    let first = table[Int(input[index])]
                    let second = table[Int(input[index + 1])]
                    let third = table[Int(input[index + 2])]
                    let fourth = table[Int(input[index + 3])]
                    guard (first | second | third | fourth) < 64 else { break }
                    output.append(first << 2 | second >> 4)
                    output.append(second << 4 | third >> 2)
                    output.append(third << 6 | fourth)
                    index += 4
                }
                guard index < end else { break }
            }
            let value = table[Int(input[index])]
            index += 1
            if value < 64 {
                bits = bits << 6 | UInt32(value)
                held += 1
                if held == 4 {
                    output.append(UInt8(truncatingIfNeeded: bits >> 16))
                    output.append(UInt8(truncatingIfNeeded: bits >> 8))
                    output.append(UInt8(truncatingIfNeeded: bits))
                    bits = 0
                    held = 0
                }
            } else if value == 64 {
                isDamaged = self.flush(bits, held, into: &output) || isDamaged
                bits = 0
                held = 0
                while index < end, table[Int(input[index])] == 64 || table[Int(input[index])] == 65 { index += 1 }
                if index < end {
                    isDamaged = true
                    guard self.isBase64Line(input, index..<end, table) else { break }
                }
            } else if value == 66 {
                isDamaged = true
            }
        }
        if held > 0 {
            _ = self.flush(bits, held, into: &output)
            isDamaged = true
        }
        return DecodedBody(bytes: output, isDamaged: isDamaged)
    }

    /// Writes the whole bytes of an unfinished quantum; says whether it was no proper one.
    private static func flush(_ bits: UInt32, _ held: Int, into output: inout [UInt8]) -> Bool {
        switch held {
        case 2:
            output.append(UInt8(truncatingIfNeeded: bits >> 4))
            return false
        case 3:
            output.append(UInt8(truncatingIfNeeded: bits >> 10))
            output.append(UInt8(truncatingIfNeeded: bits >> 2))
            return false
        default:
            return true
        }
    }

    /// Whether the line at the start of `range` is nothing but whole quanta.
    ///
    /// Each line is asked at most once.
    private static func isBase64Line(_ input: Span<UInt8>, _ range: Range<Int>, _ table: [UInt8]) -> Bool {
        var count = 0
        for index in range {
            let byte = input[index]
            if byte == ASCII.lineFeed || byte == ASCII.carriageReturn { break }
            guard table[Int(byte)] <= 64, byte != 0x2D, byte != 0x5F else { return false }
            count += 1
        }
        return count >= 4 && count % 4 == 0
    }

    // MARK: - Quoted-printable

    /// Quoted-printable; an `=` that begins nothing stays as it is.
    ///
    /// With `isWord`, the Q form of RFC 2047 §4.2: `_` is a space.
    static func quotedPrintable(
        _ input: Span<UInt8>,
        _ range: Range<Int>,
        limit: Int = .max,
        isWord: Bool = false
    ) -> DecodedBody {
        var output: [UInt8] = []
        output.reserveCapacity(min(limit, range.count) + 1)
        var isDamaged = false
        /// Bytes up to here came from `=XY` or from a finished line: blanks among them stay at the end of a line.
        var firmCount = 0
        var index = range.lowerBound
        let end = range.upperBound
        while index < end, output.count < limit {
            let runEnd = self.runEnd(input, index..<end, isWord: isWord)
            output.append(input, index..<runEnd)
            index = runEnd
            guard index < end else { break }
            let byte = input[index]
            if byte == 0x5F {
                output.append(ASCII.space)
                index += 1
            } else if byte != 0x3D {
                self.trimBlanks(&output, downTo: firmCount)
                output.append(byte)
                index += 1
                firmCount = output.count
            } else if index + 2 < end, let high = ASCII.hexValue(input[index + 1]),
                let low = ASCII.hexValue(input[index + 2])
            {
                output.append(high << 4 | low)
                index += 3
                firmCount = output.count
            } else {
                // A soft line break, perhaps with white space the transport put after the sign.
                let next = self.skipBlanks(input, index + 1..<end)
                if next == end {
                    index = end
                    firmCount = output.count
                } else if let after = self.lineBreak(input, next..<end) {
                    index = after
                    firmCount = output.count
                } else {
                    isDamaged = true
                    output.append(byte)
                    index += 1
                }
            }
        }
        if !isWord, index == end { self.trimBlanks(&output, downTo: firmCount) }
        return DecodedBody(bytes: output, isDamaged: isDamaged)
    }

    /// Where the plain bytes at the start of `range` end.
    private static func runEnd(_ input: Span<UInt8>, _ range: Range<Int>, isWord: Bool) -> Int {
        var index = range.lowerBound
        while index < range.upperBound {
            let byte = input[index]
            if byte == 0x3D || byte == ASCII.lineFeed || byte == ASCII.carriageReturn || byte == 0x5F && isWord {
                break
            }
            index += 1
        }
        return index
    }

    private static func trimBlanks(_ output: inout [UInt8], downTo count: Int) {
        while output.count > count, let last = output.last, last == 0x20 || last == 0x09 { output.removeLast() }
    }

    private static func skipBlanks(_ input: Span<UInt8>, _ range: Range<Int>) -> Int {
        var index = range.lowerBound
        while index < range.upperBound, input[index] == 0x20 || input[index] == 0x09 { index += 1 }
        return index
    }

    /// The index after the line break at the start of `range`, nil when there is none.
    private static func lineBreak(_ input: Span<UInt8>, _ range: Range<Int>) -> Int? {
        guard let start = range.first else { return nil }
        if input[start] == ASCII.lineFeed { return start + 1 }
        guard input[start] == ASCII.carriageReturn else { return nil }
        var index = start
        while index < range.upperBound, index - start < 3, input[index] == ASCII.carriageReturn { index += 1 }
        return index < range.upperBound && input[index] == ASCII.lineFeed ? index + 1 : start + 1
    }
}
