import Postgres
import Synchronization
import Testing

private let table = "CREATE TABLE item (id bigint PRIMARY KEY, n bigint NOT NULL DEFAULT 0)"
private let backend = SQL(name: "backend", text: "SELECT pg_backend_pid()")
private let increment = SQL(name: "item.increment", text: "UPDATE item SET n = n + 1 WHERE id = $1")
private let value = SQL(name: "item.value", text: "SELECT n FROM item WHERE id = $1")

@Suite("The pool")
struct PoolTests {
    @Test func `many units of work share few connections`() async throws {
        let backends = try await TestSchema.withPool(limit: 3, waitDeadline: .seconds(600)) { pool, _ in
            try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<100 {
                    group.addTask { try await pool.withTransaction { try $0.query(backend)[0].decode(0) } }
                }
                return try await group.reduce(into: Set<Int>()) { $0.insert($1) }
            }
        }
        #expect((1...3).contains(backends.count))
    }

    @Test func `who waits longer than the deadline is told so`() async throws {
        let found = try await TestSchema.withPool(limit: 1, waitDeadline: .milliseconds(20)) { pool, _ in
            let (held, release) = (Signal(), Signal())
            async let holder: Void = pool.withConnection { _ in
                held.send()
                release.block()
            }
            await held.received()
            let found = await reason { try await pool.withConnection { _ in } }
            release.send()
            try await holder
            try await pool.withConnection { _ in }
            return found
        }
        #expect(found == .poolTimeout)
    }

    @Test func `who waits can be cancelled`() async throws {
        let found = try await TestSchema.withPool(limit: 1) { pool, _ in
            let (held, release) = (Signal(), Signal())
            async let holder: Void = pool.withConnection { _ in
                held.send()
                release.block()
            }
            await held.received()
            let found = await withTaskGroup(of: PostgresError.Reason?.self) { group in
                group.addTask { await reason { try await pool.withConnection { _ in } } }
                group.cancelAll()
                return await group.next() ?? nil
            }
            release.send()
            try await holder
            return found
        }
        #expect(found == .cancelled)
    }

    @Test func `a deadlock is solved by running one of the two again`() async throws {
        let setUp = table + "; INSERT INTO item VALUES (1), (2)"
        let (attempts, values) = try await TestSchema.withPool(setUp) { pool, _ in
            let attempts = Counter()
            let both = [Signal(), Signal()]
            @Sendable func updateBoth(_ own: Int) async throws {
                try await pool.withTransaction { transaction in
                    let isFirst = attempts.increment() <= 2
                    try transaction.execute(unprepared: "SET LOCAL deadlock_timeout = '20ms'")
                    try transaction.execute(increment, own + 1)
                    if isFirst {
                        both[own].send()
                        both[1 - own].block()
                    }
                    try transaction.execute(increment, 2 - own)
                }
            }
            async let one: Void = updateBoth(0)
            async let other: Void = updateBoth(1)
            try await one
            try await other
            let values = try await pool.withTransaction { transaction in
                try [1, 2].map { try transaction.query(value, $0)[0].decode(0, as: Int.self) }
            }
            return (attempts.value, values)
        }
        // The one that runs again can be quick enough to meet the other once more.
        #expect((3...10).contains(attempts))
        #expect(values == [2, 2])
    }

    @Test(arguments: ["40001", "40P01"])
    func `a conflict that never ends is tried five times`(_ code: String) async throws {
        let (attempts, found) = try await TestSchema.withPool { pool, _ in
            let attempts = Counter()
            let found = await reason {
                try await pool.withTransaction { transaction in
                    attempts.increment()
                    try transaction.execute(
                        unprepared: "DO $$ BEGIN RAISE EXCEPTION 'conflict' USING ERRCODE = '\(code)'; END $$"
                    )
                }
            }
            return (attempts.value, found)
        }
        #expect(attempts == 5)
        #expect(found == .server(SQLState(rawValue: code)))
    }

    @Test func `a conflict is tried again also when the closure throws an error of its own for it`() async throws {
        struct Translated: Error {}
        let attempts = try await TestSchema.withPool { pool, _ in
            let attempts = Counter()
            try await pool.withTransaction { transaction in
                guard attempts.increment() == 1 else { return }
                do {
                    try transaction.execute(
                        unprepared: "DO $$ BEGIN RAISE EXCEPTION 'conflict' USING ERRCODE = '40001'; END $$"
                    )
                } catch {
                    throw Translated()
                }
            }
            return attempts.value
        }
        #expect(attempts == 2)
    }

    @Test func `any other error is not tried again`() async throws {
        let attempts = try await TestSchema.withPool(table) { pool, _ in
            let attempts = Counter()
            let found = await reason {
                try await pool.withTransaction { transaction in
                    attempts.increment()
                    try transaction.execute(SQL(name: "null", text: "INSERT INTO item VALUES (NULL)"))
                }
            }
            #expect(found == .server(.notNullViolation))
            return attempts.value
        }
        #expect(attempts == 1)
    }

    @Test func `a dedicated connection is outside the limit and keeps its session lock`() async throws {
        let taken = try await TestSchema.withPool(limit: 1) { pool, _ in
            let key = Int.random(in: 0...Int.max)
            let tryLock = SQL(name: "lock", text: "SELECT pg_try_advisory_lock($1)")
            return try await pool.withDedicatedConnection { connection in
                let mine = try await connection.withConnection {
                    try $0.query(tryLock, key)[0].decode(0, as: Bool.self)
                }
                let theirs = try await pool.withConnection { try $0.query(tryLock, key)[0].decode(0, as: Bool.self) }
                return [mine, theirs]
            }
        }
        #expect(taken == [true, false])
    }

    @Test func `shutdown lets work end and refuses more`() async throws {
        try await TestSchema.withPool(limit: 1) { pool, _ in
            let (held, release) = (Signal(), Signal())
            async let holder = pool.withTransaction { transaction in
                held.send()
                release.block()
                return try transaction.query(backend)[0].decode(0, as: Int.self)
            }
            await held.received()
            async let shutdown: Void = pool.shutdown()
            while await reason(of: { try await pool.withDedicatedConnection { _ in } }) != .closed {
                await Task.yield()
            }
            release.send()
            await shutdown
            let pid = try await holder
            let found = await reason { try await pool.withConnection { _ in } }
            #expect(pid > 0)
            #expect(found == .closed)
        }
    }
}
