import Testing

@testable import Ingestion

@Suite("A bounded queue between two tasks")
struct BoundedQueueTests {
    @Test(arguments: [1, 2, 7])
    func `everything arrives in order, whoever is faster`(capacity: Int) async throws {
        let queue = BoundedQueue<Int>(capacity: capacity)
        async let received = Self.drain(queue)
        for number in 0..<1_000 { try await queue.send(number) }
        queue.finish()
        #expect(await received == Array(0..<1_000))
    }

    @Test func `a sender waits while it is full, and goes on when there is room`() async throws {
        let queue = BoundedQueue<Int>(capacity: 1)
        try await queue.waitForRoom()
        try await queue.send(1)
        async let second: Void = queue.send(2)
        #expect(await queue.next() == 1)
        try await second
        queue.finish()
        #expect(await Self.drain(queue) == [2])
    }

    @Test func `what is there is taken without waiting, and makes room`() async throws {
        let queue = BoundedQueue<Int>(capacity: 1)
        #expect(queue.takeReady { _ in true } == nil)
        try await queue.send(1)
        async let second: Void = queue.send(2)
        #expect(queue.takeReady { $0 > 1 } == nil)
        #expect(queue.takeReady { $0 == 1 } == 1)
        try await second
        queue.finish()
        #expect(await Self.drain(queue) == [2])
        #expect(queue.takeReady { _ in true } == nil)
    }

    @Test func `a receiver that has left ends the waiting of a sender`() async throws {
        let queue = BoundedQueue<Int>(capacity: 1)
        try await queue.send(1)
        async let isEnded = Self.isRefused { try await queue.send(2) }
        queue.abandon()
        #expect(try await isEnded)
        await #expect(throws: CancellationError.self) { try await queue.send(3) }
        await #expect(throws: CancellationError.self) { try await queue.waitForRoom() }
    }

    @Test func `a cancelled task waits on neither side`() async throws {
        let (empty, full) = (BoundedQueue<Int>(capacity: 1), BoundedQueue<Int>(capacity: 1))
        try await full.send(1)
        try await withThrowingTaskGroup(of: Bool.self) { group in
            group.addTask { await empty.next() == nil }
            group.addTask { try await Self.isRefused { try await full.send(2) } }
            group.cancelAll()
            for try await isOver in group { #expect(isOver) }
        }
    }

    private static func isRefused(_ send: () async throws -> Void) async throws -> Bool {
        do {
            try await send()
            return false
        } catch is CancellationError {
            return true
        }
    }

    private static func drain(_ queue: BoundedQueue<Int>) async -> [Int] {
        var all: [Int] = []
        while let next = await queue.next() { all.append(next) }
        return all
    }
}
