import Crypto
import Desk
import IMAP
import TestSupport
import Testing

@testable import DeskStore
@testable import Ingestion

@Suite("Bodies as they stream in")
struct BodyCollectorTests {
    private static let mailbox = Identifier<Mailbox>(1)

    private static func with(_ body: (TestDatabase, ContentStore) async throws -> Void) async throws {
        try await TestDatabase.with { database in
            try await database.execute(
                """
                INSERT INTO queue (name) VALUES ('support');
                INSERT INTO mailbox (name, address, address_key, server, username, queue_id)
                VALUES ('support', 's@x.example', 's@x.example', 'imaps://x:993', 's', 1);
                """
            )
            try await database.keepLease(.ingestion, fence: 1)
            let grant = LeaseGrant(mailbox: Self.mailbox, service: .ingestion, fence: 1)
            try await body(database, ContentStore(database: database.desk, lease: grant))
        }
    }

    private static func body(_ size: Int) -> [UInt8] {
        (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }
    }

    private static func events(_ uid: UInt32, _ body: [UInt8], pieces: Int) -> [BodyEvent] {
        let bytes = stride(from: 0, to: body.count, by: pieces).map { start in
            BodyEvent.bytes(MailBytes(Array(body[start..<min(start + pieces, body.count)])))
        }
        let summary = MessageSummary(uid: uid, flags: ["\\Seen", "\\Recent"], modSeq: 5, internalDate: 60_000_000)
        return [.begin(uid: uid, size: body.count)] + bytes + [.end(summary, .complete)]
    }

    // In their order: whole, in uneven pieces, one byte above what one row keeps, and above what is kept in memory.
    @Test(
        arguments: [
            (0, 1), (10, 10), (1000, 7), (262_144, 65_536), (262_145, 262_144), (700_000, 100_003),
            (BodyCollector.wholeLimit, 262_144), (BodyCollector.wholeLimit + 1, 262_144), (3_000_000, 262_144),
            (3_000_000, 100_003),
        ]
    )
    func `a mail is kept byte for byte under the digest of all its bytes, however it comes`(
        size: Int,
        pieces: Int
    ) async throws {
        try await Self.with { database, store in
            let body = Self.body(size)
            let digest = Array(SHA256.hash(data: body))
            var collector = BodyCollector(store: store)
            for event in Self.events(4, body, pieces: pieces) { try await collector.take(event) }
            #expect(collector.placements.map(\.digest) == [digest])
            let whole = collector.whole
            let kept = try await database.desk.unit { unit in
                try ContentQueries.insert(unit, mailbox: Self.mailbox, whole)
                return try ContentQueries.load(unit, mailbox: Self.mailbox, digests: [digest], limit: 10 << 20)
            }
            // Not the bytes themselves: a failure would print millions of them.
            let isKept = kept[digest] == body
            #expect(isKept)
            #expect(whole.isEmpty == (size > BodyCollector.wholeLimit))
            #expect(
                try await database.number("SELECT count(*) FROM content_chunk")
                    == (size > ContentQueries.inlineLimit ? (size + 262_143) / 262_144 : 0)
            )
        }
    }

    @Test func `flags, time and MODSEQ come from the end of the answer`() async throws {
        try await Self.with { _, store in
            var collector = BodyCollector(store: store)
            for event in Self.events(4, [1, 2], pieces: 1) { try await collector.take(event) }
            let placement = collector.placements[0]
            #expect(placement.uid == 4 && placement.flags == ["\\Seen"] && placement.modSeq == 5)
            #expect(placement.internalDate == Timestamp(microseconds: 60_000_000))
        }
    }

    @Test(arguments: [BodyState.null, .absent])
    func `a mail without bytes is a placement without a digest`(state: BodyState) async throws {
        try await Self.with { _, store in
            var collector = BodyCollector(store: store)
            try await collector.take(.end(MessageSummary(uid: 4, flags: []), state))
            #expect(collector.placements.map(\.digest) == [nil])
            #expect(collector.whole.isEmpty)
        }
    }

    @Test func `what is kept in memory is bounded, however many mails a window has`() async throws {
        try await Self.with { database, store in
            let body = Self.body(BodyCollector.wholeLimit)
            var collector = BodyCollector(store: store)
            let fitting = BodyCollector.room / body.count
            for uid in 1...UInt32(fitting + 2) {
                for event in Self.events(uid, body, pieces: 262_144) { try await collector.take(event) }
            }
            #expect(collector.whole.count == fitting && collector.placements.count == fitting + 2)
            #expect(try await database.number("SELECT count(*) FROM content WHERE complete") == 1)
        }
    }

    @Test(arguments: [10, 600_000, 2_000_000])
    func `bytes that belong to no mail leave nothing behind`(size: Int) async throws {
        try await Self.with { database, store in
            var collector = BodyCollector(store: store)
            for event in Self.events(4, Self.body(size), pieces: 100_000).dropLast() { try await collector.take(event) }
            try await collector.take(.abandoned)
            for event in Self.events(5, [1], pieces: 1) { try await collector.take(event) }
            #expect(collector.placements.map(\.uid) == [5])
            #expect(try await database.number("SELECT count(*) FROM content") == 0)
        }
    }

    @Test func `a mail that is stored already is not stored twice`() async throws {
        try await Self.with { database, store in
            let body = Self.body(2_000_000)
            var collector = BodyCollector(store: store)
            for uid in [UInt32(1), 2] {
                for event in Self.events(uid, body, pieces: 262_144) { try await collector.take(event) }
            }
            #expect(collector.placements.count == 2)
            #expect(try await database.number("SELECT count(*) FROM content") == 1)
        }
    }
}
