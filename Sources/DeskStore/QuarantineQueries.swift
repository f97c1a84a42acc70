package import Desk
import Postgres

/// A mail that killed or defeated the parser three times.
package struct QuarantinedMail: Equatable, Sendable {
    /// The number of the message, by which people name it here.
    package let id: Identifier<Message>
    /// The mailbox's id.
    package let mailboxID: Identifier<Mailbox>
    /// The mailbox's name.
    package let mailbox: String
    /// The ticket that a person sees it by; nil where it lay in Junk or Trash.
    package let ticket: Ticket.ID?
    /// When it arrived.
    package let receivedAt: Timestamp
    /// When it was put into quarantine.
    package let filedAt: Timestamp
    /// Bytes that are kept; nil where none are.
    package let size: Int64?
    /// Why they are not the whole mail; nil where they are.
    package let note: String?
    /// SHA-256 of the mail.
    package let digest: [UInt8]
    /// Its Message-ID, as a scan of the header found it.
    package let messageID: String?
    /// Its author, likewise.
    package let from: String
    /// Its subject, likewise.
    package let subject: String
    /// Why it is in quarantine.
    package let reason: String?
    /// Where it lies on the server: folder and UID.
    package let places: [String]
}

/// Statements on mails in quarantine.
package enum QuarantineQueries {
    static let all: [SQL] = [list, retry, discard, content, body, chunk]

    /// Binds `$1` mailbox's name or NULL, `$2` message or NULL.
    ///
    /// Rows by arrival; a scan of the messages, which is meant for a person who asks.
    static let list = SQL(
        name: "quarantine.list",
        text: """
            SELECT g.id, g.mailbox_id, m.name, g.ticket, g.received_at, g.filed_at, c.size, c.note, g.digest, g.message_id,
                   g.from_text, g.subject,
                   (SELECT p.reason FROM placement p
                    WHERE p.mailbox_id = g.mailbox_id AND p.digest = g.digest AND p.fate = 'quarantined'
                    ORDER BY p.number LIMIT 1),
                   ARRAY(SELECT f.name || ' ' || p.uid FROM placement p
                         JOIN folder f ON f.mailbox_id = p.mailbox_id AND f.id = p.folder_id AND f.epoch = p.epoch
                         WHERE p.mailbox_id = g.mailbox_id AND p.digest = g.digest AND p.gone_at IS NULL
                         ORDER BY p.number)
            FROM message g
            JOIN mailbox m ON m.id = g.mailbox_id
            LEFT JOIN content c ON c.mailbox_id = g.mailbox_id AND c.digest = g.digest AND c.complete
            WHERE g.fate = 'quarantined' AND ($1::text IS NULL OR m.name = $1) AND ($2::bigint IS NULL OR g.id = $2)
            ORDER BY g.received_at, g.id
            """
    )

    /// Binds `$1` mailbox, `$2` message.
    ///
    /// Gives the attempts back. One row: 1, or 0 when another was faster.
    static let retry = SQL(
        name: "quarantine.retry",
        text: """
            WITH g AS (
                UPDATE message SET fate = 'fetched' WHERE mailbox_id = $1 AND id = $2 AND fate = 'quarantined'
                RETURNING digest
            ), p AS (
                UPDATE placement SET fate = 'fetched', attempts = 0, reason = NULL
                WHERE mailbox_id = $1 AND digest = (SELECT digest FROM g) AND fate = 'quarantined'
            )
            SELECT count(*) FROM g
            """
    )

    /// Binds `$1` mailbox, `$2` message, `$3` reason.
    ///
    /// One row: 1, or 0 when another was faster.
    static let discard = SQL(
        name: "quarantine.discard",
        text: """
            WITH g AS (
                UPDATE message SET fate = 'ignored' WHERE mailbox_id = $1 AND id = $2 AND fate = 'quarantined'
                RETURNING digest
            ), p AS (
                UPDATE placement SET fate = 'ignored', reason = $3
                WHERE mailbox_id = $1 AND digest = (SELECT digest FROM g) AND fate = 'quarantined'
            )
            SELECT count(*) FROM g
            """
    )

    /// Binds `$1` mailbox, `$2` digest.
    ///
    /// One row or none: the content, and whether it is in one piece.
    static let content = SQL(
        name: "quarantine.content",
        text: """
            SELECT id, body IS NOT NULL FROM content WHERE mailbox_id = $1 AND digest = $2 AND complete
            """
    )

    /// Binds `$1` mailbox, `$2` content.
    static let body = SQL(
        name: "quarantine.body",
        text: "SELECT body FROM content WHERE mailbox_id = $1 AND id = $2 AND body IS NOT NULL"
    )

    /// Binds `$1` mailbox, `$2` content, `$3` ordinal.
    static let chunk = SQL(
        name: "quarantine.chunk",
        text: """
            SELECT bytes FROM content_chunk WHERE mailbox_id = $1 AND content_id = $2 AND ordinal = $3::int
            """
    )

    /// Mails in quarantine by arrival: all, those of one mailbox, or one.
    ///
    /// Throws ``StoreError``.
    package static func list(
        _ unit: Unit,
        mailbox name: String? = nil,
        message: Identifier<Message>? = nil
    ) throws -> [QuarantinedMail] {
        try unit.transaction.query(list, name, message?.rawValue).map { row in
            QuarantinedMail(
                id: Identifier(try row.decode(0, as: Int64.self)),
                mailboxID: Identifier(try row.decode(1, as: Int64.self)),
                mailbox: try row.decode(2, as: String.self),
                ticket: try row.decode(3, as: Int64?.self).map { Identifier($0) },
                receivedAt: try row.decode(4, as: Timestamp.self),
                filedAt: try row.decode(5, as: Timestamp.self),
                size: try row.decode(6, as: Int64?.self),
                note: try row.decode(7, as: String?.self),
                digest: try row.decode(8, as: [UInt8].self),
                messageID: try row.decode(9, as: String?.self),
                from: try row.decode(10, as: String.self),
                subject: try row.decode(11, as: String.self),
                reason: try row.decode(12, as: String?.self),
                places: try row.decode(13, as: [String].self)
            )
        }
    }

    /// Has a mail filed anew by the next run, on the ticket it has; false when it is not in quarantine any more.
    ///
    /// Throws ``StoreError``.
    package static func retry(_ unit: Unit, _ mail: QuarantinedMail) throws -> Bool {
        guard try self.isDone(unit.transaction.query(retry, mail.mailboxID.rawValue, mail.id.rawValue)) else {
            return false
        }
        try MailboxQueries.wake(unit, mail.mailboxID, .ingestion)
        return true
    }

    /// Takes a mail out of quarantine for good: it stays in the ledger, ignored, with the reason, and its bytes are kept.
    ///
    /// False when it is not in quarantine any more. Throws ``StoreError``.
    package static func discard(_ unit: Unit, _ mail: QuarantinedMail) throws -> Bool {
        let reason = IgnoreReason.discarded.rawValue
        return try self.isDone(
            unit.transaction.query(discard, mail.mailboxID.rawValue, mail.id.rawValue, reason)
        )
    }

    private static func isDone(_ rows: PostgresRows) throws -> Bool {
        for row in rows { return try row.decode(0, as: Int64.self) == 1 }
        return false
    }

    /// Where the bytes of a mail are kept.
    package struct Content: Sendable {
        let mailbox: Identifier<Mailbox>
        let id: Int64
        let isInOnePiece: Bool
    }

    /// Where the bytes of a mail are kept; nil where none are.
    ///
    /// Throws ``StoreError``.
    package static func content(_ unit: Unit, _ mail: QuarantinedMail) throws -> Content? {
        for row in try unit.transaction.query(content, mail.mailboxID.rawValue, mail.digest) {
            return Content(
                mailbox: mail.mailboxID,
                id: try row.decode(0, as: Int64.self),
                isInOnePiece: try row.decode(1, as: Bool.self)
            )
        }
        return nil
    }

    /// The bytes of a mail, piece by piece from 0 on; nil after the last.
    ///
    /// Throws ``StoreError``.
    package static func piece(_ unit: Unit, _ content: Content, _ ordinal: Int) throws -> [UInt8]? {
        if content.isInOnePiece {
            guard ordinal == 0 else { return nil }
            for row in try unit.transaction.query(body, content.mailbox.rawValue, content.id) {
                return try row.decode(0, as: [UInt8].self)
            }
            return nil
        }
        for row in try unit.transaction.query(chunk, content.mailbox.rawValue, content.id, Int64(ordinal)) {
            return try row.decode(0, as: [UInt8].self)
        }
        return nil
    }
}
