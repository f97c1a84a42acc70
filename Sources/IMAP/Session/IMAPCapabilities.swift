/// What a server offers, less what is switched off; names are compared in any case.
///
/// An extension counts only by its own token: IMAP4rev2 contains many, but servers that name it serve them badly
/// (imap-field-notes Q1).
package struct IMAPCapabilities: Equatable, Sendable {
    private var offered: Set<String>
    /// What is not used, and why.
    package private(set) var off: [IMAPExtension: ExtensionOff]
    private var enabled: Set<String> = []

    /// Capabilities as offered, less those switched off.
    package init(_ offered: [String] = [], off: [IMAPExtension: ExtensionOff] = [:]) {
        self.offered = Set(offered.map { $0.uppercased() })
        self.off = off
    }

    /// Whether the server names it, used or not.
    package func isOffered(_ name: IMAPExtension) -> Bool {
        self.offered.contains(name.rawValue) || name.impliedBy.contains { self.offered.contains($0.rawValue) }
    }

    /// Whether the server's own ENABLED named it.
    package func isEnabled(_ name: IMAPExtension) -> Bool { self.enabled.contains(name.rawValue) }

    /// Whether it is offered, not switched off, and so for all that it needs.
    ///
    /// QRESYNC must be enabled besides: see ``hasQResync``.
    package func contains(_ name: IMAPExtension) -> Bool {
        self.isOffered(name) && self.off[name] == nil && name.requirements.allSatisfy { self.contains($0) }
    }

    /// Whether the server names a capability that is none of ours to switch, such as `LOGINDISABLED`.
    package func names(_ token: String) -> Bool { self.offered.contains(token.uppercased()) }

    /// As offered, in capitals, sorted, those switched off included.
    package var all: [String] { self.offered.sorted() }

    /// MOVE (RFC 6851).
    package var hasMove: Bool { self.contains(.move) }
    /// UIDPLUS (RFC 4315): UID EXPUNGE, COPYUID, APPENDUID.
    package var hasUIDPlus: Bool { self.contains(.uidPlus) }
    /// CONDSTORE (RFC 7162), which QRESYNC includes.
    package var hasCondStore: Bool { self.contains(.condStore) }
    /// QRESYNC (RFC 7162), offered, and enabled by the server's own ENABLED.
    package var hasQResync: Bool { self.contains(.qresync) && self.isEnabled(.qresync) }
    /// IDLE (RFC 2177).
    package var hasIdle: Bool { self.contains(.idle) }
    /// NOTIFY (RFC 5465), which is of use with IDLE alone.
    package var hasNotify: Bool { self.contains(.notify) }
    /// SPECIAL-USE (RFC 6154).
    package var hasSpecialUse: Bool { self.contains(.specialUse) }
    /// LIST-STATUS (RFC 5819), which needs LIST-EXTENDED's syntax.
    package var hasListStatus: Bool { self.contains(.listStatus) }
    /// UNSELECT (RFC 3691).
    package var hasUnselect: Bool { self.contains(.unselect) }
    /// OBJECTID (RFC 8474): EMAILID and MAILBOXID.
    package var hasObjectID: Bool { self.contains(.objectID) }
    /// Gmail's X-GM-EXT-1: X-GM-MSGID and X-GM-LABELS.
    package var hasGmail: Bool { self.contains(.gmail) }

    /// The number behind `NAME=`; nil where there is none above 0.
    private func number(of name: String) -> Int? {
        let prefix = name + "="
        return self.offered.lazy.filter { $0.hasPrefix(prefix) }.compactMap { Int($0.dropFirst(prefix.count)) }
            .filter { $0 > 0 }.min()
    }

    /// The most messages one command may concern (RFC 9738); nil where the server names no limit.
    package var messageLimit: Int? { self.number(of: "MESSAGELIMIT") }
    /// The most bytes APPEND takes (RFC 7889); nil where the server names no limit for all folders.
    package var appendLimit: Int? { self.number(of: "APPENDLIMIT") }

    /// The longest list of UIDs in one command, in bytes.
    ///
    /// RFC 7162 §4 asks servers with CONDSTORE to take lines of 8192 bytes; older ones may choke above 1000 (RFC 2683 §3.2.1.5).
    package var longestSet: Int { self.isOffered(.condStore) ? 8000 : 1000 }

    /// How literals may be sent.
    var literalMode: CommandEncoder.LiteralMode {
        if self.contains(.literalPlus) { return .nonSynchronizing }
        return self.contains(.literalMinus) ? .nonSynchronizingSmall : .synchronizing
    }

    /// What to ENABLE, strongest first; nil where there is nothing.
    ///
    /// Nothing is ever enabled that is not offered by its own name (imap-field-notes Q2).
    var extensionToEnable: IMAPExtension? {
        guard self.contains(.enable) else { return nil }
        return [.qresync, .condStore].first { self.offered.contains($0.rawValue) && self.contains($0) }
    }

    mutating func replace(with offered: [String]) {
        self.offered = Set(offered.map { $0.uppercased() })
    }

    mutating func enable(_ names: [String]) {
        self.enabled.formUnion(names.map { $0.uppercased() })
    }

    /// Switches an extension off for good; false where it was off already, whose reason stays.
    mutating func latch(_ latch: ExtensionLatch) -> Bool {
        guard self.off[latch.name] == nil else { return false }
        self.off[latch.name] = .latched(latch.reason)
        return true
    }
}
