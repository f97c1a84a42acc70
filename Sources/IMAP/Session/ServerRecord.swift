/// What several connections to one server have learned of it, free of I/O.
///
/// An extension is latched off at its first contradiction. A command that ends a connection is no contradiction yet, since
/// connections also end by themselves; the second one in a row that ends at the same command is (imap-field-notes Q12).
struct ServerRecord: Equatable, Sendable {
    /// Connections in a row that ended during a command, after which it is not sent any more.
    static let deaths = 2

    /// All latches so far.
    private(set) var latches: [IMAPExtension: String] = [:]
    private var unsaved: [ExtensionLatch] = []
    private var died: [IMAPExtension: Int] = [:]

    /// The server contradicted an offer; false where that was known.
    mutating func contradicted(_ latch: ExtensionLatch) -> Bool {
        guard self.latches[latch.name] == nil else { return false }
        self.latches[latch.name] = latch.reason
        self.unsaved.append(latch)
        return true
    }

    /// A command that needs `name` was answered, in whatever way.
    mutating func answered(_ name: IMAPExtension) {
        self.died[name] = nil
    }

    /// A connection ended while a command that needs `name` was unanswered; the latch that follows, if any.
    mutating func connectionEnded(during name: IMAPExtension, verb: String) -> ExtensionLatch? {
        self.died[name, default: 0] += 1
        guard self.died[name] == Self.deaths else { return nil }
        let latch = ExtensionLatch(name, reason: "\(verb) ended \(Self.deaths) connections in a row")
        return self.contradicted(latch) ? latch : nil
    }

    /// Keeps latches that are stored, and those nobody has stored yet.
    mutating func forget(allBut stored: Set<IMAPExtension>) {
        let waiting = Set(self.unsaved.map(\.name))
        self.latches = self.latches.filter { stored.contains($0.key) || waiting.contains($0.key) }
    }

    /// Latches nobody has stored yet; each is given once.
    mutating func takeUnsaved() -> [ExtensionLatch] {
        defer { self.unsaved = [] }
        return self.unsaved
    }
}
