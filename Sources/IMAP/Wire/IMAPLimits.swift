/// The most a server may make us hold.
///
/// Each is named in the error when it is passed.
package struct IMAPLimits: Equatable, Sendable {
    /// Bytes of one response outside literals.
    ///
    /// Longer ones end the session.
    package var line: Int
    /// The same for responses that are one long set of UIDs (VANISHED, SEARCH, ESEARCH): a folder of five million mails needs it.
    package var setLine: Int
    /// Bytes of one literal that is not a mail.
    package var literal: Int
    /// Bytes of one mail.
    ///
    /// It streams through, so this bounds time and storage, not memory.
    package var bodyLiteral: Int
    /// Bytes of all literals of one response that are not mails.
    package var response: Int
    /// Literals of mails in one response.
    ///
    /// We ask for one.
    package var bodies: Int
    /// Depth of lists in a response; what lies deeper is skipped.
    package var nesting: Int
    /// Flags of one mail.
    ///
    /// With more of them the mail has no flags we could rely on.
    package var flags: Int
    /// Words of one list that is no mail's flags: capabilities, attributes, namespaces; the others are left out.
    package var words: Int
    /// Bytes of a text for people; the rest is left out.
    package var text: Int
    /// Folders in one LIST.
    package var listedFolders: Int
    /// Mails and ranges of UIDs in one answer that is kept as a whole: a million flags are some 100 MB.
    ///
    /// Ask in windows beyond.
    package var rows: Int
    /// Responses nobody asked for during one command.
    package var unsolicited: Int
    /// Events kept for ``IMAPConnection/takeUnsolicited()``; more become one `.overflowed`.
    package var keptEvents: Int
    /// UIDs a COPYUID answer may name.
    package var pairs: Int

    /// Limits as given, the others as by default.
    package init(
        line: Int = 64 * 1024,
        setLine: Int = 4 * 1024 * 1024,
        literal: Int = 64 * 1024,
        bodyLiteral: Int = 256 * 1024 * 1024,
        response: Int = 1024 * 1024,
        bodies: Int = 16,
        nesting: Int = 100,
        flags: Int = 256,
        words: Int = 512,
        text: Int = 1024,
        listedFolders: Int = 20_000,
        rows: Int = 1_000_000,
        unsolicited: Int = 100_000,
        keptEvents: Int = 10_000,
        pairs: Int = 100_000
    ) {
        self.line = line
        self.setLine = setLine
        self.literal = literal
        self.bodyLiteral = bodyLiteral
        self.response = response
        self.bodies = bodies
        self.nesting = nesting
        self.flags = flags
        self.words = words
        self.text = text
        self.listedFolders = listedFolders
        self.rows = rows
        self.unsolicited = unsolicited
        self.keptEvents = keptEvents
        self.pairs = pairs
    }

    /// What the product uses.
    package static let `default` = IMAPLimits()
}
