/// What a client can ask of the model: the commands a mail client and Baton's own need, with their arguments as values.
///
/// Source: RFC 9051 §6, RFC 7162 (CONDSTORE, QRESYNC), RFC 6851 (MOVE), RFC 4315 (UIDPLUS), RFC 5465 (NOTIFY).
package enum ModelCommand: Equatable, Sendable {
    /// LOGIN or AUTHENTICATE; whether the secret was right.
    case login(isAccepted: Bool)
    /// CAPABILITY.
    case capability
    /// ID (RFC 2971).
    case id
    /// ENABLE (RFC 5161).
    case enable([Enabling])
    /// NAMESPACE (RFC 2342).
    case namespace
    /// LIST, with RETURN options where the client asked for any.
    case list(ListRequest)
    /// LSUB: the subscribed folders.
    case lsub(pattern: String)
    /// STATUS.
    case status(folder: String, items: StatusItems)
    /// SELECT, or EXAMINE where `readOnly`.
    case select(folder: String, readOnly: Bool, parameter: SelectParameter)
    /// UNSELECT (RFC 3691).
    case unselect
    /// CLOSE, which expunges when the folder was opened with SELECT.
    case close
    /// UID FETCH.
    case fetch(UIDRequest, FetchItems, changedSince: UInt64?, vanished: Bool)
    /// UID SEARCH.
    case search(SearchRequest)
    /// UID STORE; the server knows the flags' numbers, see ``ModelServer/flags(_:)``.
    case store(UIDRequest, StoreOperation, ModelFlags, isSilent: Bool, unchangedSince: UInt64?)
    /// UID COPY.
    case copy(UIDRequest, to: String)
    /// UID MOVE (RFC 6851).
    case move(UIDRequest, to: String)
    /// UID EXPUNGE (RFC 4315).
    case uidExpunge(UIDRequest)
    /// EXPUNGE of all that is marked: other clients send it, Baton never does.
    case expunge
    /// APPEND of one mail; the date in seconds since 1970, now where missing.
    case append(folder: String, ModelFlags, date: Int64?, ModelContent)
    /// CREATE.
    case create(folder: String)
    /// DELETE of a folder.
    case delete(folder: String)
    /// RENAME.
    case rename(folder: String, to: String)
    /// SUBSCRIBE.
    case subscribe(folder: String)
    /// UNSUBSCRIBE.
    case unsubscribe(folder: String)
    /// IDLE (RFC 2177): news come through ``ModelServer/push(to:)`` until `done`.
    case idle
    /// DONE.
    case done
    /// NOTIFY SET, or NOTIFY NONE for nil (RFC 5465).
    case notify(NotifyRequest?)
    /// NOOP.
    case noop
    /// CHECK.
    case check
    /// LOGOUT.
    case logout
    /// A command the server does not know, or one with arguments that say nothing.
    case unknown(isKnownVerb: Bool)
}

/// What ENABLE can enable.
package enum Enabling: String, Sendable, CaseIterable {
    /// RFC 7162: MODSEQ in every FETCH.
    case condStore = "CONDSTORE"
    /// RFC 7162: VANISHED in place of EXPUNGE.
    case qResync = "QRESYNC"
    /// RFC 9051.
    case imap4rev2 = "IMAP4REV2"
    /// RFC 6855.
    case utf8Accept = "UTF8=ACCEPT"
}

/// LIST and its options (RFC 5258, RFC 5819, RFC 6154).
package struct ListRequest: Hashable, Sendable {
    /// The pattern, `*` and `%` as wildcards; reference and pattern joined.
    package var pattern: String
    /// RETURN (STATUS (…)).
    package var status: StatusItems?
    /// Whether RETURN was given at all, which only LIST-EXTENDED knows.
    package var isExtended: Bool
    /// Selection option SUBSCRIBED.
    package var isSubscribedOnly: Bool
    /// RETURN (SUBSCRIBED).
    package var returnsSubscribed: Bool

    /// All folders, plainly.
    package init(
        _ pattern: String = "*",
        isExtended: Bool = false,
        status: StatusItems? = nil,
        isSubscribedOnly: Bool = false,
        returnsSubscribed: Bool = false
    ) {
        self.pattern = pattern
        self.status = status
        self.isExtended = isExtended || status != nil || isSubscribedOnly || returnsSubscribed
        self.isSubscribedOnly = isSubscribedOnly
        self.returnsSubscribed = returnsSubscribed
    }
}

