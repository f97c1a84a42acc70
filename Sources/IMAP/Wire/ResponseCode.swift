/// What a server says in brackets: `[UIDNEXT 42]`.
///
/// Typed where we act on it, a name otherwise.
///
/// Sources: RFC 9051 §7.1, RFC 4315, RFC 4469, RFC 4978, RFC 5465, RFC 5530, RFC 7162, RFC 8474, RFC 9585, RFC 9738; `THROTTLED` is Gmail's and Dovecot's.
package enum ResponseCode: Equatable, Sendable {
    /// The text is for a person.
    case alert
    /// The folder to create exists.
    case alreadyExists
    /// Where APPEND put the mail.
    case appendUID(uidValidity: UInt32, uid: UInt32)
    /// Wrong user or password.
    case authenticationFailed
    /// Right password, but not allowed.
    case authorizationFailed
    /// The character set of a search is not known.
    case badCharset
    /// NOTIFY asked for events the server cannot tell; those it can (RFC 5465 §5).
    case badEvent([String])
    /// Impossible in principle, such as a keyword that is too long.
    case cannot
    /// Capabilities, as offered.
    case capability([String])
    /// The server thinks we are wrong.
    case clientBug
    /// What follows belongs to the newly selected folder (RFC 7162 §3.2.11).
    case closed
    /// The connection is compressed already (RFC 4978 §3).
    case compressionActive
    /// The administrator of the server should know.
    case contactAdmin
    /// Which UID became which; the sequences pair by position.
    case copyUID(uidValidity: UInt32, source: UIDSequence, destination: UIDSequence)
    /// The server's data are damaged.
    case corruption
    /// The password has expired.
    case expired
    /// Somebody expunged what was asked for.
    case expungeIssued
    /// The folder has children and cannot go.
    case hasChildren
    /// The folder's highest modification sequence.
    case highestModSeq(UInt64)
    /// The command is still at work: how many of how many things it has done; a sign of life (RFC 9585).
    case inProgress(tag: String?, done: UInt64?, total: UInt64?)
    /// Another session holds the folder.
    case inUse
    /// A limit of the server is reached.
    case limit
    /// The folder's identifier, which survives renaming (RFC 8474 §4).
    case mailboxID(String)
    /// The server did only so many mails; the lowest UID among them, where it says so (RFC 9738).
    case messageLimit(UInt32, lowest: UInt32?)
    /// UIDs a conditional STORE left alone.
    case modified(UIDSet)
    /// The folder keeps no modification sequences.
    case noModSeq
    /// Not allowed.
    case noPerm
    /// No such folder.
    case nonexistent
    /// NOTIFY was too much for the server, which turned it off (RFC 5465 §5.8).
    case notificationOverflow
    /// The result of a search was not kept (RFC 5182).
    case notSaved
    /// The quota is used up.
    case overQuota
    /// The server could not parse a mail.
    case parse
    /// Flags that can be changed; `\*` means new keywords can be made.
    case permanentFlags([String])
    /// The server wants TLS first.
    case privacyRequired
    /// The folder was opened for reading.
    case readOnly
    /// The folder was opened for reading and writing.
    case readWrite
    /// Another server is named.
    ///
    /// Never followed, hence without the URL.
    case referral
    /// The server thinks it is wrong itself.
    case serverBug
    /// Too much, too fast; come back after a while, if one is named.
    case throttled(retryAfter: Duration?)
    /// The mail is bigger than the server takes (RFC 4469).
    case tooBig
    /// The folder does not exist, but can be created.
    case tryCreate
    /// The UID the next mail will get; 0 is reported as `.other`.
    case uidNext(UInt32)
    /// UIDs do not survive the session.
    case uidNotSticky
    /// The folder's UIDVALIDITY; 0 is reported as `.other`.
    case uidValidity(UInt32)
    /// Something behind the server is down.
    case unavailable
    /// A content encoding is not known.
    case unknownCTE
    /// The special use asked for cannot be given (RFC 6154).
    case useAttribute
    /// Sequence number of the first unread mail.
    ///
    /// Never used as an address.
    case unseen(UInt32)
    /// Any other, by name, in capitals; also a known one whose arguments make no sense.
    case other(String)

    /// True where the same command may succeed later, without anybody changing a setting.
    package var isTransient: Bool {
        switch self {
        case .inUse, .limit, .serverBug, .throttled, .unavailable, .expungeIssued, .overQuota: true
        case .alert, .alreadyExists, .appendUID, .authenticationFailed, .authorizationFailed, .badCharset, .badEvent,
            .cannot, .capability, .clientBug, .closed, .compressionActive, .contactAdmin, .copyUID, .corruption,
            .expired, .hasChildren, .highestModSeq, .inProgress, .mailboxID, .messageLimit, .modified, .noModSeq,
            .noPerm, .nonexistent, .notificationOverflow, .notSaved, .parse, .permanentFlags, .privacyRequired,
            .readOnly, .readWrite, .referral, .tooBig, .tryCreate, .uidNext, .uidNotSticky, .uidValidity, .unknownCTE,
            .unseen, .useAttribute, .other:
            false
        }
    }
}
