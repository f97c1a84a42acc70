import TestSupport

/// Commands that change a mail server, told by their text.
enum ServerWrites {
    private static let verbs = [
        "UID STORE", "UID MOVE", "UID COPY", "UID EXPUNGE", "APPEND", "CREATE", "DELETE", "RENAME", "SUBSCRIBE",
    ]

    static func all(_ entries: [WireEntry]) -> [String] {
        entries.filter { $0.direction == .toServer }.map(\.summary).filter { summary in
            self.verbs.contains { summary.hasPrefix($0) } || self.isForbidden(summary)
        }
    }

    /// What is never sent: it would take other clients' mail with it, or mean another message tomorrow.
    static func forbidden(_ entries: [WireEntry]) -> [String] {
        entries.filter { $0.direction == .toServer && self.isForbidden($0.summary) }.map(\.summary)
    }

    private static func isForbidden(_ summary: String) -> Bool {
        ["EXPUNGE", "CLOSE", "STORE", "MOVE", "COPY", "FETCH"].contains { summary == $0 || summary.hasPrefix($0 + " ") }
    }
}
