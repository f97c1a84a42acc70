import Glibc

/// One line on standard error that is drawn again in place while something long goes on.
///
/// On anything but a terminal it stays silent, so that logs are not filled with it. Not for several tasks at once.
struct ProgressLine {
    private let terminal: Terminal
    private let meter = ColumnMeter()
    private var lastDrawn: ContinuousClock.Instant?
    private var isShown = false

    /// Redrawing more often than this only costs time.
    static let interval = Duration.milliseconds(100)

    init(terminal: Terminal = .standardError()) {
        self.terminal = terminal
    }

    /// Shows the text instead of the former one, at most ten times a second.
    mutating func update(_ text: @autoclosure () -> String, now: ContinuousClock.Instant = .now) {
        guard self.terminal.isTerminal else { return }
        if let last = self.lastDrawn, last.duration(to: now) < Self.interval { return }
        self.lastDrawn = now
        self.isShown = true
        // One column is left free: a full line makes some terminals wrap.
        let limit = (self.terminal.columns ?? 80) - 1
        Output.writeError("\r\u{1B}[K" + self.meter.cut(SafeText.line(text()), to: limit))
    }

    /// Takes the line away, so that ordinary output can follow.
    mutating func clear() {
        guard self.isShown else { return }
        self.isShown = false
        self.lastDrawn = nil
        Output.writeError("\r\u{1B}[K")
    }
}
