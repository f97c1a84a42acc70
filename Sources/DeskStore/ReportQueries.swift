package import Desk
import Postgres

/// The statements behind response-time reports, over `turn` and `event`; they read and never write.
///
/// Each report is one statement, so all its figures are of one moment: the transaction's `now()`, given as `as_of`.
package enum ReportQueries {
    /// What a report's rows stand for; the raw value is a bind of the statements.
    package enum Grouping: String, Sendable, CaseIterable {
        /// One row, named `all`.
        case all
        /// The queue of the turn.
        case queue
        /// Who answered, or who owned the ticket when it was closed.
        case agent
        /// The mailbox of the ticket.
        case mailbox
        /// The day of the end, `2026-01-31`, in the report's zone.
        case day
        /// The ISO week of the end, `2026-W05`.
        case week
        /// The month of the end, `2026-01`.
        case month
    }

    /// Which turns or intervals a report is about.
    package struct Scope: Equatable, Sendable {
        /// The first day, `2026-01-01`.
        package var from: String
        /// The day after the last.
        package var to: String
        /// A name of `pg_timezone_names`: whose midnights the days begin at.
        package var zone: String
        /// What the rows stand for.
        package var grouping: Grouping
        /// Only this mailbox.
        package var mailbox: Identifier<Mailbox>?
        /// Only this queue.
        package var queue: Identifier<Queue>?

        /// A scope of two valid days in a known zone.
        package init(
            from: String,
            to: String,
            zone: String,
            grouping: Grouping,
            mailbox: Identifier<Mailbox>? = nil,
            queue: Identifier<Queue>? = nil
        ) {
            self.from = from
            self.to = to
            self.zone = zone
            self.grouping = grouping
            self.mailbox = mailbox
            self.queue = queue
        }
    }

    /// One group of a report.
    package struct Row: Equatable, Sendable {
        /// Its name.
        package let group: String
        /// How many turns or intervals ended in it.
        package let count: Int
        /// The median in seconds, nil without any.
        package let p50: Double?
        /// The 90th percentile in seconds.
        package let p90: Double?
        /// The 95th percentile in seconds.
        package let p95: Double?
        /// The longest in seconds.
        package let longest: Double?
        /// How many began before the window's end and had not ended at `as_of`.
        package let stillWaiting: Int

        /// A value of these parts.
        package init(
            group: String,
            count: Int,
            p50: Double?,
            p90: Double?,
            p95: Double?,
            longest: Double?,
            stillWaiting: Int
        ) {
            self.group = group
            self.count = count
            self.p50 = p50
            self.p90 = p90
            self.p95 = p95
            self.longest = longest
            self.stillWaiting = stillWaiting
        }
    }

    /// All groups of a report, with what was left out, as one statement saw them.
    package struct Answer: Equatable, Sendable {
        /// The database's time of the statement's transaction.
        package let asOf: Timestamp
        /// Turns of the window that ended by `\Answered` alone and were not counted.
        package let unseen: Int
        /// In the order they are shown: by name, nobody's first.
        package let rows: [Row]

        /// A value of these parts.
        package init(
            asOf: Timestamp,
            unseen: Int,
            rows: [Row]
        ) {
            self.asOf = asOf
            self.unseen = unseen
            self.rows = rows
        }
    }

    /// Every statement here.
    static let all: [SQL] = [
        withoutCompilation, firstResponse, resolution, ticketState, ticketTurns, ticketIntervals, ticketEvents,
        zoneNamed, zoneNames,
        mailboxes, queues,
    ]

    /// First responses that ended in the window, and those still waited for.
    ///
    /// - Throws: ``StoreError``.
    package static func firstResponses(
        _ unit: Unit,
        _ scope: Scope,
        includingUnseen: Bool
    ) throws -> Answer {
        try unit.transaction.execute(self.withoutCompilation)
        return try self.answer(
            of: unit.transaction.query(
                self.firstResponse,
                scope.from,
                scope.to,
                scope.zone,
                scope.grouping.rawValue,
                scope.mailbox?.rawValue,
                scope.queue?.rawValue,
                includingUnseen
            )
        )
    }

    /// Intervals from a (re)opening to a close in the window, and those not closed yet.
    ///
    /// - Throws: ``StoreError``.
    package static func resolutions(_ unit: Unit, _ scope: Scope) throws -> Answer {
        try unit.transaction.execute(self.withoutCompilation)
        return try self.answer(
            of: unit.transaction.query(
                self.resolution,
                scope.from,
                scope.to,
                scope.zone,
                scope.grouping.rawValue,
                scope.mailbox?.rawValue,
                scope.queue?.rawValue
            )
        )
    }

    /// The zone's name as the database writes it, or nil when it knows none of this name.
    package static func zone(_ unit: Unit, named name: String) throws -> String? {
        for row in try unit.transaction.query(self.zoneNamed, name) { return try row.decode(0) }
        return nil
    }

    /// Every zone's name, to suggest one from.
    package static func zones(_ unit: Unit) throws -> [String] {
        try unit.transaction.query(self.zoneNames).map { row in try row.decode(0) }
    }

    /// The mailboxes' ids by name, in order of name.
    package static func mailboxes(_ unit: Unit) throws -> [(name: String, id: Identifier<Mailbox>)] {
        try unit.transaction.query(self.mailboxes).map { row in
            (try row.decode(0), Identifier(try row.decode(1, as: Int64.self)))
        }
    }

    /// The queues' ids by name, in order of name.
    package static func queues(_ unit: Unit) throws -> [(name: String, id: Identifier<Queue>)] {
        try unit.transaction.query(self.queues).map { row in
            (try row.decode(0), Identifier(try row.decode(1, as: Int64.self)))
        }
    }

    private static func answer(of result: PostgresRows) throws -> Answer {
        var asOf = Timestamp.epoch
        var unseen = 0
        var rows: [Row] = []
        for row in result {
            asOf = Timestamp(microseconds: try row.decode(0))
            unseen = try row.decode(1)
            guard let group = try row.decode(2, as: String?.self) else { continue }
            rows.append(
                Row(
                    group: group,
                    count: try row.decode(3),
                    p50: try row.decode(4),
                    p90: try row.decode(5),
                    p95: try row.decode(6),
                    longest: try row.decode(7),
                    stillWaiting: try row.decode(8)
                )
            )
        }
        return Answer(asOf: asOf, unseen: unseen, rows: rows)
    }
}

