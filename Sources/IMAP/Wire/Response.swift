/// One response of a server, understood as far as we need it.
///
/// In memory of its own, since some are large, and each changes hands a few times.
indirect enum Response: Equatable, Sendable {
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
    /// Mails no session has seen before; means nothing to us.
    case recent(Int)
    case expunge(UInt32)
    case vanished(UIDSet, earlier: Bool)
    case fetch(FetchedItems)
    case list(ListedFolder)
    /// LSUB.
    case subscribed(ListedFolder)
    case status(FolderName, FolderStatus)
    /// SEARCH or ESEARCH.
    case search(SearchAnswer)
    case quota(Quota)
    case quotaRoots(QuotaRoots)
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
