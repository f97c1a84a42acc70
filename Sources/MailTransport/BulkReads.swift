import NIOCore

/// When to let the kernel collect what comes in bulk, so that the program is woken for each 128 KiB and not for each
/// segment; free of I/O.
///
/// Where the stream pauses, what lies in the kernel is given out, and the socket is as before until bytes come in bulk again.
struct BulkReads {
    /// What the kernel collects before it tells of it, in bytes.
    static let portion = 128 * 1024
    /// Bytes in one read that count as bulk: most of the largest segment.
    static let bulk = 48 * 1024
    /// Of the reads that are bulk, so many must come in a row, each within ``patience`` of the one before.
    static let row = 3
    /// How long bytes may lie in the kernel, and how far apart reads are that belong together.
    static let patience = TimeAmount.milliseconds(1)

    /// Whether the kernel collects.
    private(set) var isCollecting = false
    private var last: NIODeadline?
    private var count = 0
    private var hasReceived = false

    /// Takes note of a read; true where collecting is to begin.
    mutating func received(_ bytes: Int, at now: @autoclosure () -> NIODeadline) -> Bool {
        self.hasReceived = true
        guard !self.isCollecting else { return false }
        guard bytes >= Self.bulk else {
            self.count = 0
            return false
        }
        let now = now()
        self.count = self.last.map { now - $0 <= Self.patience } ?? false ? self.count + 1 : 1
        self.last = now
        guard self.count >= Self.row else { return false }
        self.isCollecting = true
        self.hasReceived = false
        return true
    }

    /// Looks up after ``patience``; false where nothing came since the last look, so that collecting is to end.
    mutating func goesOn() -> Bool {
        defer { self.hasReceived = false }
        guard self.isCollecting, self.hasReceived else {
            self.isCollecting = false
            self.count = 0
            return false
        }
        return true
    }
}
