/// What a connection's link is like: how long a round trip takes and how fast mail comes, free of I/O.
///
/// Only time spent waiting for the server counts, so a slow consumer of ours does not make a link look slow. Whether compressing is worth its
/// processor time follows from both: on this machine and in a server room it never is (imap-field-notes §5.3), on a long
/// or thin line it saves more than half of the time.
struct LinkMeasure: Equatable, Sendable {
    /// A shorter round trip is the same building.
    static let longWay = Duration.milliseconds(5)
    /// Bytes a second above which compressing would be what takes the time.
    static let fast = 4.0 * 1024 * 1024
    /// Less says nothing about the rate.
    static let leastBytes = 256 * 1024

    /// The shortest so far; nil before the first.
    private(set) var roundTrip: Duration?
    private var bytes = 0
    private var waited = Duration.zero

    /// A command that asks for little was answered after `time`.
    mutating func answered(after time: Duration) {
        self.roundTrip = min(time, self.roundTrip ?? time)
    }

    /// So many bytes of mail came, on the wire, after waiting for `time`.
    mutating func received(_ bytes: Int, after time: Duration) {
        self.bytes += bytes
        self.waited += time
    }

    /// Bytes a second; nil before enough came.
    var rate: Double? {
        guard self.bytes >= Self.leastBytes else { return nil }
        let seconds = Double(self.waited.components.seconds) + Double(self.waited.components.attoseconds) / 1e18
        return seconds > 0 ? Double(self.bytes) / seconds : .infinity
    }

    /// Whether the link is long and slow enough for COMPRESS.
    var isWorthCompressing: Bool {
        guard let roundTrip, let rate else { return false }
        return roundTrip >= Self.longWay && rate < Self.fast
    }
}
