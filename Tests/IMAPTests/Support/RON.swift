/// A value of the notation in which the hostile server corpus is written: `name: value` in parentheses, lists, maps,
/// `Some(…)`, strings, `//` comments.
indirect enum RON: Equatable, Sendable {
    case string(String)
    /// A word or a number that stands alone, such as `Ok`, `None`, `true`, `143`.
    case word(String)
    case list([RON])
    /// `(…)` or `Name(…)` without names inside.
    case tuple(name: String, [RON])
    /// `(a: …)` or `Name(a: …)`; also `{ "a": … }`.
    case record(name: String, [String: RON])

    /// The value of `text`; nil where it is none.
    init?(_ text: String) {
        var reader = Reader(rest: Array(text)[...])
        guard let value = reader.value() else { return nil }
        self = value
    }

    /// The field of a record, with `Some(…)` taken off; nil where missing or `None`.
    subscript(_ field: String) -> RON? {
        guard case .record(_, let fields) = self, let value = fields[field] else { return nil }
        if case .tuple("Some", let values) = value { return values.first }
        return value == .word("None") ? nil : value
    }

    /// The text of a string, also of `Text("…")`.
    var text: String? {
        switch self {
        case .string(let text): text
        case .tuple(_, let values): values.count == 1 ? values[0].text : nil
        case .word, .list, .record: nil
        }
    }

    /// The values of a list, or of a tuple such as `NonEmptyVec([…])`.
    var values: [RON] {
        switch self {
        case .list(let values): values
        case .tuple(_, let values): values.count == 1 ? values[0].values : []
        case .string, .word, .record: []
        }
    }

    private struct Reader {
        var rest: ArraySlice<Character>

        mutating func value() -> RON? {
            self.skipSpace()
            switch self.rest.first {
            case "\"": return self.string().map { .string($0) }
            case "[": return self.list(until: "]").map { .list($0) }
            case "{": return self.fields(until: "}").map { .record(name: "", $0) }
            case "(": return self.parenthesis(name: "")
            default:
                let word = self.word()
                guard !word.isEmpty else { return nil }
                self.skipSpace()
                return self.rest.first == "(" ? self.parenthesis(name: word) : .word(word)
            }
        }

        /// A record where a name and a colon stand at the beginning, else a tuple.
        private mutating func parenthesis(name: String) -> RON? {
            var ahead = self
            _ = ahead.rest.popFirst()
            ahead.skipSpace()
            let first = ahead.word()
            ahead.skipSpace()
            if !first.isEmpty, ahead.rest.first == ":" {
                return self.fields(until: ")").map { .record(name: name, $0) }
            }
            return self.list(until: ")").map { .tuple(name: name, $0) }
        }

        private mutating func list(until end: Character) -> [RON]? {
            _ = self.rest.popFirst()
            var values: [RON] = []
            while true {
                self.skipSpace()
                if self.rest.first == end {
                    self.rest.removeFirst()
                    return values
                }
                guard let value = self.value() else { return nil }
                values.append(value)
                self.skipComma()
            }
        }

        private mutating func fields(until end: Character) -> [String: RON]? {
            _ = self.rest.popFirst()
            var fields: [String: RON] = [:]
            while true {
                self.skipSpace()
                if self.rest.first == end {
                    self.rest.removeFirst()
                    return fields
                }
                let name = self.rest.first == "\"" ? self.string() ?? "" : self.word()
                self.skipSpace()
                guard !name.isEmpty, self.rest.popFirst() == ":", let value = self.value() else { return nil }
                fields[name] = value
                self.skipComma()
            }
        }

        private mutating func word() -> String {
            let word = self.rest.prefix { $0.isLetter || $0.isNumber || "_-.".contains($0) }
            self.rest = self.rest.dropFirst(word.count)
            return String(word)
        }

        private mutating func string() -> String? {
            _ = self.rest.popFirst()
            var text = ""
            while let character = self.rest.popFirst() {
                switch character {
                case "\"": return text
                case "\\":
                    guard let escaped = self.rest.popFirst() else { return nil }
                    let escapes: [Character: Character] = ["r": "\r", "n": "\n", "t": "\t", "0": "\0"]
                    text.append(escapes[escaped] ?? escaped)
                default: text.append(character)
                }
            }
            return nil
        }

        private mutating func skipComma() {
            self.skipSpace()
            if self.rest.first == "," { self.rest.removeFirst() }
        }

        private mutating func skipSpace() {
            while let character = self.rest.first {
                if character.isWhitespace {
                    self.rest.removeFirst()
                } else if self.rest.starts(with: "//") {
                    self.rest = self.rest.drop { !$0.isNewline }
                } else if self.rest.starts(with: "/*") {
                    while !self.rest.isEmpty, !self.rest.starts(with: "*/") { self.rest.removeFirst() }
                    self.rest = self.rest.dropFirst(2)
                } else {
                    return
                }
            }
        }
    }
}
