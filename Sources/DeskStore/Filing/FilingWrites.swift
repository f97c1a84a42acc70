package import Desk
import Postgres

/// Statements that write what filing decided, a whole batch each.
package enum FilingWrites {
    static let all: [SQL] = [
        contacts, messages, refile, retried, retriedTicket, placements, participants, threadKeys, answered, touchStored,
    ]

    /// Binds `$1` mailbox, `$2` keys, `$3` addresses, `$4` names.
    ///
    /// Rows: key and id, new or known.
    static let contacts = SQL(
        name: "filing.contacts",
        text: """
            INSERT INTO contact AS c (mailbox_id, address_key, address, name)
            SELECT $1, u.* FROM unnest($2::text[], $3::text[], $4::text[]) AS u
            ON CONFLICT (mailbox_id, address_key) DO UPDATE SET name = COALESCE(NULLIF(excluded.name, ''), c.name)
            RETURNING address_key, id
            """
    )

    /// Binds `$1` mailbox, then arrays in the order of the columns named.
    static let messages = SQL(
        name: "filing.messages",
        text: """
            INSERT INTO message (mailbox_id, id, digest, ticket, direction, kind, fate, verified, message_id, subject,
                from_key, from_text, to_text, text, text_is_cut, received_at, sent_at, responder_id, presumed, evidence,
                answered, lies_in_junk, first_folder_id, adopted, settled, settled_placement, linger_until,
                settled_number, touched)
            OVERRIDING SYSTEM VALUE
            SELECT $1, u.id, u.digest, u.ticket, u.direction, u.kind, u.fate, u.verified, u.message_id, u.subject,
                u.from_key, u.from_text, u.to_text, u.text, u.text_is_cut, u.received_at, u.sent_at, u.responder_id,
                u.presumed, u.evidence, u.answered, u.lies_in_junk, u.first_folder_id, u.adopted, u.settled,
                u.settled_placement, u.linger_until, (SELECT sequence FROM mailbox WHERE id = $1),
                CASE WHEN u.settled IS NOT NULL AND (NOT u.adopted
                    OR (SELECT adopted_at IS NOT NULL FROM mailbox WHERE id = $1)
                       AND EXISTS (SELECT 1 FROM ticket t WHERE t.mailbox_id = $1 AND t.number = u.ticket
                                   AND t.changed_since_adoption))
                THEN nextval('touch_number') END
            FROM unnest($2::bigint[], $3::bytea[], $4::bigint[], $5::text[], $6::text[], $7::text[], $8::boolean[],
                $9::text[], $10::text[], $11::text[], $12::text[], $13::text[], $14::text[], $15::boolean[],
                $16::timestamptz[], $17::timestamptz[], $18::bigint[], $19::boolean[], $20::text[], $21::boolean[],
                $22::boolean[], $23::bigint[], $24::boolean[], $25::text[], $26::bigint[], $27::timestamptz[])
                AS u (id, digest, ticket, direction, kind, fate, verified, message_id, subject, from_key, from_text,
                      to_text, text, text_is_cut, received_at, sent_at, responder_id, presumed, evidence, answered,
                      lies_in_junk, first_folder_id, adopted, settled, settled_placement, linger_until)
            """
    )

    /// Binds `$1` mailbox, `$2` message, `$3` ticket, `$4` fate, `$5` direction, `$6` settled, `$7` settled
    /// placement, `$8` evidence.
    ///
    /// A message stored without a ticket is filed as new.
    static let refile = SQL(
        name: "filing.refile",
        text: """
            UPDATE message SET ticket = $3, fate = $4, direction = $5, settled = $6, settled_placement = $7, evidence = $8,
                muted_in_junk = false, lies_in_junk = false, touched = nextval('touch_number')
            WHERE mailbox_id = $1 AND id = $2 AND ticket IS NULL
            """
    )

    /// Binds `$1` mailbox, `$2` message, `$3` ticket, `$4` fate, `$5` direction, `$6` kind, `$7` verified, `$8`
    /// Message-ID, `$9` subject, `$10` author's key, `$11` authors, `$12` recipients, `$13` text, `$14` whether it was
    /// cut, `$15` arrival, `$16` Date, `$17` settled, `$18` settled placement.
    ///
    /// A message out of quarantine is known better now; its ticket and what is settled stay where there are any.
    static let retried = SQL(
        name: "filing.retried",
        text: """
            UPDATE message SET ticket = COALESCE(ticket, $3), fate = $4, direction = $5, kind = $6, verified = $7,
                message_id = $8, subject = $9, from_key = $10, from_text = $11, to_text = $12, text = $13,
                text_is_cut = $14, received_at = $15, sent_at = $16, settled = COALESCE(settled, $17),
                settled_placement = COALESCE(settled_placement, $18), touched = nextval('touch_number')
            WHERE mailbox_id = $1 AND id = $2 AND fate = 'fetched'
            """
    )

    /// Binds `$1` mailbox, `$2` ticket, `$3` subject, `$4` contact or NULL.
    ///
    /// The ticket of a message out of quarantine is called by what can be read now.
    static let retriedTicket = SQL(
        name: "filing.retried_ticket",
        text: """
            UPDATE ticket SET subject = $3, contact_id = COALESCE(contact_id, $4) WHERE mailbox_id = $1 AND number = $2
            """
    )

    /// Binds `$1` mailbox, then arrays: `$2` folders, `$3` epochs, `$4` uids, `$5` fates, `$6` reasons.
    static let placements = SQL(
        name: "filing.placements",
        text: """
            UPDATE placement p SET fate = u.fate, reason = u.reason
            FROM unnest($2::bigint[], $3::bigint[], $4::bigint[], $5::text[], $6::text[])
                AS u (folder_id, epoch, uid, fate, reason)
            WHERE p.mailbox_id = $1 AND p.folder_id = u.folder_id AND p.epoch = u.epoch::int AND p.uid = u.uid
              AND p.fate = 'fetched'
            """
    )

    /// Binds `$1` mailbox, `$2` tickets, `$3` keys, `$4` whether each is a contact.
    static let participants = SQL(
        name: "filing.participants_insert",
        text: """
            INSERT INTO participant AS p (mailbox_id, ticket, address_key, is_contact)
            SELECT $1, u.* FROM unnest($2::bigint[], $3::text[], $4::boolean[]) AS u
            ON CONFLICT (mailbox_id, ticket, address_key) DO UPDATE SET is_contact = true
            WHERE excluded.is_contact AND NOT p.is_contact
            """
    )

    /// Binds `$1` mailbox, `$2` id digests, `$3` tickets, `$4` messages (NULL where an id is only named).
    static let threadKeys = SQL(
        name: "filing.thread_keys_insert",
        text: """
            INSERT INTO thread_key AS k (mailbox_id, digest, ticket, message_id)
            SELECT $1, u.* FROM unnest($2::bytea[], $3::bigint[], $4::bigint[]) AS u
            ON CONFLICT (mailbox_id, digest, ticket) DO UPDATE SET message_id = excluded.message_id
            WHERE k.message_id IS NULL AND excluded.message_id IS NOT NULL
            """
    )

    /// Binds `$1` mailbox, `$2` messages that an answer of ours names, `$3` whether the marks of adopted ones change.
    static let answered = SQL(
        name: "filing.answered",
        text: """
            UPDATE message SET answered = true,
                touched = CASE WHEN (settled IS NOT NULL OR touched IS NOT NULL) AND $3 THEN nextval('touch_number') ELSE touched END
            WHERE mailbox_id = $1 AND id = ANY($2) AND NOT answered
            """
    )

    /// Binds `$1` mailbox, `$2` digests.
    ///
    /// Messages with a new copy are due for a look.
    static let touchStored = SQL(
        name: "filing.touch_stored",
        text: """
            UPDATE message SET touched = nextval('touch_number')
            WHERE mailbox_id = $1 AND digest = ANY($2) AND (settled IS NOT NULL OR touched IS NOT NULL)
            """
    )

    /// What the database gives to what a batch begins.
    package struct Drawn: Sendable {
        /// New ticket numbers, ascending.
        package let numbers: [Ticket.ID]
        /// Ids of contacts by comparison key.
        let contacts: [String: Int64]
    }

    /// Draws ticket numbers and makes contacts known, in one round trip.
    package static func draw(
        _ unit: Unit,
        mailbox: Identifier<Mailbox>,
        tickets: Int,
        contacts: [FilingContact]
    ) throws -> Drawn {
        let upsert = self.contactUpsert(mailbox: mailbox, contacts)
        // Two statements, so that the second sees what the former holder of the lock committed.
        if tickets > 0 { try unit.transaction.queue(FilingQueries.numberLock) }
        guard tickets > 0 || upsert != nil else { return Drawn(numbers: [], contacts: [:]) }
        let answers = try unit.transaction.pipeline { pipeline in
            if tickets > 0 { try pipeline.query(FilingQueries.ticketNumbers, mailbox.rawValue, Int64(tickets)) }
            if let upsert { try pipeline.query(upsert.sql, binds: upsert.binds) }
        }
        let numbers = tickets > 0 ? try answers[0].map { Ticket.ID(try $0.decode(0, as: Int64.self)) } : []
        var ids: [String: Int64] = [:]
        if upsert != nil, let rows = answers.last {
            for row in rows { ids[try row.decode(0, as: String.self)] = try row.decode(1, as: Int64.self) }
        }
        return Drawn(numbers: numbers.sorted(), contacts: ids)
    }

    /// Writes one batch, for which `drawn` was drawn.
    ///
    /// Ticket rows that existed are given as changes, guarded by their versions. All statements are on their way together.
    package static func write(
        _ unit: Unit,
        mailbox: Identifier<Mailbox>,
        _ batch: FilingBatch,
        _ drawn: Drawn
    ) throws {
        let contacts = drawn.contacts
        var statements = TicketQueries.replacement(mailbox: mailbox, batch.changes)
        statements += TicketQueries.insertion(mailbox: mailbox, batch.newTickets, contacts: contacts)
        statements += messageInsertion(mailbox: mailbox, batch.mails.filter { $0.message != nil && !$0.isRefiled })
        statements += batch.mails.filter { $0.isRefiled && $0.retried == nil }.map { refiling(mailbox: mailbox, $0) }
        statements += batch.mails.flatMap { retrying(mailbox: mailbox, $0, contacts: contacts) }
        statements += EventQueries.insertion(mailbox: mailbox, batch.events)
        statements += EventQueries.projection(mailbox: mailbox, batch.turns, mayShrink: batch.mayTurnsShrink)
        statements += participantInsertion(mailbox: mailbox, batch.participants)
        statements += threadKeyInsertion(mailbox: mailbox, batch.mails)
        statements.append(
            BoundStatement(
                placements,
                mailbox.rawValue,
                batch.mails.map(\.mail.folder.rawValue),
                batch.mails.map { Int64($0.mail.epoch) },
                batch.mails.map { Int64($0.mail.uid) },
                batch.mails.map(\.fate.rawValue),
                batch.mails.map(\.reason)
            )
        )
        if !batch.answered.isEmpty {
            statements.append(
                BoundStatement(answered, mailbox.rawValue, batch.answered.map(\.rawValue), batch.changesMarks)
            )
        }
        let copies = batch.mails.filter { $0.message == nil }.map(\.mail.digest)
        if !copies.isEmpty && batch.changesMarks {
            statements.append(BoundStatement(touchStored, mailbox.rawValue, copies))
        }
        if batch.changes.isEmpty {
            try unit.transaction.queue(statements)
        } else if try unit.transaction.executeAll(statements).first != batch.changes.count {
            throw StoreError(
                reason: .refused(state: "40001"),
                statement: TicketQueries.update.name,
                message: "a ticket changed while its mail was filed"
            )
        }
        try LateAnswerQueries.write(unit, mailbox: mailbox, batch, contacts: contacts)
        if batch.changesMarks {
            try TicketQueries.touchMessages(unit, mailbox: mailbox, of: batch.ticketsWithNewMarks, endsLinger: false)
        }
    }

    private static func refiling(mailbox: Identifier<Mailbox>, _ mail: FiledMail) -> BoundStatement {
        let settled = mail.message?.settled
        return BoundStatement(
            refile,
            mailbox.rawValue,
            mail.id.rawValue,
            mail.ticket?.rawValue,
            mail.fate.rawValue,
            (mail.message?.direction ?? .inbound).rawValue,
            settled.map { MarkStateText.encode($0.state) },
            settled.map(\.placement.rawValue),
            mail.message?.evidence
        )
    }

    private static func contactUpsert(mailbox: Identifier<Mailbox>, _ contacts: [FilingContact]) -> BoundStatement? {
        var unique: [String: (address: String, name: String)] = [:]
        for contact in contacts { unique[contact.key] = (contact.address, contact.name) }
        guard !unique.isEmpty else { return nil }
        let keys = unique.keys.sorted()  // a fixed lock order
        return BoundStatement(
            self.contacts,
            mailbox.rawValue,
            keys,
            keys.map { unique[$0]?.address ?? $0 },
            keys.map { unique[$0]?.name ?? "" }
        )
    }

    private static func retrying(
        mailbox: Identifier<Mailbox>,
        _ mail: FiledMail,
        contacts: [String: Int64]
    ) -> [BoundStatement] {
        guard let retried = mail.retried, let message = mail.message else { return [] }
        var statements = [
            BoundStatement(
                self.retried,
                mailbox.rawValue,
                mail.id.rawValue,
                mail.ticket?.rawValue,
                mail.fate.rawValue,
                message.direction.rawValue,
                message.kind.rawValue,
                message.isVerified,
                message.messageID,
                message.subject,
                message.fromKey,
                message.fromText,
                message.toText,
                message.text,
                message.isTextCut,
                message.receivedAt,
                message.sentAt,
                message.settled.map { MarkStateText.encode($0.state) },
                message.settled?.placement.rawValue
            )
        ]
        guard let ticket = mail.ticket, mail.fate != .quarantined else { return statements }
        statements.append(
            BoundStatement(
                retriedTicket,
                mailbox.rawValue,
                ticket.rawValue,
                message.subject,
                retried.contact.flatMap { contacts[$0.key] }
            )
        )
        return statements
    }

    private static func messageInsertion(mailbox: Identifier<Mailbox>, _ mails: [FiledMail]) -> [BoundStatement] {
        let rows = mails.compactMap { mail in mail.message.map { (mail: mail, message: $0) } }
        guard !rows.isEmpty else { return [] }
        let statement = BoundStatement(
            messages,
            mailbox.rawValue,
            rows.map(\.mail.id.rawValue),
            rows.map(\.mail.mail.digest),
            rows.map { $0.mail.ticket?.rawValue },
            rows.map(\.message.direction.rawValue),
            rows.map(\.message.kind.rawValue),
            rows.map(\.mail.fate.rawValue),
            rows.map(\.message.isVerified),
            rows.map(\.message.messageID),
            rows.map(\.message.subject),
            rows.map(\.message.fromKey),
            rows.map(\.message.fromText),
            rows.map(\.message.toText),
            rows.map(\.message.text),
            rows.map(\.message.isTextCut),
            rows.map(\.message.receivedAt),
            rows.map(\.message.sentAt),
            rows.map { $0.message.responder?.agent.rawValue },
            rows.map { $0.message.responder?.isPresumed ?? false },
            rows.map(\.message.evidence),
            rows.map(\.message.isAnswered),
            rows.map(\.message.liesInJunk),
            rows.map(\.mail.mail.folder.rawValue),
            rows.map(\.mail.mail.isImported),
            rows.map { $0.message.settled.map { MarkStateText.encode($0.state) } },
            rows.map { $0.message.settled?.placement.rawValue },
            rows.map(\.message.lingerUntil)
        )
        return [statement]
    }

    private static func participantInsertion(
        mailbox: Identifier<Mailbox>,
        _ added: [FilingBatch.Participants]
    ) -> [BoundStatement] {
        var rows: [Int64: [String: Bool]] = [:]
        for one in added {
            for key in one.keys.union(one.contacts) {
                let isContact = one.contacts.contains(key) || rows[one.ticket.rawValue]?[key] == true
                rows[one.ticket.rawValue, default: [:]][key] = isContact
            }
        }
        let flat = rows.sorted { $0.key < $1.key }.flatMap { ticket, keys in
            keys.sorted { $0.key < $1.key }.map { (ticket: ticket, key: $0.key, isContact: $0.value) }
        }
        guard !flat.isEmpty else { return [] }
        return [
            BoundStatement(
                participants,
                mailbox.rawValue,
                flat.map(\.ticket),
                flat.map(\.key),
                flat.map(\.isContact)
            )
        ]
    }

    private static func threadKeyInsertion(mailbox: Identifier<Mailbox>, _ mails: [FiledMail]) -> [BoundStatement] {
        struct Key: Hashable {
            let digest: IDDigest
            let ticket: Int64
        }
        var keys: [Key: Int64?] = [:]
        for mail in mails {
            guard let ticket = mail.ticket, let message = mail.message else { continue }
            for named in message.namedIDs {
                let key = Key(digest: named, ticket: ticket.rawValue)
                if keys[key] == nil { keys.updateValue(nil, forKey: key) }
            }
            if let own = message.ownID {
                let key = Key(digest: own, ticket: ticket.rawValue)
                if (keys[key] ?? nil) == nil { keys.updateValue(mail.id.rawValue, forKey: key) }
            }
        }
        guard !keys.isEmpty else { return [] }
        let rows = keys.sorted { left, right in  // a fixed lock order
            left.key.ticket == right.key.ticket
                ? left.key.digest.bytes.lexicographicallyPrecedes(right.key.digest.bytes)
                : left.key.ticket < right.key.ticket
        }
        return [
            BoundStatement(
                threadKeys,
                mailbox.rawValue,
                rows.map(\.key.digest.bytes),
                rows.map(\.key.ticket),
                rows.map(\.value)
            )
        ]
    }
}

