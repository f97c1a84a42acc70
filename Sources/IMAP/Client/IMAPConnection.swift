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
    private let shared: SharedConfiguration
    let logger: Logger
    var timeouts: IMAPTimeouts
    let wireLog: WireLog
    private let redaction: Redaction
    var session: SessionStateMachine
    var reader: ResponseReader
    var budget: ReadBudget
    var unsolicited: UnsolicitedQueue
    private var unaskedCount = 0

    /// Why the connection can no longer be used, or nil.
    package private(set) var failure: IMAPError?
    /// How the log-in was done.
    var logInMethod: LogInPlan?
    /// What the server answered to ID; keys in lower case.
    ///
    /// Text of the server's: escape it before showing it.
    package var serverIdentity: [String: String] = [:]
    /// Whether what comes now is mail in bulk, by which the link can be measured.
    var isFetchingBodies = false
    /// Where folders start, once asked.
    var knownNamespaces: Namespaces?
    /// The pause that the server wants before each command.
    var pace = Pace()
    /// Whether NOTIFY gave up since it was set.
    var hasNotifyOverflowed = false
    /// Whether a keyword stored on this connection was read back.
    var hasProvenKeywords = false
    /// Called as soon as the server tells of mail during IDLE, which goes on then; nil: mail ends it, as all news.
    ///
    /// Not an argument: a connection in IDLE, where there are thousands, keeps the room of those of each step.
    package var onArrival: (() -> Void)?
    /// The selected folder as it was when it was opened, or nil.
    package var selected: Selected?

    init(stream: MailStream, sharing shared: SharedConfiguration, logger: Logger) {
        let configuration = shared.configuration
        var generator = SystemRandomNumberGenerator()
        let redaction = Redaction(configuration.credential)
        let wireLog = WireLog(logger, redaction: redaction)
        self.stream = stream
        self.shared = shared
        self.timeouts = configuration.timeouts
        self.wireLog = wireLog
        self.redaction = redaction
        self.session = SessionStateMachine(
            tagPrefix: SessionStateMachine.randomTagPrefix(using: &generator),
            off: configuration.off.merging(configuration.memory.latches.mapValues { .latched($0) }) { first, _ in first
            },
            greetingWasRead: configuration.endpoint.security == .startTLS
        )
        self.reader = ResponseReader(limits: configuration.limits, keepsLogLines: wireLog.isEnabled)
        self.budget = ReadBudget(inactivity: .zero, total: .zero)
        self.unsolicited = UnsolicitedQueue(limit: configuration.limits.keptEvents)
        self.logger = logger
    }

    var configuration: IMAPConfiguration { self.shared.configuration }

    /// What the server offers now that we are logged in.
    package var capabilities: IMAPCapabilities { self.session.capabilities }

    /// What is used of it for each purpose, and what instead.
    package var profile: ServerProfile { ServerProfile(self.session.capabilities) }

    /// The extension that the connection ended on, where it did.
    private(set) var endedDuring: IMAPExtension?

    /// Whether further commands make sense.
    package var isUsable: Bool { self.failure == nil }

    /// How many mails the selected folder holds, kept up to date; 0 without one.
    package var exists: Int { self.session.exists }
    /// Mails that the server said were gone since the connection stands: how many more there are after a command were there when it
    /// was sent and are not counted by ``exists``.
    package var removals: Int { self.session.removals }

    /// What the server said about the selected folder that no command asked for, in wire order.
    ///
    /// Empties the list.
    package func takeUnsolicited() -> [UnsolicitedEvent] {
        self.unsolicited.take()
    }

    // MARK: - Contradictions

    /// The server contradicted its own offer: this extension is not used any more, by this connection and those to come.
    package func latch(_ name: IMAPExtension, because reason: String) async {
        let latch = ExtensionLatch(name, reason: reason)
        guard self.session.contradicted(latch) else { return }
        if self.configuration.memory.contradicted(latch) { self.note(latch) }
        await self.configuration.reportLatches()
    }

    private func note(_ latch: ExtensionLatch) {
        self.logger.warning(
            "the mail server contradicts its own offer; an extension is not used any more",
            metadata: ["imap.extension": "\(latch.name.rawValue)", "reason": "\(ServerText.shown(latch.reason))"]
        )
    }

    // MARK: - Failing

    /// Ends the connection for good and gives the error to throw.
    ///
    /// The first reason counts.
    func poison(_ reason: IMAPError.Reason, command: String) -> IMAPError {
        let error = IMAPError(self.redaction.applied(to: reason), command: command)
        if self.failure == nil {
            self.failure = error
            self.noteEnd(reason)
        }
        self.stream.close()
        return error
    }

    /// A server that ends connections at one command shall not be sent it for ever.
    private func noteEnd(_ reason: IMAPError.Reason) {
        switch reason {
        case .connectionLost, .closedByServer, .timedOut:
            guard let oldest = self.session.oldest, let name = oldest.using else { return }
            self.endedDuring = name
            if let latch = self.configuration.memory.connectionEnded(during: name, verb: oldest.verb) {
                self.note(latch)
            }
        case .cancelled, .protocolViolation, .refused, .authenticationFailed, .heldBack, .unsupported, .limitExceeded,
            .invalidArgument, .unproven, .transport:
            break
        }
    }

    func checkUsable(_ verb: String) throws(IMAPError) {
        if let failure = self.failure { throw IMAPError(failure.reason, command: verb) }
        // Nothing was sent, so the connection stays good; the task just does not get to use it.
        if Task.isCancelled { throw IMAPError(.cancelled, command: verb) }
        // What other connections have learned of the server holds here, too.
        for (name, reason) in self.configuration.memory.latches {
            _ = self.session.contradicted(ExtensionLatch(name, reason: reason))
        }
    }

    /// Checks that the connection may be used, and pauses where the server wants it.
    func keepPace(_ verb: String) async throws(IMAPError) {
        try self.checkUsable(verb)
        if self.pace.pause > .zero { try await self.pause(before: verb) }
    }

    private func pause(before verb: String) async throws(IMAPError) {
        self.logger.info("the mail server wants to be asked less", metadata: ["pause": "\(self.pace.pause)"])
        do {
            try await Task.sleep(for: self.pace.pause)
        } catch {
            throw IMAPError(.cancelled, command: verb)
        }
    }

    // MARK: - Reading

    /// Gives the next command its time.
    func startBudget(inactivity: Duration? = nil, total: Duration? = nil) {
        self.budget = ReadBudget(
            inactivity: inactivity ?? self.timeouts.inactivity,
            total: total ?? self.timeouts.commandTotal
        )
        self.unaskedCount = 0
        _ = self.stream.takeReceivedCount()
    }

    /// The next event already here, without waiting.
    func bufferedEvent(_ verb: String) throws(IMAPError) -> ResponseReader.Event? {
        do {
            guard let event = try self.reader.next() else { return nil }
            switch consume event {
            case .response(let response):
                if let line = self.reader.logLine { self.wireLog.received(line) }
                return .response(self.redaction.applied(to: response))
            case let other:
                return other
            }
        } catch {
            switch error {
            case .limit(let name): throw self.poison(.limitExceeded(name), command: verb)
            case .violation(let text): throw self.poison(.protocolViolation(text), command: verb)
            }
        }
    }

    /// What a command waits for.
    ///
    /// Kept apart, since a step that waits keeps room for each of its values.
    indirect enum Turn {
        /// The server asks for the next part.
        case continueCommand(ResponseText)
        case complete(SessionStateMachine.Completion)
    }

    /// The next turn, waited for as long as the budget allows.
    ///
    /// `collect` gets every untagged response before it and says whether it was part of the answer.
    func nextTurn(_ verb: String, collect: (Response) -> Bool = { _ in false }) async throws(IMAPError) -> Turn {
        while true {
            if let turn = try self.bufferedTurn(verb, collect) { return turn }
            try await self.receive(verb)
        }
    }

    /// The next turn among what is here already; nil where more bytes are needed.
    ///
    /// Not async: a task keeps the room of its largest step for as long as the connection lives, and responses are large.
    @inline(never)
    private func bufferedTurn(_ verb: String, _ collect: (Response) -> Bool) throws(IMAPError) -> Turn? {
        while let event = try self.bufferedEvent(verb) {
            guard case .response(let response) = event else { continue }
            switch try self.take(response, verb: verb) {
            case .none, .fail: break
            case .deliver(let response): if !collect(response) { try self.noteUnasked(response, verb: verb) }
            case .continueCommand(let text): return .continueCommand(text)
            case .complete(let completion): return .complete(completion)
            }
        }
        return nil
    }

    /// Waits for more bytes, as long as the budget allows.
    func receive(_ verb: String) async throws(IMAPError) {
        let limit = self.budget.nextWait
        let start = ContinuousClock.now
        try self.received(try await self.readStream(within: limit, verb: verb), within: limit, since: start, verb)
    }

    @inline(never)
    private func received(
        _ reading: MailStream.Reading,
        within limit: Duration,
        since start: ContinuousClock.Instant,
        _ verb: String
    ) throws(IMAPError) {
        switch reading {
        case .bytes(let bytes):
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
        let (waited, count) = (ContinuousClock.now - start, self.stream.takeReceivedCount())
        // What compression makes of few bytes buys no time.
        self.budget.waited(waited, received: count)
        if self.isFetchingBodies { self.configuration.memory.received(count, after: waited) }
    }

    func readStream(within limit: Duration?, verb: String) async throws(IMAPError) -> MailStream.Reading {
        do {
            return try await self.stream.read(within: limit)
        } catch {
            throw self.readFailed(error, verb)
        }
    }

    @inline(never)
    private func readFailed(_ error: TransportError, _ verb: String) -> IMAPError {
        switch error.reason {
        case .connectionLost: self.poison(.connectionLost, command: verb)
        default: self.poison(.transport(error), command: verb)
        }
    }

    /// The session's verdict on a response; a fatal one is thrown.
    func take(_ response: Response, verb: String) throws(IMAPError) -> SessionStateMachine.Action {
        let action = self.session.received(response)
        if case .fail(let reason) = action { throw self.poison(reason, command: verb) }
        if case .complete(let completion) = action {
            // A command that was refused was not done: whoever asked waits until it is due again.
            if completion.condition == .ok { self.pace.answered(completion.text.code) }
            if let name = completion.using { self.configuration.memory.answered(name) }
        }
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
    /// arguments or the connection are unusable; see ``attempt(_:using:build:collect:)`` where that makes a difference. `using` is
    /// the extension without which the command would not be sent.
    func run(
        _ verb: String,
        using name: IMAPExtension? = nil,
        build: (inout CommandEncoder) throws(IMAPError) -> Void = { (_: inout CommandEncoder) in },
        collect: (Response) -> Bool = { _ in false }
    ) async throws(IMAPError) -> SessionStateMachine.Completion {
        try await self.attempt(verb, using: name, build: build, collect: collect).get()
    }

    /// The same, with what happened after the first byte was sent as a result: from there on a failure is ambiguous.
    func attempt(
        _ verb: String,
        using name: IMAPExtension? = nil,
        build: (inout CommandEncoder) throws(IMAPError) -> Void = { (_: inout CommandEncoder) in },
        collect: (Response) -> Bool = { _ in false }
    ) async throws(IMAPError) -> Result<SessionStateMachine.Completion, IMAPError> {
        try await self.keepPace(verb)
        let command = try self.encode(verb, build)
        self.startBudget()
        do {
            return .success(try await self.transact(command, using: name, collect: collect))
        } catch {
            return .failure(error)
        }
    }

    /// Writes a command, with the next tag.
    @inline(never)
    func encode(
        _ verb: String,
        _ build: (inout CommandEncoder) throws(IMAPError) -> Void
    ) throws(IMAPError) -> EncodedCommand {
        var encoder = CommandEncoder(
            tag: self.session.nextTag(),
            verb: verb,
            literals: self.capabilities.literalMode
        )
        try build(&encoder)
        return encoder.finish()
    }

    /// Notes that a command is about to be sent.
    @inline(never)
    func began(_ command: EncodedCommand, using name: IMAPExtension?) {
        self.wireLog.sent(command.log)
        self.session.commandStarted(tag: command.tag, verb: command.verb, using: name)
    }

    func transact(
        _ command: EncodedCommand,
        using name: IMAPExtension?,
        collect: (Response) -> Bool
    ) async throws(IMAPError) -> SessionStateMachine.Completion {
        self.began(command, using: name)
        let start = ContinuousClock.now
        var parts = command.parts[...]
        if let first = parts.popFirst() { try await self.send(first.bytes, verb: command.verb) }
        while true {
            let turn = try await self.nextTurn(command.verb, collect: collect)
            if let completion = try self.completion(turn, since: start, isUnsent: !parts.isEmpty, command.verb) {
                return completion
            }
            if let part = parts.popFirst() { try await self.send(part.bytes, verb: command.verb) }
        }
    }

    /// The end of a command that was sent at `start`; nil where the server asks for the next part.
    @inline(never)
    private func completion(
        _ turn: Turn,
        since start: ContinuousClock.Instant,
        isUnsent: Bool,
        _ verb: String
    ) throws(IMAPError) -> SessionStateMachine.Completion? {
        guard case .complete(let completion) = turn else {
            guard isUnsent else { throw self.poison(.protocolViolation("unasked continuation"), command: verb) }
            return nil
        }
        // A refusal may come before all was sent; consent to what the server does not know can only be a lie.
        guard !isUnsent || completion.condition != .ok else {
            throw self.poison(.protocolViolation("OK before the command was sent"), command: verb)
        }
        self.configuration.memory.answered(after: ContinuousClock.now - start)
        return completion
    }

    /// Runs a command in the syntax of the first extension of `names`, and where the server does not understand what it
    /// offers, in that of the next, at last in the plain one, which `build` writes for nil.
    ///
    /// An extension whose syntax was refused is latched off once the server took another form of the same command: so the command
    /// itself was not at fault.
    func run(
        _ verb: String,
        preferring names: [IMAPExtension],
        build: (inout CommandEncoder, IMAPExtension?) throws(IMAPError) -> Void,
        collect: (Response) -> Bool = { _ in false }
    ) async throws(IMAPError) -> SessionStateMachine.Completion {
        var refused: [IMAPExtension] = []
        for name in names.map(Optional.some) + [nil] {
            let completion = try await self.run(verb, using: name) {
                (encoder: inout CommandEncoder) throws(IMAPError) in
                try build(&encoder, name)
            } collect: { response in
                collect(response)
            }
            if let name, !(try self.isUnderstood(completion, verb: verb)) {
                refused.append(name)
                continue
            }
            if completion.condition == .ok { await self.latch(refused, verb: verb) }
            return completion
        }
        // The last form is the plain one, which ends the loop.
        throw IMAPError(.unsupported(verb), command: verb)
    }

    func latch(_ names: [IMAPExtension], verb: String) async {
        for name in names { await self.latch(name, because: "\(verb) with its syntax was refused") }
    }

    func send(_ bytes: [UInt8], verb: String) async throws(IMAPError) {
        guard bytes.count > 64 * 1024 else {
            self.stream.send(bytes)
            return
        }
        do {
            try await self.stream.sendLarge(bytes)
        } catch {
            throw self.sendFailed(error, verb)
        }
    }

    @inline(never)
    private func sendFailed(_ error: TransportError, _ verb: String) -> IMAPError {
        switch error.reason {
        case .cancelled: self.poison(.cancelled, command: verb)
        case .connectionLost: self.poison(.connectionLost, command: verb)
        case .timedOut(_, let limit): self.poison(.timedOut(after: limit), command: verb)
        default: self.poison(.transport(error), command: verb)
        }
    }

    /// Registers and sends a command whose answer is read by the caller.
    ///
    /// Gives its tag.
    @inline(never)
    func start(
        _ verb: String,
        using name: IMAPExtension? = nil,
        build: (inout CommandEncoder) throws(IMAPError) -> Void = { (_: inout CommandEncoder) in }
    ) async throws(IMAPError) -> String {
        try await self.keepPace(verb)
        let command = try self.encode(verb, build)
        self.began(command, using: name)
        for part in command.parts { try await self.send(part.bytes, verb: verb) }
        return command.tag
    }

    /// Throws what a completion other than OK means.
    @inline(never)
    func requireOK(_ completion: SessionStateMachine.Completion, verb: String) throws(IMAPError) {
        guard let refusal = completion.refusal else { return }
        // Exchange accepts a wrong password and says so afterwards (imap-field-notes Q68).
        if refusal.deniesLogIn { throw self.poison(.authenticationFailed(refusal.text), command: verb) }
        throw IMAPError(.refused(code: refusal.code, text: refusal.text), command: verb)
    }

    /// False where a command was refused in a way that says the server does not know what it offers.
    ///
    /// Throws any other refusal.
    @inline(never)
    func isUnderstood(_ completion: SessionStateMachine.Completion, verb: String) throws(IMAPError) -> Bool {
        guard let refusal = completion.refusal else { return true }
        guard refusal.contradictsOffer else {
            try self.requireOK(completion, verb: verb)
            return true
        }
        return false
    }
}
