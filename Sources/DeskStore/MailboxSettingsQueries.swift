package import Desk
import Postgres

/// Everything of a mailbox that an administrator sets.
package struct MailboxSettings: Equatable, Sendable {
    /// `[a-z][a-z0-9-]{0,31}`.
    package var name: String
    /// The shared address, as given.
    package var address: String
    /// Its comparison key.
    package var addressKey: String
    /// `imaps://host:port` or `imap://host:port`; never with a user or password.
    package var server: String
    /// Whether `imap://` means no TLS at all; that the server is on this machine, or that it was forced, was checked.
    package var isPlaintext: Bool
    /// A PEM file of the only authorities to trust; absolute.
    package var caFile: String?
    /// The name to log in with.
    package var username: String
    /// The absolute path of the file that holds the password; never its content.
    package var passwordFile: String?
    /// Or the environment variable that holds it.
    package var passwordVariable: String?
    /// Or the absolute path of the file that holds an OAuth access token.
    package var tokenFile: String?
    /// Or the words of a command that prints one.
    package var tokenCommand: [String]?
    /// The most connections to the server at once.
    package var connections: Int
    /// Where new tickets go.
    package var queue: Identifier<Queue>
    /// nil: observe-only.
    package var layout: Layout?
    /// Tickets changed alike in one synchronisation that stop for a person; 0 = off.
    package var breaker: Int
    /// How long a new mail of an owned ticket stays in INBOX; zero = not at all.
    package var linger: Duration
    /// How far back marks reach into adopted mail.
    package var marksReach: Duration
    /// What happens to a ticket whose mail was deleted in the mailbox.
    package var onDelete: OnDelete
    /// The server name whose Authentication-Results are believed.
    package var authservID: String?
    /// The folder above the agents' folders, one level.
    package var agentsFolder: String
    /// The folder of closed tickets, one level.
    package var closedFolder: String

    /// Settings as given; the rest as the schema's defaults.
    package init(
        name: String,
        address: String,
        addressKey: String,
        server: String,
        username: String,
        queue: Identifier<Queue>
    ) {
        self.name = name
        self.address = address
        self.addressKey = addressKey
        self.server = server
        self.isPlaintext = false
        self.connections = 3
        self.username = username
        self.queue = queue
        self.breaker = 20
        self.linger = .seconds(600)
        self.marksReach = .seconds(7_776_000)
        self.onDelete = .close
        self.agentsFolder = "Agents"
        self.closedFolder = "Closed"
    }
}

/// A mailbox as a listing shows one.
package struct MailboxListing: Equatable, Sendable {
    /// Its id.
    package let id: Identifier<Mailbox>
    /// All its settings.
    package let settings: MailboxSettings
    /// The name of its queue.
    package let queueName: String
    /// When it was added.
    package let createdAt: Timestamp
    /// When the first import was filed to its end; nil while it is under way.
    package let adoptedAt: Timestamp?
    /// When the last complete synchronisation began.
    package let synchronisedAt: Timestamp?
    /// Since when it is paused; nil while it is not.
    package let pausedAt: Timestamp?
    /// What kept the last synchronisation from its end, for people; nil when nothing did.
    package let lastError: String?
    /// When that was.
    package let lastErrorAt: Timestamp?
    /// Tickets of any status.
    package let tickets: Int64
    /// Stored messages, whatever their fate.
    package let messages: Int64
    /// How the server wants to be treated.
    package let link: ServerLink
}

