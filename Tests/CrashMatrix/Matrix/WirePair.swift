import LocalServers
import TestSupport

/// Both proxies of a worker.
struct WirePair: Sendable {
    let mail: WireProxy
    let base: WireProxy

    /// Two proxies in front of the servers, as long as `body` runs.
    static func with<R>(_ servers: CrashServers, _ body: (WirePair) async throws -> R) async throws -> R {
        try await WireProxy.with(.imap(port: servers.dovecot.imapPort)) { mail in
            try await WireProxy.with(.postgres(socketDirectory: servers.postgres.socketDirectory)) { base in
                try await body(WirePair(mail: mail, base: base))
            }
        }
    }

    func arm(_ fault: WireFault?, _ victim: Victim) {
        for proxy in [self.mail, self.base] { proxy.arm(fault) { victim.strike() } }
    }

    /// Ends all connections: whatever still talks is of no interest any more.
    func disconnect() {
        self.mail.disconnect()
        self.base.disconnect()
    }

    /// Both lists of what passed.
    var entries: [WireLink: [WireEntry]] { [.imap: self.mail.entries, .postgres: self.base.entries] }

    /// Whether a connection waits for news.
    var idles: Bool { self.mail.entries.contains { $0.summary == "IDLE" } }

    var fired: WireEntry? { self.mail.fired ?? self.base.fired }
}

/// Tells whether nothing passed for a while.
struct Quiet {
    private let proxies: [WireProxy]
    private var count = -1
    private var since = ContinuousClock.now

    init(_ wires: WirePair) {
        self.proxies = [wires.mail, wires.base]
    }

    init(_ proxy: WireProxy) {
        self.proxies = [proxy]
    }

    mutating func lasts(_ time: Duration) -> Bool {
        let count = self.proxies.reduce(0) { $0 + $1.entries.count }
        if count != self.count { (self.count, self.since) = (count, .now) }
        return ContinuousClock.now - self.since >= time
    }
}
