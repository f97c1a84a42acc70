import Logging
import MailTransport
import NIOCore

/// A logged-in IMAP connection.
///
/// Used by one task at a time, hence not Sendable.
///
/// Everything is read in wire order by the caller's task. What a command asked for is its answer; what the server says besides
/// about the selected folder waits in ``takeUnsolicited()``. After a lost connection, a violation, a timeout or a cancelled
/// task ``isUsable`` is false and every further call throws ``failure``.
package final class IMAPConnection {
    let stream: MailStream
    let configuration: IMAPConfiguration
    var timeouts: IMAPTimeouts
    let wireLog: WireLog
    var session: SessionStateMachine
    var reader: ResponseReader
    var budget: ReadBudget
    var unsolicited: UnsolicitedQueue
    private var unaskedCount = 0

    /// Why the connection can no longer be used, or nil.
    package private(set) var failure: IMAPError?
    /// What the server answered to ID; keys in lower case.
    ///
    /// Text of the server's: escape it before showing it.
    package var serverIdentity: [String: String] = [:]
    /// The selected folder as it was when it was opened, or nil.
    package var selected: Selected?

    init(stream: MailStream, configuration: IMAPConfiguration, logger: Logger) {
        var generator = SystemRandomNumberGenerator()
        let wireLog = WireLog(logger)
        self.stream = stream
        self.configuration = configuration
        self.timeouts = configuration.timeouts
        self.wireLog = wireLog
        self.session = SessionStateMachine(
            tagPrefix: SessionStateMachine.randomTagPrefix(using: &generator),
            disabledExtensions: configuration.disabledExtensions,
            greetingWasRead: configuration.endpoint.security == .startTLS
        )
        self.reader = ResponseReader(limits: configuration.limits, keepsLogLines: wireLog.isEnabled)
        self.budget = ReadBudget(inactivity: .zero, total: .zero)
        self.unsolicited = UnsolicitedQueue(limit: configuration.limits.keptEvents)
    }

    /// What the server offers now that we are logged in.
    package var capabilities: IMAPCapabilities { self.session.capabilities }

    /// Whether further commands make sense.
    package var isUsable: Bool { self.failure == nil }

    /// How many mails the selected folder holds, kept up to date; 0 without one.
    package var exists: Int { self.session.exists }

    /// What the server said about the selected folder that no command asked for, in wire order.
    ///
    /// Empties the list.
    package func takeUnsolicited() -> [UnsolicitedEvent] {
        self.unsolicited.take()
    }

    // MARK: - Failing

    /// Ends the connection for good and gives the error to throw.
    ///
    /// The first reason counts.
    func poison(_ reason: IMAPError.Reason, command: String) -> IMAPError {
        let error = IMAPError(reason, command: command)
        if self.failure == nil { self.failure = error }
        self.stream.close()
        return error
    }

    private func checkUsable(_ verb: String) throws(IMAPError) {
        if let failure = self.failure { throw IMAPError(failure.reason, command: verb) }
        // Nothing was sent, so the connection stays good; the task just does not get to use it.
        if Task.isCancelled { throw IMAPError(.cancelled, command: verb) }
    }

    // MARK: - Reading

    /// Gives the next command its time.
    func startBudget(inactivity: Duration? = nil, total: Duration? = nil) {
        self.budget = ReadBudget(
            inactivity: inactivity ?? self.timeouts.inactivity,
            total: total ?? self.timeouts.commandTotal
        )
        self.unaskedCount = 0
    }

    /// The next event already here, without waiting.
    func bufferedEvent(_ verb: String) throws(IMAPError) -> ResponseReader.Event? {
        do {
            let event = try self.reader.next()
            if case .response = event, let line = self.reader.logLine { self.wireLog.received(line) }
            return event
        } catch {
            switch error {
            case .limit(let name): throw self.poison(.limitExceeded(name), command: verb)
            case .violation(let text): throw self.poison(.protocolViolation(text), command: verb)
            }
        }
    }

    /// The next event, waited for as long as the budget allows.
    func nextEvent(_ verb: String) async throws(IMAPError) -> ResponseReader.Event {
        while true {
            if let event = try self.bufferedEvent(verb) { return event }
            let limit = self.budget.nextWait
            let start = ContinuousClock.now
            let reading = try await self.readStream(within: limit, verb: verb)
            var count = 0
            switch reading {
            case .bytes(let bytes):
                count = bytes.readableBytes
                self.reader.feed(bytes)
            case .woken:
                break
            case .timedOut:
                throw self.poison(.timedOut(after: limit), command: verb)
            case .endOfStream:
                throw self.poison(.connectionLost, command: verb)
            case .cancelled:
                throw self.poison(.cancelled, command: verb)
            }
            self.budget.waited(ContinuousClock.now - start, received: count)
        }
    }

    func readStream(within limit: Duration?, verb: String) async throws(IMAPError) -> MailStream.Reading {
        do {
            return try await self.stream.read(within: limit)
        } catch {
            switch error.reason {
            case .connectionLost: throw self.poison(.connectionLost, command: verb)
            default: throw self.poison(.transport(error), command: verb)
            }
        }
    }

    /// The session's verdict on a response; a fatal one is thrown.
    func take(_ response: Response, verb: String) throws(IMAPError) -> SessionStateMachine.Action {
        let action = self.session.received(response)
        if case .fail(let reason) = action { throw self.poison(reason, command: verb) }
        return action
    }

    /// Keeps what no command asked for.
    ///
    /// A flood of it ends the session.
    func noteUnasked(_ response: Response, verb: String) throws(IMAPError) {
        self.unaskedCount += 1
        guard self.unaskedCount <= self.configuration.limits.unsolicited else {
            throw self.poison(.limitExceeded("unasked responses"), command: verb)
        }
        if self.selected != nil { _ = self.unsolicited.note(response) }
    }

    // MARK: - Running a command

    /// Encodes and sends one command and reads up to its end.
    ///
    /// `collect` gets every untagged response and says whether it was part of the answer. Throws before sending where the
    /// arguments or the connection are unusable; see ``attempt(_:build:collect:)`` where that makes a difference.
    func run(
        _ verb: String,
        build: (inout CommandEncoder) throws(IMAPError) -> Void = { (_: inout CommandEncoder) in },
        collect: (Response) -> Bool = { _ in false }
    ) async throws(IMAPError) -> SessionStateMachine.Completion {
        try await self.attempt(verb, build: build, collect: collect).get()
    }

    /// The same, with what happened after the first byte was sent as a result: from there on a failure is ambiguous.
    func attempt(
        _ verb: String,
        build: (inout CommandEncoder) throws(IMAPError) -> Void = { (_: inout CommandEncoder) in },
        collect: (Response) -> Bool = { _ in false }
    ) async throws(IMAPError) -> Result<SessionStateMachine.Completion, IMAPError> {
        try self.checkUsable(verb)
        let tag = self.session.nextTag()
        var encoder = CommandEncoder(tag: tag, verb: verb, literals: self.capabilities.literalMode)
        try build(&encoder)
        let command = encoder.finish()
        self.startBudget()
        do {
            return .success(try await self.transact(command, tag: tag, collect: collect))
        } catch {
            return .failure(error)
        }
    }

    private func transact(
        _ command: EncodedCommand,
        tag: String,
        collect: (Response) -> Bool
    ) async throws(IMAPError) -> SessionStateMachine.Completion {
        self.wireLog.sent(command.log)
        self.session.commandStarted(tag: tag, verb: command.verb)
        var parts = command.parts[...]
        if let first = parts.popFirst() { try await self.send(first.bytes, verb: command.verb) }
        while true {
            guard case .response(let response) = try await self.nextEvent(command.verb) else { continue }
            switch try self.take(response, verb: command.verb) {
            case .none, .fail:
                break
            case .deliver(let response):
                if !collect(response) { try self.noteUnasked(response, verb: command.verb) }
            case .continueCommand:
                guard let part = parts.popFirst() else {
                    throw self.poison(.protocolViolation("unasked continuation"), command: command.verb)
                }
                try await self.send(part.bytes, verb: command.verb)
            case .complete(let completion):
                return completion
            }
        }
    }

    func send(_ bytes: [UInt8], verb: String) async throws(IMAPError) {
        guard bytes.count > 64 * 1024 else {
            self.stream.send(bytes)
            return
        }
        do {
            try await self.stream.sendLarge(bytes)
        } catch {
            switch error.reason {
            case .cancelled: throw self.poison(.cancelled, command: verb)
            case .connectionLost: throw self.poison(.connectionLost, command: verb)
            case .timedOut(_, let limit): throw self.poison(.timedOut(after: limit), command: verb)
            default: throw self.poison(.transport(error), command: verb)
            }
        }
    }

    /// Registers and sends a command whose answer is read by the caller.
    ///
    /// Gives its tag.
    func start(
        _ verb: String,
        build: (inout CommandEncoder) throws(IMAPError) -> Void = { (_: inout CommandEncoder) in }
    ) async throws(IMAPError) -> String {
        try self.checkUsable(verb)
        let tag = self.session.nextTag()
        var encoder = CommandEncoder(tag: tag, verb: verb, literals: self.capabilities.literalMode)
        try build(&encoder)
        let command = encoder.finish()
        self.wireLog.sent(command.log)
        self.session.commandStarted(tag: tag, verb: verb)
        for part in command.parts { try await self.send(part.bytes, verb: verb) }
        return tag
    }

    /// Throws what a completion other than OK means.
    func requireOK(_ completion: SessionStateMachine.Completion, verb: String) throws(IMAPError) {
        guard completion.condition != .ok else { return }
        // Exchange accepts a wrong password and says so afterwards.
        if completion.text.text.lowercased().contains("authenticated but not connected") {
            throw self.poison(.authenticationFailed(completion.text.text), command: verb)
        }
        throw IMAPError(.refused(code: completion.text.code, text: completion.text.text), command: verb)
    }
}
