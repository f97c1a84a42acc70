import Desk
import Postgres
import Synchronization
import TestSupport
import Testing

@testable import DeskStore

@Suite("Leases")
struct LeaseTests {
    private static func reason(_ body: () async throws -> Void) async -> StoreError.Reason? {
        do { try await body() } catch let error as StoreError { return error.reason } catch { return nil }
        return nil
    }

    /// A desk as another process has it: with a session for its leases.
    private static func withOtherDesk<R>(_ uri: String, _ body: (DeskDatabase) async throws -> R) async throws -> R {
        let desk = DeskDatabase(uri: uri, connections: 3, logger: TestServers.silent)
        do {
            let result = try await body(desk)
            await desk.shutdown()
            return result
        } catch {
            await desk.shutdown()
            throw error
        }
    }

    /// How many backends of this database wait for a lock.
    private static let waiting = """
        SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'
        """

    /// Holds the lease in a task of the group until the gate opens or the task is cancelled.
    private static func hold(_ desk: DeskDatabase, _ name: String, _ grants: Grants) async throws {
        _ = try await desk.withLease(mailbox: Fixture.mailbox, service: .ingestion, holder: name) { lease in
            grants.note(lease.grant)
            try await eventually("the holder is let go", within: .seconds(60)) { grants.isOpen(name) }
        }
    }

    /// Who was granted what, and who may go.
    final class Grants: Sendable {
        private let state = Mutex((granted: [LeaseGrant](), open: Set<String>()))

        var all: [LeaseGrant] { self.state.withLock { $0.granted } }
        func note(_ grant: LeaseGrant) { self.state.withLock { $0.granted.append(grant) } }
        func open(_ name: String) { _ = self.state.withLock { $0.open.insert(name) } }
        func isOpen(_ name: String) -> Bool { self.state.withLock { $0.open.contains(name) } }
    }

    @Test func `a unit under an old fence commits nothing`() async throws {
        try await Fixture.with { database in
            try await database.keepLease(.ingestion, fence: 3)
            let mailbox = Fixture.mailbox
            for fence in [Int64(2), 4] {
                let grant = LeaseGrant(mailbox: mailbox, service: .ingestion, fence: fence)
                let reason = await Self.reason {
                    _ = try await database.desk.unit(under: grant) { try MailboxQueries.draw($0, mailbox) }
                }
                #expect(reason == .leaseLost)
                // One whose statements all go along with its COMMIT.
                let silent = await Self.reason {
                    try await database.desk.unit(under: grant) { try MailboxQueries.noteError($0, mailbox, "no") }
                }
                #expect(silent == .leaseLost)
            }
            #expect(try await database.number("SELECT sequence FROM mailbox") == 0)
            #expect(try await database.number("SELECT count(*) FROM mailbox WHERE last_error IS NULL") == 1)
            let grant = LeaseGrant(mailbox: mailbox, service: .ingestion, fence: 3)
            #expect(try await database.desk.unit(under: grant) { try MailboxQueries.draw($0, mailbox) } == 1)
        }
    }

    // A crash of the database ends it, and may lose what the holder committed last and relies on.
    @Test func `a unit under a lease whose session is over commits nothing`() async throws {
        try await Fixture.with { database in
            try await database.keepLease(.ingestion, fence: 3)
            let grant = LeaseGrant(mailbox: Fixture.mailbox, service: .ingestion, fence: 3)
            let draw: @Sendable () async throws -> Void = {
                _ = try await database.desk.unit(under: grant) { try MailboxQueries.draw($0, Fixture.mailbox) }
            }
            try await draw()
            try await database.execute("SELECT pg_advisory_unlock_all()")
            #expect(await Self.reason(draw) == .leaseLost)
            // A standby that looks whether it can be had is no holder.
            try await database.execute("SELECT pg_advisory_lock_shared(\(grant.lockKey))")
            #expect(await Self.reason(draw) == .leaseLost)
            #expect(try await database.number("SELECT sequence FROM mailbox") == 1)
        }
    }

    @Test func `a take-over waits for a unit that runs, and what it wrote stays`() async throws {
        try await Fixture.with { database in
            try await database.keepLease(.ingestion, fence: 3, seconds: -1)
            let grant = LeaseGrant(mailbox: Fixture.mailbox, service: .ingestion, fence: 3)
            let grants = Grants()
            try await withThrowingTaskGroup(of: Void.self) { group in
                // The unit waits, with the lease's row locked, for a lock that the test holds.
                try await database.execute("SELECT pg_advisory_lock(77)")
                group.addTask {
                    try await database.desk.unit(under: grant) { unit in
                        _ = try MailboxQueries.draw(unit, Fixture.mailbox)
                        try TestLock.take(unit)
                    }
                }
                try await eventually("the unit waits") {
                    try await database.number(Self.waiting) == 1
                }
                group.addTask { try await Self.hold(database.desk, "next", grants) }
                try await eventually("the take-over waits for the unit") {
                    try await database.number(Self.waiting) == 2
                }
                #expect(grants.all.isEmpty)
                try await database.execute("SELECT pg_advisory_unlock(77)")
                try await eventually("the take-over") { grants.all.map(\.fence) == [4] }
                grants.open("next")
                try await group.waitForAll()
            }
            #expect(try await database.number("SELECT sequence FROM mailbox") == 1)
        }
    }

