package import Desk
import Postgres

/// A fetched mail that waits to be filed.
package struct UnfiledMail: Sendable, Equatable {
    /// The folder it lies in.
    package let folder: Identifier<Folder>
    /// The folder's epoch, ours, that its UID belongs to.
    package let epoch: Int
    /// The UID, valid in one epoch of one folder.
    package let uid: UInt32
    /// The ledger number of the placement.
    package let placement: Identifier<Placement>
    /// SHA-256 of `BODY[]`, 32 bytes.
    package let digest: [UInt8]
    /// Flags and keywords as the server spells them.
    package let flags: [String]
    /// INTERNALDATE, where the server gives one.
    package let internalDate: Timestamp?
    /// When it was first seen, by the database's clock.
    package let seenAt: Timestamp
    /// How often filing was begun, this time included; above 3 it goes to quarantine unparsed.
    package let attempts: Int
    /// It came with the first import.
    package let isImported: Bool
    /// It lies in Sent: of what arrived in one second that comes last, since an answer follows its question.
    package let isSent: Bool

    /// Puts the values together.
    package init(
        folder: Identifier<Folder>,
        epoch: Int,
        uid: UInt32,
        placement: Identifier<Placement>,
        digest: [UInt8],
        flags: [String],
        internalDate: Timestamp?,
        seenAt: Timestamp,
        attempts: Int,
        isImported: Bool,
        isSent: Bool
    ) {
        self.folder = folder
        self.epoch = epoch
        self.uid = uid
        self.placement = placement
        self.digest = digest
        self.flags = flags
        self.internalDate = internalDate
        self.seenAt = seenAt
        self.attempts = attempts
        self.isImported = isImported
        self.isSent = isSent
    }

    /// The order in which mails are filed.
    package static func arrivedBefore(_ left: Self, _ right: Self) -> Bool {
        let (early, late) = (left.internalDate ?? left.seenAt, right.internalDate ?? right.seenAt)
        return (early, left.isSent ? 1 : 0, left.placement) < (late, right.isSent ? 1 : 0, right.placement)
    }
}

/// A message that is stored already, as filing needs it.
package struct StoredMessage: Sendable, Equatable {
    /// Its id.
    package let id: Identifier<Message>
    /// What became of it.
    package let fate: Fate
    /// Why, where the fate needs a reason.
    package let reason: IgnoreReason?
    /// The ticket it is on, if any.
    package let ticket: Ticket.ID?

    /// Puts the values together.
    package init(id: Identifier<Message>, fate: Fate, reason: IgnoreReason?, ticket: Ticket.ID?) {
        self.id = id
        self.fate = fate
        self.reason = reason
        self.ticket = ticket
    }
}

/// What the database knows of the mails of one batch.
package struct FilingContext: Sendable {
    /// Stored messages with the same bytes.
    package var stored: [[UInt8]: StoredMessage] = [:]
    /// Tickets on which an id is known, in order of their numbers.
    package var tickets: [IDDigest: [Ticket.ID]] = [:]
    /// The messages that have an id, per ticket.
    package var messages: [IDDigest: [Identifier<Message>]] = [:]
    /// Rows of all those tickets, locked.
    package var rows: [Ticket.ID: Ticket] = [:]
    /// Comparison keys of who takes part, by ticket.
    package var participants: [Ticket.ID: Set<String>] = [:]
    /// Those of the participants that wrote inbound mail.
    package var contacts: [Ticket.ID: Set<String>] = [:]
    /// Events, in order.
    package var events: [Ticket.ID: [TicketEvent]] = [:]
    /// Comparison keys of those whom a mail of ours went to that answered nobody known, by message.
    package var recipients: [Identifier<Message>: Set<String>] = [:]
}

