/// What the program tells the shell.
enum ExitStatus: Int32, Equatable, Sendable {
    case success = 0
    /// Refused by a rule, or what was named does not exist.
    case refused = 1
    /// The command was not written as it must be.
    case usage = 2
    /// The database or a mail server cannot be reached.
    case unreachable = 3
}
