/// How long a connection may listen before it has to prove that it is alive, by ending IDLE and beginning it anew.
///
/// Five minutes is what NATs commonly keep a silent link for; some networks and servers cut earlier, without a word. Where two links in a row
/// died earlier than the next heartbeat, the heart beats faster than they died (imap-field-notes Q74). RFC 2177's 29 minutes are an upper
/// bound that nothing here reaches.
package struct Heartbeat: Equatable, Sendable {
    /// Where nothing is known.
    package static let usual = Duration.seconds(270)
    /// The fastest: servers are known that end IDLE after a minute.
    package static let fastest = Duration.seconds(50)
    /// A link that died sooner died of something else.
    static let leastSilence = Duration.seconds(20)

    /// The longest time to listen without a sign of life.
    package private(set) var interval = Heartbeat.usual
    private var deaths = 0

    /// Beats as usual.
    package init() {}

    /// The next time to listen, shorter by up to a tenth, so that many connections do not beat at once; `share` is from 0 to 1.
    package func next(share: Double) -> Duration {
        self.interval * (1 - 0.1 * min(max(share, 0), 1))
    }

    /// A heartbeat was answered.
    package mutating func answered() {
        self.deaths = 0
    }

    /// The link died after it had listened for so long.
    package mutating func died(after silence: Duration) {
        guard silence >= Self.leastSilence else { return }
        self.deaths += 1
        guard self.deaths >= 2 else { return }
        self.deaths = 0
        self.interval = max(Self.fastest, min(self.interval, silence * 0.75))
    }
}
