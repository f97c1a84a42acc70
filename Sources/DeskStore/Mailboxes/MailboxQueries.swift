package import Desk
import Postgres

/// What the services need to know of a mailbox.
package struct MailboxRecord: Sendable, Equatable {
    /// Its id.
    package let id: Identifier<Mailbox>
    /// The name, for people.
    package let name: String
    /// The shared address.
    package let address: String
    /// The comparison key of ``address``.
    package let addressKey: String
    /// `imaps://host:port` or `imap://host:port`.
    package let server: String
    /// The connection has no TLS, as a person chose.
    package let isPlaintext: Bool
    /// A file of certificate authorities beside the system's.
    package let caFile: String?
    /// The login name.
    package let username: String
    /// The path of the file that holds the password.
    package let passwordFile: String?
    /// Or the environment variable that does.
    package let passwordVariable: String?
    /// The queue.
    package let queue: Identifier<Queue>
    /// What an answer of ours does to an open ticket, by its queue.
    package let afterAnswer: AfterAnswer
    /// nil: observe-only.
    package let layout: Layout?
    /// Tickets changed alike in one synchronisation that stop for a person; 0 = off.
    package let breaker: Int
    /// How long new mail of an owned ticket stays in INBOX.
    package let linger: Duration
    /// How old an adopted message may be to get marks.
    package let marksReach: Duration
    /// What happens when no inbound message is visible any more.
    package let onDelete: OnDelete
    /// The name under which our own server vouches for senders (RFC 8601).
    package let authservID: String?
    /// The parent of the agents' folders.
    package let agentsFolder: String
    /// The folder of closed tickets.
    package let closedFolder: String
    /// Nobody works on it.
    package let isPaused: Bool
    /// When the first import was filed to its end; nil while it is under way.
    package let adoptedAt: Timestamp?
    /// What more there is to know for connecting to its server.
    package var link = ServerLink()

    /// Whether a connection made for `other` serves this one as well: its server, its log-in and what is used are the same.
    package func isServedAs(_ other: MailboxRecord) -> Bool {
        self.server == other.server && self.isPlaintext == other.isPlaintext && self.caFile == other.caFile
            && self.username == other.username && self.passwordFile == other.passwordFile
            && self.passwordVariable == other.passwordVariable && self.link.isServedAs(other.link)
    }
}

