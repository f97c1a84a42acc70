/// A second, tiny reader of headers, for mail that defeated the parser.
///
/// It shares no code with the parser, so that what stops one does not stop the other: it reads at most the first 64
/// KiB, one byte at a time, and knows nothing of charsets, encoded words or structure.
package enum HeaderScan {
    /// What the scan found.
    package struct Result: Sendable, Equatable {
        /// The first `Subject`, unfolded and repaired, at most 998 bytes; nil when absent or blank.
        package var subject: String?
        /// The first `From`, as it stands.
        package var from: String?
        /// The first `Message-ID`, as it stands.
        package var messageID: String?
    }

    private static let byteLimit = 64 * 1024
    private static let valueLimit = 998

    /// The subject of a mail; nil when it has none.
    package static func boundedSubject(_ bytes: [UInt8]) -> String? { self.scan(bytes).subject }

    /// The three fields a person needs to recognise a mail.
    ///
    /// Never fails; at most 64 KiB are read.
    package static func scan(_ bytes: [UInt8]) -> Result {
        var result = Result()
        var name: [UInt8] = []
        var value: [UInt8] = []
        var isInValue = false
        var isLineStart = true
        var isAfterReturn = false
        for byte in bytes.prefix(self.byteLimit) {
            if byte == 0x0A, isAfterReturn {
                isAfterReturn = false
                continue
            }
            isAfterReturn = byte == 0x0D
            if byte == 0x0A || byte == 0x0D {
                // An empty line ends the header, unless nothing came before it.
                if isLineStart, !name.isEmpty { break }
                isLineStart = true
                continue
            }
            if isLineStart {
                isLineStart = false
                if byte != 0x20, byte != 0x09 {
                    self.store(name, value, in: &result)
                    name.removeAll()
                    value.removeAll()
                    isInValue = false
                }
            }
            if !isInValue, byte == 0x3A {
                isInValue = true
            } else if isInValue {
                if value.count < self.valueLimit { value.append(byte) }
            } else if name.count < 100, byte > 0x20 {
                name.append(byte >= 0x41 && byte <= 0x5A ? byte + 0x20 : byte)
            }
        }
        self.store(name, value, in: &result)
        return result
    }

    private static func store(_ name: [UInt8], _ value: [UInt8], in result: inout Result) {
        switch String(decoding: name, as: UTF8.self) {
        case "subject" where result.subject == nil: result.subject = self.text(value)
        case "from" where result.from == nil: result.from = self.text(value)
        case "message-id" where result.messageID == nil: result.messageID = self.text(value)
        default: break
        }
    }

    /// Controls become spaces, invalid bytes U+FFFD, blanks collapse.
    private static func text(_ value: [UInt8]) -> String? {
        let words = value.split { $0 <= 0x20 || $0 == 0x7F }
        let text = String(decoding: Array(words.joined(separator: [0x20])), as: UTF8.self)
        return text.isEmpty ? nil : text
    }
}
