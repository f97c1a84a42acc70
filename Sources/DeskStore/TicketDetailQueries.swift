package import Desk
import Postgres

/// Everything that is shown of one ticket.
package struct TicketDetail: Equatable, Sendable {
    /// What a listing shows of it.
    package let ticket: TicketListing
    /// In order of arrival.
    package let messages: [TicketMessage]
    /// In the order recorded.
    package let events: [TicketHistoryEntry]
    /// Oldest first.
    package let notes: [TicketNote]
}

/// One message of a ticket.
package struct TicketMessage: Equatable, Sendable {
    /// Its id.
    package let id: Identifier<Message>
    /// With its angle brackets, or nil where the mail has none.
    package let messageID: String?
    /// Whether it came in or went out.
    package let direction: Direction
    /// Whether a person wrote it.
    package let kind: MessageKind
    /// Name and address as written.
    package let from: String
    /// Its own subject.
    package let subject: String
    /// Its arrival (product.md, "Response times").
    package let receivedAt: Timestamp
    /// The readable text of the mail.
    package let text: String
    /// Whether the mail's text goes on where ``text`` ends.
    package let isTextCut: Bool
    /// The handle of the agent who wrote it, of an outbound message.
    package let responder: String?
    /// False: it claims to be from us and nothing vouches for it.
    package let isVerified: Bool
    /// It was first seen in Junk, and is on the ticket because it answers us.
    package let wasInJunk: Bool
    /// Its live copies on the server.
    package let placements: [MessagePlacement]
}

/// One live copy of a message.
package struct MessagePlacement: Equatable, Sendable {
    /// The folder's full name, decoded.
    package let folder: String
    /// The folder is the one for unwanted mail.
    package let isInJunk: Bool
    /// Its number in the folder.
    package let uid: Int64
    /// Flags and keywords, as the server gave them.
    package let flags: [String]
}

/// One event of a ticket.
package struct TicketHistoryEntry: Equatable, Sendable {
    /// When it happened.
    package let at: Timestamp
    /// When it was recorded.
    package let recordedAt: Timestamp
    /// What happened, as `TicketEvent.Kind` has it.
    package let kind: String
    /// Who did it: a handle, `mail client`, `baton`.
    package let actor: String
    /// By what way, as `Origin` has it.
    package let origin: String
    /// The handle of the agent it is about: new owner, responder.
    package let agent: String?
    /// The ticket that it says to belong to, without being let in.
    package let claims: String?
    /// Ids only, a JSON object.
    package let details: String
}

/// One note that agents wrote for each other.
package struct TicketNote: Equatable, Sendable {
    /// When it was written.
    package let at: Timestamp
    /// The handle of who wrote it, where that is known.
    package let author: String?
    /// What it says.
    package let text: String
}

