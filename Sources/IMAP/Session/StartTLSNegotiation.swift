package import MailTransport

/// The cleartext talk of IMAP before TLS: greeting, STARTTLS, its answer.
///
/// Nothing said here is kept.
///
/// What the server offers in cleartext is not asked, since anybody could have removed STARTTLS from it: the command is sent
/// anyway, and a server that refuses it is not used. Source: RFC 9051 §6.2.1.
package struct StartTLSNegotiation: CleartextNegotiator {
    private enum State: Equatable {
        case greeting, requested, over
    }
    private let tag: String
    private var state = State.greeting

    /// A talk whose one command carries `tag`, which should be random.
    package init(tag: String) {
        self.tag = tag
    }

    /// Takes one line without its line end, and decides.
    package mutating func received(line: [UInt8]) -> CleartextStep {
        if line.isEmpty { return .wait }
        var parser = ResponseParser(line)
        let response: Response
        do {
            response = try parser.parse()
        } catch {
            return self.end(.cleartextViolation(error.text))
        }
        if case .bye(let text) = response { return self.end(.connectionLost(ServerText.shown(text.text))) }
        switch self.state {
        case .greeting: return self.greeting(response)
        case .requested: return self.answer(response)
        case .over: return .fail(.cleartextViolation("bytes after the end"))
        }
    }

    private mutating func greeting(_ response: Response) -> CleartextStep {
        switch response {
        case .condition(.ok, _):
            self.state = .requested
            return .send(Array("\(self.tag) STARTTLS\r\n".utf8))
        case .preauthenticated:
            return self.end(.preauthBeforeTLS)
        case .condition(_, let text):
            return self.end(.connectionLost(ServerText.shown(text.text)))
        case .continuation, .tagged, .bye, .capability, .enabled, .flags, .exists, .recent, .expunge, .vanished,
            .fetch, .list, .subscribed, .status, .search, .quota, .quotaRoots, .namespace, .identity, .ignored,
            .unreadable:
            return self.end(.cleartextViolation("the first line is no greeting"))
        }
    }

    private mutating func answer(_ response: Response) -> CleartextStep {
        switch response {
        case .tagged(let tag, let condition, let text):
            guard tag == self.tag else {
                return self.end(.cleartextViolation("an answer to a command that was not sent"))
            }
            guard condition == .ok else { return self.end(.startTLSRefused(ServerText.shown(text.text))) }
            self.state = .over
            return .startTLS
        case .continuation, .unreadable:
            return self.end(.cleartextViolation("no answer to STARTTLS"))
        case .preauthenticated:
            return self.end(.preauthBeforeTLS)
        case .condition, .bye, .capability, .enabled, .flags, .exists, .recent, .expunge, .vanished, .fetch,
            .list, .subscribed, .status, .search, .quota, .quotaRoots, .namespace, .identity, .ignored:
            return .wait
        }
    }

    private mutating func end(_ reason: TransportError.Reason) -> CleartextStep {
        self.state = .over
        return .fail(reason)
    }
}
