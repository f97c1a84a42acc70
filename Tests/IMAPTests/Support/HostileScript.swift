import Foundation

/// One script of the hostile server corpus, as far as a server that is told to speak IMAP can follow it.
struct HostileScript: Sendable {
    /// The path below the folder of scripts, and which of its variants.
    let name: String
    /// Everything said before the client says a word.
    let greeting: String
    /// The answer to STARTTLS, where it is not the usual one.
    let startTLSAnswer: String?
    /// Whether TLS begins behind that answer.
    let startsTLS: Bool
    /// What the server says of itself behind the TLS handshake.
    let afterTLS: String
    /// Answers to other commands.
    let overrides: [String: String]
    /// Commands the server does not know.
    let hidden: Set<String>
    /// Commands the server leaves without an answer.
    let ignored: Set<String>
    /// Whether TLS comes before the first word.
    let isImplicitTLS: Bool
    /// What is offered behind TLS.
    let capabilities: String

    /// Nil where `text` is no script.
    init?(name: String, text: String) {
        guard let script = RON(text) else { return nil }
        self.name = name
        self.overrides = Self.overrides(script)
        let said: String
        if let greeting = self.overrides["GREETING"] {
            said = greeting
        } else {
            let greeting = script["greeting"]
            let kinds = ["Ok": "OK", "PreAuth": "PREAUTH", "No": "NO", "Bad": "BAD", "Bye": "BYE"]
            var condition = "OK"
            if case .word(let kind) = greeting?["kind"] { condition = kinds[kind] ?? kind.uppercased() }
            said = "* \(condition) \(Self.code(greeting?["code"]))\(greeting?["text"]?.text ?? "")\r\n"
        }
        self.greeting = said + (script["response_after_greeting"]?.text ?? "")
        self.startTLSAnswer = script["starttls_response"]?.text
        self.startsTLS = script["starttls_transition"] != .word("false")
        self.afterTLS = script["response_after_tls"]?.text ?? ""
        self.hidden = Set(script["hide_commands"]?.values.compactMap { $0.text?.uppercased() } ?? [])
        self.ignored = Set(script["ignore_commands"]?.values.compactMap { $0.text?.uppercased() } ?? [])
        self.isImplicitTLS = script["implicit_tls"] == .word("true")
        self.capabilities = (script["caps_tls"]?.values ?? []).map(Self.capability).joined(separator: " ")
    }

    /// All scripts for IMAP below `folder`, by name; each line that is commented out as an alternative is one more.
    static func all(in folder: String) -> [HostileScript] {
        let root = folder + "/fake-mail-server/testcases/imap"
        guard let paths = FileManager.default.enumerator(atPath: root) else { return [] }
        return paths.compactMap { $0 as? String }.filter { $0.hasSuffix(".ron") }.sorted().flatMap { path in
            // A file that cannot be read is a missing script, and the count of scripts is checked.
            let text = (try? String(contentsOfFile: root + "/" + path, encoding: .utf8)) ?? ""
            return Self.variants(of: text).enumerated().compactMap { number, text in
                HostileScript(name: number == 0 ? path : "\(path), alternative \(number)", text: text)
            }
        }
    }

    /// The script as it is, then with each field in its place that a comment proposes: those of adjacent lines together.
    private static func variants(of text: String) -> [String] {
        let fields = ["starttls_response", "response_after_tls", "response_after_greeting", "kind"]
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        var variants = [text]
        var index = 0
        while index < lines.count {
            var proposed: [String] = []
            let start = index
            while index < lines.count, let field = Self.uncommented(lines[index], fields) {
                proposed.append(field)
                index += 1
            }
            if index == start { index += 1 }
            guard !proposed.isEmpty else { continue }
            let names = proposed.map { line in
                String(line.trimmingCharacters(in: .whitespaces).prefix { $0 != ":" })
            }
            var others = lines
            others.replaceSubrange(start..<index, with: proposed)
            // What it replaces does not count any more.
            for line in others.indices where line < start || line >= start + proposed.count {
                let name = String(others[line].trimmingCharacters(in: .whitespaces).prefix { $0 != ":" })
                if names.contains(name) { others[line] = "" }
            }
            variants.append(others.joined(separator: "\n"))
        }
        return variants
    }

    private static func uncommented(_ line: String, _ fields: [String]) -> String? {
        let text = line.trimmingCharacters(in: .whitespaces)
        guard text.hasPrefix("//") else { return nil }
        let field = text.dropFirst(2).trimmingCharacters(in: .whitespaces)
        return fields.contains { field.hasPrefix($0 + ":") } ? field : nil
    }

    private static func overrides(_ script: RON) -> [String: String] {
        guard case .record(_, let fields)? = script["override_response"] else { return [:] }
        return Dictionary(
            fields.compactMap { name, value in value.text.map { (name.uppercased(), $0) } },
            uniquingKeysWith: { first, _ in first }
        )
    }

    private static func code(_ code: RON?) -> String {
        switch code {
        case .tuple("Capability", let values)?:
            "[CAPABILITY " + values.flatMap(\.values).map(self.capability).joined(separator: " ") + "] "
        case .tuple(let name, let values)?:
            "[\(name.uppercased()) \(values.compactMap(\.text).joined(separator: " "))] "
        case .record(let name, _)?, .word(let name)?: "[\(name.uppercased())] "
        case .string(let text)?: "[\(text)] "
        case .list?, nil: ""
        }
    }

    private static func capability(_ value: RON) -> String {
        switch value {
        case .word("Imap4Rev1"): "IMAP4rev1"
        case .word("LoginReferrals"): "LOGIN-REFERRALS"
        case .word(let name): name.uppercased()
        case .tuple("Auth", let names):
            "AUTH=" + names.map { if case .word(let name) = $0 { name.uppercased() } else { $0.text ?? "" } }.joined()
        case .tuple(let name, let values): values.first.map(self.capability) ?? name.uppercased()
        case .record(_, let fields): fields.values.first.map(self.capability) ?? ""
        case .string(let text): text
        case .list: ""
        }
    }
}
