package import Desk
import Postgres

/// Statements on `hold`: one field of one message that is neither read nor written until its time is over, somebody changes
/// it, or its ticket changes.
package enum HoldQueries {
    static let all: [SQL] = [refuse, hold, endOfTickets, forget, list]

    /// Binds `$1` mailbox, `$2` message, `$3` field, `$4` reason.
    ///
    /// Counts a refused gesture: the second within an hour is held for an hour. One row: whether it is held now.
    static let refuse = SQL(
        name: "hold.refuse",
        text: """
            INSERT INTO hold AS h (mailbox_id, message_id, field, reason) VALUES ($1, $2, $3, $4)
            ON CONFLICT (mailbox_id, message_id, field) DO UPDATE
            SET reason = excluded.reason,
                times = CASE WHEN h.since > now() - interval '1 hour' THEN h.times + 1 ELSE 1 END,
                since = CASE WHEN h.since > now() - interval '1 hour' THEN h.since ELSE now() END,
                until = CASE WHEN h.since > now() - interval '1 hour' THEN now() + interval '1 hour' END
            RETURNING until IS NOT NULL
            """
    )

    /// Binds `$1` mailbox, then arrays: `$2` messages, `$3` fields, `$4` reasons, `$5` seconds.
    ///
    /// Holds at once, because the server refuses; each further time twice as long, up to an hour.
    static let hold = SQL(
        name: "hold.hold",
        text: """
            INSERT INTO hold AS h (mailbox_id, message_id, field, reason, until)
            SELECT $1, u.message_id, u.field, u.reason, now() + make_interval(secs => u.seconds)
            FROM unnest($2::bigint[], $3::text[], $4::text[], $5::float8[]) AS u (message_id, field, reason, seconds)
            ON CONFLICT (mailbox_id, message_id, field) DO UPDATE
            SET reason = excluded.reason, times = h.times + 1,
                until = now() + LEAST((excluded.until - now()) * power(2, LEAST(h.times, 10)), interval '1 hour')
            """
    )

    /// Binds `$1` mailbox, `$2` tickets.
    ///
    /// The tickets changed, so what is held on their messages is tried again; refusals stay counted.
    static let endOfTickets = SQL(
        name: "hold.end_of_tickets",
        text: """
            UPDATE hold h SET until = NULL FROM message g
            WHERE h.mailbox_id = $1 AND h.until IS NOT NULL
              AND g.mailbox_id = $1 AND g.id = h.message_id AND g.ticket = ANY($2)
            """
    )

    /// Binds `$1` mailbox, `$2` messages.
    ///
    /// What was held for a time that is over, and is written now, or came into step by itself.
    static let forget = SQL(
        name: "hold.forget",
        text: "DELETE FROM hold WHERE mailbox_id = $1 AND message_id = ANY($2) AND until <= now()"
    )

    /// Binds `$1` mailbox.
    ///
    /// What is held now, by reason and field, with the number of messages and the earliest beginning.
    static let list = SQL(
        name: "hold.list",
        text: """
            SELECT reason, field, count(*), min(since), max(until) FROM hold
            WHERE mailbox_id = $1 AND until > now()
            GROUP BY reason, field ORDER BY count(*) DESC, reason, field
            """
    )

    /// Counts a refused gesture on one field; true when it is held from now on.
    package static func refuse(
        _ unit: Unit,
        mailbox: Identifier<Mailbox>,
        _ message: Identifier<Message>,
        field: String,
        reason: String
    ) throws -> Bool {
        for row in try unit.transaction.query(refuse, mailbox.rawValue, message.rawValue, field, reason) {
            return try row.decode(0, as: Bool.self)
        }
        return false
    }

    /// Fields of a message that the server does not take for now.
    package struct Hold: Sendable {
        /// The message.
        package let message: Identifier<Message>
        /// Which fields.
        package let fields: MarkFields
        /// Why, for people.
        package let reason: String
        /// For how long the first time.
        package let wait: Duration

        /// Puts the values together.
        package init(message: Identifier<Message>, fields: MarkFields, reason: String, wait: Duration) {
            self.message = message
            self.fields = fields
            self.reason = reason
            self.wait = wait
        }
    }

    /// Holds fields because the server refuses them.
    package static func hold(_ unit: Unit, mailbox: Identifier<Mailbox>, _ holds: [Hold]) throws {
        let rows = holds.flatMap { hold in hold.fields.names.map { (hold: hold, field: $0) } }
        guard !rows.isEmpty else { return }
        try unit.transaction.queue(
            hold,
            mailbox.rawValue,
            rows.map(\.hold.message.rawValue),
            rows.map(\.field),
            rows.map(\.hold.reason),
            rows.map { Double($0.hold.wait.components.seconds) }
        )
    }

    /// Ends the holds on the messages of tickets that changed.
    package static func end(_ unit: Unit, mailbox: Identifier<Mailbox>, ofTickets tickets: [Ticket.ID]) throws {
        try unit.transaction.queue(endOfTickets, mailbox.rawValue, tickets.map(\.rawValue))
    }

    /// Forgets holds that are over on messages that were written.
    package static func forget(
        _ unit: Unit,
        mailbox: Identifier<Mailbox>,
        _ messages: [Identifier<Message>]
    ) throws {
        try unit.transaction.queue(self.forgetting(mailbox, messages))
    }

    static func forgetting(_ mailbox: Identifier<Mailbox>, _ messages: [Identifier<Message>]) -> [BoundStatement] {
        messages.isEmpty ? [] : [BoundStatement(forget, mailbox.rawValue, messages.map(\.rawValue))]
    }

    /// What is held alike.
    package struct Held: Equatable, Sendable {
        /// Why, for people.
        package let reason: String
        /// The field: place, owner, pending, flagged or answered.
        package let field: String
        /// On how many messages.
        package let messages: Int64
        /// Since when, at the earliest.
        package let since: Timestamp
        /// When the last of them is tried again.
        package let until: Timestamp
    }

    /// What is held in a mailbox now, the most frequent first.
    package static func list(_ unit: Unit, mailbox: Identifier<Mailbox>) throws -> [Held] {
        try unit.transaction.query(list, mailbox.rawValue).map { row in
            Held(
                reason: try row.decode(0, as: String.self),
                field: try row.decode(1, as: String.self),
                messages: try row.decode(2, as: Int64.self),
                since: try row.decode(3, as: Timestamp.self),
                until: try row.decode(4, as: Timestamp.self)
            )
        }
    }
}
