/// One connection to a ``ModelServer`` as bytes: lines in, lines out, free of sockets.
///
/// 1. ``greeting()`` is what the client reads first.
/// 2. ``received(_:_:)`` takes bytes in any pieces and gives the answers.
/// 3. ``news(_:)`` is what the server says unasked, to one in IDLE or with NOTIFY.
package struct ModelWire: Sendable {
    /// Who may log in.
    package struct Account: Sendable {
        /// The name.
        package let user: String
        /// What proves it.
        package let password: String

        /// An account.
        package init(user: String, password: String) {
            self.user = user
            self.password = password
        }
    }

    /// What a line means that belongs to AUTHENTICATE.
    private enum Prompt: Sendable {
        case none
        case plain(tag: String)
        case user(tag: String)
        case password(tag: String, user: String)
    }

    /// The session.
    package let session: ModelSessionID
    /// Whether the connection is to be closed.
    package private(set) var isOver = false
    private let account: Account
    private var buffer: [UInt8] = []
    /// Where the line begins that is looked at: behind the last literal.
    private var lineStart = 0
    /// How far it was searched for its end.
    private var searched = 0
    private var idleTag: String?
    private var prompt = Prompt.none
    private var isLoggedIn = false

    /// A new connection.
    package init(_ server: inout ModelServer, account: Account) {
        self.session = server.connect()
        self.account = account
    }

    /// What the client reads first.
    package func greeting() -> [UInt8] { WireText.bytes("* OK Model ready\r\n") }

    /// Takes what the client sent; what it reads next.
    package mutating func received(_ bytes: some Sequence<UInt8>, _ server: inout ModelServer) -> [UInt8] {
        self.buffer += bytes
        var out: [UInt8] = []
        while !self.isOver, let line = self.nextCommand(&out) { out += self.answer(line, &server) }
        return out
    }

    /// What the server says unasked.
    package mutating func news(_ server: inout ModelServer) -> [UInt8] {
        guard !self.isOver, self.isLoggedIn, server.isOpen(self.session) else { return [] }
        return self.written(server.push(to: self.session), tag: "*", server)
    }

    /// A command with its literals, without its last line end; asks for a literal that the client waits to send.
    private mutating func nextCommand(_ out: inout [UInt8]) -> [UInt8]? {
        while self.buffer.count > self.lineStart {
            let from = max(self.searched, self.lineStart)
            guard let end = self.buffer[from...].firstIndex(of: 10) else {
                self.searched = self.buffer.count
                return nil
            }
            let line = self.buffer[
                self.lineStart..<(end > self.lineStart && self.buffer[end - 1] == 13 ? end - 1 : end)
            ]
            guard let literal = WireText.literal(endOf: line) else {
                let command = Array(self.buffer[..<line.endIndex])
                self.buffer.removeSubrange(...end)
                (self.lineStart, self.searched) = (0, 0)
                return command
            }
            if literal.waits { out += WireText.bytes("+ Ready\r\n") }
            self.lineStart = end + 1 + literal.count
            self.searched = self.lineStart
        }
        return nil
    }

    private mutating func answer(_ line: [UInt8], _ server: inout ModelServer) -> [UInt8] {
        if let tag = self.idleTag {
            self.idleTag = nil
            let isDone = WireText.text(line).uppercased() == "DONE"
            let out = self.written(server.perform(.done, in: self.session), tag: tag, server)
            return isDone ? out : WireText.bytes("\(tag) BAD Expected DONE\r\n")
        }
        guard case .none = self.prompt else { return self.promptAnswered(line, &server) }
        guard var tokens = WireToken.tokens(line), let tag = tokens.first?.text, tokens.count > 1 else {
            return WireText.bytes("* BAD Not a command\r\n")
        }
        tokens.removeFirst()
        switch tokens[0].word {
        case "LOGIN":
            guard tokens.count == 3, let user = tokens[1].text, let password = tokens[2].text else {
                return WireText.bytes("\(tag) BAD User and password are missing\r\n")
            }
            return self.logIn(user, password, tag: tag, &server)
        case "AUTHENTICATE":
            return self.authenticate(tokens, tag: tag, &server)
        default:
            let read = WireCommand(tokens, &server)
            let responses = server.perform(read.command, in: self.session)
            var out = self.written(responses, tag: tag, section: read.section, server)
            if responses.last == .continuation {
                self.idleTag = tag
                // What came before the wait is told as it begins.
                out += self.news(&server)
            }
            return out
        }
    }

    private mutating func written(
        _ responses: [ModelResponse],
        tag: String,
        section: String = "BODY[]",
        _ server: ModelServer
    ) -> [UInt8] {
        let answer = WireAnswer(server: server, tag: tag, section: section, isLoggedIn: self.isLoggedIn)
        if responses.contains(.bye) { self.isOver = true }
        return responses.flatMap { answer.bytes($0) }
    }

    // MARK: - The log-in

    private mutating func logIn(
        _ user: String,
        _ password: String,
        tag: String,
        _ server: inout ModelServer
    ) -> [UInt8] {
        let isAccepted = user == self.account.user && password == self.account.password
        let responses = server.perform(.login(isAccepted: isAccepted), in: self.session)
        if isAccepted { self.isLoggedIn = true }
        return self.written(responses, tag: tag, server)
    }

    private mutating func authenticate(_ tokens: [WireToken], tag: String, _ server: inout ModelServer) -> [UInt8] {
        let initial = tokens.count > 2 ? tokens[2].text : nil
        switch tokens.count > 1 ? tokens[1].word : nil {
        case "PLAIN":
            self.prompt = .plain(tag: tag)
            guard let initial else { return WireText.bytes("+ \r\n") }
            return self.promptAnswered(WireText.bytes(initial), &server)
        case "LOGIN":
            self.prompt = .user(tag: tag)
            guard let initial else { return WireText.bytes("+ VXNlcm5hbWU6\r\n") }
            return self.promptAnswered(WireText.bytes(initial), &server)
        default:
            return WireText.bytes("\(tag) NO Not a mechanism of this server\r\n")
        }
    }

    private mutating func promptAnswered(_ line: [UInt8], _ server: inout ModelServer) -> [UInt8] {
        let prompt = self.prompt
        self.prompt = .none
        let answer = WireBase64.decode(line).map { WireText.text($0) }
        switch prompt {
        case .none:
            return []
        case .plain(let tag):
            let parts = answer?.split(separator: "\0", omittingEmptySubsequences: false).map(String.init) ?? []
            guard parts.count == 3 else { return WireText.bytes("\(tag) BAD Not the answer to PLAIN\r\n") }
            return self.logIn(parts[1], parts[2], tag: tag, &server)
        case .user(let tag):
            guard let answer else { return WireText.bytes("\(tag) BAD Not the answer to LOGIN\r\n") }
            self.prompt = .password(tag: tag, user: answer)
            return WireText.bytes("+ UGFzc3dvcmQ6\r\n")
        case .password(let tag, let user):
            guard let answer else { return WireText.bytes("\(tag) BAD Not the answer to LOGIN\r\n") }
            return self.logIn(user, answer, tag: tag, &server)
        }
    }
}

/// Base64 (RFC 4648 §4), decoded.
enum WireBase64 {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    /// Nil for what is no Base64, `*` among it.
    static func decode(_ text: [UInt8]) -> [UInt8]? {
        guard text.count % 4 == 0 else { return nil }
        var result: [UInt8] = []
        var bits: UInt32 = 0
        var count = 0
        for byte in text.prefix(while: { $0 != UInt8(ascii: "=") }) {
            guard let value = self.alphabet.firstIndex(of: byte) else { return nil }
            bits = bits << 6 | UInt32(value)
            count += 6
            guard count >= 8 else { continue }
            count -= 8
            result.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
        }
        return result
    }
}
