/// A command that cannot be carried out: what is wrong, and what to do about it.
struct CommandFailure: Error, Equatable, Sendable {
    /// One sentence.
    let problem: String
    /// What the reader can do; empty where the problem says it.
    let advice: String
    let status: ExitStatus

    /// A rule says no, or something does not exist.
    static func refused(_ problem: String, _ advice: String = "") -> CommandFailure {
        CommandFailure(problem: problem, advice: advice, status: .refused)
    }

    /// The command is not written as it must be.
    static func usage(_ problem: String, _ advice: String = "") -> CommandFailure {
        CommandFailure(problem: problem, advice: advice, status: .usage)
    }

    /// A server cannot be reached.
    static func unreachable(_ problem: String, _ advice: String = "") -> CommandFailure {
        CommandFailure(problem: problem, advice: advice, status: .unreachable)
    }

    /// Something of this name does not exist; similar names are offered.
    ///
    /// `kind` is what it is, as a noun, `known` the names that exist, `listing` the command that lists them.
    static func unknown(_ kind: String, _ name: String, known: [String], listing: String) -> CommandFailure {
        let similar = NameSuggestion.similar(to: name, among: known)
        let advice =
            if !similar.isEmpty {
                "Did you mean \(similar.joined(separator: " or "))?"
            } else if known.isEmpty {
                "There is none yet: see `\(listing.replacingLastWord(with: "add")) --help`."
            } else {
                "See `\(listing)`."
            }
        return .refused("There is no \(kind) \(SafeText.line(name))", advice)
    }
}

extension String {
    fileprivate func replacingLastWord(with word: String) -> String {
        self.split(separator: " ").dropLast().joined(separator: " ") + " " + word
    }
}
