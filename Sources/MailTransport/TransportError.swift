/// What went wrong between us and a mail server, below its protocol.
package struct TransportError: Error, Equatable, Sendable {
    /// The part of a connection's life that ran out of time.
    package enum Phase: String, Equatable, Sendable {
        /// TCP or socket connect, name look-up included.
        case connect
        /// The cleartext talk that leads to STARTTLS.
        case startTLS = "STARTTLS"
        /// The TLS handshake.
        case tls = "TLS handshake"
        /// Sending bytes the server does not take.
        case write
    }

    /// Closed: every caller is ours, and a new case must break them.
    ///
    /// Kept apart: each step of a connection that may fail keeps room for the error, and idle connections are many.
    package indirect enum Reason: Equatable, Sendable {
        /// The URL or the combination of settings is unusable; the text says what to write.
        case invalidEndpoint(String)
        /// The name has no address.
        case hostNotFound(String)
        /// Nobody answered at that address; the text is the system's.
        case unreachable(String)
        /// A phase took longer than its limit.
        case timedOut(Phase, after: Duration)
        /// The certificate is not signed by an authority we trust, or is expired.
        case certificateUntrusted(String)
        /// The certificate is for another name.
        case certificateForAnotherHost(String)
        /// The TLS handshake or the TLS stream failed otherwise.
        case tls(String)
        /// The CA file cannot be read as PEM certificates.
        case unreadableCAFile(String)
        /// The server will not start TLS; the text is bounded and escaped.
        case startTLSRefused(String)
        /// Bytes stood behind the answer to STARTTLS: somebody injects cleartext.
        case bytesBeforeTLS
        /// The server claims we are logged in before TLS started.
        case preauthBeforeTLS
        /// What the server said before TLS is not the protocol.
        case cleartextViolation(String)
        /// Plaintext to another machine, not forced.
        case plaintextForbidden
        /// The connection is closed or broke.
        case connectionLost(String)
        /// The task was cancelled.
        case cancelled
    }

    /// What went wrong.
    package let reason: Reason

    /// An error for `reason`.
    package init(_ reason: Reason) {
        self.reason = reason
    }

    /// True where trying again later may help without anybody changing a setting.
    package var isTransient: Bool {
        switch self.reason {
        case .hostNotFound, .unreachable, .timedOut, .connectionLost, .cancelled, .tls: true
        case .invalidEndpoint, .certificateUntrusted, .certificateForAnotherHost, .unreadableCAFile, .startTLSRefused,
            .bytesBeforeTLS, .preauthBeforeTLS, .cleartextViolation, .plaintextForbidden:
            false
        }
    }
}

extension TransportError: CustomStringConvertible {
    /// For an administrator: what happened and what to do.
    package var description: String {
        switch self.reason {
        case .invalidEndpoint(let hint): "The server address is not usable: \(hint)."
        case .hostNotFound(let host): "The name \(host) has no address. Check the spelling and the name server."
        case .unreachable(let text): "Nobody answers there (\(text)). Check host, port and firewall."
        case .timedOut(let phase, let limit):
            "No end of \(phase.rawValue) within \(limit). Check host, port and firewall."
        case .certificateUntrusted(let text):
            "The server's certificate is not trusted (\(text)). If the server has an authority of its own, name its CA file."
        case .certificateForAnotherHost(let host):
            "The server's certificate is not for \(host). Use the name the certificate carries."
        case .tls(let text): "TLS failed (\(text))."
        case .unreadableCAFile(let path): "The CA file \(path) cannot be read as PEM certificates."
        case .startTLSRefused(let text): "The server does not start TLS (\(text)). Use implicit TLS (imaps, port 993)."
        case .bytesBeforeTLS:
            "Bytes stood between the answer to STARTTLS and TLS: an attack or a broken server. Use implicit TLS (imaps, port 993)."
        case .preauthBeforeTLS:
            "The server claims we are logged in before TLS: an attack or a misconfigured server. Use implicit TLS (imaps, port 993)."
        case .cleartextViolation(let text): "What the server said before TLS is not the mail protocol (\(text))."
        case .plaintextForbidden:
            "Plaintext goes to this machine only (127.0.0.0/8, ::1, a unix socket). Use TLS, or force plaintext by name."
        case .connectionLost(let text): "The connection broke (\(text))."
        case .cancelled: "Cancelled."
        }
    }
}