    @Test func `a holder whose connection dies is replaced at once, and writes nothing more`() async throws {
        try await Fixture.with { database in
            try await Self.withOtherDesk(database.uri) { other in
                let grants = Grants()
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask {
                        // Its connection is cut below, which is an error or none, depending on what it does just then.
                        try? await Self.hold(database.desk, "first", grants)
                    }
                    try await eventually("the first holder") { grants.all.count == 1 }
                    group.addTask { try await Self.hold(other, "second", grants) }
                    try await eventually("the standby looks") {
                        try await database.number(
                            """
                            SELECT count(*) FROM pg_stat_activity
                            WHERE datname = current_database() AND query LIKE 'WITH locked AS%'
                              AND pid NOT IN (SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND granted)
                            """
                        ) == 1
                    }
                    #expect(grants.all.count == 1)
                    try await database.execute(
                        """
                        SELECT pg_terminate_backend(pid) FROM pg_locks
                        WHERE locktype = 'advisory' AND granted
                          AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
                        """
                    )
                    try await eventually("the second holder", within: .seconds(10)) { grants.all.count == 2 }
                    #expect(grants.all.map(\.fence) == [1, 2])
                    let old = grants.all[0]
                    #expect(
                        await Self.reason { try await database.desk.unit(under: old) { _ in } } == .leaseLost
                    )
                    grants.open("first")
                    grants.open("second")
                    try await group.waitForAll()
                }
            }
        }
    }

    /// Mailboxes 1 to 20, each like the first.
    private static let more = """
        INSERT INTO mailbox (name, address, address_key, server, username, queue_id, filing_horizon)
        SELECT 'more-' || n, n || '@x.example', n || '@x.example', 'imaps://x:993', 's', 1, NULL
        FROM generate_series(2, 20) n
        """

    @Test func `all leases of a process share one session, and each is taken over when it ends`() async throws {
        try await Fixture.with { database in
            try await database.execute(Self.more)
            try await Self.withOtherDesk(database.uri) { other in
                let mailboxes = (1...20).map { Identifier<Mailbox>($0) }
                let (first, second) = (Grants(), Grants())
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for (desk, grants) in [(database.desk, first), (other, second)] {
                        for mailbox in mailboxes {
                            for service in LeasedService.allCases {
                                group.addTask {
                                    do {
                                        _ = try await desk.withLease(
                                            mailbox: mailbox,
                                            service: service,
                                            holder: "somebody"
                                        ) { lease in
                                            grants.note(lease.grant)
                                            try await eventually("the end", within: .seconds(60)) {
                                                grants.isOpen("all")
                                            }
                                        }
                                    } catch  where grants === first {
                                        // Its session is cut below.
                                    }
                                }
                            }
                        }
                        if grants === first {
                            try await eventually("the first has all") { first.all.count == 40 }
                        }
                    }
                    try await eventually("the other stands by") {
                        try await database.number(
                            """
                            SELECT count(*) FROM pg_stat_activity
                            WHERE datname = current_database() AND query LIKE 'WITH locked AS%'
                            """
                        ) == 1
                    }
                    #expect(second.all.isEmpty)
                    let sessions = """
                        SELECT count(DISTINCT pid) FROM pg_locks WHERE locktype = 'advisory' AND granted
                          AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
                        """
                    #expect(try await database.number(sessions) == 1)
                    try await database.execute(
                        """
                        SELECT pg_terminate_backend(pid) FROM (SELECT DISTINCT pid FROM pg_locks
                        WHERE locktype = 'advisory' AND granted
                          AND database = (SELECT oid FROM pg_database WHERE datname = current_database())) AS s
                        """
                    )
                    try await eventually("the other has all", within: .seconds(20)) { second.all.count == 40 }
                    #expect(Set(second.all.map(\.fence)) == [2])
                    #expect(try await database.number(sessions) == 1)
                    first.open("all")
                    second.open("all")
                    try await group.waitForAll()
                }
            }
        }
    }

    @Test func `a holder that stopped renewing is replaced though its connection lives`() async throws {
        try await Fixture.with { database in
            let grants = Grants()
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await Self.hold(database.desk, "paused", grants) }
                try await eventually("the first holder") { grants.all.count == 1 }
                try await database.execute("UPDATE lease SET expires_at = now() - interval '1 s'")
                group.addTask { try await Self.hold(database.desk, "next", grants) }
                try await eventually("the second holder", within: .seconds(10)) { grants.all.count == 2 }
                #expect(grants.all.map(\.fence) == [1, 2])
                grants.open("paused")
                grants.open("next")
                try await group.waitForAll()
            }
        }
    }

    /// What a holder may be in the middle of, with the message that it does not come to send.
    enum Middle: String, Sendable, CaseIterable {
        case transaction = "Q COMMIT"
        case pipeline = "B test.second"
        case copy = "d"

        func run(_ unit: Unit) throws {
            _ = try MailboxQueries.draw(unit, Fixture.mailbox)
            switch self {
            case .transaction: break
            case .pipeline:
                try unit.transaction.pipeline { pipeline in
                    try pipeline.query(SQL(name: "test.first", text: "SELECT 1"))
                    try pipeline.query(SQL(name: "test.second", text: "SELECT 2"))
                }
            case .copy:
                try unit.transaction.copyIn(table: "test_rows", columns: ["n"], rows: [[Int64(1)]])
            }
        }
    }

    @Test(arguments: Middle.allCases)
    func `a holder that is paused in the middle of a unit does not block who replaces it`(middle: Middle) async throws {
        let socket = try await TestServers.databaseSocket()
        try await Fixture.with { database in
            try await database.execute("CREATE TABLE test_rows (n bigint NOT NULL)")
            try await WireProxy.with(.postgres(socketDirectory: socket)) { proxy in
                let uri = database.uri.replacing(socket, with: proxy.socketDirectory)
                let paused = DeskDatabase(uri: uri, connections: 1, logger: TestServers.silent)
                let grants = Grants()
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask {
                        // It loses its lease and its session, which is an error of one kind or the other.
                        try? await paused.withLease(mailbox: Fixture.mailbox, service: .ingestion, holder: "paused") {
                            lease in
                            grants.note(lease.grant)
                            proxy.arm(WireFault(.postgres, .toServer, 1, .hold, matching: middle.rawValue))
                            try await paused.unit(under: lease.grant) { try middle.run($0) }
                        }
                    }
                    try await eventually("the holder is paused") { proxy.fired != nil }
                    try await database.execute("UPDATE lease SET expires_at = now() - interval '1 s'")
                    group.addTask { try await Self.hold(database.desk, "next", grants) }
                    try await eventually("the second holder", within: .seconds(9)) {
                        grants.all.map(\.fence) == [1, 2]
                    }
                    grants.open("next")
                    proxy.release()
                    try await group.waitForAll()
                }
                await paused.shutdown()
            }
            #expect(try await database.number("SELECT sequence FROM mailbox") == 0)
            #expect(try await database.number("SELECT count(*) FROM test_rows") == 0)
        }
    }

    @Test func `who was replaced by time and ends at last takes nothing from who replaced it`() async throws {
        try await Fixture.with { database in
            let grants = Grants()
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await Self.hold(database.desk, "paused", grants) }
                try await eventually("the first holder") { grants.all.count == 1 }
                try await database.execute("UPDATE lease SET expires_at = now() - interval '1 s'")
                group.addTask { try await Self.hold(database.desk, "next", grants) }
                try await eventually("the second holder", within: .seconds(10)) { grants.all.count == 2 }
                grants.open("paused")
                try await eventually("the first one's lock is gone") {
                    try await database.number(
                        """
                        SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND granted
                          AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
                        """
                    ) == 1
                }
                let looks = Mutex(0)
                let third = try await database.desk.withLease(
                    mailbox: Fixture.mailbox,
                    service: .ingestion,
                    holder: "third",
                    givesUp: {
                        looks.withLock { looks in
                            looks += 1
                            return looks == 3
                        }
                    },
                    { _ in true }
                )
                #expect(third == nil)
                #expect(try await database.number("SELECT fence FROM lease") == 2)
                grants.open("next")
                try await group.waitForAll()
            }
        }
    }

    enum Ending: CaseIterable { case failure, cancellation }

    @Test(arguments: Ending.allCases)
    func `the lease is given back when the work fails or is cancelled`(_ ending: Ending) async throws {
        struct Failure: Error {}
        try await Fixture.with { database in
            let grants = Grants()
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    switch ending {
                    case .failure:
                        _ = try await database.desk.withLease(
                            mailbox: Fixture.mailbox,
                            service: .ingestion,
                            holder: "failing",
                            { _ in throw Failure() }
                        )
                    case .cancellation: try await Self.hold(database.desk, "cancelled", grants)
                    }
                }
                if ending == .cancellation {
                    try await eventually("the holder") { grants.all.count == 1 }
                    group.cancelAll()
                }
                await #expect(throws: (any Error).self) { try await group.waitForAll() }
            }
            #expect(try await database.lines("SELECT (expires_at <= now())::text FROM lease") == ["true"])
        }
    }

    @Test func `who may not wait for a holder is told so, and the two services do not stand in each other's way`()
        async throws
    {
        try await Fixture.with { database in
            let grants = Grants()
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await Self.hold(database.desk, "first", grants) }
                try await eventually("the first holder") { grants.all.count == 1 }
                let none = try await database.desk.withLease(
                    mailbox: Fixture.mailbox,
                    service: .ingestion,
                    holder: "hurried",
                    givesUp: { true },
                    { _ in true }
                )
                #expect(none == nil)
                let other = try await database.desk.withLease(
                    mailbox: Fixture.mailbox,
                    service: .assignment,
                    holder: "other",
                    { _ in true }
                )
                #expect(other == true)
                grants.open("first")
                try await group.waitForAll()
            }
        }
    }
}
