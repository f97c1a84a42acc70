/// How long each phase of opening a connection may take.
package struct TransportTimeouts: Equatable, Sendable {
    /// Name look-up and connect; more than 15 s without an answer is a firewall.
    package var connect: Duration
    /// Cleartext talk before STARTTLS, then the handshake, each.
    package var tls: Duration
    /// For the peer to take 64 KiB we send.
    package var write: Duration

    /// Limits for the three phases.
    package init(connect: Duration = .seconds(15), tls: Duration = .seconds(15), write: Duration = .seconds(60)) {
        self.connect = connect
        self.tls = tls
        self.write = write
    }
}
