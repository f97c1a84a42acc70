package import Desk
import Postgres
import Rendering

/// Statements on `event` and `turn`: what happened, and the waiting it amounts to.
package enum EventQueries {
    static let all: [SQL] = [load, insert, upsertTurns, trimTurns]

    /// Binds `$1` mailbox, `$2` tickets.
    ///
    /// Their events in order.
    static let load = SQL(
        name: "event.load",
        text: """
            SELECT ticket, seq, at, recorded_at, kind, actor, origin, agent_id, presumed, message_id
            FROM event WHERE mailbox_id = $1 AND ticket = ANY($2) ORDER BY ticket, seq
            """
    )

    /// Binds `$1` mailbox, then arrays: `$2` tickets, `$3` seqs, `$4` at, `$5` kinds, `$6` actors, `$7` origins, `$8`
    /// agents, `$9` presumed, `$10` messages, `$11` details as JSON text.
    static let insert = SQL(
        name: "event.insert",
        text: """
            INSERT INTO event (mailbox_id, ticket, seq, at, kind, actor, origin, agent_id, presumed, message_id, details)
            SELECT $1, u.ticket, u.seq, u.at, u.kind, u.actor, u.origin, u.agent_id, u.presumed, u.message_id,
                   u.details::jsonb
            FROM unnest($2::bigint[], $3::bigint[], $4::timestamptz[], $5::text[], $6::text[], $7::text[], $8::bigint[],
                $9::boolean[], $10::bigint[], $11::text[])
                AS u (ticket, seq, at, kind, actor, origin, agent_id, presumed, message_id, details)
            """
    )

    /// Binds `$1` mailbox, then arrays: `$2` tickets, `$3` ordinals, `$4` started at, `$5` ended at, `$6` outcomes,
    /// `$7` responders, `$8` presumed, `$9` first, `$10` queues.
    ///
    /// Writes only what differs.
    static let upsertTurns = SQL(
        name: "turn.upsert",
        text: """
            INSERT INTO turn AS t (mailbox_id, ticket, ordinal, started_at, ended_at, outcome, responder_id, presumed,
                is_first, queue_id)
            SELECT $1, u.ticket, u.ordinal::int, u.started_at, u.ended_at, u.outcome, u.responder_id, u.presumed, u.is_first,
                   u.queue_id
            FROM unnest($2::bigint[], $3::bigint[], $4::timestamptz[], $5::timestamptz[], $6::text[], $7::bigint[],
                $8::boolean[], $9::boolean[], $10::bigint[])
                AS u (ticket, ordinal, started_at, ended_at, outcome, responder_id, presumed, is_first, queue_id)
            ON CONFLICT (mailbox_id, ticket, ordinal) DO UPDATE
            SET started_at = excluded.started_at, ended_at = excluded.ended_at, outcome = excluded.outcome,
                responder_id = excluded.responder_id, presumed = excluded.presumed, is_first = excluded.is_first
            WHERE (t.started_at, t.ended_at, t.outcome, t.responder_id, t.presumed, t.is_first)
                IS DISTINCT FROM (excluded.started_at, excluded.ended_at, excluded.outcome, excluded.responder_id,
                                  excluded.presumed, excluded.is_first)
            """
    )

    /// Binds `$1` mailbox, `$2` tickets, `$3` how many turns each has.
    ///
    /// Takes away turns that the fold has no more.
    static let trimTurns = SQL(
        name: "turn.trim",
        text: """
            DELETE FROM turn t USING unnest($2::bigint[], $3::bigint[]) AS u (ticket, count)
            WHERE t.mailbox_id = $1 AND t.ticket = u.ticket AND t.ordinal > u.count
            """
    )

    /// The events of tickets, in order.
    ///
    /// Details are left out: no decision reads them.
    package static func load(
        _ unit: Unit,
        mailbox: Identifier<Mailbox>,
        _ tickets: [Int64]
    ) throws -> [Ticket.ID: [TicketEvent]] {
        try self.histories(try unit.transaction.query(load, mailbox.rawValue, tickets))
    }

    /// What ``load`` gave.
    static func histories(_ rows: PostgresRows) throws -> [Ticket.ID: [TicketEvent]] {
        var found: [Ticket.ID: [TicketEvent]] = [:]
        for row in rows {
            let actor = Actor(
                name: try row.decode(5, as: String.self),
                origin: try row.decode(6, raw: Origin.self)
            )
            let draft = EventDraft(
                try row.decode(4, raw: TicketEvent.Kind.self),
                at: try row.decode(2, as: Timestamp.self),
                by: actor,
                agent: try row.decode(7, as: Int64?.self).map { Identifier($0) },
                isPresumed: try row.decode(8, as: Bool.self),
                message: try row.decode(9, as: Int64?.self).map { Identifier($0) }
            )
            found[Identifier(try row.decode(0, as: Int64.self)), default: []].append(
                TicketEvent(
                    draft,
                    seq: try row.decode(1, as: Int64.self),
                    recordedAt: try row.decode(3, as: Timestamp.self)
                )
            )
        }
        return found
    }

    /// Events to append to one ticket; the first has the sequence number `firstSeq`.
    package struct Appended: Sendable {
        /// The ticket it is on, if any.
        package let ticket: Ticket.ID
        /// The sequence number of the first.
        package let firstSeq: Int64
        /// Events, in order.
        package let events: [EventDraft]

        /// Puts the values together.
        package init(ticket: Ticket.ID, firstSeq: Int64, events: [EventDraft]) {
            self.ticket = ticket
            self.firstSeq = firstSeq
            self.events = events
        }
    }

    /// Appends events.
    ///
    /// They are recorded now.
    package static func insert(_ unit: Unit, mailbox: Identifier<Mailbox>, _ appended: [Appended]) throws {
        try unit.transaction.queue(insertion(mailbox: mailbox, appended))
    }

    static func insertion(mailbox: Identifier<Mailbox>, _ appended: [Appended]) -> [BoundStatement] {
        let rows = appended.flatMap { more in
            more.events.enumerated().map {
                (ticket: more.ticket, seq: more.firstSeq + Int64($0.offset), event: $0.element)
            }
        }
        guard !rows.isEmpty else { return [] }
        return [
            BoundStatement(
                insert,
                mailbox.rawValue,
                rows.map(\.ticket.rawValue),
                rows.map(\.seq),
                rows.map(\.event.at),
                rows.map(\.event.kind.rawValue),
                rows.map(\.event.actor),
                rows.map(\.event.origin.rawValue),
                rows.map { $0.event.agent?.rawValue },
                rows.map(\.event.isPresumed),
                rows.map { $0.event.message?.rawValue },
                rows.map { self.text(of: $0.event.details) }
            )
        ]
    }

    /// Details as the text of an object; U+0000 is replaced, since jsonb refuses it.
    private static func text(of details: [String: String]) -> String {
        let members = details.sorted { $0.key < $1.key }.map { name, value in
            let pieces = value.split(separator: "\0", omittingEmptySubsequences: false)
            return JSONText.Member(name: name, value: .string(pieces.joined(separator: "\u{FFFD}")))
        }
        return JSONText.object(members).compact
    }

    /// The turns of one ticket, all of them, as the fold made them.
    package struct Turns: Sendable {
        /// The ticket it is on, if any.
        package let ticket: Ticket.ID
        /// The queue.
        package let queue: Identifier<Queue>
        /// All turns, as the fold made them.
        package let turns: [Turn]

        /// Puts the values together.
        package init(ticket: Ticket.ID, queue: Identifier<Queue>, turns: [Turn]) {
            self.ticket = ticket
            self.queue = queue
            self.turns = turns
        }
    }

    /// Writes the projection of tickets anew; rows that are right already are not touched.
    package static func project(
        _ unit: Unit,
        mailbox: Identifier<Mailbox>,
        _ projected: [Turns],
        mayShrink: Bool
    ) throws {
        try unit.transaction.queue(projection(mailbox: mailbox, projected, mayShrink: mayShrink))
    }

    static func projection(
        mailbox: Identifier<Mailbox>,
        _ projected: [Turns],
        mayShrink: Bool
    ) -> [BoundStatement] {
        var statements: [BoundStatement] = []
        let rows = projected.flatMap { one in one.turns.map { (one: one, turn: $0) } }
        if !rows.isEmpty {
            statements.append(
                BoundStatement(
                    upsertTurns,
                    mailbox.rawValue,
                    rows.map(\.one.ticket.rawValue),
                    rows.map { Int64($0.turn.ordinal) },
                    rows.map(\.turn.startedAt),
                    rows.map(\.turn.endedAt),
                    rows.map(\.turn.outcome.rawValue),
                    rows.map { $0.turn.responder?.rawValue },
                    rows.map(\.turn.isPresumed),
                    rows.map(\.turn.isFirst),
                    rows.map(\.one.queue.rawValue)
                )
            )
        }
        if mayShrink && !projected.isEmpty {
            statements.append(
                BoundStatement(
                    trimTurns,
                    mailbox.rawValue,
                    projected.map(\.ticket.rawValue),
                    projected.map { Int64($0.turns.count) }
                )
            )
        }
        return statements
    }
}
