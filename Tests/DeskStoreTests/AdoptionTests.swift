import Desk
import TestSupport
import Testing

@testable import DeskStore

@Suite("The end of a first import")
struct AdoptionTests {
    /// Messages 1 to 5 of ticket 1 came with the import: nothing happened to 1, 2 is due, 3 at its time, 4 was moved by an agent;
    /// 5 arrived.
    private static func with(_ body: (TestDatabase) async throws -> Void) async throws {
        try await Fixture.with { database in
            try await database.execute(
                """
                INSERT INTO message (mailbox_id, digest, ticket, direction, kind, fate, received_at, settled,
                                     settled_placement, settled_number, adopted, touched, look_at, in_reach)
                SELECT 1, sha256(n::text::bytea), 1, 'inbound', 'human', 'ticket', now(), 'inbox;;', n, 1, n <> 5,
                       CASE WHEN n = 2 THEN nextval('touch_number') END, CASE WHEN n = 3 THEN now() END, n = 4
                FROM generate_series(1, 5) n ORDER BY n
                """
            )
            try await body(database)
        }
    }

    @Test func `what is due is touched once more, since a look that is under way writes nothing yet`() async throws {
        try await Self.with { database in
            func touched() async throws -> [String] {
                try await database.lines("SELECT id || ':' || COALESCE(touched, 0) FROM message ORDER BY id")
            }
            let before = try await touched()
            try await database.desk.unit { try MailboxQueries.adopt($0, Identifier(1)) }
            let after = try await touched()
            #expect(zip(before, after).map { $0 != $1 } == [false, true, true, true, true])
        }
    }
}
