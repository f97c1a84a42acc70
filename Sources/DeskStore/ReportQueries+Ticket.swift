package import Desk
import Postgres

/// What the reports count of one ticket, for `baton report explain`.
extension ReportQueries {
    /// A ticket's number, where it lies, and the database's time.
    package struct TicketState: Equatable, Sendable {
        /// The database's time of the statement's transaction.
        package let asOf: Timestamp
        /// The name of its mailbox.
        package let mailbox: String
        /// The name of its queue.
        package let queue: String?
        /// `open`, `pending`, `closed` or `spam`.
        package let status: String

        /// A value of these parts.
        package init(
            asOf: Timestamp,
            mailbox: String,
            queue: String?,
            status: String
        ) {
            self.asOf = asOf
            self.mailbox = mailbox
            self.queue = queue
            self.status = status
        }
    }

    /// One row of `turn`.
    package struct TicketTurn: Equatable, Sendable {
        /// Counted from 1 within the ticket.
        package let ordinal: Int
        /// When the contact began to wait.
        package let startedAt: Timestamp
        /// When that ended; nil while it has not.
        package let endedAt: Timestamp?
        /// `waiting`, `answered`, `answered_unseen`, `closed`, `spam` or `merged`.
        package let outcome: String
        /// The handle of who answered.
        package let responder: String?
        /// Whether the responder is only presumed.
        package let isPresumed: Bool
        /// Whether it is the ticket's first turn, of a ticket that a contact began.
        package let isFirst: Bool

        /// A value of these parts.
        package init(
            ordinal: Int,
            startedAt: Timestamp,
            endedAt: Timestamp?,
            outcome: String,
            responder: String?,
            isPresumed: Bool,
            isFirst: Bool
        ) {
            self.ordinal = ordinal
            self.startedAt = startedAt
            self.endedAt = endedAt
            self.outcome = outcome
            self.responder = responder
            self.isPresumed = isPresumed
            self.isFirst = isFirst
        }
    }

    /// One stretch of time in which the ticket was open or pending.
    package struct TicketInterval: Equatable, Sendable {
        /// When it began.
        package let beganAt: Timestamp
        /// When it ended; nil while it has not.
        package let endedAt: Timestamp?
        /// `closed`, `spam` or `merged`; nil while it has not ended.
        package let endedAs: String?
        /// Whether it ended by what the mailbox looked like when Baton first saw it: when that came about is not known.
        package let endedAtFirstSight: Bool
        /// The handle of the owner at its end, or of the owner now.
        package let owner: String?

        /// A value of these parts.
        package init(
            beganAt: Timestamp,
            endedAt: Timestamp?,
            endedAs: String?,
            endedAtFirstSight: Bool,
            owner: String?
        ) {
            self.beganAt = beganAt
            self.endedAt = endedAt
            self.endedAs = endedAs
            self.endedAtFirstSight = endedAtFirstSight
            self.owner = owner
        }
    }

    /// An event that a reader might expect to count.
    package struct TicketEventLine: Equatable, Sendable {
        /// When it happened.
        package let at: Timestamp
        /// The event's kind, as stored.
        package let kind: String
        /// Who did it.
        package let actor: String

        /// A value of these parts.
        package init(
            at: Timestamp,
            kind: String,
            actor: String
        ) {
            self.at = at
            self.kind = kind
            self.actor = actor
        }
    }

    /// The ticket, or nil when there is none of this number.
    ///
    /// - Throws: ``StoreError``.
    package static func state(_ unit: Unit, of ticket: Identifier<Ticket>) throws -> TicketState? {
        for row in try unit.transaction.query(self.ticketState, ticket.rawValue) {
            return TicketState(
                asOf: Timestamp(microseconds: try row.decode(0)),
                mailbox: try row.decode(1),
                queue: try row.decode(2),
                status: try row.decode(3)
            )
        }
        return nil
    }

