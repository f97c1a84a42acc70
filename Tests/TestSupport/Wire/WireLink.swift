/// What is spoken on a proxied connection.
package enum WireLink: String, Sendable, CaseIterable {
    /// IMAP in clear text (RFC 9051): lines, with literals in them.
    case imap
    /// PostgreSQL's protocol 3 over a unix socket, where no encryption is negotiated.
    case postgres
}

/// Which way a message goes.
package enum WireDirection: String, Sendable, CaseIterable {
    /// From the program to the server.
    case toServer = "to-server"
    /// From the server to the program.
    case fromServer = "from-server"
}

/// One protocol message as it passed, or did not.
package struct WireEntry: Sendable, Equatable {
    /// Which way it went.
    package let direction: WireDirection
    /// Its number among the points of its direction since the proxy was armed, from 1; 0 where it is no point of its own.
    package let ordinal: Int
    /// The connection, numbered in the order of their opening.
    package let connection: Int
    /// Whether something is decided by it alone: a command, the end of an answer, a mail; a statement outside of any transaction,
    /// or COMMIT.
    package let isDecisive: Bool
    /// What it is, for people and for patterns: no tag, no password, no mail.
    package let summary: String
}
