/// One IDLE exchange, free of I/O.
///
/// Source: RFC 2177 §3.
///
/// DONE goes out only after the server's `+`, once; whatever ends the wait first is the result.
struct IdleStateMachine: Equatable, Sendable {
    /// What to do next.
    enum Action: Equatable, Sendable {
        /// Read on.
        case wait
        /// News came: read what comes with it, for a moment, then end.
        case drain
        /// Send DONE, then read up to the end of the command.
        case sendDone
        /// The exchange is over.
        case finish(IdleEnd)
    }
    private enum State: Equatable {
        case requested(end: IdleEnd?)
        case idling
        case draining
        case ending(IdleEnd)
        case over
    }

    private var state = State.requested(end: nil)

    /// Whether the server has said `+`.
    private(set) var hasBegun = false
    /// Whether the moment after first news runs.
    var isDraining: Bool { self.state == .draining }
    /// Whether the server has said `+` and DONE was not sent.
    var isIdling: Bool { self.state == .idling || self.state == .draining }

    /// The server's `+`.
    ///
    /// Nil where it was not asked for.
    mutating func continuationReceived() -> Action? {
        guard case .requested(let end) = self.state else { return nil }
        self.hasBegun = true
        guard let end else {
            self.state = .idling
            return .wait
        }
        self.state = .ending(end)
        return .sendDone
    }

    /// The server said something about the folder.
    mutating func newsReceived() -> Action {
        switch self.state {
        case .requested:
            self.state = .requested(end: .serverActivity)
            return .wait
        case .idling:
            self.state = .draining
            return .drain
        case .draining, .ending, .over:
            return .wait
        }
    }

    /// The time is up, the interrupt fired, or the moment after the news has passed.
    mutating func waitEnded(_ end: IdleEnd) -> Action {
        switch self.state {
        case .requested(let earlier):
            self.state = .requested(end: earlier ?? end)
            return .wait
        case .idling:
            self.state = .ending(end)
            return .sendDone
        case .draining:
            self.state = .ending(.serverActivity)
            return .sendDone
        case .ending, .over:
            return .wait
        }
    }

    /// The server ended the command; by itself, it only means that the time is up.
    mutating func completed() -> Action {
        let end: IdleEnd
        switch self.state {
        case .requested(let earlier): end = earlier ?? .timeout
        case .idling, .over: end = .timeout
        case .draining: end = .serverActivity
        case .ending(let reason): end = reason
        }
        self.state = .over
        return .finish(end)
    }
}
