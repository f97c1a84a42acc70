import MailTransport

extension Redaction {
    /// The reason without the credential, where the server's text holds it.
    func applied(to reason: IMAPError.Reason) -> IMAPError.Reason {
        switch reason {
        case .closedByServer(let text): .closedByServer(self.applied(to: text))
        case .protocolViolation(let text): .protocolViolation(self.applied(to: text))
        case .refused(let code, let text): .refused(code: code, text: self.applied(to: text))
        case .authenticationFailed(let text): .authenticationFailed(self.applied(to: text))
        case .unsupported(let text): .unsupported(self.applied(to: text))
        case .unproven(let text): .unproven(self.applied(to: text))
        case .transport(let error): .transport(error.redacted(by: self))
        case .connectionLost, .timedOut, .cancelled, .heldBack, .limitExceeded, .invalidArgument: reason
        }
    }

    /// The response without the credential, where its text is one that may be kept: a refusal's, a farewell's, a name's.
    ///
    /// A challenge stays as it is, since the log-in is computed from it.
    func applied(to response: Response) -> Response {
        switch response {
        case .tagged(let tag, let condition, let text) where condition != .ok:
            .tagged(tag: tag, condition, self.applied(to: text))
        case .condition(let condition, let text) where condition != .ok: .condition(condition, self.applied(to: text))
        case .bye(let text): .bye(self.applied(to: text))
        case .unreadable(let text): .unreadable(self.applied(to: text))
        case .identity(let pairs):
            .identity(
                Dictionary(pairs.map { (self.applied(to: $0.key), self.applied(to: $0.value)) }) { first, _ in first }
            )
        case .continuation, .tagged, .condition, .preauthenticated, .capability, .enabled, .flags, .exists, .recent,
            .expunge, .vanished, .fetch, .list, .subscribed, .status, .search, .quota, .quotaRoots, .namespace,
            .ignored:
            response
        }
    }

    private func applied(to text: ResponseText) -> ResponseText {
        ResponseText(code: text.code, text: self.applied(to: text.text))
    }
}
