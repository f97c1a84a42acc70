import Glibc

/// Asks a person before something that is not easily taken back.
enum Confirmation {
    /// Returns when `--yes` was given or a person at the terminal says so.
    ///
    /// - Throws: ``CommandFailure``, when they do not, or when there is nobody to ask.
    static func require(_ isGiven: Bool, _ question: String) throws {
        if isGiven { return }
        guard isatty(STDIN_FILENO) == 1, isatty(STDERR_FILENO) == 1 else {
            throw CommandFailure.usage("\(question) There is no terminal to ask on", "Say --yes")
        }
        Output.writeError("\(question) Go on? [y/N] ")
        guard ["y", "yes"].contains(readLine()?.lowercased()) else {
            throw CommandFailure.refused("Nothing was changed")
        }
    }
}
