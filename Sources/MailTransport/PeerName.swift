import NIOCore

/// Names of servers: matching against certificates, and what counts as this machine.
enum PeerName {
    /// True for `127.0.0.1`, `::1` and any other address written as such.
    static func isIPLiteral(_ host: String) -> Bool {
        // Only the parse is of interest: no look-up is made, and the error says no more than "not an address".
        (try? SocketAddress(ipAddress: host, port: 0)) != nil
    }

    /// Whether the DNS name `pattern` of a certificate covers `host` (RFC 6125 §6.4): any case, `*` as the whole
    /// leftmost label only, over at least two further labels.
    static func matches(host: String, pattern: String) -> Bool {
        let hostLabels = self.labels(host)
        let patternLabels = self.labels(pattern)
        guard !hostLabels.isEmpty, hostLabels.count == patternLabels.count else { return false }
        guard patternLabels[0] == "*" else { return hostLabels == patternLabels }
        return patternLabels.count >= 3 && hostLabels.dropFirst() == patternLabels.dropFirst()
    }

    private static func labels(_ name: String) -> [Substring] {
        let name = name.lowercased()
        return (name.hasSuffix(".") ? name.dropLast() : name[...])
            .split(separator: ".", omittingEmptySubsequences: false)
    }

    /// Whether a host as configured can only be this machine.
    static func isLoopbackName(_ host: String) -> Bool {
        if host.lowercased() == "localhost" { return true }
        // As above: not an address is an answer, not an error.
        guard let address = try? SocketAddress(ipAddress: host, port: 0) else { return false }
        return self.isLoopback(address)
    }

    /// Whether an address is 127.0.0.0/8, ::1 or a unix socket.
    static func isLoopback(_ address: SocketAddress) -> Bool {
        switch address {
        case .unixDomainSocket:
            return true
        case .v4:
            return address.ipAddress?.hasPrefix("127.") ?? false
        case .v6:
            return address.ipAddress == "::1"
        }
    }
}
