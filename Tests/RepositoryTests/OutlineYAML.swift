/// As much YAML as a compose file of ours needs.
///
/// That is mappings and lists by indentation, `["a", "b"]` on one line, quoted scalars, and comments. What else a line
/// holds is an error, so that nothing is read wrongly in silence.
indirect enum OutlineYAML: Equatable {
    case scalar(String)
    case list([OutlineYAML])
    case mapping([String: OutlineYAML])
    /// A key with nothing behind it.
    case empty

    struct Failure: Error, Equatable {
        let line: Int
        let what: String
    }

    init(_ text: String) throws {
        var lines: [Line] = []
        for (number, raw) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            let content = Self.withoutComment(raw)
            let indent = content.prefix { $0 == " " }.count
            let body = String(content.dropFirst(indent))
            guard !body.isEmpty else { continue }
            guard !body.contains("\t") else { throw Failure(line: number + 1, what: "a tab") }
            lines.append(Line(number: number + 1, indent: indent, body: body))
        }
        var reader = Reader(lines: lines)
        self = try reader.block(indent: lines.first?.indent ?? 0)
        if let rest = reader.next { throw Failure(line: rest.number, what: "an indentation that fits nowhere") }
    }

    /// The value behind a key; nil where this is no mapping or has no such key.
    subscript(key: String) -> OutlineYAML? { self.entries[key] }

    var entries: [String: OutlineYAML] {
        if case .mapping(let entries) = self { entries } else { [:] }
    }

    var texts: [String] {
        switch self {
        case .list(let items): items.compactMap(\.text)
        case .scalar(let text): [text]
        case .mapping, .empty: []
        }
    }

    var text: String? {
        if case .scalar(let text) = self { text } else { nil }
    }

    private struct Line {
        let number: Int
        let indent: Int
        let body: String
    }

    private struct Reader {
        let lines: [Line]
        var at = 0

        var next: Line? { self.at < self.lines.count ? self.lines[self.at] : nil }

        mutating func block(indent: Int) throws -> OutlineYAML {
            var items: [OutlineYAML] = []
            var entries: [String: OutlineYAML] = [:]
            while let line = self.next, line.indent == indent {
                self.at += 1
                if line.body.hasPrefix("- ") {
                    items.append(try OutlineYAML.inline(String(line.body.dropFirst(2)), line: line.number))
                    continue
                }
                guard let colon = line.body.firstIndex(of: ":"), !line.body.hasPrefix("\"") else {
                    throw Failure(line: line.number, what: "neither a key nor a list item")
                }
                let key = String(line.body[..<colon])
                let rest = line.body[line.body.index(after: colon)...].drop { $0 == " " }
                guard entries[key] == nil else { throw Failure(line: line.number, what: "\(key) twice") }
                if !rest.isEmpty {
                    entries[key] = try OutlineYAML.inline(String(rest), line: line.number)
                } else if let below = self.next, below.indent > indent {
                    entries[key] = try self.block(indent: below.indent)
                } else {
                    entries[key] = .empty
                }
            }
            guard items.isEmpty || entries.isEmpty else {
                throw Failure(line: self.lines[self.at - 1].number, what: "a list and keys in one place")
            }
            return items.isEmpty ? .mapping(entries) : .list(items)
        }
    }

    private static func inline(_ text: String, line: Int) throws -> OutlineYAML {
        if text.hasPrefix("[") {
            guard text.hasSuffix("]") else { throw Failure(line: line, what: "a list that goes on below") }
            return .list(try self.elements(text.dropFirst().dropLast(), line: line).map { .scalar($0) })
        }
        if text.hasPrefix("\"") {
            let elements = try self.elements(text[...], line: line)
            guard elements.count == 1 else { throw Failure(line: line, what: "more than one text") }
            return .scalar(elements[0])
        }
        if let first = text.first, "{&*|>'!%@`".contains(first) || text.contains(": ") {
            throw Failure(line: line, what: "YAML that this reader does not know")
        }
        return .scalar(text)
    }

    /// Texts between commas, quoted or not.
    private static func elements(_ text: Substring, line: Int) throws -> [String] {
        var elements: [String] = []
        var rest = text.drop { $0 == " " }
        while !rest.isEmpty {
            if rest.first == "\"" {
                guard let end = rest.dropFirst().firstIndex(of: "\"") else {
                    throw Failure(line: line, what: "a text without an end")
                }
                elements.append(String(rest[rest.index(after: rest.startIndex)..<end]))
                rest = rest[rest.index(after: end)...]
            } else {
                let element = rest.prefix { $0 != "," }
                elements.append(String(element))
                rest = rest.dropFirst(element.count)
            }
            rest = rest.drop { $0 == " " }
            guard rest.isEmpty || rest.first == "," else { throw Failure(line: line, what: "a comma is missing") }
            rest = rest.dropFirst().drop { $0 == " " }
        }
        return elements
    }

    private static func withoutComment(_ line: Substring) -> Substring {
        var isQuoted = false
        var previous: Character = " "
        var content = line
        for index in line.indices {
            if line[index] == "\"" { isQuoted.toggle() }
            if line[index] == "#", !isQuoted, previous == " " {
                content = line[..<index]
                break
            }
            previous = line[index]
        }
        while content.last == " " { content.removeLast() }
        return content
    }
}