/// Statements that read for filing: what waits, and what is known about it.
package enum FilingQueries {
    static let all: [SQL] = [
        peek, claim, giveBack, stored, threadKeys, participants, messageIDs, numberLock, ticketNumbers, waiting,
    ]

    /// Binds `$1` mailbox, `$2` limit, `$3` ledger numbers to leave out.
    ///
    /// What waits, in order of arrival, within the horizon of a first import.
    static let peek = SQL(
        name: "filing.peek",
        text: """
            SELECT p.folder_id, p.epoch::bigint, p.uid, p.attempts
            FROM placement p JOIN mailbox m ON m.id = p.mailbox_id
            JOIN folder f ON f.mailbox_id = p.mailbox_id AND f.id = p.folder_id
            WHERE p.mailbox_id = $1 AND p.fate = 'fetched' AND p.digest IS NOT NULL
              AND (m.filing_horizon IS NULL OR NOT p.imported OR COALESCE(p.internal_date, p.seen_at) <= m.filing_horizon)
              AND p.number <> ALL($3)
            ORDER BY p.internal_date, f.role = 'sent', p.number LIMIT $2
            """
    )

    /// Binds `$1` mailbox, `$2` folders, `$3` epochs, `$4` uids.
    ///
    /// Raises their attempts, up to what the column holds with ease. A row each.
    static let claim = SQL(
        name: "filing.claim",
        text: """
            UPDATE placement p SET attempts = LEAST(p.attempts, 99) + 1
            FROM unnest($2::bigint[], $3::bigint[], $4::bigint[]) AS u (folder_id, epoch, uid)
            JOIN folder f ON f.mailbox_id = $1 AND f.id = u.folder_id
            WHERE p.mailbox_id = $1 AND p.folder_id = u.folder_id AND p.epoch = u.epoch::int AND p.uid = u.uid
              AND p.fate = 'fetched'
            RETURNING p.folder_id, p.epoch::bigint, p.uid, p.number, p.digest, p.flags, p.internal_date, p.seen_at,
                      p.attempts, p.imported, f.role = 'sent'
            """
    )

    /// Binds as ``claim``.
    ///
    /// A graceful stop gives the attempt back.
    static let giveBack = SQL(
        name: "filing.give_back",
        text: """
            UPDATE placement p SET attempts = GREATEST(p.attempts - 1, 0)
            FROM unnest($2::bigint[], $3::bigint[], $4::bigint[]) AS u (folder_id, epoch, uid)
            WHERE p.mailbox_id = $1 AND p.folder_id = u.folder_id AND p.epoch = u.epoch::int AND p.uid = u.uid
              AND p.fate = 'fetched'
            """
    )

    /// Binds `$1` mailbox, `$2` digests.
    static let stored = SQL(
        name: "filing.stored",
        text: """
            SELECT g.digest, g.id, g.fate, g.ticket, (
                SELECT p.reason FROM placement p
                WHERE p.mailbox_id = $1 AND p.digest = g.digest AND p.fate = 'ignored' ORDER BY p.number LIMIT 1)
            FROM message g WHERE g.mailbox_id = $1 AND g.digest = ANY($2)
            """
    )

    /// Binds `$1` mailbox, `$2` id digests.
    ///
    /// Tickets that know an id, with the message that has it.
    static let threadKeys = SQL(
        name: "filing.thread_keys",
        text: """
            SELECT digest, ticket, message_id FROM thread_key
            WHERE mailbox_id = $1 AND digest = ANY($2) ORDER BY digest, ticket
            """
    )

    /// Binds `$1` mailbox, `$2` tickets.
    static let participants = SQL(
        name: "filing.participants",
        text: "SELECT ticket, address_key, is_contact FROM participant WHERE mailbox_id = $1 AND ticket = ANY($2)"
    )

    /// Binds `$1` how many.
    ///
    /// New message ids.
    static let messageIDs = SQL(
        name: "filing.message_ids",
        text: """
            SELECT nextval(s.name::regclass)
            FROM (SELECT pg_get_serial_sequence('message', 'id') OFFSET 0) AS s (name), generate_series(1, $1)
            """
    )

    /// Locks the drawing of ticket numbers until the end of the transaction; ends without a trace.
    static let numberLock = SQL(
        name: "filing.number_lock",
        text: "SELECT pg_advisory_xact_lock(4785074604081152)"
    )

    /// Binds `$1` mailbox, `$2` how many.
    ///
    /// New ticket numbers, registered for look-up.
    static let ticketNumbers = SQL(
        name: "filing.ticket_numbers",
        text: """
            INSERT INTO ticket_number (number, mailbox_id)
            SELECT (SELECT COALESCE(max(number), 0) FROM ticket_number) + n, $1 FROM generate_series(1, $2) AS g (n)
            RETURNING number
            """
    )

    /// Binds `$1` mailbox.
    ///
    /// One row: whether anything waits to be filed, whatever the horizon.
    static let waiting = SQL(
        name: "filing.waiting",
        text: """
            SELECT count(*) FROM placement WHERE mailbox_id = $1 AND fate = 'fetched' AND digest IS NOT NULL
            """
    )

    /// Takes the next mails in order of arrival, but those set aside, and raises their attempts; one that was tried before
    /// comes alone.
    ///
    /// To be committed before anything looks inside a mail.
    package static func claim(
        _ unit: Unit,
        mailbox: Identifier<Mailbox>,
        limit: Int,
        except aside: Set<Identifier<Placement>> = []
    ) throws -> [UnfiledMail] {
        var folders: [Int64] = []
        var epochs: [Int64] = []
        var uids: [Int64] = []
        for row in try unit.transaction.query(
            peek,
            mailbox.rawValue,
            Int64(limit),
            aside.map(\.rawValue)
        ) {
            let wasTried = try row.decode(3, as: Int16.self) > 0
            if wasTried && !uids.isEmpty { break }
            folders.append(try row.decode(0, as: Int64.self))
            epochs.append(try row.decode(1, as: Int64.self))
            uids.append(try row.decode(2, as: Int64.self))
            if wasTried { break }
        }
        guard !uids.isEmpty else { return [] }
        return try claim(unit, mailbox: mailbox, folders: folders, epochs: epochs, uids: uids)
    }

    /// Raises the attempts of one mail that waits; nil when it waits no more.
    package static func claim(
        _ unit: Unit,
        mailbox: Identifier<Mailbox>,
        again mail: UnfiledMail
    ) throws -> UnfiledMail? {
        try claim(
            unit,
            mailbox: mailbox,
            folders: [mail.folder.rawValue],
            epochs: [Int64(mail.epoch)],
            uids: [Int64(mail.uid)]
        ).first
    }

    private static func claim(
        _ unit: Unit,
        mailbox: Identifier<Mailbox>,
        folders: [Int64],
        epochs: [Int64],
        uids: [Int64]
    ) throws -> [UnfiledMail] {
        try unit.transaction.query(claimRows, mailbox.rawValue, folders, epochs, uids).map { row in
            UnfiledMail(
                folder: Identifier(try row.decode(0, as: Int64.self)),
                epoch: Int(try row.decode(1, as: Int64.self)),
                uid: UInt32(clamping: try row.decode(2, as: Int64.self)),
                placement: Identifier(try row.decode(3, as: Int64.self)),
                digest: try row.decode(4, as: [UInt8].self),
                flags: try row.decode(5, as: [String].self),
                internalDate: try row.decode(6, as: Timestamp?.self),
                seenAt: try row.decode(7, as: Timestamp.self),
                attempts: Int(try row.decode(8, as: Int16.self)),
                isImported: try row.decode(9, as: Bool.self),
                isSent: try row.decode(10, as: Bool.self)
            )
        }.sorted(by: UnfiledMail.arrivedBefore)
    }

    private static var claimRows: SQL { claim }

    /// Gives the attempt back: filing was stopped before it began.
    package static func giveBack(_ unit: Unit, mailbox: Identifier<Mailbox>, _ mails: [UnfiledMail]) throws {
        try unit.transaction.queue(
            giveBack,
            mailbox.rawValue,
            mails.map(\.folder.rawValue),
            mails.map { Int64($0.epoch) },
            mails.map { Int64($0.uid) }
        )
    }

    /// How many mails wait to be filed, whatever the horizon.
    package static func waitingCount(_ unit: Unit, mailbox: Identifier<Mailbox>) throws -> Int {
        for row in try unit.transaction.query(waiting, mailbox.rawValue) {
            return Int(try row.decode(0, as: Int64.self))
        }
        return 0
    }

    /// What filing a batch begins with.
    package struct Scene: Sendable {
        /// What is known about its mails.
        package let context: FilingContext
        /// The mailbox as it is set up now.
        package let mailbox: MailboxRecord
        /// Every agent with the comparison keys of their addresses.
        package let people: [(agent: Agent, addressKeys: [String])]
        /// The mailbox's folders.
        package let folders: [FolderRecord]
        /// The database's clock.
        package let now: Timestamp
        /// New ids for the messages, as many as were asked for.
        package let messageIDs: [Identifier<Message>]
    }

    /// Reads what is known about a batch: copies by digest, tickets by the ids named; locks those tickets in order.
    ///
    /// One round trip for mail of nobody known, two or three for the others.
    package static func scene(
        _ unit: Unit,
        mailbox: Identifier<Mailbox>,
        name: String,
        digests: [[UInt8]],
        ids: [IDDigest],
        count: Int
    ) throws -> Scene {
        let answers = try unit.transaction.pipeline { pipeline in
            try pipeline.query(stored, mailbox.rawValue, digests)
            try pipeline.query(threadKeys, mailbox.rawValue, ids.map(\.bytes))
            try pipeline.query(TicketQueries.agents)
            try pipeline.query(FolderQueries.load, mailbox.rawValue)
            try pipeline.query(MailboxQueries.sequence, mailbox.rawValue)
            try pipeline.query(messageIDs, Int64(count))
            try pipeline.query(MailboxQueries.load, name)
        }
        guard let sequence = answers[4].first else { throw StoreError.missingRow(MailboxQueries.sequence.name) }
        guard let record = answers[6].first else { throw StoreError.missingRow(MailboxQueries.load.name) }
        return Scene(
            context: try self.context(unit, mailbox, stored: answers[0], threadKeys: answers[1]),
            mailbox: try MailboxQueries.record(record),
            people: try TicketQueries.people(answers[2]),
            folders: try FolderQueries.records(answers[3]),
            now: try sequence.decode(1, as: Timestamp.self),
            messageIDs: try answers[5].map { Identifier(try $0.decode(0, as: Int64.self)) }
        )
    }

    private static func context(
        _ unit: Unit,
        _ mailbox: Identifier<Mailbox>,
        stored: PostgresRows,
        threadKeys: PostgresRows
    ) throws -> FilingContext {
        var context = FilingContext()
        var numbers: Set<Int64> = []
        for row in stored {
            let ticket = try row.decode(3, as: Int64?.self)
            if let ticket { numbers.insert(ticket) }
            context.stored[try row.decode(0, as: [UInt8].self)] = StoredMessage(
                id: Identifier(try row.decode(1, as: Int64.self)),
                fate: try row.decode(2, raw: Fate.self),
                reason: try row.decode(4, as: String?.self).flatMap(IgnoreReason.init(rawValue:)),
                ticket: ticket.map { Identifier($0) }
            )
        }
        for row in threadKeys {
            guard let digest = IDDigest(try row.decode(0, as: [UInt8].self)) else { continue }
            let ticket = try row.decode(1, as: Int64.self)
            numbers.insert(ticket)
            context.tickets[digest, default: []].append(Identifier(ticket))
            if let message = try row.decode(2, as: Int64?.self) {
                context.messages[digest, default: []].append(Identifier(message))
            }
        }
        guard !numbers.isEmpty else { return context }
        let tickets = numbers.sorted()
        let answers = try unit.transaction.pipeline { pipeline in
            try pipeline.query(TicketQueries.lock, mailbox.rawValue, tickets)
            try pipeline.query(participants, mailbox.rawValue, tickets)
            try pipeline.query(EventQueries.load, mailbox.rawValue, tickets)
        }
        context.rows = try TicketQueries.locked(answers[0])
        for row in answers[1] {
            let ticket = Ticket.ID(try row.decode(0, as: Int64.self))
            let key = try row.decode(1, as: String.self)
            context.participants[ticket, default: []].insert(key)
            if try row.decode(2, as: Bool.self) { context.contacts[ticket, default: []].insert(key) }
        }
        context.events = try EventQueries.histories(answers[2])
        context.recipients = try LateAnswerQueries.load(
            unit,
            mailbox: mailbox,
            context.events.values.flatMap { $0.lazy.filter { $0.kind == .messageOut }.compactMap(\.message) }
        )
        return context
    }
}
