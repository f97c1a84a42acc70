package import Desk

/// A mail as a FETCH without its bytes lists it.
package struct ListedMail: Hashable, Sendable {
    /// The UID, valid in one epoch of one folder.
    package let uid: UInt32
    /// Flags as the server spells them; nil where the answer had none.
    package let flags: [String]?
    // A list has one of these for each mail of a folder: what is missing takes no room of its own.
    private let knownModSeq: UInt64
    private let packedArrival: PackedTimestamp
    private let knownSize: Int64
    private let names: Names

    /// What few lists ask for.
    private indirect enum Names: Hashable {
        case unasked
        case asked(messageID: IDDigest?, emailID: String?, labels: [String]?)
    }

    /// Puts the values together.
    package init(
        uid: UInt32,
        flags: [String]?,
        modSeq: UInt64? = nil,
        arrival: Timestamp? = nil,
        size: Int64? = nil,
        messageID: IDDigest? = nil,
        emailID: String? = nil,
        labels: [String]? = nil
    ) {
        self.uid = uid
        self.flags = flags
        self.knownModSeq = modSeq ?? 0
        self.packedArrival = PackedTimestamp(arrival)
        self.knownSize = size ?? .min
        let isUnasked = messageID == nil && emailID == nil && labels == nil
        self.names = isUnasked ? .unasked : .asked(messageID: messageID, emailID: emailID, labels: labels)
    }

    /// MODSEQ, where the server has it; it is never 0 (RFC 7162 §7).
    package var modSeq: UInt64? { self.knownModSeq == 0 ? nil : self.knownModSeq }

    /// INTERNALDATE; nil where missing, not asked for, or nonsense.
    package var arrival: Timestamp? { self.packedArrival.timestamp }

    /// RFC822.SIZE in bytes, a hint: servers lie about it.
    package var size: Int64? { self.knownSize == .min ? nil : self.knownSize }

    /// The digest of its Message-ID, where that was asked for.
    package var messageID: IDDigest? {
        guard case .asked(let messageID, _, _) = self.names else { return nil }
        return messageID
    }

    /// EMAILID or X-GM-MSGID, where that was asked for and the server has one.
    package var emailID: String? {
        guard case .asked(_, let emailID, _) = self.names else { return nil }
        return emailID
    }

    /// X-GM-LABELS, where they were asked for and the server has them.
    package var labels: [String]? {
        guard case .asked(_, _, let labels) = self.names else { return nil }
        return labels
    }

    init(_ row: ObservedFlags) {
        self.init(uid: row.uid, flags: row.flags, modSeq: row.modSeq)
    }

    var observed: ObservedFlags? {
        self.flags.map { ObservedFlags(uid: self.uid, flags: $0, modSeq: self.modSeq) }
    }

    /// What it is recognised by.
    package var identity: IdentityKey {
        IdentityKey(emailID: self.emailID, messageID: self.messageID, arrival: self.arrival, size: self.size)
    }
}

/// Flags as a FETCH lists them.
package struct FlagsListing: Equatable, Sendable {
    /// One row a mail.
    package let rows: [ObservedFlags]
    /// UIDs that the answer says have vanished.
    package let vanished: [ClosedRange<UInt32>]
    /// Mails that went meanwhile, by sequence number: which of the rows are theirs, if any, nobody knows.
    package let expunged: Int
    /// EXISTS of the folder as it was when the answer was complete.
    package let exists: Int

    /// The rows without what vanished before the answer ended, which is what ``exists`` counts.
    package var remaining: [ObservedFlags] {
        guard !self.vanished.isEmpty else { return self.rows }
        return self.rows.filter { row in !self.vanished.contains { $0.contains(row.uid) } }
    }

    /// Puts the values together.
    package init(rows: [ObservedFlags], vanished: [ClosedRange<UInt32>] = [], expunged: Int = 0, exists: Int) {
        self.rows = rows
        self.vanished = vanished
        self.expunged = expunged
        self.exists = exists
    }
}

/// A folder as EXAMINE opened it.
package struct FolderOpening: Equatable, Sendable {
    /// The mailbox's number, read before the command was sent.
    package let number: Int64
    /// UIDVALIDITY, UIDNEXT, HIGHESTMODSEQ, EXISTS.
    package let view: FolderPlan.View
    /// UIDs gone since the cursor given with QRESYNC; possibly more than we ever knew.
    package let vanished: [ClosedRange<UInt32>]
    /// Flags changed since then.
    package let changed: [ObservedFlags]

    /// Puts the values together.
    package init(
        number: Int64,
        view: FolderPlan.View,
        vanished: [ClosedRange<UInt32>] = [],
        changed: [ObservedFlags] = []
    ) {
        self.number = number
        self.view = view
        self.vanished = vanished
        self.changed = changed
    }
}

/// A folder of a first import, listed.
package struct FolderImport: Equatable, Sendable {
    /// In its present epoch.
    package let folder: FolderRecord
    /// What is on the server and not in the ledger.
    package internal(set) var missing: [MissingMail]
    /// To be committed once all of that is in the ledger: as the folder was before the first byte was fetched, so that
    /// what came since is new to the next pass.
    package let cursor: FolderCursor
    /// The mailbox's number, read before it was listed.
    package let number: Int64
}
