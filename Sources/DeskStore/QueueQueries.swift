package import Desk
import Postgres

/// A queue as a listing shows one.
package struct QueueListing: Equatable, Sendable {
    /// Its id.
    package let id: Identifier<Queue>
    /// `[a-z][a-z0-9-]{0,31}`.
    package let name: String
    /// The status an answer of ours gives an open ticket.
    package let afterAnswer: AfterAnswer
    /// Handles of its members, in order.
    package let members: [String]
    /// Names of the mailboxes whose mail goes here, in order.
    package let mailboxes: [String]
    /// Open and pending tickets.
    package let openTickets: Int64
    /// Those of them that nobody owns.
    package let unownedTickets: Int64
    /// When it was added.
    package let createdAt: Timestamp
}

/// Statements on `queue` and `queue_member`.
package enum QueueQueries {
    /// Every statement here.
    static let all: [SQL] = [add, join, find, names, list]

    /// Binds `$1` name.
    ///
    /// One row: the new queue's id; none when the name is taken.
    static let add = SQL(
        name: "queue.add",
        text: "INSERT INTO queue (name) VALUES ($1) ON CONFLICT (name) DO NOTHING RETURNING id"
    )

    /// Binds `$1` queue, `$2` agent.
    ///
    /// Rows changed: 0 when the agent is a member already.
    static let join = SQL(
        name: "queue.join",
        text: "INSERT INTO queue_member (queue_id, agent_id) VALUES ($1, $2) ON CONFLICT DO NOTHING"
    )

    /// Binds `$1` name.
    ///
    /// One row: id; or none.
    static let find = SQL(name: "queue.find", text: "SELECT id FROM queue WHERE name = $1")

    /// Every name, for suggestions.
    static let names = SQL(name: "queue.names", text: "SELECT name FROM queue ORDER BY name")

    /// Every queue by name, with members, mailboxes and tickets that are not closed.
    static let list = SQL(
        name: "queue.list",
        text: """
            SELECT q.id, q.name, q.after_answer,
                   ARRAY(SELECT a.handle FROM queue_member w JOIN agent a ON a.id = w.agent_id
                         WHERE w.queue_id = q.id ORDER BY a.handle),
                   ARRAY(SELECT m.name FROM mailbox m WHERE m.queue_id = q.id ORDER BY m.name),
                   COALESCE(o.tickets, 0), COALESCE(o.unowned, 0), q.created_at
            FROM queue q
            LEFT JOIN (SELECT queue_id, count(*) AS tickets, count(*) FILTER (WHERE owner_id IS NULL) AS unowned
                       FROM ticket WHERE status IN ('open', 'pending') GROUP BY queue_id) o
                ON o.queue_id = q.id
            ORDER BY q.name
            """
    )

    /// Adds a queue; nil when the name is taken.
    ///
    /// Throws ``StoreError``.
    package static func add(_ unit: Unit, name: String) throws -> Identifier<Queue>? {
        for row in try unit.transaction.query(self.add, name) { return Identifier(try row.decode(0, as: Int64.self)) }
        return nil
    }

    /// Makes an agent a member; false when it was one.
    ///
    /// Throws ``StoreError``.
    package static func join(_ unit: Unit, _ queue: Identifier<Queue>, _ agent: Identifier<Agent>) throws -> Bool {
        try unit.transaction.execute(self.join, queue.rawValue, agent.rawValue) == 1
    }

    /// The queue of this name, or nil.
    ///
    /// Throws ``StoreError``.
    package static func find(_ unit: Unit, name: String) throws -> Identifier<Queue>? {
        for row in try unit.transaction.query(self.find, name) { return Identifier(try row.decode(0, as: Int64.self)) }
        return nil
    }

    /// Every name in order.
    ///
    /// Throws ``StoreError``.
    package static func names(_ unit: Unit) throws -> [String] {
        try unit.transaction.query(self.names).map { row in try row.decode(0, as: String.self) }
    }

    /// Every queue by name.
    ///
    /// Throws ``StoreError``.
    package static func list(_ unit: Unit) throws -> [QueueListing] {
        try unit.transaction.query(self.list).map { row in
            QueueListing(
                id: Identifier(try row.decode(0, as: Int64.self)),
                name: try row.decode(1, as: String.self),
                afterAnswer: try row.decode(2, raw: AfterAnswer.self),
                members: try row.decode(3, as: [String].self),
                mailboxes: try row.decode(4, as: [String].self),
                openTickets: try row.decode(5, as: Int64.self),
                unownedTickets: try row.decode(6, as: Int64.self),
                createdAt: try row.decode(7, as: Timestamp.self)
            )
        }
    }
}
