/// One response of a server, understood as far as we need it.
enum Response: Equatable, Sendable {
    /// `+`: the server waits for us.
    case continuation(ResponseText)
    /// The end of the command with this tag.
    case tagged(tag: String, Condition, ResponseText)
    /// `* OK`, `* NO`, `* BAD`; also a bare `* [CODE]`, which counts as OK.
    case condition(Condition, ResponseText)
    /// `* PREAUTH`.
    case preauthenticated(ResponseText)
    /// `* BYE`.
    case bye(ResponseText)
    case capability([String])
    case enabled([String])
    case flags([String])
    case exists(Int)
    case expunge(UInt32)
    case vanished(UIDSet, earlier: Bool)
    case fetch(FetchedItems)
    case list(ListedFolder)
    case status(FolderName, FolderStatus)
    case namespace(Namespaces)
    case identity([String: String])
    /// Data we do not know or cannot read, by its name.
    ///
    /// Skipped.
    case ignored(String)
    /// A line that is no response at all, such as `Server Unavailable. 15`. The server is in trouble.
    case unreadable(String)

    /// OK, NO or BAD.
    enum Condition: Equatable, Sendable {
        case ok, no, bad
    }
}

/// The code and the text of a condition; both may be missing.
struct ResponseText: Equatable, Sendable {
    var code: ResponseCode?
    var text: String

    init(code: ResponseCode? = nil, text: String = "") {
        self.code = code
        self.text = text
    }
}

/// What one FETCH response says.
struct FetchedItems: Equatable, Sendable {
    /// The mail's bytes, as far as this response is concerned.
    enum Body: Equatable, Sendable {
        /// No BODY[…] in the response.
        case absent
        /// `BODY[] NIL`, or nothing behind it.
        case null
        /// A quoted string.
        case inline([UInt8])
        /// Bytes that were handed out before.
        case streamed
    }
    /// Nil where missing or 0: nothing can be done with the rest then.
    var uid: UInt32?
    var flags: [String]?
    var modSeq: UInt64?
    /// µs since 1970.
    var internalDate: Int64?
    var hasInternalDate = false
    var size: Int64?
    var hasSize = false
    var body = Body.absent
    /// EMAILID (RFC 8474) or X-GM-MSGID; nil where missing, NIL or unreadable.
    var objectID: ObjectID?
    /// X-GM-LABELS as sent.
    var labels: [String]?
    /// True where something in it could not be read; the rest still counts.
    var isMalformed = false
}
