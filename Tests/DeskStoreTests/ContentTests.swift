import Desk
import DeskStore
import TestSupport
import Testing

@Suite("The content store")
struct ContentTests {
    private static func chunked(
        _ database: TestDatabase,
        _ body: [UInt8],
        digest: [UInt8],
        completes: Bool = true
    ) async throws {
        try await database.desk.unit { unit in
            let content = try ContentQueries.begin(unit, mailbox: Fixture.mailbox)
            // In two goes, the first of one chunk.
            let limit = ContentQueries.inlineLimit
            for (ordinal, bytes) in [body.prefix(limit), body.dropFirst(limit)].enumerated() {
                try ContentQueries.append(
                    unit,
                    mailbox: Fixture.mailbox,
                    content: content,
                    ordinal: ordinal,
                    bytes: Array(bytes)
                )
            }
            guard completes else { return }
            try ContentQueries.complete(
                unit,
                mailbox: Fixture.mailbox,
                content: content,
                digest: digest,
                size: Int64(body.count),
                note: nil
            )
        }
    }

    private static func load(
        _ database: TestDatabase,
        _ digest: [UInt8],
        limit: Int = 100 << 20
    ) async throws -> [UInt8]? {
        try await database.desk.unit { unit in
            try ContentQueries.load(unit, mailbox: Fixture.mailbox, digests: [digest], limit: limit)
        }[digest]
    }

    // All 256 byte values, so that nothing on the way takes them for text.
    private static func body(_ size: Int) -> [UInt8] {
        (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }
    }

    @Test(arguments: [0, 1, ContentQueries.inlineLimit, ContentQueries.inlineLimit + 1])
    func `a whole mail comes back byte for byte, once, also when it comes twice or beside others`(
        size: Int
    ) async throws {
        try await Fixture.with { database in
            let mail = WholeMail(digest: Fixture.digest(1), body: Self.body(size))
            let other = WholeMail(digest: Fixture.digest(2), body: Self.body(300_000))
            for mails in [[mail, mail], [mail, other], []] {
                try await database.desk.unit { unit in
                    try ContentQueries.insert(unit, mailbox: Fixture.mailbox, mails)
                }
            }
            #expect(try await Self.load(database, mail.digest) == mail.body)
            #expect(try await Self.load(database, other.digest) == other.body)
            #expect(try await database.number("SELECT count(*) FROM content WHERE complete") == 2)
        }
    }

    @Test(arguments: [ContentQueries.inlineLimit + 1, 3 * ContentQueries.inlineLimit])
    func `a large mail comes back from its chunks, once, and cut where that is asked for`(size: Int) async throws {
        try await Fixture.with { database in
            let (body, digest) = (Self.body(size), Fixture.digest(2))
            for _ in 0..<2 { try await Self.chunked(database, body, digest: digest) }
            #expect(try await Self.load(database, digest) == body)
            #expect(
                try await Self.load(database, digest, limit: ContentQueries.inlineLimit)
                    == Array(body.prefix(ContentQueries.inlineLimit))
            )
            #expect(try await database.number("SELECT count(*) FROM content") == 1)
            #expect(try await database.number("SELECT count(*) FROM content_chunk") == (size + 262_143) / 262_144)
        }
    }

    @Test func `a mail that was never completed is not found, and swept; what is complete stays`() async throws {
        try await Fixture.with { database in
            let digest = Fixture.digest(3)
            try await Self.chunked(database, Self.body(300_000), digest: digest, completes: false)
            try await Self.chunked(database, Self.body(300_000), digest: Fixture.digest(4))
            #expect(try await Self.load(database, digest) == nil)
            #expect(try await database.number("SELECT count(*) FROM content_chunk") == 4)
            try await database.desk.unit { try ContentQueries.sweep($0, mailbox: Fixture.mailbox) }
            #expect(try await database.number("SELECT count(*) FROM content_chunk") == 2)
            #expect(try await Self.load(database, Fixture.digest(4)) == Self.body(300_000))
        }
    }
}
