/// A Swift file in two readings: its code without comments and texts, and the texts alone.
struct SourceText {
    /// The code, with every character of a comment or a string literal's content made a space; line ends stay.
    let code: String
    /// The contents of the string literals, in order, as they are written.
    let literals: [String]

    /// Reads Swift source; interpolated code counts as part of the literal it stands in.
    init(_ source: String) {
        var reader = Reader(source: Array(source.unicodeScalars))
        reader.run()
        self.code = String(String.UnicodeScalarView(reader.code))
        self.literals = reader.literals
    }

    private struct Reader {
        let source: [Unicode.Scalar]
        var code: [Unicode.Scalar] = []
        var literals: [String] = []
        var at = 0

        mutating func run() {
            while self.at < self.source.count {
                if self.follows("//") {
                    self.blank(until: { $0.follows("\n") })
                } else if self.follows("/*") {
                    self.blockComment()
                } else if let hashes = self.literalStart() {
                    self.literal(hashes: hashes)
                } else {
                    self.code.append(self.source[self.at])
                    self.at += 1
                }
            }
        }

        private func follows(_ text: String, at offset: Int = 0) -> Bool {
            var index = self.at + offset
            for scalar in text.unicodeScalars {
                guard index < self.source.count, self.source[index] == scalar else { return false }
                index += 1
            }
            return true
        }

        private mutating func blank(_ count: Int = 1) {
            for _ in 0..<count where self.at < self.source.count {
                self.code.append(self.source[self.at] == "\n" ? "\n" : " ")
                self.at += 1
            }
        }

        private mutating func blank(until isEnd: (Reader) -> Bool) {
            while self.at < self.source.count, !isEnd(self) { self.blank() }
        }

        private mutating func blockComment() {
            var depth = 0
            repeat {
                if self.follows("/*") {
                    depth += 1
                    self.blank(2)
                } else if self.follows("*/") {
                    depth -= 1
                    self.blank(2)
                } else {
                    self.blank()
                }
            } while depth > 0 && self.at < self.source.count
        }

        /// The number of `#` before a quotation mark, or nil when no literal begins here.
        private func literalStart() -> Int? {
            var hashes = 0
            while self.follows("#", at: hashes) { hashes += 1 }
            return self.follows("\"", at: hashes) ? hashes : nil
        }

        private mutating func literal(hashes: Int) {
            let fence = String(repeating: "#", count: hashes)
            self.code += Array(fence.unicodeScalars)
            self.at += hashes
            let mark = self.follows("\"\"\"") ? "\"\"\"" : "\""
            self.keep(mark)
            let start = self.at
            var depth = 0
            while self.at < self.source.count {
                if depth == 0, self.follows(mark + fence) { break }
                if self.follows("\\" + fence + "(") {
                    depth += 1
                    self.blank(2 + hashes)
                } else if depth > 0, let inner = self.literalStart() {
                    // A literal within an interpolation: its parentheses and marks are not ours.
                    self.nested(hashes: inner)
                } else if depth > 0, self.follows("(") || self.follows(")") {
                    depth += self.follows("(") ? 1 : -1
                    self.blank()
                } else {
                    self.blank(self.follows("\\" + fence) ? 2 + hashes : 1)
                }
            }
            self.literals.append(String(String.UnicodeScalarView(self.source[start..<self.at])))
            self.keep(mark + fence)
        }

        private mutating func nested(hashes: Int) {
            let before = self.code.count
            self.literal(hashes: hashes)
            for index in before..<self.code.count where self.code[index] != "\n" { self.code[index] = " " }
        }

        private mutating func keep(_ text: String) {
            self.code += Array(text.unicodeScalars)
            self.at = min(self.at + text.unicodeScalars.count, self.source.count)
        }
    }
}