/// Statements on `mailbox` as the services use them.
package enum MailboxQueries {
    static let all: [SQL] = [
        load, loadAll, sequence, draw, lastSync, completeSync, noteSync, noteError, clearError, setHorizon, adopt,
        awaited,
        releaseAwaited, notify,
    ]

    private static let columns = """
        m.id, m.name, m.address, m.address_key, m.server, m.plaintext, m.ca_file, m.username, m.password_file,
        m.password_variable, m.queue_id, q.after_answer, m.layout, m.breaker::bigint, m.linger_seconds,
        m.marks_reach_seconds, m.on_delete, m.authserv_id, m.agents_folder, m.closed_folder,
        m.paused_at IS NOT NULL, m.adopted_at, \(ServerLink.columns)
        """

    /// Binds `$1` name.
    ///
    /// One row or none.
    static let load = SQL(
        name: "mailbox.load",
        text: "SELECT \(columns) FROM mailbox m JOIN queue q ON q.id = m.queue_id WHERE m.name = $1"
    )

    /// Every mailbox by name.
    static let loadAll = SQL(
        name: "mailbox.load_all",
        text: "SELECT \(columns) FROM mailbox m JOIN queue q ON q.id = m.queue_id ORDER BY m.name"
    )

    /// Binds `$1` mailbox.
    ///
    /// One row: the number that observations made from now on carry.
    static let sequence = SQL(name: "mailbox.sequence", text: "SELECT sequence, now() FROM mailbox WHERE id = $1")

    /// Binds `$1` mailbox, `$2` how many.
    ///
    /// One row: the last of the numbers drawn. Locks the mailbox's row.
    static let draw = SQL(
        name: "mailbox.draw",
        text: "UPDATE mailbox SET sequence = sequence + $2 WHERE id = $1 RETURNING sequence"
    )

    /// Binds `$1` mailbox.
    ///
    /// One row: when the last complete synchronisation began.
    static let lastSync = SQL(
        name: "mailbox.last_sync",
        text: "SELECT complete_sync_at FROM mailbox WHERE id = $1"
    )

    /// Binds `$1` mailbox, `$2` the number drawn at its start, `$3` when it began.
    static let completeSync = SQL(
        name: "mailbox.complete_sync",
        text: """
            UPDATE mailbox SET complete_sync = GREATEST(complete_sync, $2), complete_sync_at = $3,
                last_error = NULL, last_error_at = NULL
            WHERE id = $1
            """
    )

    /// Binds `$1` mailbox, `$2` when it began.
    ///
    /// A synchronisation that nobody waited for: written at most once a minute.
    static let noteSync = SQL(
        name: "mailbox.note_sync",
        text: """
            UPDATE mailbox SET complete_sync_at = $2, last_error = NULL, last_error_at = NULL
            WHERE id = $1 AND (complete_sync_at IS NULL OR complete_sync_at < $2::timestamptz - interval '1 minute'
                               OR last_error IS NOT NULL)
            """
    )

    /// Binds `$1` mailbox, `$2` what is wrong, for people.
    static let noteError = SQL(
        name: "mailbox.note_error",
        text: "UPDATE mailbox SET last_error = $2, last_error_at = now() WHERE id = $1"
    )

    /// Binds `$1` mailbox.
    static let clearError = SQL(
        name: "mailbox.clear_error",
        text: "UPDATE mailbox SET last_error = NULL, last_error_at = NULL WHERE id = $1 AND last_error IS NOT NULL"
    )

    /// Binds `$1` mailbox, `$2` up to when mail may be filed; NULL: no bound.
    static let setHorizon = SQL(
        name: "mailbox.horizon",
        text: "UPDATE mailbox SET filing_horizon = $2 WHERE id = $1 AND filing_horizon IS DISTINCT FROM $2"
    )

    /// Binds `$1` mailbox.
    ///
    /// Ends the first import. While it was under way no marks were written: what they are to show is looked at again, of
    /// tickets that changed meanwhile and of mail that arrived. A look at what is due may be under way, which does not know of the
    /// end yet and may bring the message into reach: touched once more, it is looked at again.
    static let adopt = SQL(
        name: "mailbox.adopt",
        text: """
            WITH adopted AS (
                UPDATE mailbox SET adopted_at = now(), filing_horizon = NULL WHERE id = $1 AND adopted_at IS NULL
                RETURNING id)
            UPDATE message g SET touched = nextval('touch_number')
            FROM adopted a, ticket t
            WHERE g.mailbox_id = a.id AND t.mailbox_id = a.id AND t.number = g.ticket
              AND (t.changed_since_adoption OR g.in_reach OR NOT g.adopted
                   OR g.touched IS NOT NULL OR g.look_at IS NOT NULL)
            """
    )

    /// Binds `$1` mailbox.
    ///
    /// One row: whether a message or an intent waits for a complete synchronisation.
    static let awaited = SQL(
        name: "mailbox.awaited",
        text: """
            SELECT EXISTS (SELECT 1 FROM message WHERE mailbox_id = $1 AND await_sync IS NOT NULL)
                OR EXISTS (SELECT 1 FROM intent WHERE mailbox_id = $1 AND closed IS NULL)
            """
    )

    /// Binds `$1` mailbox.
    ///
    /// Touches what waited for the synchronisation that is complete now. Rows: how many.
    static let releaseAwaited = SQL(
        name: "mailbox.release_awaited",
        text: """
            UPDATE message g SET touched = nextval('touch_number'), await_sync = NULL
            FROM mailbox m
            WHERE m.id = $1 AND g.mailbox_id = $1 AND g.await_sync IS NOT NULL AND g.await_sync < m.complete_sync
            """
    )

    /// Binds `$1` payload: the mailbox's id and the service that has something to look at.
    static let notify = SQL(name: "mailbox.notify", text: "SELECT pg_notify('baton', $1)")

    /// The mailbox of this name.
    package static func load(_ unit: Unit, name: String) throws -> MailboxRecord? {
        for row in try unit.transaction.query(load, name) { return try record(row) }
        return nil
    }

    /// Every mailbox by name.
    package static func loadAll(_ unit: Unit) throws -> [MailboxRecord] {
        try unit.transaction.query(loadAll).map(record)
    }

    /// The number that observations made from now on carry.
    package static func sequence(_ unit: Unit, _ mailbox: Identifier<Mailbox>) throws -> Int64 {
        try self.moment(unit, mailbox).number
    }

    /// The number that observations made from now on carry, and the database's clock.
    private static func moment(
        _ unit: Unit,
        _ mailbox: Identifier<Mailbox>
    ) throws -> (number: Int64, now: Timestamp) {
        for row in try unit.transaction.query(sequence, mailbox.rawValue) {
            return (try row.decode(0, as: Int64.self), try row.decode(1, as: Timestamp.self))
        }
        throw StoreError.missingRow(sequence.name)
    }

    /// The database's clock.
    package static func now(_ unit: Unit, _ mailbox: Identifier<Mailbox>) throws -> Timestamp {
        try self.moment(unit, mailbox).now
    }

    /// When the last complete synchronisation began; at most a minute behind.
    package static func lastSync(_ unit: Unit, _ mailbox: Identifier<Mailbox>) throws -> Timestamp? {
        for row in try unit.transaction.query(lastSync, mailbox.rawValue) {
            return try row.decode(0, as: Timestamp?.self)
        }
        throw StoreError.missingRow(lastSync.name)
    }

    /// Draws `count` new numbers; the last of them.
    package static func draw(_ unit: Unit, _ mailbox: Identifier<Mailbox>, count: Int = 1) throws -> Int64 {
        for row in try unit.transaction.query(draw, mailbox.rawValue, Int64(count)) {
            return try row.decode(0, as: Int64.self)
        }
        throw StoreError.missingRow(draw.name)
    }

    /// Ends a pass of ingestion that began at `began`; how many messages waited for it and are touched.
    ///
    /// Where it `isComplete` it is recorded, under the `number` that was drawn when it began, or nil where nothing waits for it. Where it
    /// `confirms`, the second look at what has been observed since is over. The mailbox's row is locked first, then the messages', as by all
    /// who lock both.
    package static func endPass(
        _ unit: Unit,
        _ mailbox: Identifier<Mailbox>,
        number: Int64?,
        began: Timestamp,
        confirms: Bool,
        isComplete: Bool
    ) throws -> Int {
        if isComplete, let number {
            try unit.transaction.queue(completeSync, mailbox.rawValue, number, began)
        } else if isComplete {
            try unit.transaction.queue(noteSync, mailbox.rawValue, began)
        }
        if confirms { try PlacementQueries.settleConfirmed(unit, mailbox: mailbox) }
        return isComplete && number != nil ? try unit.transaction.execute(releaseAwaited, mailbox.rawValue) : 0
    }

    /// Records for people why the mailbox is not synchronised.
    package static func noteError(_ unit: Unit, _ mailbox: Identifier<Mailbox>, _ text: String) throws {
        try unit.transaction.queue(noteError, mailbox.rawValue, text)
    }

    /// Bounds what may be filed during a first import; nil ends the bound.
    package static func setHorizon(_ unit: Unit, _ mailbox: Identifier<Mailbox>, _ horizon: Timestamp?) throws {
        try unit.transaction.queue(setHorizon, mailbox.rawValue, horizon)
    }

    /// Ends the first import.
    package static func adopt(_ unit: Unit, _ mailbox: Identifier<Mailbox>) throws {
        try unit.transaction.queue(adopt, mailbox.rawValue)
        try self.wake(unit, mailbox, .assignment)
    }

    /// Whether anything waits for a complete synchronisation.
    package static func isSyncAwaited(_ unit: Unit, _ mailbox: Identifier<Mailbox>) throws -> Bool {
        for row in try unit.transaction.query(awaited, mailbox.rawValue) { return try row.decode(0, as: Bool.self) }
        return false
    }

    /// Wakes the service that has something to look at, when this unit commits.
    package static func wake(_ unit: Unit, _ mailbox: Identifier<Mailbox>, _ service: LeasedService) throws {
        try unit.transaction.queue(notify, "\(mailbox.rawValue):\(service.rawValue)")
    }

    static func record(_ row: PostgresRow) throws -> MailboxRecord {
        MailboxRecord(
            id: Identifier(try row.decode(0, as: Int64.self)),
            name: try row.decode(1, as: String.self),
            address: try row.decode(2, as: String.self),
            addressKey: try row.decode(3, as: String.self),
            server: try row.decode(4, as: String.self),
            isPlaintext: try row.decode(5, as: Bool.self),
            caFile: try row.decode(6, as: String?.self),
            username: try row.decode(7, as: String.self),
            passwordFile: try row.decode(8, as: String?.self),
            passwordVariable: try row.decode(9, as: String?.self),
            queue: Identifier(try row.decode(10, as: Int64.self)),
            afterAnswer: try row.decode(11, raw: AfterAnswer.self),
            layout: try row.decode(12, rawOptional: Layout.self),
            breaker: Int(try row.decode(13, as: Int64.self)),
            linger: .seconds(try row.decode(14, as: Int64.self)),
            marksReach: .seconds(try row.decode(15, as: Int64.self)),
            onDelete: try row.decode(16, raw: OnDelete.self),
            authservID: try row.decode(17, as: String?.self),
            agentsFolder: try row.decode(18, as: String.self),
            closedFolder: try row.decode(19, as: String.self),
            isPaused: try row.decode(20, as: Bool.self),
            adoptedAt: try row.decode(21, as: Timestamp?.self),
            link: try ServerLink(row, from: 22)
        )
    }
}
