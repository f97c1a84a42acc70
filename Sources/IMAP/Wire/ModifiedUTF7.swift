/// Folder names on the wire: modified UTF-7.
///
/// Printable ASCII stands for itself, `&` is `&-`, everything else is `&`, base64 of UTF-16 with `,` for `/`, `-`.
/// Source: RFC 3501 §5.1.3. Decoding is lenient, since names come from servers: what is not valid is shown as it stands.
enum ModifiedUTF7 {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+,".utf8)

    static func encode(_ text: String) -> [UInt8] {
        var output: [UInt8] = []
        var pending: [UInt16] = []
        func flush() {
            guard !pending.isEmpty else { return }
            output.append(UInt8(ascii: "&"))
            output += self.base64(pending)
            output.append(UInt8(ascii: "-"))
            pending.removeAll()
        }
        for unit in text.utf16 {
            guard (0x20...0x7e).contains(unit) else {
                pending.append(unit)
                continue
            }
            flush()
            output.append(UInt8(truncatingIfNeeded: unit))
            if unit == 0x26 { output.append(UInt8(ascii: "-")) }
        }
        flush()
        return output
    }

    static func decode(_ bytes: [UInt8]) -> String {
        var steps = 0
        return self.decode(bytes, steps: &steps)
    }

    /// The same; adds to `steps` what it cost.
    static func decode(_ bytes: [UInt8], steps: inout Int) -> String {
        var output = ""
        var literalStart = 0
        var index = 0
        func flush(upTo end: Int) {
            steps += max(0, end - literalStart)
            if literalStart < end { output += String(decoding: bytes[literalStart..<end], as: UTF8.self) }
        }
        while index < bytes.count {
            steps += 1
            guard bytes[index] == UInt8(ascii: "&") else {
                index += 1
                continue
            }
            let end = bytes[(index + 1)...].firstIndex { self.value(of: $0) == nil } ?? bytes.count
            steps += end - index
            guard end < bytes.count, bytes[end] == UInt8(ascii: "-"),
                let decoded = self.decodeShift(bytes[(index + 1)..<end])
            else {
                // Nothing up to there can begin another one.
                index = end
                continue
            }
            steps += end - index
            flush(upTo: index)
            output += decoded
            index = end + 1
            literalStart = index
        }
        flush(upTo: bytes.count)
        return output
    }

    /// What stands between `&` and `-`, or nil where it is no valid base64 of UTF-16.
    private static func decodeShift(_ digits: ArraySlice<UInt8>) -> String? {
        if digits.isEmpty { return "&" }
        var units: [UInt16] = []
        var bits: UInt32 = 0
        var bitCount = 0
        for digit in digits {
            guard let value = self.value(of: digit) else { return nil }
            bits = bits << 6 | value
            bitCount += 6
            if bitCount >= 16 {
                bitCount -= 16
                units.append(UInt16(truncatingIfNeeded: bits >> UInt32(bitCount)))
                bits &= (1 << UInt32(bitCount)) - 1
            }
        }
        guard bitCount < 6, bits == 0, !units.isEmpty else { return nil }
        return String(validating: units, as: UTF16.self)
    }

    private static func value(of digit: UInt8) -> UInt32? {
        switch digit {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): UInt32(digit - 65)
        case UInt8(ascii: "a")...UInt8(ascii: "z"): UInt32(digit - 71)
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(digit + 4)
        case UInt8(ascii: "+"): 62
        case UInt8(ascii: ","): 63
        default: nil
        }
    }

    private static func base64(_ units: [UInt16]) -> [UInt8] {
        var output: [UInt8] = []
        var bits: UInt32 = 0
        var bitCount: UInt32 = 0
        for unit in units {
            bits = bits << 16 | UInt32(unit)
            bitCount += 16
            while bitCount >= 6 {
                bitCount -= 6
                output.append(self.alphabet[Int(bits >> bitCount & 63)])
            }
            bits &= (1 << bitCount) - 1
        }
        if bitCount > 0 { output.append(self.alphabet[Int(bits << (6 - bitCount) & 63)]) }
        return output
    }
}
