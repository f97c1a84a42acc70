/// What a server offers, compared in any case.
///
/// A capability the configuration disables is as if it were not offered.
package struct IMAPCapabilities: Equatable, Sendable {
    private var offered: Set<String>
    private let disabled: Set<String>
    private var enabled: Set<String> = []

    /// Capabilities as offered, less those disabled.
    package init(_ offered: [String] = [], disabled: Set<String> = []) {
        self.offered = Set(offered.map { $0.uppercased() })
        self.disabled = Set(disabled.map { $0.uppercased() })
    }

    /// Whether `name` is offered and not disabled.
    package func contains(_ name: String) -> Bool {
        let name = name.uppercased()
        return self.offered.contains(name) && !self.disabled.contains(name)
    }

    /// As offered, in capitals, sorted, those disabled included.
    package var all: [String] { self.offered.sorted() }

    /// MOVE (RFC 6851).
    package var hasMove: Bool { self.contains("MOVE") }
    /// UIDPLUS (RFC 4315): UID EXPUNGE, COPYUID, APPENDUID.
    package var hasUIDPlus: Bool { self.contains("UIDPLUS") }
    /// CONDSTORE (RFC 7162), which QRESYNC includes.
    package var hasCondStore: Bool { self.contains("CONDSTORE") || self.contains("QRESYNC") }
    /// QRESYNC (RFC 7162), offered, and enabled by the server's own ENABLED.
    package var hasQResync: Bool { self.contains("QRESYNC") && self.enabled.contains("QRESYNC") }
    /// IDLE (RFC 2177).
    package var hasIdle: Bool { self.contains("IDLE") }
    /// SPECIAL-USE (RFC 6154).
    package var hasSpecialUse: Bool { self.contains("SPECIAL-USE") }
    /// LIST-STATUS (RFC 5819), which needs LIST-EXTENDED's syntax.
    package var hasListStatus: Bool { self.contains("LIST-STATUS") }
    /// UNSELECT (RFC 3691).
    package var hasUnselect: Bool { self.contains("UNSELECT") }

    /// OBJECTID (RFC 8474): EMAILID and MAILBOXID.
    package var hasObjectID: Bool { self.contains("OBJECTID") }
    /// Gmail's X-GM-EXT-1: X-GM-MSGID and X-GM-LABELS.
    package var hasGmail: Bool { self.contains("X-GM-EXT-1") }

    /// How literals may be sent.
    var literalMode: CommandEncoder.LiteralMode {
        if self.contains("LITERAL+") { return .nonSynchronizing }
        return self.contains("LITERAL-") ? .nonSynchronizingSmall : .synchronizing
    }

    /// What to ENABLE, strongest first; nil where there is nothing.
    var extensionToEnable: String? {
        guard self.contains("ENABLE") else { return nil }
        return ["QRESYNC", "CONDSTORE"].first { self.contains($0) }
    }

    mutating func replace(with offered: [String]) {
        self.offered = Set(offered.map { $0.uppercased() })
    }

    mutating func enable(_ names: [String]) {
        self.enabled.formUnion(names.map { $0.uppercased() })
    }
}