/// Everything one batch of mails writes.
package struct FilingBatch: Sendable {
    /// Addresses that a mail adds to a ticket.
    package struct Participants: Sendable {
        /// The ticket it is on, if any.
        package let ticket: Ticket.ID
        /// Comparison keys of participants.
        package let keys: Set<String>
        /// Those of them that wrote inbound mail.
        package let contacts: Set<String>

        /// Puts the values together.
        package init(ticket: Ticket.ID, keys: Set<String>, contacts: Set<String>) {
            self.ticket = ticket
            self.keys = keys
            self.contacts = contacts
        }
    }

    /// A ticket that we began, whose contact writes for the first time.
    package struct FirstContact: Sendable {
        /// The ticket.
        package let ticket: Ticket.ID
        /// Who wrote.
        package let contact: FilingContact

        /// Puts the values together.
        package init(ticket: Ticket.ID, contact: FilingContact) {
            self.ticket = ticket
            self.contact = contact
        }
    }

    /// A mail of ours that answered nobody known.
    package struct Recipients: Sendable {
        /// The mail.
        package let message: Identifier<Message>
        /// Comparison keys of those it went to.
        package let keys: Set<String>

        /// Puts the values together.
        package init(message: Identifier<Message>, keys: Set<String>) {
            self.message = message
            self.keys = keys
        }
    }

    /// The mails, in order of arrival.
    package var mails: [FiledMail] = []
    /// Tickets that begin with this batch.
    package var newTickets: [NewTicket] = []
    /// Rows that replace a version of an existing ticket.
    package var changes: [TicketQueries.Change] = []
    /// Events, in order.
    package var events: [EventQueries.Appended] = []
    /// All turns, as the fold made them.
    package var turns: [EventQueries.Turns] = []
    /// Existing tickets are among those projected.
    package var mayTurnsShrink = false
    /// Comparison keys of who takes part, by ticket.
    package var participants: [Participants] = []
    /// Existing tickets that get their contact.
    package var firstContacts: [FirstContact] = []
    /// To whom mails of ours went that answered nobody known.
    package var recipients: [Recipients] = []
    /// Messages that an answer of ours names.
    package var answered: [Identifier<Message>] = []
    /// Tickets whose messages the mark writer should look at.
    package var ticketsWithNewMarks: [Ticket.ID] = []
    /// False during a first import, which moves nothing.
    package var changesMarks = true

    /// Puts the values together.
    package init() {}
}
