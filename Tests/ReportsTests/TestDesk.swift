import DeskStore
import LocalServers
import Logging
import Postgres
import Testing

/// A private PostgreSQL for all tests of a suite, gone with it.
struct PrivateClusterTrait: SuiteTrait, TestScoping {
    @TaskLocal static var cluster: PrivatePostgres?

    func provideScope(
        for test: Test,
        testCase: Test.Case?,
        performing function: @concurrent @Sendable () async throws -> Void
    ) async throws {
        let folder = try ServerFolder()
        do {
            let cluster = try await PrivatePostgres.start(in: folder, durable: false)
            try await Self.$cluster.withValue(cluster) { try await function() }
        } catch {
            await folder.remove()
            throw error
        }
        await folder.remove()
    }
}

extension Trait where Self == PrivateClusterTrait {
    /// Runs the suite's tests beside a PostgreSQL of their own.
    static var privateCluster: Self { PrivateClusterTrait() }
}

/// An empty desk in a database of its own: two agents, two queues, two mailboxes.
///
/// Ids are 1 and 2 in the order of `ann`, `bob`; `support`, `sales`; `main`, `other`.
struct TestDesk {
    let database: DeskDatabase
    private let connection: PostgresConnection

    /// Makes it, hands it to `body` and closes it.
    static func with(_ name: String, _ body: (TestDesk) async throws -> Void) async throws {
        let cluster = try #require(PrivateClusterTrait.cluster)
        let uri = try await cluster.createDatabase(named: name)
        let logger = Logger(label: "test")
        let desk = TestDesk(
            database: DeskDatabase(uri: uri, connections: 2, logger: logger),
            connection: PostgresConnection(configuration: PostgresConfiguration(uri: uri), logger: logger)
        )
        _ = try await desk.database.migrate()
        try await desk.run(Self.people)
        try await body(desk)
        await desk.connection.close()
        await desk.database.shutdown()
    }

    /// Runs SQL of the test's own.
    func run(_ text: String) async throws {
        try await self.connection.withConnection { connection in try connection.execute(unprepared: text) }
    }

    private static let people = """
        INSERT INTO agent (handle, name) VALUES ('ann', 'Ann'), ('bob', 'Bob');
        INSERT INTO queue (name) VALUES ('support'), ('sales');
        INSERT INTO mailbox (name, address, address_key, server, username, queue_id)
        VALUES ('main', 'a@x.example', 'a@x.example', 'imaps://x:993', 'a', 1),
               ('other', 'b@x.example', 'b@x.example', 'imaps://x:993', 'b', 2);
        CREATE SEQUENCE test_number;
        CREATE FUNCTION test_ticket(box bigint, line bigint, keeper bigint, state text) RETURNS bigint LANGUAGE sql AS $$
            WITH drawn AS (
                INSERT INTO ticket_number (number, mailbox_id) VALUES (nextval('test_number'), box) RETURNING number
            )
            INSERT INTO ticket (mailbox_id, number, queue_id, owner_id, status, version, status_changed_at, created_at,
                                updated_at)
            SELECT box, number, line, keeper, state, 1, now(), now(), now() FROM drawn RETURNING number
        $$;
        """

    /// A turn on a new ticket.
    func turn(_ turn: TestTurn) async throws {
        let responder = turn.responder.map(String.init) ?? "NULL"
        let ended = turn.ended.map { "'\($0)'" } ?? "NULL"
        let queue = turn.queue.map(String.init) ?? "NULL"
        try await self.run(
            """
            INSERT INTO turn (mailbox_id, ticket, ordinal, started_at, ended_at, outcome, responder_id, presumed, is_first,
                              queue_id)
            SELECT \(turn.mailbox), test_ticket(\(turn.mailbox), coalesce(\(queue), 1), NULL, 'open'), 1, '\(turn.started)', \(ended),
                   '\(turn.outcome)', \(responder), \(turn.isPresumed), \(turn.isFirst), \(queue)
            """
        )
    }

    /// A new ticket of mailbox 1 with these events, `(time, kind)` or `(time, kind, agent)`, in order of recording.
    func ticket(
        _ events: [TestEvent],
        owner: Int? = nil,
        queue: Int = 1,
        mailbox: Int = 1
    ) async throws {
        let status = events.compactMap(\.status).last ?? "open"
        let keeper = owner.map(String.init) ?? "NULL"
        try await self.run("SELECT test_ticket(\(mailbox), \(queue), \(keeper), '\(status)')")
        for (index, event) in events.enumerated() {
            let agent = event.agent.map(String.init) ?? "NULL"
            try await self.run(
                """
                INSERT INTO event (mailbox_id, ticket, seq, at, kind, actor, origin, agent_id, details)
                VALUES (\(mailbox), currval('test_number'), \(index + 1), '\(event.at)', '\(event.kind)', 'baton',
                        '\(event.origin)', \(agent), '\(event.details)')
                """
            )
        }
    }
}

/// A row of `turn` in words of the database.
struct TestTurn: Sendable {
    var started: String
    var ended: String?
    var outcome = "answered"
    var responder: Int?
    var isPresumed = false
    var isFirst = true
    var queue: Int? = 1
    var mailbox = 1

    init(_ started: String, _ ended: String?) {
        self.started = started
        self.ended = ended
        if ended == nil { self.outcome = "waiting" }
    }

    func with(_ change: (inout TestTurn) -> Void) -> TestTurn {
        var copy = self
        change(&copy)
        return copy
    }
}

/// A row of `event` in words of the database.
struct TestEvent: Sendable {
    let at: String
    let kind: String
    var agent: Int?
    var origin = "cli"
    var details = "{}"

    /// The status it gives a ticket; nil where it gives none.
    var status: String? {
        switch self.kind {
        case "opened", "reopened", "not_spam": "open"
        case "restored_in_mailbox": self.details.contains("closed") ? "closed" : "open"
        case "pending": "pending"
        case "closed", "deleted_in_mailbox", "merged": "closed"
        case "marked_spam": "spam"
        default: nil
        }
    }

    init(_ at: String, _ kind: String, agent: Int? = nil, origin: String = "cli", details: String = "{}") {
        self.at = at
        self.kind = kind
        self.agent = agent
        self.origin = origin
        self.details = details
    }
}