// MARK: - Statements

extension ReportQueries {
    /// Turns PostgreSQL's compiler off until the end of the transaction; no binds, one row of no meaning.
    ///
    /// For statements of this size it takes up to a second to save less than that.
    static let withoutCompilation = SQL(
        name: "report.without_compilation",
        text: "SELECT set_config('jit', 'off', true)"
    )

    /// The rows of `report first-response`.
    ///
    /// Binds `$1` first day, `$2` day after the last, `$3` zone, `$4` grouping, `$5` mailbox or NULL, `$6` queue or NULL,
    /// `$7` whether `\Answered` alone counts. At least one row: as_of (µs), unseen, group or NULL, n, p50, p90, p95, max,
    /// still waiting. Locks nothing; indexes turn_ended, turn_waiting.
    static let firstResponse = SQL(
        name: "report.first_response",
        text: """
            WITH ended AS (
                SELECT \(turnKey("t.ended_at")) AS key, t.outcome,
                       EXTRACT(epoch FROM t.ended_at - t.started_at)::float8 AS seconds
                FROM turn t
                WHERE t.is_first AND t.ended_at >= \(since) AND t.ended_at < \(until)
                  AND t.outcome IN ('answered', 'answered_unseen') AND \(filter("t.mailbox_id", "t.queue_id"))
            ), counted AS (
                SELECT key, count(*) AS n, percentile_cont(ARRAY[0.5, 0.9, 0.95]) WITHIN GROUP (ORDER BY seconds) AS p,
                       max(seconds) AS longest
                FROM ended
                WHERE outcome = 'answered' OR $7::boolean
                GROUP BY key
            ), waiting AS (
                SELECT \(turnKey("greatest(t.started_at, \(since))")) AS key, count(*) AS n
                FROM turn t
                WHERE t.is_first AND t.ended_at IS NULL AND t.started_at < \(until)
                  AND \(filter("t.mailbox_id", "t.queue_id"))
                GROUP BY 1
            )
            \(labelled("(SELECT count(*) FROM ended WHERE outcome = 'answered_unseen' AND NOT $7::boolean)"))
            """
    )

