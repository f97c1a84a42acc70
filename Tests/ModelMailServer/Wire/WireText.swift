/// Text on the wire: one character for each byte, so that nothing is lost whatever the charset.
enum WireText {
    static func text(_ bytes: some Sequence<UInt8>) -> String {
        String(String.UnicodeScalarView(bytes.map { Unicode.Scalar($0) }))
    }

    static func bytes(_ text: String) -> [UInt8] {
        text.unicodeScalars.map { UInt8(truncatingIfNeeded: $0.value) }
    }

    /// A string in quotes; names of folders never hold line ends.
    static func quoted(_ text: String) -> String {
        "\"" + text.map { $0 == "\"" || $0 == "\\" ? "\\\($0)" : String($0) }.joined() + "\""
    }

    static func ranges(_ ranges: UIDRanges) -> String {
        ranges.ranges.map { $0.count == 1 ? "\($0.lowerBound)" : "\($0.lowerBound):\($0.upperBound)" }
            .joined(separator: ",")
    }

    /// UIDs in the order given, runs of ascending ones shortened.
    static func list(_ uids: [UInt32]) -> String {
        var runs: [ClosedRange<UInt32>] = []
        for uid in uids {
            if let last = runs.last, last.upperBound &+ 1 == uid {
                runs[runs.count - 1] = last.lowerBound...uid
            } else {
                runs.append(uid...uid)
            }
        }
        return runs.map { $0.count == 1 ? "\($0.lowerBound)" : "\($0.lowerBound):\($0.upperBound)" }
            .joined(separator: ",")
    }

    /// The literal that a line's end announces: how many bytes, and whether the client waits for the go-ahead.
    static func literal(endOf line: some BidirectionalCollection<UInt8>) -> (count: Int, waits: Bool)? {
        guard line.last == UInt8(ascii: "}") else { return nil }
        let text = self.text(line)
        guard let open = text.lastIndex(of: "{") else { return nil }
        var digits = text[text.index(after: open)...].dropLast()
        let waits = digits.last != "+"
        if !waits { digits = digits.dropLast() }
        return Int(digits).map { ($0, waits) }
    }
}
