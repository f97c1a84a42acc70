/// Cuts IMAP into messages: a line, with the literals in it (RFC 9051 §4.3).
///
/// A client's command ends a message at each literal it announces, because the server may have to be asked first.
struct IMAPFraming {
    let direction: WireDirection
    private var buffer: [UInt8] = []
    /// Bytes of the buffer that were searched, or that belong to a literal.
    private var searched = 0
    private var lineStart = 0

    init(_ direction: WireDirection) {
        self.direction = direction
    }

    /// The messages that are complete now, with their line ends.
    mutating func take(_ bytes: [UInt8]) -> [[UInt8]] {
        self.buffer += bytes
        var messages: [[UInt8]] = []
        while self.searched < self.buffer.count {
            guard let end = self.buffer[self.searched...].firstIndex(of: UInt8(ascii: "\n")) else {
                self.searched = self.buffer.count
                break
            }
            let literal = Self.literal(self.buffer[self.lineStart...end])
            self.searched = end + 1
            if let literal, self.direction == .fromServer {
                self.searched += literal
                self.lineStart = self.searched
                continue
            }
            messages.append(Array(self.buffer[..<self.searched]))
            self.buffer.removeFirst(self.searched)
            self.lineStart = literal ?? 0
            self.searched = self.lineStart
        }
        return messages
    }

    /// The number in `{n}`, `{n+}` or `{n-}` before the line's end.
    private static func literal(_ line: ArraySlice<UInt8>) -> Int? {
        var end = line.endIndex - 1
        if end > line.startIndex, line[end - 1] == UInt8(ascii: "\r") { end -= 1 }
        guard end > line.startIndex, line[end - 1] == UInt8(ascii: "}"),
            let open = line[..<end].lastIndex(of: UInt8(ascii: "{"))
        else { return nil }
        let digits = line[(open + 1)..<(end - 1)].filter { $0 != UInt8(ascii: "+") && $0 != UInt8(ascii: "-") }
        return Int(String(decoding: digits, as: UTF8.self))
    }

    /// Every command is; of the server, what ends or opens something, and mails.
    static func isDecisive(_ summary: String, _ direction: WireDirection) -> Bool {
        direction == .toServer || summary.hasPrefix("tagged ") || summary.hasPrefix("+") || summary.hasSuffix("}")
            || summary.contains("[COPYUID ") || summary.hasPrefix("* VANISHED") || summary.hasSuffix(" EXISTS")
    }

    /// What a message is: its first line without tag, secrets and bytes that are no text.
    static func summary(_ message: [UInt8], _ direction: WireDirection) -> String {
        let line = message.prefix { $0 != UInt8(ascii: "\r") && $0 != UInt8(ascii: "\n") }
        let text = String(decoding: line.prefix(200), as: UTF8.self)
        let words = text.split(separator: " ", maxSplits: 1)
        guard words.count == 2 else { return direction == .toServer && text != "DONE" ? "(continued)" : text }
        guard direction == .toServer else {
            return words[0] == "*" || words[0] == "+" ? text : "tagged \(words[1])"
        }
        for verb in ["AUTHENTICATE", "LOGIN"] where words[1].hasPrefix(verb) { return verb }
        return String(words[1])
    }
}
