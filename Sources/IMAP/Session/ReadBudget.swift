/// How long a command may still wait for the server: a limit per wait, and one for all waits together.
///
/// Only time spent waiting counts, so a slow consumer of ours does not end a command; each byte received buys time, so a big
/// answer may take long, but a server that sends a byte a second may not.
struct ReadBudget: Equatable, Sendable {
    /// Bytes that buy one more second.
    static let bytesPerSecond = 64 * 1024

    private let inactivity: Duration
    private var total: Duration
    private var partialBytes = 0

    init(inactivity: Duration, total: Duration) {
        self.inactivity = inactivity
        self.total = total
    }

    /// How long the next wait may be.
    var nextWait: Duration { min(self.inactivity, max(self.total, .zero)) }

    mutating func waited(_ time: Duration, received bytes: Int) {
        self.total -= time
        self.partialBytes += bytes
        self.total += .seconds(self.partialBytes / Self.bytesPerSecond)
        self.partialBytes %= Self.bytesPerSecond
    }
}
