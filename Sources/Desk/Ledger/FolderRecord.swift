/// A folder as ingestion left it.
package struct FolderRecord: Hashable, Sendable {
    /// Its id.
    package let id: Identifier<Folder>
    /// Exactly as listed; what goes on the wire.
    package var rawName: [UInt8]
    /// The name, for people.
    package var name: String
    /// What the folder is for.
    package var role: FolderRole
    /// It is synchronised.
    package var isWatched: Bool
    /// The folder's epoch, ours, that its UID belongs to.
    package var epoch: Int
    /// UIDVALIDITY; 0: none known.
    package var uidValidity: UInt32
    /// Everything below is in the ledger.
    package var uidNext: UInt32
    /// The committed watermark; 0 = none.
    package var highestModSeq: UInt64
    /// EXISTS when the cursor was committed.
    package var messages: Int
    /// As the mark writer's SELECT said; nil: never asked, since EXAMINE does not say.
    package var allowsKeywords: Bool?
    /// How far it has come.
    package var phase: FolderPhase
    /// The last complete enumeration.
    package var fullAt: Timestamp?
    /// MAILBOXID (RFC 8474), where the server has one: it stays when the folder is renamed.
    package var mailboxID: String?
    /// Epochs that began within the last hour, the first one aside.
    package var recentEpochs: Int
    /// Why it is not synchronised, if it is not.
    package var trouble: FolderTrouble?
    /// How often in a row the server refused to open it.
    package var refusals: Int
    /// A phantom is not opened before then, and no other folder is enumerated because counts differ.
    package var retryAt: Timestamp?

    /// Puts the values together; nil for `isWatched`: by its role, where nothing is archived into All.
    package init(
        id: Identifier<Folder>,
        rawName: [UInt8],
        name: String,
        role: FolderRole,
        isWatched: Bool? = nil,
        epoch: Int,
        uidValidity: UInt32,
        uidNext: UInt32,
        highestModSeq: UInt64,
        messages: Int,
        allowsKeywords: Bool?,
        phase: FolderPhase,
        fullAt: Timestamp?,
        mailboxID: String? = nil,
        recentEpochs: Int = 0,
        trouble: FolderTrouble? = nil,
        refusals: Int = 0,
        retryAt: Timestamp? = nil
    ) {
        self.id = id
        self.rawName = rawName
        self.name = name
        self.role = role
        self.isWatched = isWatched ?? role.isWatched(archivesIntoAll: false)
        self.epoch = epoch
        self.uidValidity = uidValidity
        self.uidNext = uidNext
        self.highestModSeq = highestModSeq
        self.messages = messages
        self.allowsKeywords = allowsKeywords
        self.phase = phase
        self.fullAt = fullAt
        self.mailboxID = mailboxID
        self.recentEpochs = recentEpochs
        self.trouble = trouble
        self.refusals = refusals
        self.retryAt = retryAt
    }

    /// How far it was committed.
    package var cursor: FolderCursor {
        FolderCursor(
            uidValidity: self.uidValidity,
            uidNext: self.uidNext,
            highestModSeq: self.highestModSeq,
            messages: self.messages,
            isLive: self.phase == .live
        )
    }
}
