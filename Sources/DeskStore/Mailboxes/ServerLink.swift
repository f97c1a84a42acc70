package import Desk
import Postgres

/// How a mailbox's server wants to be connected to, beyond its address and a password.
package struct ServerLink: Sendable, Equatable {
    /// The path of the file that holds an OAuth access token.
    package var tokenFile: String?
    /// Or the words of a command that prints one.
    package var tokenCommand: [String]?
    /// The most connections to the server at once.
    package var connections = 3
    /// Nobody connects before, because the server asked for a pause; nil where it did not.
    package var waitsUntil: Timestamp?
    /// Why, for people.
    package var waitsBecause: String?
    /// Log-ins refused in a row.
    package var logInRefusals = 0
    /// When the last of them was.
    package var logInRefusedAt: Timestamp?
    /// Extensions its connections do without, by name: how the server contradicted its offer, or nil where a person switched it
    /// off.
    package var off: [String: String?] = [:]

    /// The columns of `mailbox m` that ``init(_:from:)`` reads.
    static let columns = """
        m.token_file, m.token_command, m.connections::bigint, m.waits_until, m.waits_because, m.log_in_refusals::bigint,
        m.log_in_refused_at,
        ARRAY(SELECT x.extension FROM mailbox_extension x WHERE x.mailbox_id = m.id ORDER BY x.extension),
        ARRAY(SELECT x.reason FROM mailbox_extension x WHERE x.mailbox_id = m.id ORDER BY x.extension)
        """

    /// Nothing special.
    package init() {}

    /// Reads ``columns``, which begin at `first`.
    init(_ row: PostgresRow, from first: Int) throws {
        self.tokenFile = try row.decode(first, as: String?.self)
        self.tokenCommand = try row.decode(first + 1, as: [String]?.self)
        self.connections = Int(try row.decode(first + 2, as: Int64.self))
        self.waitsUntil = try row.decode(first + 3, as: Timestamp?.self)
        self.waitsBecause = try row.decode(first + 4, as: String?.self)
        self.logInRefusals = Int(try row.decode(first + 5, as: Int64.self))
        self.logInRefusedAt = try row.decode(first + 6, as: Timestamp?.self)
        let names = try row.decode(first + 7, as: [String].self)
        let reasons = try row.decode(first + 8, as: [String?].self)
        self.off = Dictionary(zip(names, reasons)) { name, _ in name }
    }

    /// Whether a connection made for `other` serves this one as well.
    func isServedAs(_ other: ServerLink) -> Bool {
        self.tokenFile == other.tokenFile && self.tokenCommand == other.tokenCommand
            && self.connections == other.connections && Set(self.off.keys) == Set(other.off.keys)
    }
}