/// Statements that show one ticket; they read and never write.
package enum TicketDetailQueries {
    /// Every statement here.
    static let all: [SQL] = [ticket, messages, placements, events, notes]

    /// Binds `$1` number.
    ///
    /// One row or none, columns as in a listing.
    static let ticket = SQL(
        name: "ticket_detail.ticket",
        text: "SELECT \(TicketListingQueries.columns) FROM \(TicketListingQueries.tables) WHERE n.number = $1"
    )

    /// Binds `$1` number.
    ///
    /// Rows in order of arrival, by the index `message_ticket`.
    static let messages = SQL(
        name: "ticket_detail.messages",
        text: """
            SELECT g.id, g.message_id, g.direction, g.kind, g.from_text, g.subject, g.received_at, g.text,
                   g.text_is_cut, a.handle, g.verified, g.lies_in_junk
            FROM ticket_number n
            JOIN message g ON g.mailbox_id = n.mailbox_id AND g.ticket = n.number
            LEFT JOIN agent a ON a.id = g.responder_id
            WHERE n.number = $1
            ORDER BY g.received_at, g.id
            """
    )

    /// Binds `$1` number.
    ///
    /// Rows: message, folder, uid, flags of each live copy, whether that is Junk, by the index `placement_digest`.
    static let placements = SQL(
        name: "ticket_detail.placements",
        text: """
            SELECT g.id, f.name, p.uid, p.flags, f.role = 'junk'
            FROM ticket_number n
            JOIN message g ON g.mailbox_id = n.mailbox_id AND g.ticket = n.number
            JOIN placement p ON p.mailbox_id = g.mailbox_id AND p.digest = g.digest AND p.gone_at IS NULL
            JOIN folder f ON f.mailbox_id = p.mailbox_id AND f.id = p.folder_id AND f.epoch = p.epoch
            WHERE n.number = $1
            ORDER BY g.id, p.number
            """
    )

    /// Binds `$1` number.
    ///
    /// Rows in the order recorded, by the primary key.
    static let events = SQL(
        name: "ticket_detail.events",
        text: """
            SELECT e.at, e.recorded_at, e.kind, e.actor, e.origin, a.handle, e.details::text, e.details ->> 'claims'
            FROM ticket_number n
            JOIN event e ON e.mailbox_id = n.mailbox_id AND e.ticket = n.number
            LEFT JOIN agent a ON a.id = e.agent_id
            WHERE n.number = $1
            ORDER BY e.seq
            """
    )

    /// Binds `$1` number.
    ///
    /// Rows oldest first.
    static let notes = SQL(
        name: "ticket_detail.notes",
        text: """
            SELECT o.at, a.handle, o.text
            FROM ticket_number n
            JOIN note o ON o.mailbox_id = n.mailbox_id AND o.ticket = n.number
            LEFT JOIN agent a ON a.id = o.agent_id
            WHERE n.number = $1
            ORDER BY o.at, o.id
            """
    )

    /// The ticket without its messages, or nil.
    ///
    /// Throws ``StoreError``.
    package static func ticket(_ unit: Unit, _ number: Identifier<Ticket>) throws -> TicketListing? {
        for row in try unit.transaction.query(self.ticket, number.rawValue) {
            return try TicketListingQueries.row(row)
        }
        return nil
    }

    /// Everything of the ticket, or nil when there is none of this number.
    ///
    /// Throws ``StoreError``.
    package static func detail(_ unit: Unit, _ number: Identifier<Ticket>) throws -> TicketDetail? {
        guard let ticket = try self.ticket(unit, number) else { return nil }
        var placements: [Identifier<Message>: [MessagePlacement]] = [:]
        for row in try unit.transaction.query(self.placements, number.rawValue) {
            let message = Identifier<Message>(try row.decode(0, as: Int64.self))
            placements[message, default: []].append(
                MessagePlacement(
                    folder: try row.decode(1, as: String.self),
                    isInJunk: try row.decode(4, as: Bool.self),
                    uid: try row.decode(2, as: Int64.self),
                    flags: try row.decode(3, as: [String].self)
                )
            )
        }
        let messages = try unit.transaction.query(self.messages, number.rawValue).map { row in
            let id = Identifier<Message>(try row.decode(0, as: Int64.self))
            return TicketMessage(
                id: id,
                messageID: try row.decode(1, as: String?.self),
                direction: try row.decode(2, raw: Direction.self),
                kind: try row.decode(3, raw: MessageKind.self),
                from: try row.decode(4, as: String.self),
                subject: try row.decode(5, as: String.self),
                receivedAt: try row.decode(6, as: Timestamp.self),
                text: try row.decode(7, as: String.self),
                isTextCut: try row.decode(8, as: Bool.self),
                responder: try row.decode(9, as: String?.self),
                isVerified: try row.decode(10, as: Bool.self),
                wasInJunk: try row.decode(11, as: Bool.self),
                placements: placements[id] ?? []
            )
        }
        let notes = try unit.transaction.query(self.notes, number.rawValue).map { row in
            TicketNote(
                at: try row.decode(0, as: Timestamp.self),
                author: try row.decode(1, as: String?.self),
                text: try row.decode(2, as: String.self)
            )
        }
        return TicketDetail(
            ticket: ticket,
            messages: messages,
            events: try self.history(unit, number),
            notes: notes
        )
    }

    /// The events of a ticket in the order recorded; none when there is no such ticket.
    ///
    /// Throws ``StoreError``.
    package static func history(_ unit: Unit, _ number: Identifier<Ticket>) throws -> [TicketHistoryEntry] {
        try unit.transaction.query(self.events, number.rawValue).map { row in
            TicketHistoryEntry(
                at: try row.decode(0, as: Timestamp.self),
                recordedAt: try row.decode(1, as: Timestamp.self),
                kind: try row.decode(2, as: String.self),
                actor: try row.decode(3, as: String.self),
                origin: try row.decode(4, as: String.self),
                agent: try row.decode(5, as: String?.self),
                claims: try row.decode(7, as: String?.self),
                details: try row.decode(6, as: String.self)
            )
        }
    }
}
