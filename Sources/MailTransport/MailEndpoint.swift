/// Where a mail server listens, and how the connection to it is protected.
package struct MailEndpoint: Equatable, Sendable {
    /// A DNS name or an IP address without brackets; the name the certificate must carry.
    package var host: String
    /// The TCP port.
    package var port: Int
    /// Protection of the connection.
    package var security: TransportSecurity
    /// A PEM file of the only authorities to trust, or nil for those of the system.
    package var caFile: String?
    /// Connect to this socket instead of `host` and `port`; `host` is still what the certificate must name.
    package var unixSocketPath: String?

    /// An endpoint from its parts.
    package init(
        host: String,
        port: Int,
        security: TransportSecurity = .implicitTLS,
        caFile: String? = nil,
        unixSocketPath: String? = nil
    ) {
        self.host = host
        self.port = port
        self.security = security
        self.caFile = caFile
        self.unixSocketPath = unixSocketPath
    }

    /// Reads `imaps://host[:993]` (TLS) or `imap://host[:143]` (STARTTLS, or plaintext where `plaintext` asks for it by name).
    ///
    /// User, password, path and query are refused: a password has no business in a URL, and the rest says nothing here.
    /// Throws ``TransportError`` with `.invalidEndpoint`.
    package init(
        url: String,
        plaintext: Bool = false,
        forcePlaintext: Bool = false,
        caFile: String? = nil
    ) throws(TransportError) {
        let security: TransportSecurity
        let defaultPort: Int
        var rest: Substring
        if let tail = Self.dropping("imaps://", from: url) {
            guard !plaintext, !forcePlaintext else {
                throw TransportError(.invalidEndpoint("imaps:// means TLS; write imap:// to ask for plaintext"))
            }
            (security, defaultPort, rest) = (.implicitTLS, 993, tail)
        } else if let tail = Self.dropping("imap://", from: url) {
            let isPlaintext = plaintext || forcePlaintext
            (security, defaultPort, rest) = (isPlaintext ? .plaintext(forced: forcePlaintext) : .startTLS, 143, tail)
        } else {
            throw TransportError(.invalidEndpoint("write imaps://host[:port], or imap://host[:port] for STARTTLS"))
        }
        if rest.last == "/" { rest = rest.dropLast() }
        guard
            !rest.contains(where: { "@/?#".contains($0) || $0.isWhitespace || $0.asciiValue.map { $0 < 33 } ?? false })
        else {
            throw TransportError(.invalidEndpoint("only a host and a port may follow ://"))
        }
        let (host, portText) = try Self.splitPort(rest)
        var port = defaultPort
        if let portText {
            guard let number = Int(portText), (1...65535).contains(number) else {
                throw TransportError(.invalidEndpoint("the port is a number from 1 to 65535"))
            }
            port = number
        }
        guard !host.isEmpty else { throw TransportError(.invalidEndpoint("the host is missing")) }
        self.init(host: host, port: port, security: security, caFile: caFile)
    }

    private static func dropping(_ prefix: String, from url: String) -> Substring? {
        url.lowercased().hasPrefix(prefix) ? url.dropFirst(prefix.count) : nil
    }

    /// Splits `host:port`, `[v6]:port`; a bare IPv6 address without brackets is ambiguous and refused.
    private static func splitPort(_ text: Substring) throws(TransportError) -> (host: String, port: Substring?) {
        if text.first == "[" {
            guard let close = text.firstIndex(of: "]") else {
                throw TransportError(.invalidEndpoint("the bracket of the IPv6 address does not close"))
            }
            let host = String(text[text.index(after: text.startIndex)..<close])
            let tail = text[text.index(after: close)...]
            if tail.isEmpty { return (host, nil) }
            guard tail.first == ":" else {
                throw TransportError(.invalidEndpoint("only :port may follow the bracket"))
            }
            return (host, tail.dropFirst())
        }
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        switch parts.count {
        case 1: return (String(text), nil)
        case 2: return (String(parts[0]), parts[1])
        default: throw TransportError(.invalidEndpoint("write an IPv6 address in brackets"))
        }
    }
}
