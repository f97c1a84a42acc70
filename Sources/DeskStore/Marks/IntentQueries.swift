package import Desk
import Postgres

/// Statements on `intent`: recorded before a command is sent, closed by its answer or by looking.
package enum IntentQueries {
    static let all: [SQL] = [
        open, close, endBelated, arrived, moved, openCount, advance, lose, loseAll, touchOpen, written,
    ]

    /// Binds `$1` mailbox, then arrays: `$2` messages, `$3` folders, `$4` epochs, `$5` uids, `$6` destinations, `$7`
    /// targets, `$8` fields, `$9` adds and `$10` removes (joined by spaces); `$11` the step.
    ///
    /// Draws the number they are opened under. Rows: the messages of those opened; a message with an open intent gets none.
    static let open = SQL(
        name: "intent.open",
        text: """
            WITH drawn AS (UPDATE mailbox SET sequence = sequence + 1 WHERE id = $1 RETURNING sequence)
            INSERT INTO intent (mailbox_id, message_id, opened, folder_id, epoch, uid, destination_id, target, fields, adds,
                removes, step, newest, fence)
            SELECT $1, u.message_id, drawn.sequence, u.folder_id, u.epoch::int, u.uid, u.destination_id, u.target, u.fields,
                   string_to_array(u.adds, ' '), string_to_array(u.removes, ' '), $11,
                   (SELECT last_value FROM placement_number), (\(presentFence))
            FROM drawn, unnest($2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::text[],
                $8::smallint[], $9::text[], $10::text[])
                AS u (message_id, folder_id, epoch, uid, destination_id, target, fields, adds, removes)
            ON CONFLICT (mailbox_id, message_id) WHERE closed IS NULL DO NOTHING
            RETURNING message_id
            """
    )

    private static let presentFence = "SELECT fence FROM lease WHERE mailbox_id = $1 AND service = 'assignment'"

    /// Binds `$1` mailbox, `$2` outcome, `$3` reason, then arrays: `$4` messages, `$5` settled or NULL, `$6` settled placements,
    /// `$7` gone, `$8` whether everything is agreed on, `$9` the touches that led to them or NULL, `$10` the first commands
    /// that are missing or NULL.
    ///
    /// Closing an intent draws a number; nothing observed before it decides anything, so the message waits until it was seen again. The touch
    /// that led to it is taken away; one that came meanwhile stays. Of a former holder's intent the first
    /// command that looking missed may come late. The mailbox's row is locked first, then the messages'.
    static let close = SQL(
        name: "intent.close",
        text: """
            WITH drawn AS (UPDATE mailbox SET sequence = sequence + 1 WHERE id = $1 RETURNING sequence),
            closed AS (
                UPDATE intent i
                SET closed = drawn.sequence, outcome = $2, reason = $3,
                    belated = CASE WHEN i.lost AND i.fence IS DISTINCT FROM (\(presentFence)) THEN u.missing END
                FROM drawn, unnest($4::bigint[], $10::text[]) AS u (id, missing)
                WHERE i.mailbox_id = $1 AND i.message_id = u.id AND i.closed IS NULL)
            UPDATE message g
            SET touched = CASE WHEN g.touched = u.touched THEN NULL ELSE g.touched END,
                closed_number = drawn.sequence, unconfirmed = true, in_reach = true,
                await_sync = drawn.sequence, look_at = NULL,
                settled = COALESCE(u.settled, g.settled),
                settled_placement = COALESCE(u.placement, g.settled_placement),
                settled_is_gone = CASE WHEN u.settled IS NULL THEN g.settled_is_gone ELSE u.gone END,
                settled_number = CASE WHEN u.complete THEN drawn.sequence ELSE g.settled_number END
            FROM drawn, unnest($4::bigint[], $5::text[], $6::bigint[], $7::boolean[], $8::boolean[], $9::bigint[])
                AS u (id, settled, placement, gone, complete, touched)
            WHERE g.mailbox_id = $1 AND g.id = u.id
            """
    )

    /// Binds `$1` mailbox, `$2` intents.
    ///
    /// Their commands came late, or cannot come any more.
    static let endBelated = SQL(
        name: "intent.end_belated",
        text: "UPDATE intent SET belated = NULL WHERE mailbox_id = $1 AND id = ANY($2)"
    )

    /// Binds `$1` mailbox, `$2` source folder, `$3` its epoch, `$4` destination folder, `$5` its UIDVALIDITY, then arrays:
    /// `$6` source and `$7` destination UIDs.
    ///
    /// The destination gets the source's message and fate, under a number drawn for it. Rows: source UID and the destination's ledger
    /// number; none for a UID that is known as another mail or as gone, and none at all where the folder has another UIDVALIDITY.
    static let arrived = SQL(name: "intent.arrived", text: receipt())

    /// The same, and the sources of those are gone.
    static let moved = SQL(
        name: "intent.moved",
        text: receipt(
            then: """
                , left_behind AS (
                    UPDATE placement s SET gone_at = now(), gone_why = 'moved by Baton', gone_number = drawn.sequence
                    FROM drawn, arrived a JOIN pair u ON u.destination = a.uid
                    WHERE s.mailbox_id = $1 AND s.folder_id = $2 AND s.epoch = $3::int AND s.uid = u.source
                      AND s.gone_at IS NULL)
                """
        )
    )

    private static func receipt(then step: String = "") -> String {
        """
        WITH here AS (SELECT epoch FROM folder WHERE mailbox_id = $1 AND id = $4 AND uidvalidity = $5),
        drawn AS (
            UPDATE mailbox SET sequence = sequence + 1 WHERE id = $1 AND EXISTS (SELECT 1 FROM here)
            RETURNING sequence),
        pair AS (SELECT * FROM unnest($6::bigint[], $7::bigint[]) AS u (source, destination)),
        arrived AS (
            INSERT INTO placement AS p (mailbox_id, folder_id, epoch, uid, digest, fate, reason, flags, observed,
                written, internal_date, size, email_id, presumed)
            SELECT $1, $4, here.epoch, u.destination, s.digest, s.fate, s.reason, s.flags, 0, drawn.sequence,
                   s.internal_date, s.size, s.email_id, s.presumed
            FROM here, drawn, pair AS u
            JOIN placement s ON s.mailbox_id = $1 AND s.folder_id = $2 AND s.epoch = $3::int AND s.uid = u.source
            ORDER BY u.destination
            \(takesOver)
            RETURNING p.uid, p.number)
        \(step)
        SELECT u.source, a.number FROM arrived a JOIN pair u ON u.destination = a.uid
        """
    }

    /// What is known as another mail or as gone is not taken over, because then the receipt does not tell the truth.
    private static let takesOver = """
        ON CONFLICT (mailbox_id, folder_id, epoch, uid) DO UPDATE
        SET fate = CASE WHEN p.fate = 'fetched' THEN excluded.fate ELSE p.fate END,
            digest = excluded.digest, written = excluded.written, presumed = p.presumed OR excluded.presumed
        WHERE p.gone_at IS NULL AND (p.digest IS NULL OR p.digest = excluded.digest)
        """

    /// Binds `$1` mailbox.
    ///
    /// One row: how many are open.
    static let openCount = SQL(
        name: "intent.open_count",
        text: "SELECT count(*) FROM intent WHERE mailbox_id = $1 AND closed IS NULL"
    )

    /// Binds `$1` mailbox, `$2` number, `$3` step, then arrays: `$4` messages, `$5` copies or NULL.
    ///
    /// Rows: those that took the step.
    static let advance = SQL(
        name: "intent.advance",
        text: """
            UPDATE intent i SET step = $3, advanced = $2, lost = false, copy = COALESCE(u.copy, i.copy)
            FROM unnest($4::bigint[], $5::bigint[]) AS u (message_id, copy)
            WHERE i.mailbox_id = $1 AND i.message_id = u.message_id AND i.closed IS NULL
            """
    )

    /// Binds `$1` mailbox, `$2` number, `$3` messages.
    ///
    /// No answer will come: a complete synchronisation that begins from now on decides.
    static let lose = SQL(
        name: "intent.lose",
        text: """
            UPDATE intent SET lost = true, advanced = $2
            WHERE mailbox_id = $1 AND message_id = ANY($3) AND closed IS NULL
            """
    )

    /// Binds `$1` mailbox, `$2` number.
    ///
    /// The same for all that a former session left. Rows: how many.
    static let loseAll = SQL(
        name: "intent.lose_all",
        text: "UPDATE intent SET lost = true, advanced = $2 WHERE mailbox_id = $1 AND closed IS NULL AND NOT lost"
    )

    /// Binds `$1` mailbox.
    ///
    /// What has no answer is due for a look, and is seen again first. Rows: how many.
    static let touchOpen = SQL(
        name: "intent.touch_open",
        text: """
            UPDATE message g
            SET touched = nextval('touch_number'), unconfirmed = g.unconfirmed OR i.lost,
                closed_number = CASE WHEN i.lost THEN GREATEST(g.closed_number, i.advanced) ELSE g.closed_number END
            FROM intent i
            WHERE g.mailbox_id = $1 AND i.mailbox_id = $1 AND i.message_id = g.id AND i.closed IS NULL
            """
    )

    /// Binds `$1` mailbox, `$2` messages.
    ///
    /// Those that Baton wrote to.
    static let written = SQL(
        name: "intent.written",
        text: """
            SELECT DISTINCT message_id FROM intent
            WHERE mailbox_id = $1 AND message_id = ANY($2) AND outcome IN ('confirmed', 'recovered')
            """
    )

    /// What is about to be written for one message.
    package struct Opening: Sendable {
        /// What is to be written.
        package let write: MarkWrite
        /// The folder of the move, if any.
        package let destination: Identifier<Folder>?
        /// Flags and keywords to add.
        package let adds: [String]
        /// Flags and keywords to remove.
        package let removes: [String]

        /// Puts the values together.
        package init(write: MarkWrite, destination: Identifier<Folder>?, adds: [String], removes: [String]) {
            self.write = write
            self.destination = destination
            self.adds = adds
            self.removes = removes
        }
    }

    /// Records intents before their commands are sent, as the end of a unit of work; the messages that got one.
    ///
    /// Writes what else the look found and commits, all in one round trip. One number for all intents.
    package static func openLast(
        _ unit: Unit,
        mailbox: Identifier<Mailbox>,
        _ openings: [Opening],
        step: MarkIntent.Step,
        ending findings: MarkFindings?
    ) throws -> Set<Identifier<Message>> {
        // The mailbox's row first, by the number drawn, then the messages': the order in which commands lock them.
        let answers = try unit.transaction.finish { pipeline in
            try pipeline.query(open, binds: self.binds(mailbox, openings, step))
            for statement in findings?.statements(mailbox) ?? [] {
                try pipeline.query(statement.sql, binds: statement.binds)
            }
        }
        return Set(try answers[0].map { Identifier(try $0.decode(0, as: Int64.self)) })
    }

    private static func binds(
        _ mailbox: Identifier<Mailbox>,
        _ openings: [Opening],
        _ step: MarkIntent.Step
    ) -> [any PostgresEncodable] {
        [
            mailbox.rawValue,
            openings.map(\.write.message.rawValue),
            openings.map(\.write.source.folder.rawValue),
            openings.map { Int64($0.write.source.epoch) },
            openings.map { Int64($0.write.source.uid) },
            openings.map { $0.destination?.rawValue },
            openings.map { MarkStateText.encode($0.write.target) },
            openings.map(\.write.fields.rawValue),
            openings.map { $0.adds.joined(separator: " ") },
            openings.map { $0.removes.joined(separator: " ") },
            step.rawValue,
        ]
    }

    /// One message whose intent ends; `settled` nil leaves what was settled.
    package struct Closing: Sendable {
        /// The message.
        package let message: Identifier<Message>
        /// What both sides agree on now.
        package let settled: Settled?
        /// Which of its commands looking did not find carried out, from there on.
        package let missing: BelatedWrite.Command?
        /// The touch that led to it; nil where none is to be taken away.
        package let touched: Int64?

        /// Puts the values together.
        package init(
            message: Identifier<Message>,
            settled: Settled?,
            missing: BelatedWrite.Command? = nil,
            touched: Int64?
        ) {
            self.message = message
            self.settled = settled
            self.missing = missing
            self.touched = touched
        }
    }

    /// How an intent ended.
    package enum Outcome: String, Sendable {
        case confirmed
        case refused
        case notExecuted = "not executed"
        case recovered
        case dropped
    }

    /// Closes the open intents of messages under a new number; their placements must be seen again before anything
    /// about them is decided.
    package static func close(
        _ unit: Unit,
        mailbox: Identifier<Mailbox>,
        _ closings: [Closing],
        outcome: Outcome,
        reason: String? = nil
    ) throws {
        guard !closings.isEmpty else { return }
        try unit.transaction.queue(
            close,
            mailbox.rawValue,
            outcome.rawValue,
            reason,
            closings.map(\.message.rawValue),
            closings.map { $0.settled.map { MarkStateText.encode($0.state) } },
            closings.map { $0.settled?.placement.rawValue },
            closings.map { $0.settled?.isGone ?? false },
            closings.map { $0.settled?.isComplete ?? false },
            closings.map(\.touched),
            closings.map { $0.missing?.rawValue }
        )
        try MailboxQueries.wake(unit, mailbox, .ingestion)
    }

    /// Nobody waits for the commands of these intents any more.
    package static func endBelated(
        _ unit: Unit,
        mailbox: Identifier<Mailbox>,
        _ intents: [Identifier<MarkIntent>]
    ) throws {
        try unit.transaction.queue(endBelated, mailbox.rawValue, intents.map(\.rawValue))
    }

    /// What a receipt says: the destination takes over message and fate of the source.
    ///
    /// Ledger numbers of the destinations by the UID of their source, of those pairs that can be true; none when the
    /// destination's UIDVALIDITY is not the one the receipt names.
    package static func arrived(
        _ unit: Unit,
        from source: FolderEpoch,
        to destination: Identifier<Folder>,
        uidValidity: UInt32,
        pairs: [MarkTransfer.Pair]
    ) throws -> [UInt32: Identifier<Placement>] {
        try self.received(arrived, unit, source, destination, uidValidity, pairs)
    }

    /// After a MOVE that its receipt proves: as ``arrived(_:from:to:uidValidity:pairs:)``, and the sources are gone.
    package static func moved(
        _ unit: Unit,
        from source: FolderEpoch,
        to destination: Identifier<Folder>,
        uidValidity: UInt32,
        pairs: [MarkTransfer.Pair]
    ) throws -> [UInt32: Identifier<Placement>] {
        try self.received(moved, unit, source, destination, uidValidity, pairs)
    }

    private static func received(
        _ statement: SQL,
        _ unit: Unit,
        _ source: FolderEpoch,
        _ destination: Identifier<Folder>,
        _ uidValidity: UInt32,
        _ pairs: [MarkTransfer.Pair]
    ) throws -> [UInt32: Identifier<Placement>] {
        guard !pairs.isEmpty else { return [:] }
        var numbers: [UInt32: Identifier<Placement>] = [:]
        for row in try unit.transaction.query(
            statement,
            source.mailbox.rawValue,
            source.folder.rawValue,
            Int64(source.epoch),
            destination.rawValue,
            Int64(uidValidity),
            pairs.map { Int64($0.source) },
            pairs.map { Int64($0.destination) }
        ) {
            numbers[UInt32(clamping: try row.decode(0, as: Int64.self))] = Identifier(
                try row.decode(1, as: Int64.self)
            )
        }
        return numbers
    }

    /// Records a step of the messages' open intents, with the copies that are known, before its command is sent.
    package static func advance(
        _ unit: Unit,
        mailbox: Identifier<Mailbox>,
        to step: MarkIntent.Step,
        _ copies: [(message: Identifier<Message>, copy: Identifier<Placement>)]
    ) throws {
        guard !copies.isEmpty else { return }
        let number = try MailboxQueries.draw(unit, mailbox)
        try unit.transaction.queue(
            advance,
            mailbox.rawValue,
            number,
            step.rawValue,
            copies.map(\.message.rawValue),
            copies.map(\.copy.rawValue)
        )
    }

    /// Gives up waiting for the answers to these messages' intents: they are looked at after the next complete
    /// synchronisation.
    package static func lose(
        _ unit: Unit,
        mailbox: Identifier<Mailbox>,
        _ messages: [Identifier<Message>]
    ) throws {
        guard !messages.isEmpty else { return }
        let number = try MailboxQueries.draw(unit, mailbox)
        try unit.transaction.queue(lose, mailbox.rawValue, number, messages.map(\.rawValue))
        try unit.transaction.queue(touchOpen, mailbox.rawValue)
        try MailboxQueries.wake(unit, mailbox, .ingestion)
    }

    /// The same for everything that a former session left without an answer.
    package static func loseAll(_ unit: Unit, mailbox: Identifier<Mailbox>) throws {
        guard try self.openCount(unit, mailbox: mailbox) > 0 else { return }
        let number = try MailboxQueries.draw(unit, mailbox)
        try unit.transaction.queue(loseAll, mailbox.rawValue, number)
        try unit.transaction.queue(touchOpen, mailbox.rawValue)
    }

    /// Which of these messages Baton wrote to.
    package static func written(
        _ unit: Unit,
        mailbox: Identifier<Mailbox>,
        among messages: [Identifier<Message>]
    ) throws -> Set<Identifier<Message>> {
        Set(
            try unit.transaction.query(written, mailbox.rawValue, messages.map(\.rawValue))
                .map { Identifier(try $0.decode(0, as: Int64.self)) }
        )
    }

    /// How many intents have no answer yet.
    package static func openCount(_ unit: Unit, mailbox: Identifier<Mailbox>) throws -> Int {
        for row in try unit.transaction.query(openCount, mailbox.rawValue) {
            return Int(try row.decode(0, as: Int64.self))
        }
        return 0
    }
}