    /// The ticket's turns, oldest first.
    package static func turns(_ unit: Unit, of ticket: Identifier<Ticket>) throws -> [TicketTurn] {
        try unit.transaction.query(self.ticketTurns, ticket.rawValue).map { row in
            TicketTurn(
                ordinal: try row.decode(0),
                startedAt: Timestamp(microseconds: try row.decode(1)),
                endedAt: try row.decode(2, as: Int64?.self).map(Timestamp.init(microseconds:)),
                outcome: try row.decode(3),
                responder: try row.decode(4),
                isPresumed: try row.decode(5),
                isFirst: try row.decode(6)
            )
        }
    }

    /// The intervals in which the ticket was open, oldest first.
    package static func intervals(_ unit: Unit, of ticket: Identifier<Ticket>) throws -> [TicketInterval] {
        try unit.transaction.query(self.ticketIntervals, ticket.rawValue).map { row in
            TicketInterval(
                beganAt: Timestamp(microseconds: try row.decode(0)),
                endedAt: try row.decode(1, as: Int64?.self).map(Timestamp.init(microseconds:)),
                endedAs: try row.decode(2),
                endedAtFirstSight: try row.decode(3, as: Bool?.self) ?? false,
                owner: try row.decode(4)
            )
        }
    }

    /// The ticket's mail, notes and answers, oldest first.
    package static func events(_ unit: Unit, of ticket: Identifier<Ticket>) throws -> [TicketEventLine] {
        try unit.transaction.query(self.ticketEvents, ticket.rawValue).map { row in
            TicketEventLine(
                at: Timestamp(microseconds: try row.decode(0)),
                kind: try row.decode(1),
                actor: try row.decode(2)
            )
        }
    }

    /// A ticket's place and status.
    ///
    /// Binds `$1` ticket. One row or none: as_of (µs), mailbox, queue, status.
    static let ticketState = SQL(
        name: "report.ticket",
        text: """
            SELECT \(microseconds("now()")), m.name, q.name, t.status
            FROM ticket_number n
            JOIN ticket t ON t.mailbox_id = n.mailbox_id AND t.number = n.number
            JOIN mailbox m ON m.id = n.mailbox_id
            LEFT JOIN queue q ON q.id = t.queue_id
            WHERE n.number = $1::bigint
            """
    )

    /// A ticket's turns.
    ///
    /// Binds `$1` ticket. Rows in order: ordinal, start and end (µs), outcome, responder, presumed, first. Primary key.
    static let ticketTurns = SQL(
        name: "report.ticket_turns",
        text: """
            SELECT t.ordinal::bigint, \(microseconds("t.started_at")), \(microseconds("t.ended_at")), t.outcome, a.handle,
                   t.presumed, t.is_first
            FROM ticket_number n
            JOIN turn t ON t.mailbox_id = n.mailbox_id AND t.ticket = n.number
            LEFT JOIN agent a ON a.id = t.responder_id
            WHERE n.number = $1::bigint
            ORDER BY t.ordinal
            """
    )

    /// The intervals in which a ticket was open.
    ///
    /// Binds `$1` ticket. Rows in order: start and end (µs), how it ended, whether at first sight, owner. Primary key of event.
    static let ticketIntervals = SQL(
        name: "report.ticket_intervals",
        text: """
            WITH candidate AS (
                SELECT n.mailbox_id, n.number AS ticket FROM ticket_number n WHERE n.number = $1::bigint
            ), \(intervals(owners: "true"))
            SELECT \(microseconds("i.began_at")), \(microseconds("i.ended_at")), i.ended_as, i.ended_by = 'ingestion', a.handle
            FROM interval_of i
            JOIN ticket t ON t.mailbox_id = i.mailbox_id AND t.number = i.ticket
            LEFT JOIN agent a ON a.id = CASE WHEN i.ended_at IS NULL THEN t.owner_id ELSE i.owner_id END
            ORDER BY i.island
            """
    )

