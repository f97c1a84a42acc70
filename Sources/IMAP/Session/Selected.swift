/// What a QRESYNC SELECT tells the server that we know (RFC 7162 §3.2.5).
package struct QResync: Equatable, Sendable {
    /// The UIDVALIDITY under which we know it.
    ///
    /// Where it differs, the server ignores the rest without a word.
    package let uidValidity: UInt32
    /// The modification sequence up to which we know everything.
    package let modSeq: UInt64
    /// The UIDs we know, if the server shall name only those that vanished of them.
    package let knownUIDs: UIDSet?

    /// What we know.
    package init(uidValidity: UInt32, modSeq: UInt64, knownUIDs: UIDSet? = nil) {
        self.uidValidity = uidValidity
        self.modSeq = modSeq
        self.knownUIDs = knownUIDs
    }
}

/// An opened folder, as the server described it when it was opened.
package struct Selected: Equatable, Sendable {
    /// Which one.
    package let folder: FolderName
    /// Its UIDVALIDITY; 0 where the server gave none, and no UID can be trusted beyond this session.
    package let uidValidity: UInt32
    /// The UID the next mail will get, where the server says so.
    package let uidNext: UInt32?
    /// How many mails there are.
    package let exists: Int
    /// The highest modification sequence; nil where the folder keeps none.
    package let highestModSeq: UInt64?
    /// Flags in use.
    package let flags: [String]
    /// Flags that can be changed; those in use where the server does not say (RFC 9051 §7.1).
    package let permanentFlags: [String]
    /// Whether the server says new keywords can be made.
    ///
    /// A probe is still needed.
    package let allowsKeywords: Bool
    /// Whether nothing can be changed.
    package let isReadOnly: Bool
    /// UIDs gone since what we told with ``QResync``.
    package let vanished: UIDSet
    /// Flags changed since then.
    package let changed: [MessageFlags]

    /// An opened folder from its parts.
    package init(
        folder: FolderName,
        uidValidity: UInt32,
        uidNext: UInt32? = nil,
        exists: Int,
        highestModSeq: UInt64? = nil,
        flags: [String] = [],
        permanentFlags: [String] = [],
        allowsKeywords: Bool = false,
        isReadOnly: Bool = false,
        vanished: UIDSet = UIDSet(),
        changed: [MessageFlags] = []
    ) {
        self.folder = folder
        self.uidValidity = uidValidity
        self.uidNext = uidNext
        self.exists = exists
        self.highestModSeq = highestModSeq
        self.flags = flags
        self.permanentFlags = permanentFlags
        self.allowsKeywords = allowsKeywords
        self.isReadOnly = isReadOnly
        self.vanished = vanished
        self.changed = changed
    }
}
