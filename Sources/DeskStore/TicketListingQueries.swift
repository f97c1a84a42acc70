package import Desk
import Postgres

/// A ticket as a listing shows one.
package struct TicketListing: Equatable, Sendable {
    /// Its number, by which people name it.
    package let number: Identifier<Ticket>
    /// The subject of its first message.
    package let subject: String
    /// Its status.
    package let status: TicketStatus
    /// Its priority.
    package let priority: Priority
    /// The owner's handle, or nil.
    package let owner: String?
    /// The name of its queue.
    package let queue: String
    /// The name of its mailbox.
    package let mailbox: String
    /// The address of who wrote in, or nil where we began.
    package let contact: String?
    /// Arrival of its first message.
    package let createdAt: Timestamp
    /// Time of its last event.
    package let updatedAt: Timestamp
    /// How many messages are on it.
    package let messageCount: Int64
}

/// Which tickets a listing has; every part that is not nil must hold.
package struct TicketFilter: Equatable, Sendable {
    /// Whose tickets.
    package enum Ownership: Equatable, Sendable {
        /// Whoever owns them, and those that nobody owns.
        case any
        /// Those that nobody owns.
        case unowned
        /// Those of one agent.
        case owner(Identifier<Agent>)
    }

    /// Whose.
    package var ownership = Ownership.any
    /// Of this queue.
    package var queue: Identifier<Queue>?
    /// Of this mailbox.
    package var mailbox: Identifier<Mailbox>?
    /// Of this status.
    package var status: TicketStatus?

    /// A filter that lets every ticket through.
    package init() {}
}

/// Statements that list tickets; they read and never write.
package enum TicketListingQueries {
    /// Every statement here.
    static let all: [SQL] = [page, numbers]

    /// The columns of ``row(_:)``, over ``tables``.
    static let columns = """
        t.number, t.subject, t.status, t.priority, a.handle, q.name, m.name, c.address, t.created_at, t.updated_at,
        (SELECT count(*) FROM message g WHERE g.mailbox_id = t.mailbox_id AND g.ticket = t.number)
        """

    /// A ticket by its number, with the names of what it refers to.
    static let tables = """
        ticket_number n
        JOIN ticket t ON t.mailbox_id = n.mailbox_id AND t.number = n.number
        JOIN mailbox m ON m.id = t.mailbox_id
        JOIN queue q ON q.id = t.queue_id
        LEFT JOIN agent a ON a.id = t.owner_id
        LEFT JOIN contact c ON c.mailbox_id = t.mailbox_id AND c.id = t.contact_id
        """

    /// Binds `$1` the number to go on below, `$2` mailbox, `$3` queue, `$4` status, `$5` owner (each NULL for any),
    /// `$6` only unowned ones, `$7` how many.
    ///
    /// Rows newest first, along the primary key of `ticket_number`; messages are counted in the index
    /// `message_ticket`.
    static let page = SQL(
        name: "ticket_listing.page",
        text: """
            SELECT \(columns)
            FROM \(tables)
            WHERE n.number < $1
              AND ($2::bigint IS NULL OR t.mailbox_id = $2)
              AND ($3::bigint IS NULL OR t.queue_id = $3)
              AND ($4::text IS NULL OR t.status = $4)
              AND ($5::bigint IS NULL OR t.owner_id = $5)
              AND (NOT $6 OR t.owner_id IS NULL)
            ORDER BY n.number DESC
            LIMIT $7
            """
    )

    /// One row: the lowest and the highest ticket number, NULL without tickets.
    static let numbers = SQL(
        name: "ticket_listing.numbers",
        text: "SELECT min(number), max(number) FROM ticket_number"
    )

    /// The next tickets below a number, newest first.
    ///
    /// A long listing is read in pages, so that neither the server nor the program holds all of it. Numbers never
    /// change, so no ticket comes twice and none that was there at the beginning is missed. Throws ``StoreError``.
    ///
    /// `number` is the last one of the page before, nil for the first page.
    package static func page(
        _ unit: Unit,
        _ filter: TicketFilter,
        below number: Identifier<Ticket>?,
        count: Int
    ) throws -> [TicketListing] {
        let owner: Int64?
        let isUnowned: Bool
        switch filter.ownership {
        case .any: (owner, isUnowned) = (nil, false)
        case .unowned: (owner, isUnowned) = (nil, true)
        case .owner(let agent): (owner, isUnowned) = (agent.rawValue, false)
        }
        return try unit.transaction.query(
            self.page,
            number?.rawValue ?? Int64.max,
            filter.mailbox?.rawValue,
            filter.queue?.rawValue,
            filter.status?.rawValue,
            owner,
            isUnowned,
            count
        ).map { row in try self.row(row) }
    }

    /// The lowest and highest ticket numbers, or nil without tickets.
    ///
    /// Throws ``StoreError``.
    package static func numbers(_ unit: Unit) throws -> ClosedRange<Int64>? {
        for row in try unit.transaction.query(self.numbers) {
            guard let low = try row.decode(0, as: Int64?.self), let high = try row.decode(1, as: Int64?.self)
            else { return nil }
            return low...high
        }
        return nil
    }

    static func row(_ row: PostgresRow) throws -> TicketListing {
        TicketListing(
            number: Identifier(try row.decode(0, as: Int64.self)),
            subject: try row.decode(1, as: String.self),
            status: try row.decode(2, raw: TicketStatus.self),
            priority: try row.decode(3, raw: Priority.self),
            owner: try row.decode(4, as: String?.self),
            queue: try row.decode(5, as: String.self),
            mailbox: try row.decode(6, as: String.self),
            contact: try row.decode(7, as: String?.self),
            createdAt: try row.decode(8, as: Timestamp.self),
            updatedAt: try row.decode(9, as: Timestamp.self),
            messageCount: try row.decode(10, as: Int64.self)
        )
    }
}
