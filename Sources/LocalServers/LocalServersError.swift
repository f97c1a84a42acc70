/// What went wrong with a private server, during what, and whether trying again may help.
///
/// Descriptions hold the ends of server logs and command output; they never hold passwords or mail.
package struct LocalServersError: Error, Equatable, Sendable, CustomStringConvertible {
    /// What went wrong.
    package enum Reason: Equatable, Sendable {
        /// A program that must be installed was not found; the text says which, and where it was looked for.
        case programMissing(String)
        /// A command ended with another status than 0; `output` is the end of what it printed.
        case commandFailed(output: String)
        /// The server ended, or never became ready; `log` is the end of its log.
        case didNotStart(log: String)
        /// Nothing came within the time a step may take.
        case timedOut(after: Duration)
        /// The other side closed the connection, or it could not be opened.
        case connectionLost
        /// The server answered what the protocol does not allow here.
        case protocolViolation(String)
        /// The server said no; the text is its own.
        case refused(String)
        /// A name of a user or a database holds characters that cannot be used here.
        case badName(String)
        /// A call of the operating system failed with this `errno`.
        case system(Int32)
    }

    /// What went wrong.
    package let reason: Reason
    /// The step, or the IMAP or LMTP verb, that failed.
    package let during: String

    /// An error of this reason in this step.
    package init(reason: Reason, during: String) {
        self.reason = reason
        self.during = during
    }

    /// Whether the same call may succeed when it is made again.
    package var isTransient: Bool {
        switch self.reason {
        case .timedOut, .connectionLost: true
        case .programMissing, .commandFailed, .didNotStart, .protocolViolation, .refused, .badName, .system: false
        }
    }

    /// One or more lines for a person.
    package var description: String {
        switch self.reason {
        case .programMissing(let what): "\(self.during): \(what)"
        case .commandFailed(let output): "\(self.during) failed: \(output)"
        case .didNotStart(let log): "\(self.during): the server did not start. The end of its log:\n\(log)"
        case .timedOut(let limit): "\(self.during): nothing came within \(limit)"
        case .connectionLost: "\(self.during): the connection was lost"
        case .protocolViolation(let what): "\(self.during): unexpected answer: \(what)"
        case .refused(let answer): "\(self.during) was refused: \(answer)"
        case .badName(let name): "\(self.during): the name '\(name)' cannot be used"
        case .system(let number): "\(self.during): system error \(number)"
        }
    }
}
