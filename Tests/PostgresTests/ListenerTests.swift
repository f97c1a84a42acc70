import Testing

@testable import Postgres

private let notify = SQL(name: "notify", text: "SELECT pg_notify($1, $2)")
private let listeners = SQL(
    name: "listeners",
    text: "SELECT pid FROM pg_stat_activity WHERE application_name = $1 AND query LIKE 'LISTEN%'"
)

@Suite("LISTEN")
struct ListenerTests {
    @Test func `what is notified is heard, by channel, in order`() async throws {
        let heard = try await TestSchema.withPool { pool, configuration in
            let name = configuration.applicationName
            let channels = ["\(name) one", "\(name)\"two"]
            let listener = PostgresListener(configuration: configuration, logger: quiet)
            return try await listener.withNotifications(channels: channels) { stream in
                try await pool.withTransaction { transaction in
                    try transaction.query(notify, channels[0], "a")
                    try transaction.query(notify, "\(name) other", "b")
                    try transaction.query(notify, channels[1], "")
                }
                var heard: [PostgresNotification] = []
                for await notification in stream {
                    heard.append(notification)
                    if heard.count == 2 { break }
                }
                return heard == [
                    .notified(channel: channels[0], payload: "a"), .notified(channel: channels[1], payload: ""),
                ]
            }
        }
        #expect(heard)
    }

    @Test func `a listener that was cut off comes back and says so`() async throws {
        let heard = try await TestSchema.withPool { pool, configuration in
            let name = configuration.applicationName
            let listener = PostgresListener(configuration: configuration, logger: quiet)
            return try await listener.withNotifications(channels: [name]) { stream in
                var iterator = stream.makeAsyncIterator()
                let pid = try await pool.withTransaction { try $0.query(listeners, name)[0].decode(0, as: Int.self) }
                try await pool.withConnection { _ in try terminate(pid, configuration) }
                let first = await iterator.next()
                _ = try await pool.withTransaction { try $0.query(notify, name, "again").count }
                return [first, await iterator.next()] == [.reconnected, .notified(channel: name, payload: "again")]
            }
        }
        #expect(heard)
    }

    @Test(arguments: [(3, false), (4, true), (1_000, true)])
    func `a reader that is too slow is told that it missed something`(_ count: Int, _ isMissing: Bool) async {
        let (stream, continuation) = AsyncStream.makeStream(
            of: PostgresNotification.self,
            bufferingPolicy: .bufferingNewest(3)
        )
        for number in 0..<count {
            ListenerThread.deliver(.notified(channel: "a", payload: "\(number)"), to: continuation)
        }
        continuation.finish()
        let heard = await stream.reduce(into: []) { $0.append($1) }
        #expect(heard.count == 3)
        #expect((heard.last == .reconnected) == isMissing)
    }

    @Test func `listening ends with the body, and its connection is gone`() async throws {
        let left = try await TestSchema.withPool { pool, configuration in
            let name = configuration.applicationName
            let listener = PostgresListener(configuration: configuration, logger: quiet)
            let pid = try await listener.withNotifications(channels: [name]) { _ in
                try await pool.withTransaction { try $0.query(listeners, name)[0].decode(0, as: Int.self) }
            }
            // Waits until the server has seen the end of the session.
            return try await pool.withConnection { session in
                let sql = SQL(name: "left", text: "SELECT count(*) FROM pg_stat_activity WHERE pid = $1")
                while try session.query(sql, pid)[0].decode(0, as: Int.self) > 0 {}
                return 0
            }
        }
        #expect(left == 0)
    }

    @Test func `a server that is not there fails the first connection`() async throws {
        let configuration = PostgresConfiguration(uri: "postgresql:///x?host=/nonexistent")
        let found = await reason {
            try await PostgresListener(configuration: configuration, logger: quiet)
                .withNotifications(channels: ["a"]) { _ in }
        }
        #expect(found == .connectionFailed)
    }

    @Test func `the stream ends when the task is cancelled`() async throws {
        let count = try await TestSchema.with { schema in
            let listening = Signal()
            let listener = PostgresListener(configuration: schema.configuration, logger: quiet)
            return try await withThrowingTaskGroup(of: Int.self) { group in
                group.addTask {
                    try await listener.withNotifications(channels: ["quiet"]) { stream in
                        listening.send()
                        return await stream.reduce(into: 0) { count, _ in count += 1 }
                    }
                }
                await listening.received()
                group.cancelAll()
                return try await group.next()
            }
        }
        #expect(count == 0)
    }
}
