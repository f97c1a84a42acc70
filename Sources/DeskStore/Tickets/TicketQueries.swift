package import Desk
import Postgres

/// Statements on `ticket`: rows are the fold of their events and change only with the version they replace.
package enum TicketQueries {
    static let all: [SQL] = [
        find, lock, insert, update, touchMessages, personCommand, visibleInbound, seenContact, agents, note,
    ]

    private static let columns = """
        t.number, t.queue_id, t.owner_id, t.status, t.priority, t.version, t.status_changed_at, t.last_contact_at,
        t.last_contact_message, t.seen_at, t.seen_message, t.status_before_deletion
        """

    /// Binds `$1` number.
    ///
    /// One row or none: the ticket's columns, the mailbox, what an answer does and the time. Locks the ticket: who changes it meanwhile
    /// is waited for.
    static let find = SQL(
        name: "ticket.find",
        text: """
            SELECT \(columns), t.mailbox_id, q.after_answer, now() FROM ticket_number n
            JOIN ticket t ON t.mailbox_id = n.mailbox_id AND t.number = n.number
            JOIN queue q ON q.id = t.queue_id
            WHERE n.number = $1
            FOR NO KEY UPDATE OF t
            """
    )

    /// Binds `$1` mailbox, `$2` numbers.
    ///
    /// Locks the rows in order of their numbers.
    static let lock = SQL(
        name: "ticket.lock",
        text: """
            SELECT \(columns) FROM ticket t WHERE t.mailbox_id = $1 AND t.number = ANY($2)
            ORDER BY t.number FOR NO KEY UPDATE
            """
    )

    /// Binds `$1` mailbox, then arrays: `$2` numbers, `$3` queues, `$4` owners, `$5` statuses, `$6` priorities, `$7`
    /// versions, `$8` status changed at, `$9` last contact at, `$10` last contact message, `$11` seen at, `$12` seen
    /// message, `$13` subjects, `$14` contacts, `$15` created at, `$16` updated at, `$17` claims, `$18` adopted.
    static let insert = SQL(
        name: "ticket.insert",
        text: """
            INSERT INTO ticket (mailbox_id, number, queue_id, owner_id, status, priority, version, status_changed_at,
                last_contact_at, last_contact_message, seen_at, seen_message, subject, contact_id, created_at, updated_at,
                claims, adopted)
            SELECT $1, u.* FROM unnest($2::bigint[], $3::bigint[], $4::bigint[], $5::text[], $6::text[], $7::bigint[],
                $8::timestamptz[], $9::timestamptz[], $10::bigint[], $11::timestamptz[], $12::bigint[], $13::text[],
                $14::bigint[], $15::timestamptz[], $16::timestamptz[], $17::bigint[], $18::boolean[]) AS u
            """
    )

    /// Binds `$1` mailbox, then arrays: `$2` numbers, `$3` the versions they replace, `$4` owners, `$5` statuses,
    /// `$6` priorities, `$7` versions, `$8` status changed at, `$9` last contact at, `$10` last contact message,
    /// `$11` seen at, `$12` seen message, `$13` status before deletion, `$14` updated at, `$15` changes marks.
    ///
    /// Rows: those changed.
    static let update = SQL(
        name: "ticket.update",
        text: """
            UPDATE ticket t
            SET owner_id = u.owner_id, status = u.status, priority = u.priority, version = u.version,
                status_changed_at = u.status_changed_at, last_contact_at = u.last_contact_at,
                last_contact_message = u.last_contact_message, seen_at = u.seen_at, seen_message = u.seen_message,
                status_before_deletion = u.status_before_deletion, updated_at = GREATEST(t.updated_at, u.updated_at),
                changed_since_adoption = t.changed_since_adoption OR u.changes
            FROM unnest($2::bigint[], $3::bigint[], $4::bigint[], $5::text[], $6::text[], $7::bigint[],
                $8::timestamptz[], $9::timestamptz[], $10::bigint[], $11::timestamptz[], $12::bigint[], $13::text[],
                $14::timestamptz[], $15::boolean[])
                AS u (number, replaced, owner_id, status, priority, version, status_changed_at, last_contact_at,
                      last_contact_message, seen_at, seen_message, status_before_deletion, updated_at, changes)
            WHERE t.mailbox_id = $1 AND t.number = u.number AND t.version = u.replaced
            """
    )

    /// Binds `$1` mailbox, `$2` tickets, `$3` whether a wait for agents' clients ends.
    ///
    /// Their messages are due for the mark writer's look. One that never had marks may be looked at for the first time just now,
    /// by the ticket as it was: so what is due stays due.
    static let touchMessages = SQL(
        name: "ticket.touch_messages",
        text: """
            UPDATE message
            SET touched = nextval('touch_number'), linger_until = CASE WHEN $3 THEN NULL ELSE linger_until END
            WHERE mailbox_id = $1 AND ticket = ANY($2) AND (settled IS NOT NULL OR touched IS NOT NULL)
            """
    )

    /// Binds `$1` mailbox, `$2` ticket, `$3` number drawn by a person's command.
    static let personCommand = SQL(
        name: "ticket.person_command",
        text: "UPDATE ticket SET person_command = $3 WHERE mailbox_id = $1 AND number = $2"
    )

    /// Binds `$1` mailbox, `$2` ticket.
    ///
    /// One row: inbound messages of the ticket with a live placement outside Trash and without `\Deleted`, and
    /// whether it has messages of ours. What lies in a folder that is gone counts while a person has not decided about it.
    static let visibleInbound = SQL(
        name: "ticket.visible_inbound",
        text: #"""
            SELECT count(*) FILTER (WHERE g.direction = 'inbound' AND EXISTS (
                       SELECT 1 FROM placement p JOIN folder f ON f.mailbox_id = p.mailbox_id AND f.id = p.folder_id
                       WHERE p.mailbox_id = $1 AND p.digest = g.digest AND p.gone_at IS NULL
                         AND f.role NOT IN ('trash', 'sent', 'drafts', 'all')
                         AND (f.phase NOT IN ('missing', 'phantom') OR EXISTS (
                             SELECT 1 FROM held_gesture h
                             WHERE h.mailbox_id = $1 AND h.message_id = g.id AND h.decision IS NULL))
                         AND NOT EXISTS (SELECT 1 FROM unnest(p.flags) AS x (flag) WHERE lower(x.flag) = '\deleted'))),
                   COALESCE(bool_or(g.direction = 'outbound'), false)
            FROM message g WHERE g.mailbox_id = $1 AND g.ticket = $2
            """#
    )

    /// Binds `$1` mailbox, `$2` ticket, `$3` ledger number, `$4` the message of that placement.
    ///
    /// One row or none: the newest message from a contact that was in the mailbox when that placement was seen first, or when it
    /// was found gone.
    static let seenContact = SQL(
        name: "ticket.seen_contact",
        text: """
            SELECT g.received_at, g.id FROM message g
            WHERE g.mailbox_id = $1 AND g.ticket = $2 AND g.direction = 'inbound' AND g.kind = 'human' AND g.verified
              AND EXISTS (SELECT 1 FROM placement p
                          WHERE p.mailbox_id = $1 AND p.digest = g.digest AND (p.number <= $3 OR p.seen_at <= (
                              SELECT q.gone_at FROM message a JOIN placement q ON q.mailbox_id = $1 AND q.digest = a.digest
                              WHERE a.mailbox_id = $1 AND a.id = $4 AND q.number = $3)))
            ORDER BY g.received_at DESC, g.id DESC LIMIT 1
            """
    )

    /// Every agent.
    static let agents = SQL(
        name: "ticket.agents",
        text: """
            SELECT a.id, a.handle, a.name, a.disabled_at IS NULL,
                   COALESCE((SELECT array_agg(x.address_key) FROM agent_address x WHERE x.agent_id = a.id), '{}')
            FROM agent a ORDER BY a.id
            """
    )

    /// Binds `$1` mailbox, `$2` ticket, `$3` agent or NULL, `$4` text.
    ///
    /// One row: the note's id.
    static let note = SQL(
        name: "ticket.note",
        text: "INSERT INTO note (mailbox_id, ticket, agent_id, text) VALUES ($1, $2, $3, $4) RETURNING id"
    )

    /// A ticket with what a command needs beside it.
    package struct Found: Sendable {
        /// The mailbox it belongs to.
        package let mailbox: Identifier<Mailbox>
        /// The ticket it is on, if any.
        package let ticket: Ticket
        /// What an answer of ours does to an open ticket, by its queue.
        package let afterAnswer: AfterAnswer
        /// The database's clock.
        package let now: Timestamp
    }

    /// The ticket of this number, locked, and every agent, in one round trip.
    package static func find(_ unit: Unit, _ number: Ticket.ID) throws -> (Found, agents: [Agent])? {
        let answers = try unit.transaction.pipeline { pipeline in
            try pipeline.query(find, number.rawValue)
            try pipeline.query(agents)
        }
        for row in answers[0] {
            let found = Found(
                mailbox: Identifier(try row.decode(12, as: Int64.self)),
                ticket: try ticket(row),
                afterAnswer: try row.decode(13, raw: AfterAnswer.self),
                now: try row.decode(14, as: Timestamp.self)
            )
            return (found, try self.people(answers[1]).map(\.agent))
        }
        return nil
    }

    /// Locks tickets in order of their numbers.
    static func lock(
        _ unit: Unit,
        mailbox: Identifier<Mailbox>,
        _ numbers: [Int64]
    ) throws -> [Ticket.ID: Ticket] {
        try self.locked(try unit.transaction.query(lock, mailbox.rawValue, numbers))
    }

    /// What ``lock`` gave.
    static func locked(_ rows: PostgresRows) throws -> [Ticket.ID: Ticket] {
        var found: [Ticket.ID: Ticket] = [:]
        for row in rows {
            let ticket = try ticket(row)
            found[ticket.number] = ticket
        }
        return found
    }

    /// Locks one ticket.
    package static func lock(_ unit: Unit, mailbox: Identifier<Mailbox>, _ number: Ticket.ID) throws -> Ticket? {
        try lock(unit, mailbox: mailbox, [number.rawValue])[number]
    }

    /// Adds tickets that filing opened; `contacts` are ids by comparison key.
    static func insertion(
        mailbox: Identifier<Mailbox>,
        _ tickets: [NewTicket],
        contacts: [String: Int64]
    ) -> [BoundStatement] {
        guard !tickets.isEmpty else { return [] }
        return [
            BoundStatement(
                insert,
                mailbox.rawValue,
                tickets.map(\.row.number.rawValue),
                tickets.map(\.row.queue.rawValue),
                tickets.map { $0.row.owner?.rawValue },
                tickets.map(\.row.status.rawValue),
                tickets.map(\.row.priority.rawValue),
                tickets.map(\.row.version),
                tickets.map(\.row.statusChangedAt),
                tickets.map(\.row.lastContact?.receivedAt),
                tickets.map { $0.row.lastContact?.message.rawValue },
                tickets.map(\.row.seen?.receivedAt),
                tickets.map { $0.row.seen?.message.rawValue },
                tickets.map(\.subject),
                tickets.map { $0.contact.flatMap { contact in contacts[contact.key] } },
                tickets.map(\.createdAt),
                tickets.map(\.updatedAt),
                tickets.map { $0.claims?.rawValue },
                tickets.map(\.isAdopted)
            )
        ]
    }

    /// A row that replaces the version `replaced`.
    package struct Change: Sendable {
        /// The ticket's row.
        package let row: Ticket
        /// The version it replaces.
        package let replaced: Int64
        /// Time of its last event.
        package let updatedAt: Timestamp
        /// Something changed that marks may show, after adoption.
        package let changesMarks: Bool

        /// Puts the values together.
        package init(row: Ticket, replaced: Int64, updatedAt: Timestamp, changesMarks: Bool) {
            self.row = row
            self.replaced = replaced
            self.updatedAt = updatedAt
            self.changesMarks = changesMarks
        }
    }

    /// Replaces rows, each guarded by the version it replaces.
    ///
    /// Returns how many were still at that version.
    package static func update(_ unit: Unit, mailbox: Identifier<Mailbox>, _ changes: [Change]) throws -> Int {
        try unit.transaction.executeAll(replacement(mailbox: mailbox, changes)).first ?? 0
    }

    /// Replaces the row of a ticket that is locked and appends its events, in one round trip.
    ///
    /// All its events then, and a number of the mailbox's where one is to be drawn; nil where the row was at another version.
    package static func replace(
        _ unit: Unit,
        mailbox: Identifier<Mailbox>,
        _ change: Change,
        _ appended: EventQueries.Appended,
        drawsNumber: Bool
    ) throws -> (history: [TicketEvent], number: Int64?)? {
        let writes =
            self.replacement(mailbox: mailbox, [change]) + EventQueries.insertion(mailbox: mailbox, [appended])
        let answers = try unit.transaction.pipeline { pipeline in
            for write in writes { try pipeline.query(write.sql, binds: write.binds) }
            try pipeline.query(EventQueries.load, mailbox.rawValue, [change.row.number.rawValue])
            if drawsNumber { try pipeline.query(MailboxQueries.draw, mailbox.rawValue, Int64(1)) }
        }
        guard answers[0].affected == 1 else { return nil }
        let history = try EventQueries.histories(answers[writes.count])[change.row.number] ?? []
        guard drawsNumber else { return (history, nil) }
        return (history, try answers[writes.count + 1].first.map { try $0.decode(0, as: Int64.self) })
    }

    static func replacement(mailbox: Identifier<Mailbox>, _ changes: [Change]) -> [BoundStatement] {
        guard !changes.isEmpty else { return [] }
        return [
            BoundStatement(
                update,
                mailbox.rawValue,
                changes.map(\.row.number.rawValue),
                changes.map(\.replaced),
                changes.map { $0.row.owner?.rawValue },
                changes.map(\.row.status.rawValue),
                changes.map(\.row.priority.rawValue),
                changes.map(\.row.version),
                changes.map(\.row.statusChangedAt),
                changes.map(\.row.lastContact?.receivedAt),
                changes.map { $0.row.lastContact?.message.rawValue },
                changes.map(\.row.seen?.receivedAt),
                changes.map { $0.row.seen?.message.rawValue },
                changes.map { $0.row.statusBeforeDeletion?.rawValue },
                changes.map(\.updatedAt),
                changes.map(\.changesMarks)
            )
        ]
    }

    /// Makes the messages of tickets due for the mark writer's look, because the tickets changed: what was held on them is
    /// tried again; `endsLinger` ends a wait for agents' clients.
    package static func touchMessages(
        _ unit: Unit,
        mailbox: Identifier<Mailbox>,
        of tickets: [Ticket.ID],
        endsLinger: Bool
    ) throws {
        guard !tickets.isEmpty else { return }
        try unit.transaction.queue(touchMessages, mailbox.rawValue, tickets.map(\.rawValue), endsLinger)
        try HoldQueries.end(unit, mailbox: mailbox, ofTickets: tickets)
    }

    /// Records that a person commanded this ticket under a number of the mailbox.
    package static func notePersonCommand(
        _ unit: Unit,
        mailbox: Identifier<Mailbox>,
        _ ticket: Ticket.ID,
        number: Int64
    ) throws {
        try unit.transaction.queue(personCommand, mailbox.rawValue, ticket.rawValue, number)
    }

    /// What of a ticket people still see in the mailbox.
    package static func visible(
        _ unit: Unit,
        mailbox: Identifier<Mailbox>,
        _ ticket: Ticket.ID
    ) throws -> (inbound: Int, hasOurs: Bool) {
        for row in try unit.transaction.query(visibleInbound, mailbox.rawValue, ticket.rawValue) {
            return (Int(try row.decode(0, as: Int64.self)), try row.decode(1, as: Bool.self))
        }
        return (0, false)
    }

    /// The newest message from a contact that whoever put a placement there, or took it away, could see.
    package static func seenContact(
        _ unit: Unit,
        mailbox: Identifier<Mailbox>,
        _ ticket: Ticket.ID,
        before placement: Identifier<Placement>,
        of message: Identifier<Message>
    ) throws -> ContactMessage? {
        for row in try unit.transaction.query(
            seenContact,
            mailbox.rawValue,
            ticket.rawValue,
            placement.rawValue,
            message.rawValue
        ) {
            return try row.decodeContactMessage(0, 1)
        }
        return nil
    }

    /// Every agent with the comparison keys of their addresses.
    package static func agents(_ unit: Unit) throws -> [(agent: Agent, addressKeys: [String])] {
        try self.people(try unit.transaction.query(agents))
    }

    /// What ``agents`` gave.
    static func people(_ rows: PostgresRows) throws -> [(agent: Agent, addressKeys: [String])] {
        try rows.map { row in
            let handle = try row.decode(1, as: String.self)
            guard let valid = try? Handle(handle) else {  // the table's CHECK holds the same rule
                throw StoreError(reason: .undecodable, statement: agents.name, message: "a handle that is none")
            }
            return (
                Agent(
                    id: Identifier(try row.decode(0, as: Int64.self)),
                    handle: valid,
                    name: try row.decode(2, as: String.self),
                    isActive: try row.decode(3, as: Bool.self)
                ),
                try row.decode(4, as: [String].self)
            )
        }
    }

    /// Keeps a note's text.
    package static func insertNote(
        _ unit: Unit,
        mailbox: Identifier<Mailbox>,
        _ ticket: Ticket.ID,
        by agent: Agent.ID?,
        text: String
    ) throws -> Identifier<Note> {
        for row in try unit.transaction.query(note, mailbox.rawValue, ticket.rawValue, agent?.rawValue, text) {
            return Identifier(try row.decode(0, as: Int64.self))
        }
        throw StoreError.missingRow(note.name)
    }

    private static func ticket(_ row: PostgresRow) throws -> Ticket {
        Ticket(
            number: Identifier(try row.decode(0, as: Int64.self)),
            queue: Identifier(try row.decode(1, as: Int64.self)),
            owner: try row.decode(2, as: Int64?.self).map { Identifier($0) },
            status: try row.decode(3, raw: TicketStatus.self),
            priority: try row.decode(4, raw: Priority.self),
            version: try row.decode(5, as: Int64.self),
            statusChangedAt: try row.decode(6, as: Timestamp.self),
            lastContact: try row.decodeContactMessage(7, 8),
            seen: try row.decodeContactMessage(9, 10),
            statusBeforeDeletion: try row.decode(11, rawOptional: TicketStatus.self)
        )
    }
}
