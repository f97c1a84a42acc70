import Testing

/// A command line of ours as a document or a compose file names it: words, then options.
struct Invocation: Hashable, Sendable, CustomTestStringConvertible {
    let arguments: [String]

    var testDescription: String { (["baton"] + self.arguments).joined(separator: " ") }

    /// What comes before the first option: nouns, verbs, and then what they are given.
    var words: [String] { Array(self.arguments.prefix { !$0.hasPrefix("-") }) }

    var options: [String] {
        self.arguments.filter { $0.hasPrefix("--") }.map { String($0.prefix { $0 != "=" }) }
    }

    /// What is wrong with it in the eyes of the program's own help; empty when nothing is.
    func faults(help: (_ words: [String]) throws -> String) rethrows -> [String] {
        let text = try help(self.words)
        guard let usage = text.split(separator: "\n").first(where: { $0.hasPrefix("USAGE: baton") }) else {
            return ["the help has no usage line"]
        }
        // The usage line begins with the verb that the words led to.
        let path = usage.split(separator: " ").dropFirst(2).prefix { $0.first?.isLetter == true }.map(String.init)
        var faults: [String] = []
        if !self.words.starts(with: path) { faults.append("the words lead to \(path)") }
        if usage.contains("<subcommand>"), !self.words.isEmpty { faults.append("there is no such verb") }
        let known = Set(text.split { !($0.isLetter || $0.isNumber || $0 == "-") }.map(String.init))
        faults += self.options.filter { !known.contains($0) }.map { "there is no option \($0)" }
        return faults
    }

    /// The invocations in the fenced blocks of a Markdown text, continued lines joined.
    static func all(inMarkdown text: String) -> [Invocation] {
        var found: [Invocation] = []
        var isFenced = false
        for line in text.replacing("\\\n", with: " ").split(separator: "\n", omittingEmptySubsequences: false) {
            let start = line.drop { $0 == " " || $0 == "$" }
            if start.hasPrefix("```") {
                isFenced.toggle()
                continue
            }
            guard isFenced else { continue }
            // The services of the compose file that are Baton begin its command line too.
            let program = #/(?:baton|docker compose run --rm (?:migrate|ingestion|assignment)) /#
            guard let match = start.prefixMatch(of: program) else { continue }
            found.append(Invocation(arguments: self.words(in: start[match.range.upperBound...])))
        }
        return found
    }

    /// Words as a shell would part them, as far as documents need it; a comment ends them.
    private static func words(in line: Substring) -> [String] {
        var words: [String] = []
        var word = ""
        var quote: Character?
        for character in line {
            if let open = quote {
                if character == open { quote = nil } else { word.append(character) }
            } else if character == "\"" || character == "'" {
                quote = character
            } else if character == "#", word.isEmpty {
                break
            } else if character == " " {
                if !word.isEmpty { words.append(word) }
                word = ""
            } else {
                word.append(character)
            }
        }
        return word.isEmpty ? words : words + [word]
    }
}
