/// Which commands may be under way together, free of I/O.
///
/// A server may answer commands in any order where the answers cannot be confused, and a client must not send those together whose
/// answers can (RFC 9051 §5.5). We send UID commands alone and never a bare EXPUNGE, so sequence numbers confuse nobody. What is
/// left: data must be attributable to one command, and some commands change what the bytes after them mean.
struct Pipeline: Equatable, Sendable {
    /// What a command is to others.
    enum Kind: Equatable, Sendable {
        /// Alone: it changes the session, the folder or the stream, or mail. AUTHENTICATE, SELECT, IDLE, COMPRESS, STORE, MOVE …
        case barrier
        /// FETCH by UID of these items; with others of the same items, whose answers name their UIDs.
        case fetch(String)
        /// STATUS; the answer names the folder.
        case status
        /// Each has its own kind of answer: ID, ENABLE, NAMESPACE.
        case prologue

        /// As many as this at once: two fetches hide the round trip, more would only fill buffers; a server may stop reading while it
        /// writes, so the rest is bounded as well.
        var depth: Int {
            switch self {
            case .barrier: 1
            case .fetch: 2
            case .prologue: 4
            case .status: 16
            }
        }
    }

    private var running: [(tag: String, kind: Kind)] = []

    static func == (left: Pipeline, right: Pipeline) -> Bool {
        left.running.map(\.tag) == right.running.map(\.tag) && left.running.map(\.kind) == right.running.map(\.kind)
    }

    /// Whether nothing is under way.
    var isEmpty: Bool { self.running.isEmpty }

    /// Whether a command of this kind may be sent now; one that `waitsForServer` in the middle of its arguments only goes alone.
    func mayStart(_ kind: Kind, waitsForServer: Bool = false) -> Bool {
        guard !self.running.isEmpty else { return true }
        guard kind != .barrier, !waitsForServer, self.running.count < kind.depth else { return false }
        return self.running.allSatisfy { $0.kind == kind }
    }

    mutating func started(tag: String, _ kind: Kind) {
        self.running.append((tag, kind))
    }

    mutating func completed(tag: String) {
        self.running.removeAll { $0.tag == tag }
    }
}
