package import Desk
import Postgres

/// What is known of the health of one mailbox, from the database alone.
package struct MailboxHealth: Equatable, Sendable {
    /// Its name.
    package let name: String
    /// Where its password is read from.
    package let passwordFile: String?
    /// Or the environment variable that holds it.
    package let passwordVariable: String?
    /// The authorities it trusts, instead of the system's.
    package let caFile: String?
    /// nil: observe-only.
    package let layout: Layout?
    /// When it was added.
    package let createdAt: Timestamp
    /// When the first import was filed to its end; nil while it is under way.
    package let adoptedAt: Timestamp?
    /// When the last complete synchronisation began.
    package let synchronisedAt: Timestamp?
    /// Since when it is paused; nil while it is not.
    package let pausedAt: Timestamp?
    /// What kept the last synchronisation from its end, for people.
    package let lastError: String?
    /// When that was.
    package let lastErrorAt: Timestamp?
    /// Fetched mail that is not filed yet.
    package let unfiled: Int64
    /// Mail that defeated the parser.
    package let quarantined: Int64
    /// Fields of messages whose marks wait for a person or for time.
    package let heldMarks: Int64
    /// Why the most of them are held, for people; nil where none are.
    package let heldReason: String?
    /// Since when the oldest of them is.
    package let heldSince: Timestamp?
    /// Mails that were moved by COPY and whose sources the server cannot expunge.
    package let leftDeleted: Int64
    /// INBOX does not keep keywords, though the layout wants them.
    package let lacksKeywords: Bool
    /// Gestures that the breaker stopped.
    package let heldGestures: Int64
    /// Watched folders that the server does not list any more.
    package let missingFolders: [String]
    /// Watched folders that are listed and not synchronised, with the reason.
    package let troubledFolders: [String]
    /// The oldest intent that is not closed.
    package let oldestIntent: Timestamp?
    /// How its server wants to be treated.
    package var link = ServerLink()
}

/// A lease, held or run out.
package struct LeaseHealth: Equatable, Sendable {
    /// The name of the mailbox.
    package let mailbox: String
    /// The service, as ``LeasedService`` has it.
    package let service: String
    /// Host and process of the holder.
    package let holder: String
    /// When it runs out unless it is renewed.
    package let expiresAt: Timestamp
    /// By PostgreSQL's clock.
    package let isHeld: Bool
}

