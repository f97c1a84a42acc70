/// One untagged answer of a server as the observer reads it: a tree of atoms, strings and lists (RFC 9051 §9).
///
/// Written for looking at private servers, and apart from Baton's own IMAP on purpose: what checks must not share the
/// mistakes of what is checked.
struct ObserverResponse: Equatable {
    indirect enum Item: Equatable {
        case atom(String)
        case string([UInt8])
        case list([Item])

        /// An atom or string as text, one character for each byte; nil for a list.
        var text: String? {
            switch self {
            case .atom(let text): text
            case .string(let bytes): latin1(bytes)
            case .list: nil
            }
        }

        var items: [Item] {
            switch self {
            case .list(let items): items
            case .atom, .string: []
            }
        }
    }

    /// The whole answer after `* `, literals in their places.
    let bytes: [UInt8]

    /// The answer as text, one character for each byte.
    var text: String { latin1(self.bytes) }

    /// The answer's items.
    ///
    /// What follows a status word (`OK`, `NO`, `BAD`, `BYE`) is free text and stays out.
    func items() throws -> [Item] {
        var reader = Reader(bytes: self.bytes)
        return try reader.items(until: nil)
    }

    private struct Reader {
        let bytes: [UInt8]
        var at = 0
        /// Deeper nesting than any ENVELOPE the observer asks for.
        var depth = 0

        mutating func items(until end: UInt8?) throws -> [Item] {
            var items: [Item] = []
            self.depth += 1
            defer { self.depth -= 1 }
            guard self.depth < 50 else { throw self.broken("too deep") }
            while self.at < self.bytes.count {
                let byte = self.bytes[self.at]
                switch byte {
                case UInt8(ascii: " "):
                    self.at += 1
                case UInt8(ascii: ")") where end != nil:
                    self.at += 1
                    return items
                case UInt8(ascii: "("):
                    self.at += 1
                    items.append(.list(try self.items(until: UInt8(ascii: ")"))))
                case UInt8(ascii: "\""):
                    items.append(.string(try self.quoted()))
                case UInt8(ascii: "{"):
                    items.append(.string(try self.literal()))
                default:
                    let atom = self.atom()
                    guard !atom.isEmpty else { throw self.broken("a byte out of place") }
                    items.append(.atom(atom))
                    if items.count == 1, ["OK", "NO", "BAD", "BYE"].contains(atom) { return items }
                }
            }
            guard end == nil else { throw self.broken("a list without an end") }
            return items
        }

        private mutating func quoted() throws -> [UInt8] {
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
            throw self.broken("a string without an end")
        }

        private mutating func literal() throws -> [UInt8] {
            let head = self.bytes[self.at...].prefix { $0 != UInt8(ascii: "\n") }
            guard let count = literalLength(Array(head.dropLast())) else { throw self.broken("a literal's length") }
            let start = head.endIndex + 1
            guard start + count <= self.bytes.count else { throw self.broken("a literal cut short") }
            self.at = start + count
            return Array(self.bytes[start..<self.at])
        }

        /// An atom; `BODY[HEADER.FIELDS (SUBJECT)]` is one, brackets and all.
        private mutating func atom() -> String {
            let start = self.at
            var brackets = 0
            while self.at < self.bytes.count {
                let byte = self.bytes[self.at]
                if byte == UInt8(ascii: "[") { brackets += 1 }
                if byte == UInt8(ascii: "]") { brackets -= 1 }
                if brackets <= 0, [UInt8(ascii: " "), UInt8(ascii: "("), UInt8(ascii: ")")].contains(byte) { break }
                self.at += 1
            }
            return latin1(Array(self.bytes[start..<self.at]))
        }

        private func broken(_ what: String) -> LocalServersError {
            LocalServersError(reason: .protocolViolation("\(what) at byte \(self.at)"), during: "reading an answer")
        }
    }
}

/// One character for each byte, so that nothing is lost whatever the charset.
func latin1(_ bytes: [UInt8]) -> String {
    String(String.UnicodeScalarView(bytes.map { Unicode.Scalar($0) }))
}

/// The number in the `{n}` that ends a line, or nil when it does not announce a literal.
func literalLength(_ line: [UInt8]) -> Int? {
    guard line.last == UInt8(ascii: "}"), let open = line.lastIndex(of: UInt8(ascii: "{")) else { return nil }
    return Int(latin1(Array(line[(open + 1)..<(line.count - 1)])))
}