    /// The rows of `report resolution`.
    ///
    /// Binds `$1` … `$6` as ``firstResponse``; the same rows, unseen always 0. Reads the events that change the status
    /// of tickets closed in the window or open now. Locks nothing; indexes event_at, ticket_status, event's primary key.
    static let resolution = SQL(
        name: "report.resolution",
        text: """
            WITH candidate AS (
                SELECT m.id AS mailbox_id, e.ticket
                FROM mailbox m
                CROSS JOIN LATERAL (
                    SELECT e.ticket
                    FROM event e
                    WHERE e.mailbox_id = m.id AND e.kind IN ('closed', 'deleted_in_mailbox') AND e.at >= \(since)
                      AND e.at < \(until)
                    OFFSET 0
                ) e
                WHERE \(filter("m.id", nil))
                UNION
                SELECT t.mailbox_id, t.number
                FROM ticket t
                WHERE t.status IN ('open', 'pending') AND \(filter("t.mailbox_id", nil))
            ), \(intervals(owners: "$4::text = 'agent'")), scoped AS (
                SELECT i.mailbox_id, i.began_at, i.ended_at, CASE WHEN $4::text = 'queue' THEN t.queue_id END AS queue_id,
                       CASE WHEN $4::text <> 'agent' THEN NULL WHEN i.ended_at IS NULL THEN t.owner_id ELSE i.owner_id
                       END AS owner_id
                FROM interval_of i
                LEFT JOIN ticket t ON t.mailbox_id = i.mailbox_id AND t.number = i.ticket
                WHERE \(filter(nil, "t.queue_id"))
                  AND (i.ended_as = 'closed' AND i.ended_by <> 'ingestion' AND i.ended_at >= \(since) AND i.ended_at < \(until)
                       OR i.ended_at IS NULL AND i.began_at < \(until))
            ), counted AS (
                SELECT \(intervalKey("s.ended_at")) AS key, count(*) AS n,
                       percentile_cont(ARRAY[0.5, 0.9, 0.95]) WITHIN GROUP (
                           ORDER BY EXTRACT(epoch FROM s.ended_at - s.began_at)::float8
                       ) AS p,
                       max(EXTRACT(epoch FROM s.ended_at - s.began_at)::float8) AS longest
                FROM scoped s
                WHERE s.ended_at IS NOT NULL
                GROUP BY 1
            ), waiting AS (
                SELECT \(intervalKey("greatest(s.began_at, \(since))")) AS key, count(*) AS n
                FROM scoped s
                WHERE s.ended_at IS NULL
                GROUP BY 1
            )
            \(labelled("0"))
            """
    )

    /// The zone of a name in any case.
    ///
    /// Binds `$1` zone. One row with the name as the database writes it, or none.
    static let zoneNamed = SQL(
        name: "report.zone_named",
        text: "SELECT name FROM pg_timezone_names WHERE lower(name) = lower($1::text) ORDER BY name LIMIT 1"
    )

    /// Every zone.
    ///
    /// No binds. One row per zone, without the copies under `posix/`.
    static let zoneNames = SQL(
        name: "report.zone_names",
        text: "SELECT name FROM pg_timezone_names WHERE name NOT LIKE 'posix%' ORDER BY name"
    )

    /// Name and id of every mailbox; no binds.
    static let mailboxes = SQL(name: "report.mailboxes", text: "SELECT name, id FROM mailbox ORDER BY name")

    /// Name and id of every queue; no binds.
    static let queues = SQL(name: "report.queues", text: "SELECT name, id FROM queue ORDER BY name")
}
