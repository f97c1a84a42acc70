/// One IMAP session, free of I/O: tags, capabilities, what is selected, and which response belongs to whom.
///
/// The driver reports every command it sends and every response it reads. Untagged data is passed on in wire order; a tag
/// nobody sent ends the session, since then nobody knows what the answers mean. Source: RFC 9051 §3, §5.5, §7.
struct SessionStateMachine: Sendable {
    /// What to do with a response.
    enum Action: Equatable {
        /// Nothing; the machine took note.
        case none
        /// Data or a condition for the running command, or for nobody.
        case deliver(Response)
        /// The server asks for the next part.
        case continueCommand(ResponseText)
        /// The command with this number is done.
        case complete(Completion)
        /// The session is over.
        case fail(IMAPError.Reason)
    }
    /// How a command ended.
    struct Completion: Equatable, Sendable {
        var tag: String
        var condition: Response.Condition
        var text: ResponseText
        /// The extension that the command needed.
        var using: IMAPExtension?

        /// The refusal, where it was not OK.
        var refusal: Refusal? {
            self.condition == .ok ? nil : Refusal(code: self.text.code, text: self.text.text)
        }
    }
    private enum Phase: Equatable {
        case greeting, notAuthenticated, authenticated, ended
    }

    private let tagPrefix: String
    private var commandCount = 0
    private var running: [(tag: String, verb: String, using: IMAPExtension?)] = []
    private var phase: Phase
    private var isLogoutSent = false

    private(set) var capabilities: IMAPCapabilities
    private(set) var hasCapabilities = false
    /// Mails in the selected folder.
    private(set) var exists = 0
    /// Mails that the server said were gone from the folders open so far.
    private(set) var removals = 0

    /// A session whose tags begin with `tagPrefix`, which should be random: so an answer cannot be sent before its command.
    init(tagPrefix: String, off: [IMAPExtension: ExtensionOff] = [:], greetingWasRead: Bool = false) {
        self.tagPrefix = tagPrefix
        self.capabilities = IMAPCapabilities(off: off)
        self.phase = greetingWasRead ? .notAuthenticated : .greeting
    }

    /// Four random letters.
    static func randomTagPrefix(using generator: inout some RandomNumberGenerator) -> String {
        let letters = Array("ABCDEFGHJKLMNPQRSTUVWXYZ")
        return String((0..<4).map { _ in letters[Int.random(in: 0..<letters.count, using: &generator)] })
    }

    var isAuthenticated: Bool { self.phase == .authenticated }
    /// The oldest unanswered command and the extension it needs: where a connection ends, that is what ended it.
    var oldest: (verb: String, using: IMAPExtension?)? { self.running.first.map { ($0.verb, $0.using) } }

    // MARK: - Driver

    /// A tag for the next command.
    mutating func nextTag() -> String {
        self.commandCount += 1
        return "\(self.tagPrefix)\(self.commandCount)"
    }

    /// The first bytes of a command are about to be sent; `using` is the extension it would not be sent without.
    mutating func commandStarted(tag: String, verb: String, using: IMAPExtension? = nil) {
        self.running.append((tag, verb, using))
        if verb == "LOGOUT" { self.isLogoutSent = true }
    }

    /// The server has begun to do what the running command asks: its extension is no longer in question.
    mutating func isUnderWay(_ verb: String) {
        for index in self.running.indices where self.running[index].verb == verb { self.running[index].using = nil }
    }

    /// The log-in succeeded: what was offered before it does not count any more.
    mutating func authenticated(with code: ResponseCode?) {
        self.phase = .authenticated
        self.hasCapabilities = false
        self.note(code)
    }

    /// The server contradicted an offer; false where that was known.
    mutating func contradicted(_ latch: ExtensionLatch) -> Bool {
        self.capabilities.latch(latch)
    }

    /// Another folder is selected, or none.
    mutating func folderOpened(exists: Int) {
        self.exists = exists
    }

    // MARK: - Server

    mutating func received(_ response: Response) -> Action {
        if self.phase == .greeting { return self.greetingReceived(response) }
        switch response {
        case .continuation(let text):
            guard !self.running.isEmpty else { return self.fail(.protocolViolation("unasked continuation")) }
            return .continueCommand(text)
        case .tagged(let tag, let condition, let text):
            guard let index = self.running.firstIndex(where: { $0.tag == tag }) else {
                return self.fail(.protocolViolation("an answer to a command that was not sent"))
            }
            let using = self.running.remove(at: index).using
            if self.phase == .authenticated { self.note(text.code) }
            return .complete(Completion(tag: tag, condition: condition, text: text, using: using))
        case .bye(let text):
            return self.isLogoutSent ? .none : self.fail(.closedByServer(text.text))
        case .unreadable(let text):
            return self.fail(.closedByServer(text))
        case .preauthenticated:
            return self.fail(.protocolViolation("PREAUTH after the greeting"))
        case .capability(let names):
            self.capabilities.replace(with: names)
            self.hasCapabilities = true
            return .none
        case .condition(_, let text):
            self.note(text.code)
            return self.phase == .authenticated ? .deliver(response) : .none
        case .enabled(let names):
            if self.phase == .authenticated { self.capabilities.enable(names) }
            return .none
        case .flags, .exists, .recent, .expunge, .vanished, .fetch, .list, .subscribed, .status, .search,
            .quota, .quotaRoots, .namespace, .identity, .ignored:
            return self.dataReceived(response)
        }
    }

    private mutating func greetingReceived(_ response: Response) -> Action {
        switch response {
        case .condition(.ok, let text):
            self.phase = .notAuthenticated
            self.note(text.code)
            return .deliver(response)
        case .preauthenticated(let text):
            self.phase = .authenticated
            self.note(text.code)
            return .deliver(response)
        case .bye(let text):
            return self.fail(.closedByServer(text.text))
        case .condition(_, let text):
            return self.fail(.closedByServer(text.text))
        case .unreadable(let text):
            return self.fail(.closedByServer(text))
        case .continuation, .tagged, .capability, .enabled, .flags, .exists, .recent, .expunge, .vanished,
            .fetch, .list, .subscribed, .status, .search, .quota, .quotaRoots, .namespace, .identity, .ignored:
            return self.fail(.protocolViolation("the first line is no greeting"))
        }
    }

    private mutating func dataReceived(_ response: Response) -> Action {
        // Said before the log-in it could only be planted.
        guard self.phase == .authenticated else { return .none }
        switch response {
        case .exists(let count):
            self.exists = count
        case .expunge:
            self.removals += 1
            self.exists = max(0, self.exists - 1)
        case .vanished(let set, let isEarlier):
            // UIDs, not messages known to be here: at most as many are gone.
            guard !isEarlier else { break }
            self.removals += set.count
            self.exists = max(0, self.exists - set.count)
        case .continuation, .tagged, .condition, .preauthenticated, .bye, .capability, .enabled, .recent,
            .flags, .fetch, .list, .subscribed, .status, .search, .quota, .quotaRoots, .namespace, .identity,
            .ignored, .unreadable:
            break
        }
        return .deliver(response)
    }

    private mutating func note(_ code: ResponseCode?) {
        guard case .capability(let names) = code else { return }
        self.capabilities.replace(with: names)
        self.hasCapabilities = true
    }

    private mutating func fail(_ reason: IMAPError.Reason) -> Action {
        self.phase = .ended
        return .fail(reason)
    }
}