    /// A ticket's mail, notes and answers.
    ///
    /// Binds `$1` ticket. Rows in order of time: at (µs), kind, actor. Primary key of event.
    static let ticketEvents = SQL(
        name: "report.ticket_events",
        text: """
            SELECT \(microseconds("e.at")), e.kind, e.actor
            FROM ticket_number n
            JOIN event e ON e.mailbox_id = n.mailbox_id AND e.ticket = n.number
            WHERE n.number = $1::bigint
              AND e.kind IN ('message_in', 'message_auto', 'message_unverified', 'message_out', 'answered',
                             'answered_unseen', 'noted')
            ORDER BY e.at, e.seq
            """
    )

    /// Instants as whole microseconds since 1970.
    static func microseconds(_ instant: String) -> String {
        "(EXTRACT(epoch FROM \(instant)) * 1000000)::bigint"
    }

    /// The WITH `interval_of`, made of a WITH `candidate (mailbox_id, ticket)` that stands before it.
    ///
    /// Its columns: mailbox_id, ticket, island, began_at, ended_at and ended_as (both NULL while open), ended_by (an
    /// origin), owner_id. An island is what lies between two ends: its first opening begins the interval, others within
    /// it (new mail on a pending ticket) change nothing, and one without an opening is a second end of the same. Pending
    /// only ever follows open. An interval never ends before it began, whatever the clocks said that gave its ends.
    ///
    /// Lateral, because a ticket's few events are read in order from the primary key: one join of all events with all
    /// candidates sorts them on disk. `owners` is SQL that says whether owners are asked for.
    static func intervals(owners: String) -> String {
        """
        interval_of AS (
            SELECT c.mailbox_id, c.ticket, i.island, i.began_at, i.ended_at, i.ended_as, i.ended_by, i.owner_id
            FROM candidate c
            CROSS JOIN LATERAL (
                SELECT p.island, min(p.at) FILTER (WHERE p.opens) AS began_at,
                       greatest(max(p.at) FILTER (WHERE p.ends IS NOT NULL),
                                CASE WHEN max(p.ends) IS NOT NULL THEN min(p.at) FILTER (WHERE p.opens) END) AS ended_at,
                       max(p.ends) AS ended_as, max(p.origin) FILTER (WHERE p.ends IS NOT NULL) AS ended_by,
                       (max(p.owner) FILTER (WHERE p.ends IS NOT NULL))[2] AS owner_id
                FROM (
                    SELECT s.at, s.origin, s.opens, s.ends, count(s.ends) OVER so_far - (s.ends IS NOT NULL)::int AS island,
                           CASE WHEN \(owners) THEN max(s.owner) OVER so_far END AS owner
                    FROM (
                        SELECT e.seq, e.at, e.origin,
                               e.kind IN ('opened', 'reopened', 'not_spam')
                               OR e.kind = 'restored_in_mailbox' AND e.details ->> 'status' IN ('open', 'pending') AS opens,
                               CASE e.kind
                                   WHEN 'closed' THEN 'closed'
                                   WHEN 'deleted_in_mailbox' THEN 'closed'
                                   WHEN 'marked_spam' THEN 'spam'
                                   WHEN 'merged' THEN 'merged'
                               END AS ends,
                               CASE e.kind
                                   WHEN 'assigned' THEN ARRAY[e.seq, e.agent_id]
                                   WHEN 'released' THEN ARRAY[e.seq, NULL]
                               END AS owner
                        FROM event e
                        WHERE e.mailbox_id = c.mailbox_id AND e.ticket = c.ticket
                          AND (e.kind IN ('opened', 'reopened', 'not_spam', 'restored_in_mailbox', 'closed',
                                          'deleted_in_mailbox', 'marked_spam', 'merged')
                               OR \(owners) AND e.kind IN ('assigned', 'released'))
                    ) s
                    WINDOW so_far AS (ORDER BY s.seq ROWS UNBOUNDED PRECEDING)
                ) p
                GROUP BY p.island
                HAVING bool_or(p.opens)
            ) i
        )
        """
    }
}
