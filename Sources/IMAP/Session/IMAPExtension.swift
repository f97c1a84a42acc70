/// What Baton uses of a server beyond RFC 3501 where it is offered: the closed list.
///
/// The raw value is the capability's name, but for ``keywords``, which servers name in PERMANENTFLAGS. Each can be switched
/// off, by hand or by the server's own contradiction, and each has a fallback (`docs/imap.md`).
package enum IMAPExtension: String, CaseIterable, Hashable, Sendable {
    /// RFC 5161.
    case enable = "ENABLE"
    /// RFC 7162: FETCH CHANGEDSINCE.
    case condStore = "CONDSTORE"
    /// RFC 7162: SELECT names what vanished; needs ENABLE and CONDSTORE.
    case qresync = "QRESYNC"
    /// RFC 2177.
    case idle = "IDLE"
    /// RFC 5465; used together with IDLE.
    case notify = "NOTIFY"
    /// RFC 6851.
    case move = "MOVE"
    /// RFC 4315: UID EXPUNGE, COPYUID, APPENDUID.
    case uidPlus = "UIDPLUS"
    /// Keywords of one's own: `\*` in PERMANENTFLAGS (RFC 9051 §7.1).
    case keywords = "KEYWORDS"
    /// RFC 6154.
    case specialUse = "SPECIAL-USE"
    /// RFC 5258: LIST … RETURN.
    case listExtended = "LIST-EXTENDED"
    /// RFC 5819; its syntax is that of LIST-EXTENDED.
    case listStatus = "LIST-STATUS"
    /// RFC 4731: SEARCH … RETURN.
    case eSearch = "ESEARCH"
    /// RFC 2342.
    case namespace = "NAMESPACE"
    /// RFC 8474.
    case objectID = "OBJECTID"
    /// Gmail's X-GM-MSGID and X-GM-LABELS.
    case gmail = "X-GM-EXT-1"
    /// RFC 3691.
    case unselect = "UNSELECT"
    /// RFC 2971.
    case identity = "ID"
    /// RFC 4978.
    case compress = "COMPRESS=DEFLATE"
    /// RFC 7888.
    case literalPlus = "LITERAL+"
    /// RFC 7888, for literals of at most 4096 bytes.
    case literalMinus = "LITERAL-"
    /// RFC 4959.
    case saslIR = "SASL-IR"
    /// RFC 4616.
    case authPlain = "AUTH=PLAIN"
    /// The two prompts, by name.
    case authLogin = "AUTH=LOGIN"
    /// RFC 7677.
    case authScram = "AUTH=SCRAM-SHA-256"
    /// RFC 7628.
    case authOAuthBearer = "AUTH=OAUTHBEARER"
    /// Google's and Microsoft's form of the same.
    case authXOAuth2 = "AUTH=XOAUTH2"

    /// The extension of this name, in any case.
    package init?(name: String) {
        self.init(rawValue: name.uppercased())
    }

    /// What must be usable as well.
    var requirements: [IMAPExtension] {
        switch self {
        case .qresync: [.condStore, .enable]
        case .notify: [.idle]
        case .listStatus: [.listExtended]
        case .enable, .condStore, .idle, .move, .uidPlus, .keywords, .specialUse, .listExtended, .eSearch, .namespace,
            .objectID, .gmail, .unselect, .identity, .compress, .literalPlus, .literalMinus, .saslIR, .authPlain,
            .authLogin, .authScram, .authOAuthBearer, .authXOAuth2:
            []
        }
    }

    /// What offers it, beside its own name: QRESYNC includes CONDSTORE (RFC 7162 §3.2.3), and servers that offer
    /// LIST-STATUS alone know the syntax it needs.
    var impliedBy: [IMAPExtension] {
        switch self {
        case .condStore: [.qresync]
        case .listExtended: [.listStatus]
        case .enable, .qresync, .idle, .notify, .move, .uidPlus, .keywords, .specialUse, .listStatus, .eSearch,
            .namespace, .objectID, .gmail, .unselect, .identity, .compress, .literalPlus, .literalMinus, .saslIR,
            .authPlain, .authLogin, .authScram, .authOAuthBearer, .authXOAuth2:
            []
        }
    }
}

/// Why an extension is not used although a server may offer it.
package enum ExtensionOff: Hashable, Sendable {
    /// A person said so.
    case byHand
    /// The server contradicted its own offer; how, in our words.
    case latched(String)
}

/// A server contradicted its own offer of an extension, which is not used any more.
package struct ExtensionLatch: Hashable, Sendable {
    /// Which one.
    package let name: IMAPExtension
    /// How it was contradicted, in our words; never anything of a mail.
    package let reason: String

    /// A latch from its parts.
    package init(_ name: IMAPExtension, reason: String) {
        self.name = name
        self.reason = reason
    }
}