/// Statements on `mailbox` for administration.
package enum MailboxSettingsQueries {
    /// Every statement here.
    static let all: [SQL] = [add, lock, update, names, list, touch]

    /// Binds `$1`…`$21` the settings in the order of the columns.
    ///
    /// One row: the new mailbox's id; none when the name is taken.
    static let add = SQL(
        name: "mailbox_settings.add",
        text: """
            INSERT INTO mailbox (name, address, address_key, server, plaintext, ca_file, username, password_file,
                                 password_variable, queue_id, layout, breaker, linger_seconds, marks_reach_seconds,
                                 on_delete, authserv_id, agents_folder, closed_folder, token_file, token_command,
                                 connections)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12::int, $13, $14, $15, $16, $17, $18, $19, $20,
                    $21::int)
            ON CONFLICT (name) DO NOTHING
            RETURNING id
            """
    )

    private static let columns = """
        m.id, m.name, m.address, m.address_key, m.server, m.plaintext, m.ca_file, m.username, m.password_file,
        m.password_variable, m.queue_id, m.layout, m.breaker::bigint, m.linger_seconds, m.marks_reach_seconds,
        m.on_delete, m.authserv_id, m.agents_folder, m.closed_folder, \(ServerLink.columns)
        """

    /// Where ``ServerLink/columns`` begin in ``columns``.
    private static let linkColumn = 19

    /// Binds `$1` name.
    ///
    /// One row or none; locks it FOR NO KEY UPDATE until the unit ends.
    static let lock = SQL(
        name: "mailbox_settings.lock",
        text: "SELECT \(columns) FROM mailbox m WHERE m.name = $1 FOR NO KEY UPDATE"
    )

    /// Binds as ``add``; `$1` names the mailbox, which keeps its name.
    ///
    /// Rows changed: 1.
    static let update = SQL(
        name: "mailbox_settings.update",
        text: """
            UPDATE mailbox
            SET address = $2, address_key = $3, server = $4, plaintext = $5, ca_file = $6, username = $7,
                password_file = $8, password_variable = $9, queue_id = $10, layout = $11, breaker = $12::int,
                linger_seconds = $13, marks_reach_seconds = $14, on_delete = $15, authserv_id = $16,
                agents_folder = $17, closed_folder = $18, token_file = $19, token_command = $20,
                connections = $21::int
            WHERE name = $1
            """
    )

    /// Every name, for suggestions.
    static let names = SQL(name: "mailbox_settings.names", text: "SELECT name FROM mailbox ORDER BY name")

    /// Binds `$1` name, or NULL for all.
    ///
    /// Rows by name, with counts.
    static let list = SQL(
        name: "mailbox_settings.list",
        text: """
            SELECT \(columns), q.name, m.created_at, m.adopted_at, m.complete_sync_at, m.paused_at, m.last_error,
                   m.last_error_at,
                   (SELECT count(*) FROM ticket t WHERE t.mailbox_id = m.id),
                   (SELECT count(*) FROM message g WHERE g.mailbox_id = m.id)
            FROM mailbox m
            JOIN queue q ON q.id = m.queue_id
            WHERE $1::text IS NULL OR m.name = $1
            ORDER BY m.name
            """
    )

    /// Binds `$1` mailbox, `$2` the message to go on after, `$3` how many.
    ///
    /// Touches the next messages on tickets, so that their marks are looked at. One row: the last message's id (NULL:
    /// no more).
    static let touch = SQL(
        name: "mailbox_settings.touch",
        text: """
            WITH batch AS (
                SELECT id FROM message WHERE mailbox_id = $1 AND id > $2 ORDER BY id LIMIT $3
            ), touched AS (
                UPDATE message g SET touched = nextval('touch_number')
                FROM batch b
                WHERE g.mailbox_id = $1 AND g.id = b.id AND g.ticket IS NOT NULL
            )
            SELECT max(id) FROM batch
            """
    )

    /// Adds a mailbox; nil when the name is taken.
    ///
    /// Throws ``StoreError``.
    package static func add(_ unit: Unit, _ settings: MailboxSettings) throws -> Identifier<Mailbox>? {
        let rows = try unit.transaction.query(
            self.add,
            settings.name,
            settings.address,
            settings.addressKey,
            settings.server,
            settings.isPlaintext,
            settings.caFile,
            settings.username,
            settings.passwordFile,
            settings.passwordVariable,
            settings.queue.rawValue,
            settings.layout?.rawValue,
            settings.breaker,
            settings.linger.components.seconds,
            settings.marksReach.components.seconds,
            settings.onDelete.rawValue,
            settings.authservID,
            settings.agentsFolder,
            settings.closedFolder,
            settings.tokenFile,
            settings.tokenCommand,
            settings.connections
        )
        for row in rows { return Identifier(try row.decode(0, as: Int64.self)) }
        return nil
    }

    /// The settings of this mailbox, locked until the unit ends; nil when there is none.
    ///
    /// Throws ``StoreError``.
    package static func lock(
        _ unit: Unit,
        name: String
    ) throws -> (id: Identifier<Mailbox>, settings: MailboxSettings)? {
        for row in try unit.transaction.query(self.lock, name) {
            return (Identifier(try row.decode(0, as: Int64.self)), try self.settings(row))
        }
        return nil
    }

    /// Writes the settings of the mailbox of their name.
    ///
    /// Throws ``StoreError``.
    package static func update(_ unit: Unit, _ settings: MailboxSettings) throws {
        try unit.transaction.queue(
            self.update,
            settings.name,
            settings.address,
            settings.addressKey,
            settings.server,
            settings.isPlaintext,
            settings.caFile,
            settings.username,
            settings.passwordFile,
            settings.passwordVariable,
            settings.queue.rawValue,
            settings.layout?.rawValue,
            settings.breaker,
            settings.linger.components.seconds,
            settings.marksReach.components.seconds,
            settings.onDelete.rawValue,
            settings.authservID,
            settings.agentsFolder,
            settings.closedFolder,
            settings.tokenFile,
            settings.tokenCommand,
            settings.connections
        )
    }

    /// Every name in order.
    ///
    /// Throws ``StoreError``.
    package static func names(_ unit: Unit) throws -> [String] {
        try unit.transaction.query(self.names).map { row in try row.decode(0, as: String.self) }
    }

    /// The mailbox of this name, or all by name.
    ///
    /// Throws ``StoreError``.
    package static func list(_ unit: Unit, name: String? = nil) throws -> [MailboxListing] {
        try unit.transaction.query(self.list, name).map { row in
            MailboxListing(
                id: Identifier(try row.decode(0, as: Int64.self)),
                settings: try self.settings(row),
                queueName: try row.decode(28, as: String.self),
                createdAt: try row.decode(29, as: Timestamp.self),
                adoptedAt: try row.decode(30, as: Timestamp?.self),
                synchronisedAt: try row.decode(31, as: Timestamp?.self),
                pausedAt: try row.decode(32, as: Timestamp?.self),
                lastError: try row.decode(33, as: String?.self),
                lastErrorAt: try row.decode(34, as: Timestamp?.self),
                tickets: try row.decode(35, as: Int64.self),
                messages: try row.decode(36, as: Int64.self),
                link: try ServerLink(row, from: Self.linkColumn)
            )
        }
    }

    /// Touches up to `count` messages after `last`, so that their marks are looked at again; where to go on, or nil at
    /// the end.
    ///
    /// One unit each, because a mailbox may hold millions. Throws ``StoreError``.
    package static func touch(
        _ unit: Unit,
        _ mailbox: Identifier<Mailbox>,
        after last: Identifier<Message>,
        count: Int = 20_000
    ) throws -> Identifier<Message>? {
        for row in try unit.transaction.query(self.touch, mailbox.rawValue, last.rawValue, count) {
            return try row.decode(0, as: Int64?.self).map { Identifier($0) }
        }
        return nil
    }

    private static func settings(_ row: PostgresRow) throws -> MailboxSettings {
        var settings = MailboxSettings(
            name: try row.decode(1, as: String.self),
            address: try row.decode(2, as: String.self),
            addressKey: try row.decode(3, as: String.self),
            server: try row.decode(4, as: String.self),
            username: try row.decode(7, as: String.self),
            queue: Identifier(try row.decode(10, as: Int64.self))
        )
        settings.isPlaintext = try row.decode(5, as: Bool.self)
        settings.caFile = try row.decode(6, as: String?.self)
        settings.passwordFile = try row.decode(8, as: String?.self)
        settings.passwordVariable = try row.decode(9, as: String?.self)
        settings.layout = try row.decode(11, rawOptional: Layout.self)
        settings.breaker = Int(try row.decode(12, as: Int64.self))
        settings.linger = .seconds(try row.decode(13, as: Int64.self))
        settings.marksReach = .seconds(try row.decode(14, as: Int64.self))
        settings.onDelete = try row.decode(15, raw: OnDelete.self)
        settings.authservID = try row.decode(16, as: String?.self)
        settings.agentsFolder = try row.decode(17, as: String.self)
        settings.closedFolder = try row.decode(18, as: String.self)
        let link = try ServerLink(row, from: Self.linkColumn)
        settings.tokenFile = link.tokenFile
        settings.tokenCommand = link.tokenCommand
        settings.connections = link.connections
        return settings
    }
}
