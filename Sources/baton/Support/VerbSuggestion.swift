import ArgumentParser

/// Says which command may have been meant by one that does not exist.
enum VerbSuggestion {
    /// A failure that names the first word that is no command where one is expected; nil when all of them are.
    static func failure(for arguments: [String], below root: any ParsableCommand.Type) -> CommandFailure? {
        var command = root
        var path = root._commandName
        for word in arguments {
            let subcommands = command.configuration.subcommands
            // Options before a verb and everything after it are the parser's business.
            guard !subcommands.isEmpty, !word.hasPrefix("-"), word != "help" else { return nil }
            if let next = subcommands.first(where: { Self.names(of: $0).contains(word) }) {
                command = next
                path += " \(word)"
                continue
            }
            let names = subcommands.map { $0._commandName }
            let similar = NameSuggestion.similar(to: word, among: names)
            return .usage(
                "There is no command `\(path) \(SafeText.line(word))`",
                similar.isEmpty ? "See `\(path) --help`" : "Did you mean \(similar.joined(separator: " or "))?"
            )
        }
        return nil
    }

    private static func names(of command: any ParsableCommand.Type) -> [String] {
        [command._commandName] + command.configuration.aliases
    }
}