/// Statements that look at how things stand; they read and never write.
package enum DoctorQueries {
    /// Every statement here.
    static let all: [SQL] = [clock, mailboxes, leases]

    /// One row: PostgreSQL's time now, not that of the transaction.
    static let clock = SQL(name: "doctor.clock", text: "SELECT clock_timestamp()")

    /// Rows by name.
    ///
    /// Unfiled mail is counted in the index `placement_unfiled`; quarantined mail by a scan of the mailbox's
    /// placements, which is meant for a person who asks.
    static let mailboxes = SQL(
        name: "doctor.mailboxes",
        text: """
            SELECT m.name, m.password_file, m.password_variable, m.ca_file, m.layout, m.created_at, m.adopted_at,
                   m.complete_sync_at, m.paused_at, m.last_error, m.last_error_at,
                   (SELECT count(*) FROM placement p WHERE p.mailbox_id = m.id AND p.fate = 'fetched'),
                   (SELECT count(*) FROM placement p WHERE p.mailbox_id = m.id AND p.fate = 'quarantined'),
                   (SELECT count(*) FROM hold h WHERE h.mailbox_id = m.id AND h.until > now()),
                   (SELECT count(*) FROM held_gesture h WHERE h.mailbox_id = m.id AND h.decision IS NULL),
                   ARRAY(SELECT f.name FROM folder f WHERE f.mailbox_id = m.id AND f.phase = 'missing'
                           AND f.role <> 'other' ORDER BY f.name),
                   (SELECT min(i.created_at) FROM intent i WHERE i.mailbox_id = m.id AND i.closed IS NULL),
                   (SELECT h.reason FROM hold h WHERE h.mailbox_id = m.id AND h.until > now()
                    GROUP BY h.reason ORDER BY count(*) DESC, h.reason LIMIT 1),
                   (SELECT min(h.since) FROM hold h WHERE h.mailbox_id = m.id AND h.until > now()),
                   (SELECT count(*) FROM intent i
                    JOIN placement p ON p.mailbox_id = i.mailbox_id AND p.folder_id = i.folder_id AND p.epoch = i.epoch
                        AND p.uid = i.uid
                    WHERE i.mailbox_id = m.id AND i.step = 'mark' AND i.outcome = 'confirmed' AND p.gone_at IS NULL),
                   m.layout IN ('keywords', 'both') AND EXISTS (
                       SELECT 1 FROM folder f
                       WHERE f.mailbox_id = m.id AND f.role = 'inbox' AND f.keywords_allowed = false),
                   ARRAY(SELECT f.name || ': ' || f.trouble FROM folder f
                         WHERE f.mailbox_id = m.id AND f.trouble IS NOT NULL AND f.phase <> 'missing' ORDER BY f.name),
                   \(ServerLink.columns)
            FROM mailbox m
            ORDER BY m.name
            """
    )

    /// Rows by mailbox and service.
    static let leases = SQL(
        name: "doctor.leases",
        text: """
            SELECT m.name, l.service, l.holder, l.expires_at, l.expires_at > now()
            FROM lease l
            JOIN mailbox m ON m.id = l.mailbox_id
            ORDER BY m.name, l.service
            """
    )

    /// PostgreSQL's time now.
    ///
    /// Throws ``StoreError``.
    package static func clock(_ unit: Unit) throws -> Timestamp {
        for row in try unit.transaction.query(self.clock) { return try row.decode(0, as: Timestamp.self) }
        throw StoreError.missingRow(self.clock.name)
    }

    /// Every mailbox by name.
    ///
    /// Throws ``StoreError``.
    package static func mailboxes(_ unit: Unit) throws -> [MailboxHealth] {
        try unit.transaction.query(self.mailboxes).map { row in
            MailboxHealth(
                name: try row.decode(0, as: String.self),
                passwordFile: try row.decode(1, as: String?.self),
                passwordVariable: try row.decode(2, as: String?.self),
                caFile: try row.decode(3, as: String?.self),
                layout: try row.decode(4, rawOptional: Layout.self),
                createdAt: try row.decode(5, as: Timestamp.self),
                adoptedAt: try row.decode(6, as: Timestamp?.self),
                synchronisedAt: try row.decode(7, as: Timestamp?.self),
                pausedAt: try row.decode(8, as: Timestamp?.self),
                lastError: try row.decode(9, as: String?.self),
                lastErrorAt: try row.decode(10, as: Timestamp?.self),
                unfiled: try row.decode(11, as: Int64.self),
                quarantined: try row.decode(12, as: Int64.self),
                heldMarks: try row.decode(13, as: Int64.self),
                heldReason: try row.decode(17, as: String?.self),
                heldSince: try row.decode(18, as: Timestamp?.self),
                leftDeleted: try row.decode(19, as: Int64.self),
                lacksKeywords: try row.decode(20, as: Bool?.self) ?? false,
                heldGestures: try row.decode(14, as: Int64.self),
                missingFolders: try row.decode(15, as: [String].self),
                troubledFolders: try row.decode(21, as: [String].self),
                oldestIntent: try row.decode(16, as: Timestamp?.self),
                link: try ServerLink(row, from: 22)
            )
        }
    }

    /// Every lease by mailbox and service.
    ///
    /// Throws ``StoreError``.
    package static func leases(_ unit: Unit) throws -> [LeaseHealth] {
        try unit.transaction.query(self.leases).map { row in
            LeaseHealth(
                mailbox: try row.decode(0, as: String.self),
                service: try row.decode(1, as: String.self),
                holder: try row.decode(2, as: String.self),
                expiresAt: try row.decode(3, as: Timestamp.self),
                isHeld: try row.decode(4, as: Bool.self)
            )
        }
    }
}
