import Desk
import Postgres
import Synchronization
import TestSupport
import Testing

@testable import DeskStore

@Suite("Units of work that lock the same rows")
struct LockOrderTests {
    /// Rows: one, as soon as somebody waits for a lock.
    private static let waiters = SQL(
        name: "test.waiters",
        text: """
            SELECT 1 FROM pg_locks l WHERE NOT l.granted
              AND l.pid IN (SELECT pid FROM pg_locks WHERE database = (
                  SELECT oid FROM pg_database WHERE datname = current_database()))
            LIMIT 1
            """
    )

    /// How often a unit of work was begun.
    private final class Attempts: Sendable {
        private let state = Mutex(0)

        var count: Int { self.state.withLock { $0 } }
        func note() { self.state.withLock { $0 += 1 } }
    }

    @Test func `a pass that ends and a batch of marks that begins never wait for each other`() async throws {
        try await Fixture.with { database in
            try await database.execute(
                """
                INSERT INTO message (mailbox_id, digest, direction, kind, fate, received_at, unconfirmed, closed_number)
                VALUES (1, sha256('a'), 'inbound', 'human', 'ticket', now(), true, 1)
                """
            )
            let (mailbox, message) = (Fixture.mailbox, Identifier<Message>(1))
            let (marks, pass) = (Attempts(), Attempts())
            let (drawn, told) = AsyncStream.makeStream(of: Void.self)
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    try await database.desk.unit { unit in
                        marks.note()
                        _ = try MailboxQueries.draw(unit, mailbox)
                        told.yield()
                        let start = ContinuousClock.now
                        while try unit.transaction.query(Self.waiters).first == nil,
                            ContinuousClock.now - start < .seconds(30)
                        {}
                        let look = MarkLook(message: message, touched: nil, lookAt: nil, awaitSync: nil)
                        try MarkQueries.clear(unit, mailbox: mailbox, [look])
                    }
                }
                group.addTask {
                    for await _ in drawn { break }
                    _ = try await database.desk.unit { unit in
                        pass.note()
                        return try MailboxQueries.endPass(
                            unit,
                            mailbox,
                            number: 1,
                            began: Timestamp(microseconds: 0),
                            confirms: true,
                            isComplete: true
                        )
                    }
                }
                try await group.waitForAll()
            }
            // PostgreSQL ends one of two that wait for each other, after a second, and it begins again.
            #expect([marks.count, pass.count] == [1, 1])
            #expect(try await database.number("SELECT count(*) FROM message WHERE NOT unconfirmed") == 1)
        }
    }
}
