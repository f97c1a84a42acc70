package import Desk
import Postgres

/// Statements on `held_gesture`: what the breaker stopped until a person decides.
package enum HeldGestureQueries {
    static let all: [SQL] = [hold, decided, drop, isHeld]

    /// Binds `$1` mailbox, then arrays: `$2` messages, `$3` tickets, `$4` folders, `$5` kinds.
    static let hold = SQL(
        name: "held_gesture.hold",
        text: """
            INSERT INTO held_gesture (mailbox_id, message_id, ticket, folder_id, kind)
            SELECT $1, u.* FROM unnest($2::bigint[], $3::bigint[], $4::bigint[], $5::text[]) AS u
            ON CONFLICT (mailbox_id, message_id) DO NOTHING
            """
    )

    /// Binds `$1` mailbox, `$2` messages.
    ///
    /// Held ones with the person's decision, if any.
    static let isHeld = SQL(
        name: "held_gesture.is_held",
        text: "SELECT message_id, decision FROM held_gesture WHERE mailbox_id = $1 AND message_id = ANY($2)"
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
    static let drop = SQL(
        name: "held_gesture.drop",
        text: "DELETE FROM held_gesture WHERE mailbox_id = $1 AND message_id = ANY($2)"
    )

    /// What a person decided about held gestures.
    package enum Decision: String, Sendable {
        case accept
        case revert
    }

    /// Keeps gestures for a person to decide.
    package static func hold(
        _ unit: Unit,
        mailbox: Identifier<Mailbox>,
        _ held: [(message: Identifier<Message>, ticket: Ticket.ID, folder: Identifier<Folder>, kind: String)]
    ) throws {
        guard !held.isEmpty else { return }
        _ = try unit.transaction.execute(
            hold,
            mailbox.rawValue,
            held.map(\.message.rawValue),
            held.map(\.ticket.rawValue),
            held.map(\.folder.rawValue),
            held.map(\.kind)
        )
    }

    /// Which of these messages are held, and what was decided.
    package static func held(
        _ unit: Unit,
        mailbox: Identifier<Mailbox>,
        among messages: [Identifier<Message>]
    ) throws -> [Identifier<Message>: Decision?] {
        var found: [Identifier<Message>: Decision?] = [:]
        for row in try unit.transaction.query(isHeld, mailbox.rawValue, messages.map(\.rawValue)) {
            found.updateValue(
                try row.decode(1, as: String?.self).flatMap(Decision.init(rawValue:)),
                forKey: Identifier(try row.decode(0, as: Int64.self))
            )
        }
        return found
    }

    /// Decides everything that is held; how many messages.
    package static func decide(
        _ unit: Unit,
        mailbox: Identifier<Mailbox>,
        _ decision: Decision
    ) throws -> Int {
        let count = try unit.transaction.execute(decided, mailbox.rawValue, decision.rawValue)
        try MailboxQueries.wake(unit, mailbox, .assignment)
        return count
    }

    /// Forgets held gestures that were applied or written back.
    package static func drop(
        _ unit: Unit,
        mailbox: Identifier<Mailbox>,
        _ messages: [Identifier<Message>]
    ) throws {
        guard !messages.isEmpty else { return }
        _ = try unit.transaction.execute(drop, mailbox.rawValue, messages.map(\.rawValue))
    }
}
