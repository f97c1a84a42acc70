/// A piece of a command line.
indirect enum WireToken: Equatable {
    /// Outside of quotes; brackets and what is in them belong to it, as in `BODY.PEEK[HEADER.FIELDS (SUBJECT)]`.
    case atom(String)
    /// In quotes, or a literal.
    case string([UInt8])
    /// In parentheses.
    case list([WireToken])

    /// An atom or string as text.
    var text: String? {
        switch self {
        case .atom(let text): text
        case .string(let bytes): WireText.text(bytes)
        case .list: nil
        }
    }

    /// An atom in capitals.
    var word: String? {
        if case .atom(let text) = self { text.uppercased() } else { nil }
    }

    /// What is in parentheses.
    var items: [WireToken]? {
        if case .list(let items) = self { items } else { nil }
    }

    /// What a command line, literals in place, is made of; nil where it cannot be read.
    static func tokens(_ line: [UInt8]) -> [WireToken]? {
        var reader = Reader(bytes: line)
        return reader.tokens(isInside: false)
    }

    private struct Reader {
        let bytes: [UInt8]
        var at = 0

        mutating func tokens(isInside: Bool) -> [WireToken]? {
            var tokens: [WireToken] = []
            while self.at < self.bytes.count {
                switch self.bytes[self.at] {
                case UInt8(ascii: " "):
                    self.at += 1
                case UInt8(ascii: ")"):
                    self.at += 1
                    return isInside ? tokens : nil
                case UInt8(ascii: "("):
                    self.at += 1
                    guard let items = self.tokens(isInside: true) else { return nil }
                    tokens.append(.list(items))
                case UInt8(ascii: "\""):
                    guard let string = self.quoted() else { return nil }
                    tokens.append(.string(string))
                case UInt8(ascii: "{"), UInt8(ascii: "~"):
                    guard let string = self.literal() else { return nil }
                    tokens.append(.string(string))
                default:
                    tokens.append(.atom(self.atom()))
                }
            }
            return isInside ? nil : tokens
        }

        private mutating func quoted() -> [UInt8]? {
            var result: [UInt8] = []
            self.at += 1
            while self.at < self.bytes.count {
                var byte = self.bytes[self.at]
                self.at += 1
                if byte == UInt8(ascii: "\"") { return result }
                if byte == UInt8(ascii: "\\"), self.at < self.bytes.count {
                    byte = self.bytes[self.at]
                    self.at += 1
                }
                result.append(byte)
            }
            return nil
        }

        private mutating func literal() -> [UInt8]? {
            guard let end = self.bytes[self.at...].firstIndex(of: 10), end > self.at,
                let literal = WireText.literal(endOf: self.bytes[self.at..<end - 1]),
                end + 1 + literal.count <= self.bytes.count
            else { return nil }
            self.at = end + 1 + literal.count
            return Array(self.bytes[end + 1..<self.at])
        }

        private mutating func atom() -> String {
            let start = self.at
            var depth = 0
            while self.at < self.bytes.count {
                let byte = self.bytes[self.at]
                if byte == UInt8(ascii: "[") { depth += 1 }
                if byte == UInt8(ascii: "]") { depth -= 1 }
                if depth <= 0, byte == UInt8(ascii: " ") || byte == UInt8(ascii: "(") || byte == UInt8(ascii: ")") {
                    break
                }
                self.at += 1
            }
            return WireText.text(self.bytes[start..<self.at])
        }
    }
}
