package import Desk
import Postgres

/// Statements on `held_gesture`: what the breaker stopped until a person decides.
package enum HeldGestureQueries {
    static let all: [SQL] = [hold, holdFolder, dropFolder, undecided, decided, accept, drop, list]

    /// Binds `$1` mailbox, then arrays: `$2` messages, `$3` tickets, `$4` folders, `$5` kinds.
    static let hold = SQL(
        name: "held_gesture.hold",
        text: """
            INSERT INTO held_gesture (mailbox_id, message_id, ticket, folder_id, kind)
            SELECT $1, u.* FROM unnest($2::bigint[], $3::bigint[], $4::bigint[], $5::text[]) AS u
            ON CONFLICT (mailbox_id, message_id) DO NOTHING
            """
    )

    /// Binds `$1` mailbox, `$2` decision.
    ///
    /// A person accepts or reverts everything held. Rows: how many.
    static let decided = SQL(
        name: "held_gesture.decide",
        text: """
            WITH d AS (
                UPDATE held_gesture SET decision = $2 WHERE mailbox_id = $1 AND decision IS NULL RETURNING message_id)
            UPDATE message SET touched = nextval('touch_number')
            WHERE mailbox_id = $1 AND id IN (SELECT message_id FROM d)
            """
    )

    /// Binds `$1` mailbox, `$2` messages.
    ///
    /// What was reverted is so; a copy in a folder that is still missing counts as gone from now on.
    static let accept = SQL(
        name: "held_gesture.accept",
        text: "UPDATE held_gesture SET decision = 'accept' WHERE mailbox_id = $1 AND message_id = ANY($2)"
    )

    /// Binds `$1` mailbox, `$2` messages.
    static let drop = SQL(
        name: "held_gesture.drop",
        text: "DELETE FROM held_gesture WHERE mailbox_id = $1 AND message_id = ANY($2)"
    )

    /// Binds `$1` mailbox's name.
    ///
    /// What is held, by folder and ticket.
    static let list = SQL(
        name: "held_gesture.list",
        text: """
            SELECT h.ticket, f.name, h.kind, h.at, h.decision FROM held_gesture h
            JOIN mailbox m ON m.id = h.mailbox_id
            JOIN folder f ON f.mailbox_id = h.mailbox_id AND f.id = h.folder_id
            WHERE m.name = $1 ORDER BY f.name, h.ticket, h.message_id
            """
    )

    /// One message's change that is held.
    package struct Held: Sendable, Equatable {
        /// The ticket it is on.
        package let ticket: Ticket.ID
        /// The folder it was changed in, for people.
        package let folder: String
        /// What it would take away.
        package let kind: String
        /// Since when it is held.
        package let at: Timestamp
        /// What a person decided, until the next run does it.
        package let decision: BreakerDecision?
    }

    /// What is held in a mailbox, by its name.
    package static func list(_ unit: Unit, mailbox name: String) throws -> [Held] {
        try unit.transaction.query(list, name).map { row in
            Held(
                ticket: Identifier(try row.decode(0, as: Int64.self)),
                folder: try row.decode(1, as: String.self),
                kind: try row.decode(2, as: String.self),
                at: try row.decode(3, as: Timestamp.self),
                decision: try row.decode(4, rawOptional: BreakerDecision.self)
            )
        }
    }

    /// Binds `$1` mailbox, `$2` folder.
    ///
    /// Everything on a ticket that lies in a folder nobody lists any more; what lies in All lies there beside, or is archived.
    static let holdFolder = SQL(
        name: "held_gesture.hold_folder",
        text: """
            INSERT INTO held_gesture (mailbox_id, message_id, ticket, folder_id, kind)
            SELECT g.mailbox_id, g.id, g.ticket, $2, 'delete'
            FROM placement p JOIN message g ON g.mailbox_id = p.mailbox_id AND g.digest = p.digest
            WHERE p.mailbox_id = $1 AND p.folder_id = $2 AND p.gone_at IS NULL AND g.ticket IS NOT NULL
              AND g.settled IS NOT NULL
              AND NOT EXISTS (SELECT 1 FROM folder f WHERE f.mailbox_id = $1 AND f.id = $2 AND f.role = 'all')
            ON CONFLICT (mailbox_id, message_id) DO NOTHING
            """
    )

    /// Binds `$1` mailbox, `$2` folder.
    ///
    /// The folder is back as it was: nothing is to be decided, and what counted as gone is looked at.
    static let dropFolder = SQL(
        name: "held_gesture.drop_folder",
        text: """
            WITH d AS (DELETE FROM held_gesture WHERE mailbox_id = $1 AND folder_id = $2 AND decision IS NULL
                       RETURNING message_id)
            UPDATE message SET touched = nextval('touch_number')
            WHERE mailbox_id = $1 AND id IN (
                SELECT message_id FROM d
                UNION ALL
                SELECT message_id FROM held_gesture
                WHERE mailbox_id = $1 AND folder_id = $2 AND decision IS NOT NULL)
            """
    )

    /// Binds `$1` mailbox.
    ///
    /// Folders in which something waits for a decision, and the kinds of change.
    static let undecided = SQL(
        name: "held_gesture.undecided",
        text: "SELECT DISTINCT folder_id, kind FROM held_gesture WHERE mailbox_id = $1 AND decision IS NULL"
    )

    /// What ``undecided`` gave.
    static func groups(_ rows: PostgresRows) throws -> Set<BreakerGroup> {
        Set(
            try rows.map { row in
                BreakerGroup(
                    kind: try row.decode(1, raw: BreakerKind.self),
                    folder: Identifier(try row.decode(0, as: Int64.self))
                )
            }
        )
    }

    /// Holds everything that lies in a folder which was renamed or deleted.
    package static func holdFolder(
        _ unit: Unit,
        mailbox: Identifier<Mailbox>,
        _ folder: Identifier<Folder>
    ) throws {
        try unit.transaction.queue(holdFolder, mailbox.rawValue, folder.rawValue)
    }

    /// Ends the wait for a decision about a folder that is back as it was.
    package static func dropFolder(
        _ unit: Unit,
        mailbox: Identifier<Mailbox>,
        _ folder: Identifier<Folder>
    ) throws {
        try unit.transaction.queue(dropFolder, mailbox.rawValue, folder.rawValue)
    }

    /// Folders in which something waits for a decision.
    package static func undecidedFolders(
        _ unit: Unit,
        mailbox: Identifier<Mailbox>
    ) throws -> Set<Identifier<Folder>> {
        Set(
            try unit.transaction.query(undecided, mailbox.rawValue).map { Identifier(try $0.decode(0, as: Int64.self)) }
        )
    }

    /// Keeps gestures for a person to decide.
    package static func hold(
        _ unit: Unit,
        mailbox: Identifier<Mailbox>,
        _ held: [(message: Identifier<Message>, ticket: Ticket.ID, folder: Identifier<Folder>, kind: String)]
    ) throws {
        guard !held.isEmpty else { return }
        try unit.transaction.queue(
            hold,
            mailbox.rawValue,
            held.map(\.message.rawValue),
            held.map(\.ticket.rawValue),
            held.map(\.folder.rawValue),
            held.map(\.kind)
        )
    }

    /// Decides everything that is held; how many messages.
    package static func decide(
        _ unit: Unit,
        mailbox: Identifier<Mailbox>,
        _ decision: BreakerDecision
    ) throws -> Int {
        let count = try unit.transaction.execute(decided, mailbox.rawValue, decision.rawValue)
        try MailboxQueries.wake(unit, mailbox, .assignment)
        return count
    }

    /// What was written back as a person wanted stays decided while one of its folders is missing.
    package static func accept(
        _ unit: Unit,
        mailbox: Identifier<Mailbox>,
        _ messages: [Identifier<Message>]
    ) throws {
        guard !messages.isEmpty else { return }
        try unit.transaction.queue(accept, mailbox.rawValue, messages.map(\.rawValue))
    }

    /// Forgets held gestures that were applied or written back.
    package static func drop(
        _ unit: Unit,
        mailbox: Identifier<Mailbox>,
        _ messages: [Identifier<Message>]
    ) throws {
        guard !messages.isEmpty else { return }
        try unit.transaction.queue(drop, mailbox.rawValue, messages.map(\.rawValue))
    }
}
