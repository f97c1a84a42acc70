/// What the model answers, as values in the order of the wire.
///
/// An answer to a command ends with ``completed(_:_:)``; ``continuation`` alone answers IDLE.
package enum ModelResponse: Equatable, Sendable {
    /// `* CAPABILITY`.
    case capability
    /// `* ID`.
    case identity
    /// `* ENABLED`.
    case enabled([Enabling])
    /// `* NAMESPACE`.
    case namespace
    /// `* LIST`, or `* LSUB`.
    case list(ListedModelFolder)
    /// `* STATUS`.
    case status(folder: String, ModelStatus)
    /// `* FLAGS`: in use here, or known to be allowed.
    case flags(ModelFlags)
    /// `* n EXISTS`.
    case exists(Int)
    /// `* n RECENT`; the model marks nothing as recent.
    case recent
    /// `* n EXPUNGE`.
    case expunge(sequence: Int)
    /// `* VANISHED`, with `(EARLIER)` where it answers a question about the past.
    case vanished(UIDRanges, isEarlier: Bool)
    /// `* n FETCH`.
    case fetch(ModelFetch)
    /// `* SEARCH` (UIDs), or what the server sends in its place.
    case search(ModelSearch)
    /// `* OK [code]`.
    case ok(ModelCode)
    /// `* BYE`: the session is over.
    case bye
    /// `+`: the client may go on.
    case continuation
    /// The tagged answer.
    case completed(ModelCondition, ModelCode?)
}

/// How a command ended.
package enum ModelCondition: String, Sendable {
    /// Done.
    case ok = "OK"
    /// Refused.
    case no = "NO"
    /// Not understood.
    case bad = "BAD"
}

/// A response code, with its arguments (RFC 9051 §7.1, RFC 5530).
package enum ModelCode: Equatable, Sendable {
    /// PERMANENTFLAGS; whether `\*` is among them.
    case permanentFlags(ModelFlags, allowsNew: Bool)
    /// UIDVALIDITY.
    case uidValidity(UInt32)
    /// UIDNEXT.
    case uidNext(UInt32)
    /// UNSEEN: the first unseen mail's sequence number.
    case unseen(Int)
    /// HIGHESTMODSEQ.
    case highestModSeq(UInt64)
    /// NOMODSEQ.
    case noModSeq
    /// MAILBOXID.
    case mailboxID(ModelFolderID)
    /// CLOSED: what follows belongs to the folder being opened.
    case closed
    /// READ-WRITE.
    case readWrite
    /// READ-ONLY.
    case readOnly
    /// COPYUID: the destination's UIDVALIDITY, and which UID became which, in the server's order.
    case copyUID(uidValidity: UInt32, source: [UInt32], destination: [UInt32])
    /// APPENDUID.
    case appendUID(uidValidity: UInt32, uid: UInt32)
    /// MODIFIED: mails that changed since (RFC 7162 §3.1.3).
    case modified(UIDRanges)
    /// TRYCREATE.
    case tryCreate
    /// NONEXISTENT.
    case nonExistent
    /// ALREADYEXISTS.
    case alreadyExists
    /// CANNOT.
    case cannot
    /// LIMIT.
    case limit
    /// EXPUNGEISSUED.
    case expungeIssued
    /// AUTHENTICATIONFAILED.
    case authenticationFailed
    /// TOOBIG.
    case tooBig
    /// SERVERBUG.
    case serverBug
}

/// A folder as LIST names it.
package struct ListedModelFolder: Equatable, Sendable {
    /// The name on the wire.
    package var name: String
    /// Which it is; nil for a name that only others lie below.
    package var id: ModelFolderID?
    /// `\NoSelect`.
    package var isNoSelect = false
    /// `\HasChildren`, or `\HasNoChildren`.
    package var hasChildren = false
    /// Its special use, where the server tells.
    package var specialUse: SpecialUse?
    /// `\Subscribed`, where it was asked for.
    package var isSubscribed = false
    /// Whether the answer is `* LSUB`.
    package var isLSub = false
}

/// A folder's numbers, those asked for.
package struct ModelStatus: Equatable, Sendable {
    /// MESSAGES.
    package var messages: Int?
    /// UIDNEXT.
    package var uidNext: UInt32?
    /// UIDVALIDITY.
    package var uidValidity: UInt32?
    /// UNSEEN.
    package var unseen: Int?
    /// HIGHESTMODSEQ.
    package var highestModSeq: UInt64?
    /// MAILBOXID.
    package var mailboxID: ModelFolderID?
    /// RECENT.
    package var recent: Int?
    /// SIZE.
    package var size: Int?
}

/// One FETCH response: what is nil is not in it.
package struct ModelFetch: Equatable, Sendable {
    /// The sequence number in the session's view.
    package var sequence: Int
    /// UID.
    package var uid: UInt32?
    /// FLAGS.
    package var flags: ModelFlags?
    /// MODSEQ.
    package var modSeq: UInt64?
    /// INTERNALDATE, in seconds since 1970.
    package var internalDate: Int64?
    /// RFC822.SIZE.
    package var size: Int?
    /// EMAILID: equal for equal mails.
    package var emailID: ModelContent?
    /// X-GM-MSGID: which mail it is a copy of.
    package var gmailMessageID: Int?
    /// X-GM-LABELS.
    package var gmailLabels: [String]?
    /// The bytes, or the header of them.
    package var body = Body.absent

    /// A response with these items.
    package init(
        sequence: Int,
        uid: UInt32? = nil,
        flags: ModelFlags? = nil,
        modSeq: UInt64? = nil,
        internalDate: Int64? = nil,
        size: Int? = nil,
        emailID: ModelContent? = nil,
        body: Body = .absent
    ) {
        self.sequence = sequence
        self.uid = uid
        self.flags = flags
        self.modSeq = modSeq
        self.internalDate = internalDate
        self.size = size
        self.emailID = emailID
        self.body = body
    }

    /// What comes of a mail's bytes.
    package enum Body: Equatable, Sendable {
        /// Nothing.
        case absent
        /// All bytes.
        case whole(ModelContent)
        /// The header.
        case header(ModelContent)
        /// NIL, where there are bytes (Q19).
        case null
    }
}

/// The answer to UID SEARCH.
package enum ModelSearch: Equatable, Sendable {
    /// `* SEARCH`.
    case plain([UInt32])
    /// `* ESEARCH (TAG …) UID ALL …`; `isMarked` is false where `UID` is left out (Q5).
    case extended(UIDRanges, isMarked: Bool, hasAll: Bool)
}
