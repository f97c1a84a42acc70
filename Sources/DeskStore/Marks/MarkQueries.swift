package import Desk
import Postgres

/// Statements that read and settle the marks of messages.
package enum MarkQueries {
    static let all: [SQL] = [
        due, page, copies, settle, clear, nextLook, counts, mute, unmute, extendReach, dueCopies,
    ]

    private static let columns = """
        g.id, g.digest, g.touched, g.direction, g.answered, g.muted_in_junk, g.adopted, g.in_reach, g.received_at,
        g.settled, g.settled_placement, g.settled_is_gone, g.closed_number, g.linger_until, g.first_folder_id,
        m.complete_sync, now(),
        t.number, t.queue_id, t.owner_id, t.status, t.priority, t.version, t.status_changed_at, t.last_contact_at,
        t.last_contact_message, t.seen_at, t.seen_message, t.status_before_deletion, t.changed_since_adoption,
        t.person_command, g.settled_number, g.restoring, g.unconfirmed,
        GREATEST(i.opened, i.advanced), i.target, i.fields, i.lost, i.step, i.folder_id, i.epoch::bigint, i.uid, i.newest, i.copy,
        h.fields, h.until, h.is_over, b.message_id IS NOT NULL, b.decision, l.ids, l.targets, l.commands, l.flags, l.follows
        """

    /// What belongs to a message `g`.
    ///
    /// OFFSET 0, here and below: each row is looked up by itself, whatever the planner thinks of tables that nobody has analysed yet; it
    /// would go through all tickets for each message.
    private static let belongings = """
        JOIN mailbox m ON m.id = $1
        LEFT JOIN LATERAL (SELECT * FROM ticket t WHERE t.mailbox_id = $1 AND t.number = g.ticket OFFSET 0) AS t ON true
        LEFT JOIN LATERAL (
            SELECT * FROM intent i WHERE i.mailbox_id = $1 AND i.message_id = g.id AND i.closed IS NULL OFFSET 0) AS i ON true
        LEFT JOIN LATERAL (
            SELECT array_agg(h.field) FILTER (WHERE h.until > now()) AS fields,
                   min(h.until) FILTER (WHERE h.until > now()) AS until, bool_or(h.until <= now()) AS is_over
            FROM hold h WHERE h.mailbox_id = $1 AND h.message_id = g.id AND h.until IS NOT NULL) AS h ON true
        LEFT JOIN LATERAL (
            SELECT * FROM held_gesture b WHERE b.mailbox_id = $1 AND b.message_id = g.id OFFSET 0) AS b ON true
        LEFT JOIN LATERAL (
            SELECT array_agg(l.id) AS ids, array_agg(l.target) AS targets, array_agg(l.belated) AS commands,
                   array_agg(l.flags) AS flags, array_agg(l.is_followed) AS follows
            FROM (\(belated)) AS l) AS l ON true
        """

    /// Intents of former holders whose commands may still come, oldest first.
    ///
    /// They come to where the message was settled last, or to where the present holder took it away from, before it did.
    private static let belated = """
        SELECT l.id, l.target, l.belated, s.number IS NULL AS is_followed,
               array_to_string(CASE WHEN l.belated = 'add' THEN l.adds ELSE l.removes END, ' ') AS flags
        FROM intent l
        LEFT JOIN placement s ON s.mailbox_id = $1 AND s.number = g.settled_placement
            AND (s.folder_id, s.epoch, s.uid) = (l.folder_id, l.epoch, l.uid)
        WHERE l.mailbox_id = $1 AND l.message_id = g.id AND l.belated IS NOT NULL
          AND l.created_at > now() - interval '\(BelatedWrite.window) seconds'
          AND (s.number IS NOT NULL OR EXISTS (
              SELECT FROM intent w JOIN placement p
                  ON p.mailbox_id = $1 AND p.digest = g.digest AND p.number = g.settled_placement
              WHERE w.mailbox_id = $1 AND w.message_id = g.id AND w.id > l.id
                AND w.outcome IN ('confirmed', 'recovered') AND w.destination_id = p.folder_id
                AND (w.folder_id, w.epoch, w.uid) = (l.folder_id, l.epoch, l.uid) OFFSET 0))
        ORDER BY l.id
        """

    /// Messages whose touch nobody has taken away, or whose time has come: the same ones for every statement of a snapshot.
    private static let dueMessages = """
        ARRAY(
            (SELECT id FROM message WHERE mailbox_id = $1 AND touched IS NOT NULL ORDER BY touched LIMIT $2)
            UNION
            (SELECT id FROM message WHERE mailbox_id = $1 AND look_at <= now() ORDER BY look_at, id LIMIT $2))
        """

    /// Binds `$1` mailbox, `$2` limit.
    ///
    /// The messages that are due, with their tickets, open intents, what is held of them or was, and what the breaker holds.
    static let due = SQL(
        name: "mark.due",
        text: """
            SELECT \(columns)
            FROM unnest(\(dueMessages)) AS d (id)
            CROSS JOIN LATERAL (SELECT * FROM message g WHERE g.mailbox_id = $1 AND g.id = d.id OFFSET 0) AS g
            \(belongings)
            ORDER BY g.id
            """
    )

    /// Binds `$1` mailbox, `$2` limit; as ``copies``, of what is due.
    static let dueCopies = SQL(name: "mark.due_copies", text: copies(of: dueMessages))

    /// Binds `$1` mailbox, `$2` the id before, `$3` limit.
    ///
    /// All messages with marks, in pages.
    static let page = SQL(
        name: "mark.page",
        text: """
            SELECT \(columns) FROM message g
            \(belongings)
            WHERE g.mailbox_id = $1 AND g.id > $2 AND g.settled IS NOT NULL
            ORDER BY g.id LIMIT $3
            """
    )

    /// Binds `$1` mailbox, `$2` messages.
    ///
    /// Live placements in folders of their present epoch, with the numbers that the mail had there before UIDVALIDITY changed, in the order of
    /// their numbers; and for each message with placements that are gone one row without a number: the newest number under which one
    /// was found gone, and whether one lay in a folder that has a new UIDVALIDITY whose mails are being recognised.
    static let copies = SQL(name: "mark.copies", text: copies(of: "$2::bigint[]"))

    private static func copies(of messages: String) -> String {
        """
        SELECT g.id, p.*
        FROM unnest(\(messages)) AS d (id)
        CROSS JOIN LATERAL (SELECT id, digest FROM message g WHERE g.mailbox_id = $1 AND g.id = d.id OFFSET 0) AS g
        CROSS JOIN LATERAL (
            SELECT p.number, p.folder_id, f.role, f.agent_id, p.epoch::bigint, p.uid, p.observed, p.flags,
                   f.phase IN ('missing', 'phantom'),
                   CASE WHEN p.epoch > 1 THEN ARRAY(
                       SELECT o.number FROM placement o
                       WHERE o.mailbox_id = p.mailbox_id AND o.digest = p.digest AND o.folder_id = p.folder_id
                         AND o.epoch < p.epoch AND o.gone_why = '\(PlacementQueries.renumbered)'
                       ORDER BY o.number)
                   ELSE '{}' END,
                   NULL::bigint, NULL::boolean
            FROM (SELECT * FROM placement p WHERE p.mailbox_id = $1 AND p.digest = g.digest AND p.gone_at IS NULL OFFSET 0) AS p
            CROSS JOIN LATERAL (
                SELECT * FROM folder f
                WHERE f.mailbox_id = $1 AND f.id = p.folder_id AND f.epoch = p.epoch OFFSET 0) AS f
            UNION ALL
            SELECT NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, max(p.gone_number),
                   bool_or(f.phase IN ('rematch', 'backfill') AND p.epoch < f.epoch)
            FROM (SELECT * FROM placement p WHERE p.mailbox_id = $1 AND p.digest = g.digest AND p.gone_at IS NOT NULL OFFSET 0) AS p
            CROSS JOIN LATERAL (SELECT * FROM folder f WHERE f.mailbox_id = $1 AND f.id = p.folder_id OFFSET 0) AS f
            HAVING count(*) > 0) AS p
        ORDER BY p.number
        """
    }

    /// Binds `$1` mailbox, `$2` the mailbox's number when what was decided from was read, then arrays: `$3` messages, `$4` settled, `$5`
    /// placements, `$6` gone, `$7` whether everything is agreed on.
    static let settle = SQL(
        name: "mark.settle",
        text: """
            UPDATE message g
            SET settled = u.settled, settled_placement = u.placement, settled_is_gone = u.gone,
                settled_number = CASE WHEN u.complete THEN $2 ELSE g.settled_number END
            FROM unnest($3::bigint[], $4::text[], $5::bigint[], $6::boolean[], $7::boolean[])
                AS u (id, settled, placement, gone, complete)
            WHERE g.mailbox_id = $1 AND g.id = u.id
            """
    )

    /// Binds `$1` mailbox, then arrays: `$2` messages, `$3` the touches seen, `$4` look at, `$5` await sync.
    ///
    /// A touch that came meanwhile stays.
    static let clear = SQL(
        name: "mark.clear",
        text: """
            UPDATE message g
            SET touched = CASE WHEN g.touched IS NOT DISTINCT FROM u.touched THEN NULL ELSE g.touched END,
                look_at = u.look_at, await_sync = u.await_sync
            FROM unnest($2::bigint[], $3::bigint[], $4::timestamptz[], $5::bigint[])
                AS u (id, touched, look_at, await_sync)
            WHERE g.mailbox_id = $1 AND g.id = u.id
            """
    )

    /// Binds `$1` mailbox.
    ///
    /// One row: seconds until the next message is due by its time, if any.
    static let nextLook = SQL(
        name: "mark.next_look",
        text: """
            SELECT EXTRACT(EPOCH FROM min(look_at) - now())::float8 FROM message
            WHERE mailbox_id = $1 AND look_at IS NOT NULL
            """
    )

    /// Binds `$1` mailbox.
    ///
    /// One row: messages due, those under way among them, lingering, fields held, gestures held, waiting for a synchronisation.
    static let counts = SQL(
        name: "mark.counts",
        text: """
            SELECT (SELECT count(*) FROM message WHERE mailbox_id = $1 AND (touched IS NOT NULL OR look_at <= now())),
                   (SELECT count(*) FROM message WHERE mailbox_id = $1 AND look_at > now() AND linger_until > now()),
                   (SELECT count(*) FROM hold WHERE mailbox_id = $1 AND until > now()),
                   (SELECT count(*) FROM held_gesture WHERE mailbox_id = $1 AND decision IS NULL),
                   (SELECT count(*) FROM message WHERE mailbox_id = $1 AND await_sync IS NOT NULL)
            """
    )

    /// Binds `$1` mailbox, `$2` message.
    ///
    /// Only this message is muted and stays in Junk.
    static let mute = SQL(
        name: "mark.mute",
        text: """
            UPDATE message SET muted_in_junk = true, fate = CASE WHEN fate = 'quarantined' THEN fate ELSE 'muted' END
            WHERE mailbox_id = $1 AND id = $2
            """
    )

    /// Binds `$1` mailbox, `$2` message.
    ///
    /// It was taken out of Junk again.
    static let unmute = SQL(
        name: "mark.unmute",
        text: """
            UPDATE message
            SET muted_in_junk = false,
                fate = CASE WHEN fate = 'quarantined' THEN fate WHEN kind <> 'human' THEN 'muted'
                            WHEN direction = 'outbound' THEN 'reply' ELSE 'ticket' END
            WHERE mailbox_id = $1 AND id = $2 AND muted_in_junk
            """
    )

    /// Binds `$1` mailbox, `$2` message.
    ///
    /// An agent moved it, so it is always in reach.
    static let extendReach = SQL(
        name: "mark.extend_reach",
        text: "UPDATE message SET in_reach = true WHERE mailbox_id = $1 AND id = $2 AND NOT in_reach"
    )

    /// All messages that show marks, a page at a time, in order of id.
    package static func page(
        _ unit: Unit,
        mailbox: Identifier<Mailbox>,
        after id: Identifier<Message>,
        limit: Int
    ) throws -> [MarkCase] {
        let rows = try unit.transaction.query(page, mailbox.rawValue, id.rawValue, Int64(limit)).map(decode)
        return try complete(unit, mailbox, rows)
    }

    /// Writes what a look found.
    package static func end(_ unit: Unit, mailbox: Identifier<Mailbox>, _ findings: MarkFindings) throws {
        try unit.transaction.queue(findings.statements(mailbox))
    }

    /// Writes what both sides agree on, before the rest of what the look found.
    package static func settle(_ unit: Unit, mailbox: Identifier<Mailbox>, _ findings: MarkFindings) throws {
        try unit.transaction.queue(self.settling(mailbox, findings))
    }

    static func settling(_ mailbox: Identifier<Mailbox>, _ findings: MarkFindings) -> [BoundStatement] {
        guard !findings.settled.isEmpty else { return [] }
        let rows = findings.settled.sorted { $0.key < $1.key }
        return [
            BoundStatement(
                settle,
                mailbox.rawValue,
                findings.number,
                rows.map(\.key.rawValue),
                rows.map { MarkStateText.encode($0.value.state) },
                rows.map(\.value.placement.rawValue),
                rows.map(\.value.isGone),
                rows.map(\.value.isComplete)
            )
        ]
    }

    /// Takes away the touches that were seen.
    package static func clear(_ unit: Unit, mailbox: Identifier<Mailbox>, _ looked: [MarkLook]) throws {
        try unit.transaction.queue(self.clearing(mailbox, looked))
    }

    static func clearing(_ mailbox: Identifier<Mailbox>, _ looked: [MarkLook]) -> [BoundStatement] {
        guard !looked.isEmpty else { return [] }
        return [
            BoundStatement(
                clear,
                mailbox.rawValue,
                looked.map(\.message.rawValue),
                looked.map(\.touched),
                looked.map(\.lookAt),
                looked.map(\.awaitSync)
            )
        ]
    }

    /// How long until the next message is due by its time; nil when none waits for one.
    package static func untilNextLook(_ unit: Unit, mailbox: Identifier<Mailbox>) throws -> Duration? {
        for row in try unit.transaction.query(nextLook, mailbox.rawValue) {
            return try row.decode(0, as: Double?.self).map { .milliseconds(Int(max(0, min($0, 86_400)) * 1000)) }
        }
        return nil
    }

    /// What stands between the mailbox and rest.
    package struct Counts: Sendable, Equatable {
        /// Messages due now.
        package let due: Int
        /// Messages that wait for agents' clients.
        package let lingering: Int
        /// Fields held.
        package let held: Int
        /// Gestures the breaker stopped.
        package let heldGestures: Int
        /// Messages that wait for a complete synchronisation.
        package let awaitingSync: Int
    }

    /// Counts what is due, lingering, held and waiting.
    package static func counts(_ unit: Unit, mailbox: Identifier<Mailbox>) throws -> Counts {
        for row in try unit.transaction.query(counts, mailbox.rawValue) {
            return Counts(
                due: Int(try row.decode(0, as: Int64.self)),
                lingering: Int(try row.decode(1, as: Int64.self)),
                held: Int(try row.decode(2, as: Int64.self)),
                heldGestures: Int(try row.decode(3, as: Int64.self)),
                awaitingSync: Int(try row.decode(4, as: Int64.self))
            )
        }
        throw StoreError.missingRow(counts.name)
    }

    /// Mutes one message that lies in Junk; its ticket stays as it is.
    package static func mute(
        _ unit: Unit,
        mailbox: Identifier<Mailbox>,
        _ message: Identifier<Message>
    ) throws {
        try unit.transaction.queue(mute, mailbox.rawValue, message.rawValue)
    }

    /// Takes the muting of a message back, which is out of Junk again.
    package static func unmute(
        _ unit: Unit,
        mailbox: Identifier<Mailbox>,
        _ message: Identifier<Message>
    ) throws {
        try unit.transaction.queue(unmute, mailbox.rawValue, message.rawValue)
    }

    /// Brings a message that an agent moved into reach for good.
    package static func extendReach(
        _ unit: Unit,
        mailbox: Identifier<Mailbox>,
        _ message: Identifier<Message>
    ) throws {
        try unit.transaction.queue(extendReach, mailbox.rawValue, message.rawValue)
    }

    // Placements of the rows read, in one round trip.
    private static func complete(
        _ unit: Unit,
        _ mailbox: Identifier<Mailbox>,
        _ rows: [MarkCase]
    ) throws -> [MarkCase] {
        guard !rows.isEmpty else { return [] }
        return try self.complete(
            rows,
            placements: try unit.transaction.query(copies, mailbox.rawValue, rows.map(\.id.rawValue))
        )
    }

    /// Rows with their placements, the answer to ``copies``.
    static func complete(_ rows: [MarkCase], placements: PostgresRows) throws -> [MarkCase] {
        guard !rows.isEmpty else { return [] }
        var cases = rows
        let index = Dictionary(rows.enumerated().map { ($0.element.id.rawValue, $0.offset) }) { first, _ in first }
        for row in placements {
            guard let at = index[try row.decode(0, as: Int64.self)] else { continue }
            guard let number = try row.decode(1, as: Int64?.self) else {
                cases[at].goneNumber = max(cases[at].goneNumber, try row.decode(11, as: Int64?.self) ?? 0)
                cases[at].isBeingRecognised = try row.decode(12, as: Bool.self)
                continue
            }
            let agent = try row.decode(4, as: Int64?.self).map { Identifier<Agent>($0) }
            let copy = MarkCase.Copy(
                number: number,
                formers: try row.decode(10, as: [Int64].self),
                folder: Identifier(try row.decode(2, as: Int64.self)),
                role: FolderRole(name: try row.decode(3, as: String.self), agent: agent) ?? .other,
                epoch: Int(try row.decode(5, as: Int64.self)),
                uid: UInt32(clamping: try row.decode(6, as: Int64.self)),
                observed: try row.decode(7, as: Int64.self),
                flags: try row.decode(8, as: [String].self),
                isInMissingFolder: try row.decode(9, as: Bool.self)
            )
            cases[at].copies.append(copy)
            // Marked as deleted counts as gone, from when that was seen on.
            if copy.flags.contains(where: { $0.lowercased() == "\\deleted" }) {
                cases[at].goneNumber = max(cases[at].goneNumber, copy.observed)
            }
        }
        return cases
    }

    private static func intent(_ row: PostgresRow) throws -> MarkIntent? {
        guard let number = try row.decode(34, as: Int64?.self) else { return nil }
        return MarkIntent(
            number: number,
            target: try MarkStateText.decode(try row.decode(35, as: String.self)),
            fields: MarkFields(rawValue: try row.decode(36, as: Int16.self)),
            phase: try row.decode(37, as: Bool.self) ? .recovering : .inFlight,
            step: try row.decode(38, raw: MarkIntent.Step.self),
            source: MarkIntent.Source(
                folder: Identifier(try row.decode(39, as: Int64.self)),
                epoch: Int(try row.decode(40, as: Int64.self)),
                uid: UInt32(clamping: try row.decode(41, as: Int64.self))
            ),
            newest: Identifier(try row.decode(42, as: Int64.self)),
            copy: try row.decode(43, as: Int64?.self).map { Identifier($0) }
        )
    }

    private static func belated(_ row: PostgresRow) throws -> [MarkCase.Belated] {
        guard let intents = try row.decode(49, as: [Int64]?.self) else { return [] }
        let targets = try row.decode(50, as: [String].self)
        let commands = try row.decode(51, as: [String].self)
        let flags = try row.decode(52, as: [String].self)
        let follows = try row.decode(53, as: [Bool].self)
        return try intents.indices.compactMap { at in
            guard let command = BelatedWrite.Command(rawValue: commands[at]) else { return nil }
            return MarkCase.Belated(
                intent: Identifier(intents[at]),
                target: try MarkStateText.decode(targets[at]),
                command: command,
                flags: flags[at].split(separator: " ").map(String.init),
                isFollowed: follows[at]
            )
        }
    }

    static func decode(_ row: PostgresRow) throws -> MarkCase {
        let settledText = try row.decode(9, as: String?.self)
        let settledPlacement = try row.decode(10, as: Int64?.self)
        var settled: Settled?
        if let settledText, let settledPlacement {
            settled = Settled(
                state: try MarkStateText.decode(settledText),
                placement: Identifier(settledPlacement),
                isGone: try row.decode(11, as: Bool.self),
                number: try row.decode(31, as: Int64.self)
            )
        }
        var ticket: Ticket?
        if let number = try row.decode(17, as: Int64?.self) {
            ticket = Ticket(
                number: Identifier(number),
                queue: Identifier(try row.decode(18, as: Int64.self)),
                owner: try row.decode(19, as: Int64?.self).map { Identifier($0) },
                status: try row.decode(20, raw: TicketStatus.self),
                priority: try row.decode(21, raw: Priority.self),
                version: try row.decode(22, as: Int64.self),
                statusChangedAt: try row.decode(23, as: Timestamp.self),
                lastContact: try row.decodeContactMessage(24, 25),
                seen: try row.decodeContactMessage(26, 27),
                statusBeforeDeletion: try row.decode(28, rawOptional: TicketStatus.self)
            )
        }
        var one = MarkCase(
            id: Identifier(try row.decode(0, as: Int64.self)),
            digest: try row.decode(1, as: [UInt8].self),
            touched: try row.decode(2, as: Int64?.self),
            direction: try row.decode(3, raw: Direction.self),
            ticket: ticket,
            isAnswered: try row.decode(4, as: Bool.self),
            isMutedInJunk: try row.decode(5, as: Bool.self),
            isAdopted: try row.decode(6, as: Bool.self),
            isInReach: try row.decode(7, as: Bool.self),
            receivedAt: try row.decode(8, as: Timestamp.self),
            changedSinceAdoption: try row.decode(29, as: Bool?.self) ?? false,
            personCommand: try row.decode(30, as: Int64?.self),
            settled: settled,
            closedNumber: try row.decode(12, as: Int64.self),
            isUnconfirmed: try row.decode(33, as: Bool.self),
            lingerUntil: try row.decode(13, as: Timestamp?.self),
            firstFolder: try row.decode(14, as: Int64?.self).map { Identifier($0) },
            isRestoring: try row.decode(32, as: Bool.self),
            completeSync: try row.decode(15, as: Int64.self),
            now: try row.decode(16, as: Timestamp.self)
        )
        one.intent = try self.intent(row)
        for field in try row.decode(44, as: [String]?.self) ?? [] {
            if let field = MarkFields(name: field) { one.holds.insert(field) }
        }
        one.belated = try self.belated(row)
        one.heldUntil = try row.decode(45, as: Timestamp?.self)
        one.hasHoldThatIsOver = try row.decode(46, as: Bool?.self) ?? false
        one.isStopped = try row.decode(47, as: Bool.self)
        one.decision = try row.decode(48, rawOptional: BreakerDecision.self)
        return one
    }
}
