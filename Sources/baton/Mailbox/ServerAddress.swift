import ArgumentParser
import MailTransport

/// Where a mailbox's server is, as it is stored: `imaps://host:port` or `imap://host:port`.
struct ServerAddress: Equatable, Sendable {
    let text: String
    let isPlaintext: Bool

    /// Checks what was given; throws a `ValidationError` that says what is allowed.
    ///
    /// `imaps://host[:port]` is TLS, `imap://host[:port]` STARTTLS; with `plaintext` no TLS at all, over `imap://` only and
    /// only to this machine, unless it `isForced`.
    init(url: String, plaintext: Bool, isForced: Bool) throws {
        let endpoint: MailEndpoint
        do {
            endpoint = try MailEndpoint(url: url, plaintext: plaintext, forcePlaintext: plaintext && isForced)
        } catch {
            // What was typed is not repeated: somebody may have put a password into it.
            throw ValidationError("--server: \(error)")
        }
        if plaintext, !isForced, !Self.isThisMachine(endpoint.host) {
            throw ValidationError(
                """
                --plaintext to \(SafeText.line(endpoint.host)) would send the password and all mail readable over \
                the network. Use imaps://, or imap:// without --plaintext for STARTTLS; or add --force-plaintext if \
                the way is protected otherwise.
                """
            )
        }
        let host = endpoint.host.contains(":") ? "[\(endpoint.host)]" : endpoint.host
        let scheme = endpoint.security == .implicitTLS ? "imaps" : "imap"
        self.text = "\(scheme)://\(host):\(endpoint.port)"
        self.isPlaintext = plaintext
    }

    /// Whether a host as written can only be this machine.
    static func isThisMachine(_ host: String) -> Bool {
        let host = host.lowercased()
        if host == "localhost" || host == "::1" { return true }
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
    }
}
