/// Uuencode: blocks of `begin`, a mode and a name, lines that begin with their own length, and `end`.
///
/// The length sign of a line bounds what is taken from it; nothing is reserved because of it.
enum UUDecoder {
    /// A block found inside a text.
    struct Block: Equatable {
        /// From the `begin` line through the `end` line.
        let range: Range<Int>
        /// The name on the `begin` line, as it stands.
        let name: [UInt8]
    }

    /// The blocks within `range`, in order.
    ///
    /// One look at each line.
    static func blocks(_ input: Span<UInt8>, _ range: Range<Int>, lines: LineReader, steps: inout Int) -> [Block] {
        var blocks: [Block] = []
        var position = range.lowerBound
        while position < range.upperBound {
            let line = lines.line(input, from: position, to: range.upperBound)
            steps &+= line.next - position
            guard input[position] == 0x62, let name = self.beginName(input, position..<line.end) else {
                position = line.next
                continue
            }
            var current = line.next
            var found: Int?
            while current < range.upperBound {
                let data = lines.line(input, from: current, to: range.upperBound)
                steps &+= data.next - current
                if self.isEnd(input, current..<data.end) {
                    found = data.next
                    break
                }
                guard self.isData(input, current..<data.end) else { break }
                current = data.next
            }
            if let found {
                blocks.append(Block(range: position..<found, name: name))
                position = found
            } else {
                position = max(current, line.next)
            }
        }
        return blocks
    }

    /// Decodes all data lines after the first `begin` line of `range`, or all lines when there is none.
    static func decode(_ input: Span<UInt8>, _ range: Range<Int>, limit: Int = .max) -> DecodedBody {
        let lines = LineReader(input, range)
        var output: [UInt8] = []
        output.reserveCapacity(min(limit, range.count / 4 * 3) + 3)
        var isDamaged = false
        var position = range.lowerBound
        var hasEnded = false
        while position < range.upperBound, output.count < limit {
            let line = lines.line(input, from: position, to: range.upperBound)
            let content = position..<line.end
            position = line.next
            if content.isEmpty || self.beginName(input, content) != nil { continue }
            if self.isEnd(input, content) {
                hasEnded = true
                break
            }
            isDamaged = !self.decodeLine(input, content, into: &output) || isDamaged
        }
        return DecodedBody(bytes: output, isDamaged: isDamaged || (!hasEnded && output.count < limit))
    }

    private static func decodeLine(_ input: Span<UInt8>, _ line: Range<Int>, into output: inout [UInt8]) -> Bool {
        guard let first = line.first, input[first] >= 0x20, input[first] <= 0x60 else { return false }
        let wanted = Int((input[first] &- 0x20) & 0x3F)
        var written = 0
        var index = first + 1
        while written < wanted, index < line.upperBound {
            var bits: UInt32 = 0
            for offset in 0..<4 {
                // Transports cut trailing spaces, which are zeros.
                let byte = index + offset < line.upperBound ? input[index + offset] : 0x20
                bits = bits << 6 | UInt32((byte &- 0x20) & 0x3F)
            }
            for shift in [UInt32(16), 8, 0] where written < wanted {
                output.append(UInt8(truncatingIfNeeded: bits >> shift))
                written += 1
            }
            index += 4
        }
        return written == wanted
    }

    /// The name on a `begin 644 name` line; nil when the line is none.
    private static func beginName(_ input: Span<UInt8>, _ line: Range<Int>) -> [UInt8]? {
        let digits = line.lowerBound + 6
        guard line.count >= 11, line.count <= 1_024, ASCII.equals(input.bytes(in: line.lowerBound..<digits), "begin ")
        else {
            return nil
        }
        var index = digits
        while index < line.upperBound, input[index] >= 0x30, input[index] <= 0x37 { index += 1 }
        guard index - digits == 3 || index - digits == 4, index + 1 < line.upperBound, input[index] == 0x20 else {
            return nil
        }
        return input.bytes(in: index + 1..<line.upperBound)
    }

    private static func isEnd(_ input: Span<UInt8>, _ line: Range<Int>) -> Bool {
        line.count >= 3 && line.count <= 8 && ASCII.token(input.bytes(in: line)) == "end"
    }

    /// Whether a line can be data: its length sign fits its length, give or take what transports cut or add.
    private static func isData(_ input: Span<UInt8>, _ line: Range<Int>) -> Bool {
        guard let first = line.first, input[first] >= 0x20, input[first] <= 0x60 else { return false }
        let wanted = Int((input[first] &- 0x20) & 0x3F)
        let full = (wanted + 2) / 3 * 4
        guard line.count - 1 <= full + 4 else { return false }
        for index in line where input[index] < 0x20 || input[index] > 0x60 { return false }
        return wanted == 0 || line.count > 1
    }
}
