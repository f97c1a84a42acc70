package import Logging

/// The protocol log: one line per protocol line, at trace, with literals and secrets already replaced by the protocol's encoder.
package struct WireLog: Sendable {
    private let logger: Logger
    private let redaction: Redaction

    /// True where lines are wanted; ask before building one.
    package let isEnabled: Bool

    /// Logs through `logger`, if its level admits trace; what a server repeats of the credential is left out.
    package init(_ logger: Logger, redaction: Redaction) {
        self.logger = logger
        self.redaction = redaction
        self.isEnabled = logger.logLevel <= .trace
    }

    /// A line we sent, secrets and literals replaced.
    package func sent(_ line: @autoclosure () -> String) {
        guard self.isEnabled else { return }
        self.logger.trace("mail wire", metadata: ["direction": "sent", "line": "\(ServerText.shown(line()))"])
    }

    /// A line we received, literals left out.
    package func received(_ line: @autoclosure () -> String) {
        guard self.isEnabled else { return }
        let line = ServerText.shown(self.redaction.applied(to: line()))
        self.logger.trace("mail wire", metadata: ["direction": "received", "line": "\(line)"])
    }
}
