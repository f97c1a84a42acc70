/// A connection, as the server keeps it.
struct ModelSession: Sendable {
    enum Phase: Sendable { case notAuthenticated, authenticated, ended }

    /// The folder that is open, and what the client was told of it.
    struct Selected: Sendable {
        let folder: ModelFolderID
        let isReadOnly: Bool
        /// The mails as told, in the order of their sequence numbers; copies of the folder's, shared until either changes.
        var view: [ModelMessage]
        /// The folder's version when the view was made.
        var version: UInt64
        /// Keywords told by FLAGS.
        var keywords: ModelFlags
        /// HIGHESTMODSEQ as told.
        var highestModSeq: UInt64
        /// UIDNEXT as told.
        var uidNext: UInt32
    }

    var phase = Phase.notAuthenticated
    var hasCondStore = false
    var hasQResync = false
    var hasRev2 = false
    var selected: Selected?
    var isIdle = false
    var notify: NotifyRequest?
    /// Folders whose STATUS NOTIFY has to tell, and what was told last.
    var notified: [ModelFolderID: UInt64] = [:]
}
