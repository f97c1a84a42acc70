package import Desk
import Postgres

/// An agent as a listing shows one.
package struct AgentListing: Equatable, Sendable {
    /// Its id.
    package let id: Identifier<Agent>
    /// The short name that commands, folders and keywords use.
    package let handle: String
    /// The name people know.
    package let name: String
    /// Addresses the agent writes from, as given, in order.
    package let addresses: [String]
    /// Names of the queues the agent is a member of, in order.
    package let queues: [String]
    /// Open and pending tickets the agent owns.
    package let openTickets: Int64
    /// When it was added.
    package let createdAt: Timestamp
    /// When the agent was disabled; nil for an active one.
    package let disabledAt: Timestamp?
}

/// Statements on `agent` and `agent_address` for administration.
package enum AgentQueries {
    /// Every statement here.
    static let all: [SQL] = [add, touchMarked, addAddress, addressHolder, find, handles, activeCount, list]

    /// Binds `$1` handle, `$2` name.
    ///
    /// One row: the new agent's id; none when the handle is or was in use.
    static let add = SQL(
        name: "agent.add",
        text: """
            INSERT INTO agent (handle, name) VALUES ($1, $2) ON CONFLICT (handle) DO NOTHING RETURNING id
            """
    )

    /// Binds `$1` the new agent's keyword, in lower case.
    ///
    /// Messages that carry it already are due for a look: only now does it mean something.
    static let touchMarked = SQL(
        name: "agent.touch_marked",
        text: """
            UPDATE message g SET touched = nextval('touch_number')
            FROM placement p
            WHERE p.mailbox_id = g.mailbox_id AND p.digest = g.digest AND p.gone_at IS NULL
              AND (g.settled IS NOT NULL OR g.touched IS NOT NULL)
              AND EXISTS (SELECT 1 FROM unnest(p.flags) AS f (flag) WHERE lower(f.flag) = $1)
            """
    )

    /// Binds `$1` comparison key, `$2` address as given, `$3` agent.
    ///
    /// One row; none when an agent has this address.
    static let addAddress = SQL(
        name: "agent.add_address",
        text: """
            INSERT INTO agent_address (address_key, address, agent_id) VALUES ($1, $2, $3)
            ON CONFLICT (address_key) DO NOTHING RETURNING agent_id
            """
    )

    /// Binds `$1` comparison key.
    ///
    /// Rows: `agent` or `mailbox`, and its handle or name, of who has the address.
    static let addressHolder = SQL(
        name: "agent.address_holder",
        text: """
            SELECT 'agent', a.handle FROM agent_address d JOIN agent a ON a.id = d.agent_id WHERE d.address_key = $1
            UNION ALL
            SELECT 'mailbox', m.name FROM mailbox m WHERE m.address_key = $1
            """
    )

    /// Binds `$1` handle.
    ///
    /// One row: id, and whether the agent is active; or none.
    static let find = SQL(
        name: "agent.find",
        text: "SELECT id, disabled_at IS NULL FROM agent WHERE handle = $1"
    )

    /// Every handle, for suggestions.
    static let handles = SQL(name: "agent.handles", text: "SELECT handle FROM agent ORDER BY handle")

    /// One row: how many agents are active.
    static let activeCount = SQL(
        name: "agent.active_count",
        text: "SELECT count(*) FROM agent WHERE disabled_at IS NULL"
    )

    /// Every agent by handle, with addresses, queues and open tickets; the last by the index `ticket_owner`.
    static let list = SQL(
        name: "agent.list",
        text: """
            SELECT a.id, a.handle, a.name,
                   ARRAY(SELECT d.address FROM agent_address d WHERE d.agent_id = a.id ORDER BY d.address_key),
                   ARRAY(SELECT q.name FROM queue_member w JOIN queue q ON q.id = w.queue_id
                         WHERE w.agent_id = a.id ORDER BY q.name),
                   COALESCE(o.tickets, 0), a.created_at, a.disabled_at
            FROM agent a
            LEFT JOIN (SELECT owner_id, count(*) AS tickets FROM ticket
                       WHERE status IN ('open', 'pending') AND owner_id IS NOT NULL GROUP BY owner_id) o
                ON o.owner_id = a.id
            ORDER BY a.handle
            """
    )

    /// Who has an address already.
    package enum AddressHolder: Equatable, Sendable {
        /// The agent of this handle.
        case agent(String)
        /// The mailbox of this name.
        case mailbox(String)
    }

    /// Adds an agent; nil when the handle is or was in use.
    ///
    /// Throws ``StoreError``.
    package static func add(_ unit: Unit, handle: Handle, name: String) throws -> Identifier<Agent>? {
        for row in try unit.transaction.query(self.add, handle.text, name) {
            let agent = Identifier<Agent>(try row.decode(0, as: Int64.self))
            if let keyword = MarkKeywords(agents: [(handle: handle, agent: agent)]).owner(agent) {
                try unit.transaction.queue(self.touchMarked, keyword)
            }
            return agent
        }
        return nil
    }

    /// Gives an agent an address; false when an agent has it already.
    ///
    /// Throws ``StoreError``.
    package static func addAddress(
        _ unit: Unit,
        _ agent: Identifier<Agent>,
        address: String,
        key: String
    ) throws -> Bool {
        try unit.transaction.query(self.addAddress, key, address, agent.rawValue).count == 1
    }

    /// Who has the address of this comparison key, if anybody; an agent before a mailbox.
    ///
    /// Throws ``StoreError``.
    package static func addressHolder(_ unit: Unit, key: String) throws -> AddressHolder? {
        for row in try unit.transaction.query(self.addressHolder, key) {
            let name = try row.decode(1, as: String.self)
            return try row.decode(0, as: String.self) == "agent" ? .agent(name) : .mailbox(name)
        }
        return nil
    }

    /// The agent of this handle and whether it is active, or nil.
    ///
    /// Throws ``StoreError``.
    package static func find(_ unit: Unit, handle: String) throws -> (id: Identifier<Agent>, isActive: Bool)? {
        for row in try unit.transaction.query(self.find, handle) {
            return (Identifier(try row.decode(0, as: Int64.self)), try row.decode(1, as: Bool.self))
        }
        return nil
    }

    /// Every handle in order.
    ///
    /// Throws ``StoreError``.
    package static func handles(_ unit: Unit) throws -> [String] {
        try unit.transaction.query(self.handles).map { row in try row.decode(0, as: String.self) }
    }

    /// How many agents are active.
    ///
    /// Throws ``StoreError``.
    package static func activeCount(_ unit: Unit) throws -> Int64 {
        for row in try unit.transaction.query(self.activeCount) { return try row.decode(0, as: Int64.self) }
        return 0
    }

    /// Every agent by handle.
    ///
    /// Throws ``StoreError``.
    package static func list(_ unit: Unit) throws -> [AgentListing] {
        try unit.transaction.query(self.list).map { row in
            AgentListing(
                id: Identifier(try row.decode(0, as: Int64.self)),
                handle: try row.decode(1, as: String.self),
                name: try row.decode(2, as: String.self),
                addresses: try row.decode(3, as: [String].self),
                queues: try row.decode(4, as: [String].self),
                openTickets: try row.decode(5, as: Int64.self),
                createdAt: try row.decode(6, as: Timestamp.self),
                disabledAt: try row.decode(7, as: Timestamp?.self)
            )
        }
    }
}