/// What STATUS is asked for.
package struct StatusItems: OptionSet, Hashable, Sendable {
    package let rawValue: UInt8
    package init(rawValue: UInt8) { self.rawValue = rawValue }

    /// MESSAGES.
    package static let messages = StatusItems(rawValue: 1)
    /// UIDNEXT.
    package static let uidNext = StatusItems(rawValue: 2)
    /// UIDVALIDITY.
    package static let uidValidity = StatusItems(rawValue: 4)
    /// UNSEEN.
    package static let unseen = StatusItems(rawValue: 8)
    /// HIGHESTMODSEQ (RFC 7162).
    package static let highestModSeq = StatusItems(rawValue: 16)
    /// MAILBOXID (RFC 8474).
    package static let mailboxID = StatusItems(rawValue: 32)
    /// RECENT (RFC 3501); always 0.
    package static let recent = StatusItems(rawValue: 64)
    /// SIZE (RFC 8438).
    package static let size = StatusItems(rawValue: 128)
}

/// The parenthesis after SELECT's folder (RFC 7162 §3.1.8, §3.2.5).
package enum SelectParameter: Equatable, Sendable {
    /// None.
    case none
    /// CONDSTORE.
    case condStore
    /// QRESYNC: what the client knows.
    case qResync(uidValidity: UInt32, modSeq: UInt64, known: UIDRequest?)
}

/// What FETCH is asked for; UID is always answered.
package struct FetchItems: OptionSet, Hashable, Sendable {
    package let rawValue: UInt16
    package init(rawValue: UInt16) { self.rawValue = rawValue }

    /// FLAGS.
    package static let flags = FetchItems(rawValue: 1)
    /// MODSEQ (RFC 7162).
    package static let modSeq = FetchItems(rawValue: 2)
    /// INTERNALDATE.
    package static let internalDate = FetchItems(rawValue: 4)
    /// RFC822.SIZE.
    package static let size = FetchItems(rawValue: 8)
    /// EMAILID (RFC 8474).
    package static let emailID = FetchItems(rawValue: 16)
    /// BODY.PEEK[].
    package static let body = FetchItems(rawValue: 32)
    /// BODY.PEEK[HEADER], or some of its fields.
    package static let header = FetchItems(rawValue: 64)
    /// BODY[]: as ``body``, and `\Seen` is set.
    package static let bodySettingSeen = FetchItems(rawValue: 128)
    /// X-GM-MSGID.
    package static let gmailMessageID = FetchItems(rawValue: 256)
    /// X-GM-LABELS.
    package static let gmailLabels = FetchItems(rawValue: 512)
}

/// What STORE does with its flags.
package enum StoreOperation: Sendable {
    /// +FLAGS.
    case add
    /// -FLAGS.
    case remove
    /// FLAGS: all others are lost.
    case replace
}

/// A UID SEARCH, as far as synchronisation needs one.
package struct SearchRequest: Equatable, Sendable {
    /// Which mails.
    package enum Criterion: Equatable, Sendable {
        /// ALL.
        case all
        /// UID set.
        case uids(UIDRequest)
        /// DELETED and its like, or KEYWORD; `false` for UNDELETED and its like.
        case flag(ModelFlags.Element, isSet: Bool)
        /// HEADER Message-ID.
        case messageID(String)
    }
    /// All must hold.
    package var criteria: [Criterion]
    /// RETURN (…), in capitals; nil for the plain form (RFC 4731).
    package var returns: [String]?

    /// A search; all mails by default.
    package init(_ criteria: [Criterion] = [.all], returns: [String]? = nil) {
        self.criteria = criteria
        self.returns = returns
    }
}

/// NOTIFY SET (RFC 5465): message events of the selected folder and of others.
package struct NotifyRequest: Hashable, Sendable {
    /// Whether the selected folder's events are wanted.
    package var selected: Bool
    /// Whether every other personal folder's are.
    package var isPersonal: Bool
    /// Folders named one by one.
    package var folders: [String]
    /// Whether folders that come and go are announced.
    package var hasFolderNames: Bool
    /// Whether STATUS of all of them comes at once.
    package var status: Bool

    /// A request from its parts.
    package init(
        selected: Bool = true,
        isPersonal: Bool = true,
        folders: [String] = [],
        hasFolderNames: Bool = false,
        status: Bool = false
    ) {
        self.selected = selected
        self.isPersonal = isPersonal
        self.folders = folders
        self.hasFolderNames = hasFolderNames
        self.status = status
    }
}
