import Foundation

/// What a script of the hostile server corpus says, as far as it concerns what comes before TLS.
///
/// The scripts are RON: nested `name: value` in parentheses, strings, `Some(…)`, lists, `//` comments.
struct HostileScript: Sendable {
    let name: String
    let greeting: String
    let afterGreeting: String
    let startTLSAnswer: String?
    let overrides: [String: String]
    let hidden: Set<String>
    let ignored: Set<String>

    init(name: String, text: String) {
        let source = text.split(separator: "\n", omittingEmptySubsequences: false)
            .map { line in Self.withoutComment(String(line)) }
            .joined(separator: "\n")
        self.name = name
        let kind = Self.word(after: "kind:", in: source) ?? "Ok"
        let text = Self.string(after: "text:", in: source) ?? ""
        let code = Self.code(in: source)
        let condition = ["Ok": "OK", "PreAuth": "PREAUTH", "No": "NO", "Bad": "BAD", "Bye": "BYE"][kind] ?? "OK"
        self.greeting = "* \(condition) \(code)\(text)\r\n"
        self.afterGreeting = Self.string(after: "response_after_greeting:", in: source) ?? ""
        self.startTLSAnswer = Self.string(after: "starttls_response:", in: source)
        self.hidden = Set(Self.strings(after: "hide_commands:", until: "]", in: source))
        self.ignored = Set(Self.strings(after: "ignore_commands:", until: "]", in: source))
        let pairs = Self.strings(after: "override_response:", until: "}", in: source)
        var overrides: [String: String] = [:]
        for index in stride(from: 0, to: pairs.count - 1, by: 2) {
            overrides[pairs[index].uppercased()] = pairs[index + 1]
        }
        self.overrides = overrides
    }

    /// All scripts for IMAP below `folder`, by name.
    static func all(in folder: String) -> [HostileScript] {
        let root = folder + "/fake-mail-server/testcases/imap"
        guard let paths = FileManager.default.enumerator(atPath: root) else { return [] }
        return paths.compactMap { $0 as? String }.filter { $0.hasSuffix(".ron") }.sorted().compactMap { path in
            // A file that cannot be read is a missing script, and the count of scripts is checked.
            (try? String(contentsOfFile: root + "/" + path, encoding: .utf8)).map {
                HostileScript(name: path, text: $0)
            }
        }
    }

    private static func withoutComment(_ line: String) -> String {
        var isQuoted = false
        var previous: Character = " "
        for index in line.indices {
            let character = line[index]
            if character == "\"", previous != "\\" { isQuoted.toggle() }
            if character == "/", previous == "/", !isQuoted { return String(line[..<line.index(before: index)]) }
            previous = character
        }
        return line
    }

    private static func tail(after key: String, in source: String) -> Substring? {
        source.range(of: key).map { source[$0.upperBound...] }
    }

    private static func word(after key: String, in source: String) -> String? {
        self.tail(after: key, in: source).map { tail in
            String(tail.drop { $0.isWhitespace }.prefix { $0.isLetter })
        }
    }

    private static func string(after key: String, in source: String) -> String? {
        guard let tail = self.tail(after: key, in: source) else { return nil }
        let line = tail.prefix { $0 != "\n" }
        return self.strings(in: line).first
    }

    private static func strings(after key: String, until end: Character, in source: String) -> [String] {
        guard let tail = self.tail(after: key, in: source) else { return [] }
        return self.strings(in: tail.prefix { $0 != end })
    }

    private static func strings(in text: Substring) -> [String] {
        var strings: [String] = []
        var current: String?
        var isEscaped = false
        for character in text {
            guard let value = current else {
                if character == "\"" { current = "" }
                continue
            }
            if isEscaped {
                let escapes: [Character: String] = ["r": "\r", "n": "\n", "t": "\t", "0": "\0"]
                current = value + (escapes[character] ?? String(character))
                isEscaped = false
            } else if character == "\\" {
                isEscaped = true
            } else if character == "\"" {
                strings.append(value)
                current = nil
            } else {
                current = value + String(character)
            }
        }
        return strings
    }

    private static func code(in source: String) -> String {
        guard let tail = self.tail(after: "code:", in: source)?.prefix(while: { $0 != "\n" }) else { return "" }
        if tail.contains("Capability(") {
            return "[CAPABILITY IMAP4rev1" + (tail.contains("StartTls") ? " STARTTLS" : "")
                + (tail.contains("LoginDisabled") ? " LOGINDISABLED" : "")
                + (tail.contains("Auth(Plain)") ? " AUTH=PLAIN" : "")
                + "] "
        }
        if tail.contains("Some(Alert)") { return "[ALERT] " }
        return tail.contains("Some(Parse)") ? "[PARSE] " : ""
    }
}
