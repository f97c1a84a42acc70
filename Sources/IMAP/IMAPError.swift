package import MailTransport

/// What went wrong while talking to an IMAP server, during which command, and whether to try again.
///
/// Never holds a password, an address of a mail or a mail's text. What the server said is bounded and escaped.
package struct IMAPError: Error, Equatable, Sendable {
    /// Closed: every caller is ours, and a new case must break them.
    ///
    /// Kept apart: each step of a connection that may fail keeps room for the error, and idle connections are many.
    package indirect enum Reason: Equatable, Sendable {
        /// The connection broke or was closed without a word.
        case connectionLost
        /// BYE, or a line that is no IMAP, such as a proxy's "Server Unavailable".
        ///
        /// The text is the server's.
        case closedByServer(String)
        /// The server said nothing, or too little, for that long.
        case timedOut(after: Duration)
        /// The task was cancelled in the middle; the connection is of no use any more.
        case cancelled
        /// What the server said makes the session unreliable.
        case protocolViolation(String)
        /// NO or BAD to a command.
        case refused(code: ResponseCode?, text: String)
        /// User or password is wrong, or logging in is not allowed.
        ///
        /// The text is the server's.
        case authenticationFailed(String)
        /// Nothing was sent: the server asked for a pause, or refused the log-in too often; the text says which.
        case heldBack(String, for: Duration)
        /// The server does not offer what the command needs.
        case unsupported(String)
        /// The server passed one of ``IMAPLimits``, named here.
        case limitExceeded(String)
        /// What we were asked to send cannot be sent.
        case invalidArgument(String)
        /// OK, but without the proof that it was done.
        case unproven(String)
        /// Connecting or TLS failed.
        case transport(TransportError)
    }

    /// What went wrong.
    package let reason: Reason
    /// The verb alone, since arguments can hold secrets.
    package let command: String

    /// An error of `command`.
    package init(_ reason: Reason, command: String) {
        self.reason = reason
        self.command = command
    }

    /// True where trying again later may help without anybody changing a setting.
    ///
    /// The only input of a retry.
    package var isTransient: Bool {
        switch self.reason {
        case .connectionLost, .closedByServer, .timedOut, .cancelled, .heldBack: true
        case .protocolViolation, .authenticationFailed, .unsupported, .limitExceeded, .invalidArgument, .unproven: false
        case .refused(let code, _): code?.isTransient ?? false
        case .transport(let error): error.isTransient
        }
    }

    /// How long nobody should try again, where the server says so or its refusal means it: times and texts of imap-field-notes
    /// Q71 and Q72.
    package var retryAfter: Duration? {
        switch self.reason {
        case .heldBack(_, for: let wait): wait
        case .refused(code: .throttled(let wait), _): wait ?? .seconds(60)
        case .refused(code: .limit, _): .seconds(60)
        case .refused(code: .unavailable, _), .refused(code: .inUse, _), .refused(code: .serverBug, _): .seconds(15)
        case .closedByServer(let text): Throttling.pause(in: text)
        case .connectionLost, .timedOut, .cancelled, .protocolViolation, .refused, .authenticationFailed, .unsupported,
            .limitExceeded, .invalidArgument, .unproven, .transport:
            nil
        }
    }

    /// Whether the server says that there are too many connections.
    package var meansTooManyConnections: Bool {
        switch self.reason {
        case .refused(code: .limit, _): true
        case .refused(_, let text), .closedByServer(let text): Throttling.isTooManyConnections(text)
        case .connectionLost, .timedOut, .cancelled, .protocolViolation, .authenticationFailed, .heldBack, .unsupported,
            .limitExceeded, .invalidArgument, .unproven, .transport:
            false
        }
    }

    /// Whether user and credential were refused.
    package var isLogInRefusal: Bool {
        if case .authenticationFailed = self.reason { true } else { false }
    }
}

extension IMAPError: CustomStringConvertible {
    /// For an administrator: what happened and what to do.
    package var description: String {
        switch self.reason {
        case .connectionLost:
            "The connection to the IMAP server broke during \(self.command)."
        case .closedByServer(let text):
            "The IMAP server ended the session during \(self.command): \(ServerText.shown(text))"
        case .timedOut(let limit):
            "The IMAP server did not answer \(self.command) within \(limit). Check the server and the network."
        case .cancelled:
            "\(self.command) was cancelled."
        case .protocolViolation(let text):
            "The IMAP server broke the protocol during \(self.command): \(ServerText.shown(text))"
        case .refused(_, let text):
            "The IMAP server refused \(self.command): \(ServerText.shown(text))"
        case .authenticationFailed(let text):
            "The IMAP server does not accept user and password or token. Check both, and whether the account may use IMAP: "
                + ServerText.shown(text)
        case .heldBack(let text, _):
            text
        case .unsupported(let what):
            "The IMAP server does not offer what \(self.command) needs: \(ServerText.shown(what))"
        case .limitExceeded(let name):
            "The IMAP server sent more than the limit \"\(name)\" allows during \(self.command)."
        case .invalidArgument(let what):
            "\(self.command) cannot be sent: \(what)"
        case .unproven(let what):
            "The IMAP server accepted \(self.command) without proof that it was done: \(what)"
        case .transport(let error):
            error.description
        }
    }
}
