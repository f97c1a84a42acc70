/// Finds throttling in the text of an answer, where servers say it without a code.
enum Throttling {
    /// Longest wait believed; some servers name hours.
    static let longestWait = Duration.seconds(300)

    /// `Suggested Backoff Time: 92415 milliseconds`, bounded; nil where the text names none.
    static func retryAfter(in text: String) -> Duration? {
        let words = text.lowercased().split { $0 == " " || $0 == ":" || $0 == "," }
        guard let start = words.firstIndex(of: "backoff"), words.dropFirst(start + 1).first == "time",
            let number = words.dropFirst(start + 2).first, let milliseconds = Int64(number), milliseconds >= 0
        else { return nil }
        return min(.milliseconds(milliseconds), self.longestWait)
    }

    /// How long to stay away after a BYE of this text; nil where it names no reason to.
    static func pause(in text: String) -> Duration? {
        if let wait = self.retryAfter(in: text) { return wait }
        return self.isNamed(in: text) || self.isTooManyConnections(text) ? .seconds(60) : nil
    }

    /// `Too many simultaneous connections`, `Maximum number of connections from user+IP exceeded`: no code says it.
    static func isTooManyConnections(_ text: String) -> Bool {
        let text = text.lowercased()
        return text.contains("connections")
            && ["too many", "maximum number", "limit", "exceeded"].contains { text.contains($0) }
    }

    /// `… [THROTTLED]` at the end, or `Request is throttled`.
    static func isNamed(in text: String) -> Bool {
        let text = text.lowercased()
        return text.contains("[throttled]") || text.contains("is throttled")
    }
}
