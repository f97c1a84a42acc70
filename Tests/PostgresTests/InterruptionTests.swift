import Postgres
import Testing

private let table = "CREATE TABLE item (id bigint)"
private let insert = SQL(name: "item.insert", text: "INSERT INTO item (id) VALUES ($1)")
private let count = SQL(name: "item.count", text: "SELECT count(*) FROM item")
private let sleep = SQL(name: "sleep", text: "SELECT pg_sleep(60)")
private let suicide = SQL(name: "suicide", text: "SELECT pg_terminate_backend(pg_backend_pid())")

@Suite("Cancelled tasks and lost connections")
struct InterruptionTests {
    /// The ways in which a closure keeps the server busy.
    enum Busy: CaseIterable { case statement, pipeline, swallowed, savepoint }

    @Test(arguments: Busy.allCases)
    func `cancelling the task stops the statement and rolls back`(_ busy: Busy) async throws {
        let (found, items, isSame) = try await TestSchema.withConnection(table) { connection in
            let before = try await connection.withConnection(\.backendPID)
            let started = Signal()
            let found = await withTaskGroup(of: PostgresError.Reason?.self) { group in
                group.addTask {
                    await reason {
                        try await connection.withTransaction { transaction in
                            try transaction.execute(insert, 1)
                            started.send()
                            switch busy {
                            case .statement: try transaction.execute(sleep)
                            case .pipeline: try transaction.pipeline { try $0.query(sleep) }
                            case .swallowed: do { try transaction.execute(sleep) } catch {}
                            case .savepoint: try transaction.savepoint { try transaction.execute(sleep) }
                            }
                        }
                    }
                }
                await started.received()
                group.cancelAll()
                return await group.next() ?? nil
            }
            let items = try await connection.withTransaction { try $0.query(count)[0].decode(0, as: Int.self) }
            return (found, items, try await connection.withConnection(\.backendPID) == before)
        }
        #expect(found == .cancelled)
        #expect(items == 0)
        #expect(isSame)
    }

    @Test func `a task that is cancelled already does nothing`() async throws {
        let (found, items) = try await TestSchema.withConnection(table) { connection in
            let found = await withTaskGroup(of: PostgresError.Reason?.self) { group in
                group.cancelAll()
                group.addTask { await reason { try await connection.withTransaction { try $0.execute(insert, 1) } } }
                return await group.next() ?? nil
            }
            return (found, try await connection.withTransaction { try $0.query(count)[0].decode(0, as: Int.self) })
        }
        #expect(found == .cancelled)
        #expect(items == 0)
    }

    @Test func `a connection that was ended says so, with the server's reason, and stays ended`() async throws {
        let (error, isUsable, later) = try await TestSchema.withConnection { connection in
            let error = await failure { try await connection.withTransaction { try $0.execute(suicide) } }
            let later = await reason { try await connection.withConnection { _ in } }
            return (error, await connection.isUsable, later)
        }
        #expect(error?.reason == .connectionLost)
        #expect(error?.sqlState == .adminShutdown)
        #expect(!isUsable)
        #expect(later == .connectionLost)
    }

    /// When a connection is lost in a transaction that the pool then runs again.
    enum Loss: CaseIterable { case inStatement, inPipeline, inCopy, beforeCommit }

    @Test(arguments: Loss.allCases)
    func `the pool runs a transaction again that was lost before COMMIT`(_ loss: Loss) async throws {
        let (attempts, items) = try await TestSchema.withPool(table) { pool, configuration in
            let attempts = Counter()
            try await pool.withTransaction { transaction in
                let isFirst = attempts.increment() == 1
                try transaction.execute(insert, 1)
                guard isFirst else { return }
                switch loss {
                case .inStatement: try transaction.execute(suicide)
                case .inPipeline: try transaction.pipeline { try $0.query(suicide) }
                case .inCopy:
                    _ = try transaction.copyIn(table: "item", columns: ["id"]) { writer in
                        try terminate(transaction.backendPID, configuration)
                        for id in 0..<100_000 { try writer.write(id) }
                    }
                case .beforeCommit: try terminate(transaction.backendPID, configuration)
                }
            }
            let items = try await pool.withTransaction { try $0.query(count)[0].decode(0, as: Int.self) }
            return (attempts.value, items)
        }
        #expect(attempts == 2)
        #expect(items == 1)
    }

    @Test func `idle connections that were ended are replaced without anybody noticing`() async throws {
        let attempts = try await TestSchema.withPool(limit: 8) { pool, configuration in
            let all = (0..<8).map { _ in Signal() }
            let arrived = Counter()
            let pids = try await withThrowingTaskGroup(of: Int.self) { group in
                for number in 0..<8 {
                    group.addTask {
                        try await pool.withConnection { session in
                            // All are in use at once, so that there are eight.
                            if arrived.increment() == 8 { for signal in all { signal.send() } }
                            all[number].block()
                            return session.backendPID
                        }
                    }
                }
                return try await group.reduce(into: Set()) { $0.insert($1) }
            }
            #expect(pids.count == 8)
            for pid in pids { try await pool.withDedicatedConnection { _ in try terminate(pid, configuration) } }
            let attempts = Counter()
            try await pool.withTransaction { transaction in
                attempts.increment()
                try transaction.query(one)
            }
            return attempts.value
        }
        #expect(attempts == 1)
    }

    @Test func `a lost answer to COMMIT is told as such and not tried again`() async throws {
        let setUp = """
            CREATE TABLE item (id bigint);
            CREATE FUNCTION die() RETURNS trigger LANGUAGE plpgsql AS
                $$ BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END $$;
            CREATE CONSTRAINT TRIGGER die AFTER INSERT ON item DEFERRABLE INITIALLY DEFERRED
                FOR EACH ROW EXECUTE FUNCTION die();
            """
        let (attempts, error) = try await TestSchema.withPool(setUp) { pool, _ in
            let attempts = Counter()
            let error = await failure {
                try await pool.withTransaction { transaction in
                    attempts.increment()
                    try transaction.execute(insert, 1)
                }
            }
            return (attempts.value, error)
        }
        #expect(attempts == 1)
        #expect(error?.reason == .commitUnknown)
        #expect(error?.isTransient == false)
    }

    @Test(arguments: [
        "postgresql:///x?host=/nonexistent", "postgresql://127.0.0.1:1/x", "postgresql:///nowhere",
        "postgresql://[", "postgresql:///x?nonsense=1",
    ])
    func `a database that cannot be reached is a failed connection, again and again`(_ uri: String) async throws {
        let server = try TestServer.uri.get()
        let uri = uri.hasSuffix("nowhere") ? server.replacing("/postgres?", with: "/nowhere?") : uri
        let connection = PostgresConnection(configuration: PostgresConfiguration(uri: uri), logger: quiet)
        let found = [await reason { try await connection.connect() }, await reason { try await connection.connect() }]
        #expect(found == [.connectionFailed, .connectionFailed])
        #expect(await connection.isUsable)
    }
}

private let one = SQL(name: "one", text: "SELECT 1")
