/// A step of the demo that did not go as told.
struct DemoError: Error, Equatable, CustomStringConvertible {
    enum Reason: Equatable {
        /// A command of this program ended with another status than 0.
        case commandFailed(String, status: Int32)
        /// A command printed something that is not the JSON its contract promises.
        case unreadable(String)
        /// What the story needs is not in the mailbox.
        case missing(String)
        /// Something did not come about in time.
        case timedOut(String, seconds: Int)
    }

    let reason: Reason

    init(_ reason: Reason) {
        self.reason = reason
    }

    /// Whether running the demo again may help: only where time was short.
    var isTransient: Bool {
        switch self.reason {
        case .timedOut: true
        case .commandFailed, .unreadable, .missing: false
        }
    }

    var description: String {
        switch self.reason {
        case .commandFailed(let command, let status): "the demo stops: `\(command)` ended with status \(status)"
        case .unreadable(let command): "the demo stops: what `\(command)` printed is not the JSON it promises"
        case .missing(let what): "the demo stops: there is no \(what)"
        case .timedOut(let what, let seconds): "the demo stops: \(what) within \(seconds) seconds"
        }
    }
}
