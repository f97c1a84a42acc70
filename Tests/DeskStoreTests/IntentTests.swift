import Desk
import TestSupport
import Testing

@testable import DeskStore

@Suite("What a receipt of a move or a copy is worth")
struct IntentTests {
    /// Folder 1 holds mail 1 under UID 5, folder 2 another mail under UID 8 and one that is gone under UID 9.
    private static func with(_ body: (TestDatabase) async throws -> Void) async throws {
        try await TestDatabase.with { database in
            try await database.execute(
                """
                INSERT INTO queue (name) VALUES ('support');
                INSERT INTO mailbox (name, address, address_key, server, username, queue_id)
                VALUES ('support', 's@x.example', 's@x.example', 'imaps://x:993', 's', 1);
                INSERT INTO folder (mailbox_id, raw_name, name, role, epoch, uidvalidity, phase)
                VALUES (1, 'INBOX', 'INBOX', 'inbox', 1, 7, 'live'), (1, 'Closed', 'Closed', 'closed', 1, 7, 'live');
                INSERT INTO folder_epoch (mailbox_id, folder_id, epoch, uidvalidity) SELECT 1, id, 1, 7 FROM folder;
                INSERT INTO placement (mailbox_id, folder_id, epoch, uid, digest, fate, size, gone_at, gone_why)
                VALUES (1, 1, 1, 5, sha256('a'), 'ticket', 100, NULL, NULL),
                       (1, 2, 1, 8, sha256('b'), 'ticket', 100, NULL, NULL),
                       (1, 2, 1, 9, sha256('a'), 'ticket', 100, now(), 'vanished');
                """
            )
            try await body(database)
        }
    }

    @Test(
        arguments: [
            (uid: UInt32(10), uidValidity: UInt32(7), isTrue: true), (8, 7, false), (9, 7, false), (10, 6, false),
        ],
        [false, true]
    )
    func `one that names another mail, one that is gone or another folder proves nothing`(
        receipt: (uid: UInt32, uidValidity: UInt32, isTrue: Bool),
        isMove: Bool
    ) async throws {
        let isTrue = receipt.isTrue
        try await Self.with { database in
            let epoch = FolderEpoch(mailbox: Identifier(1), folder: Identifier(1), epoch: 1)
            let pairs = [MarkTransfer.Pair(source: 5, destination: receipt.uid)]
            let (to, validity) = (Identifier<Folder>(2), receipt.uidValidity)
            let believed = try await database.desk.unit { unit in
                isMove
                    ? try IntentQueries.moved(unit, from: epoch, to: to, uidValidity: validity, pairs: pairs)
                    : try IntentQueries.arrived(unit, from: epoch, to: to, uidValidity: validity, pairs: pairs)
            }
            #expect(believed.keys.sorted() == (isTrue ? [5] : []))
            let gone = try await database.number(
                "SELECT count(*) FROM placement WHERE folder_id = 1 AND gone_at IS NOT NULL"
            )
            #expect(gone == (isTrue && isMove ? 1 : 0))
            // What is known of the mail goes with it, so that it is recognised under a new UIDVALIDITY.
            let known = try await database.number("SELECT count(*) FROM placement WHERE folder_id = 2 AND size = 100")
            #expect(known == (isTrue ? 3 : 2))
        }
    }

    @Test func `the server's no is waited out ever longer, up to an hour`() async throws {
        try await Self.with { database in
            try await database.execute(
                """
                INSERT INTO message (mailbox_id, digest, direction, kind, fate, received_at)
                VALUES (1, sha256('a'), 'inbound', 'human', 'ticket', now())
                """
            )
            var waits: [Int] = []
            for _ in 0..<8 {
                try await database.desk.unit { unit in
                    let hold = HoldQueries.Hold(
                        message: Identifier(1),
                        fields: .place,
                        reason: "quota exceeded",
                        wait: .seconds(60)
                    )
                    try HoldQueries.hold(unit, mailbox: Identifier(1), [hold])
                }
                waits.append(
                    try await database.number("SELECT round(extract(epoch FROM until - now()) / 60)::bigint FROM hold")
                )
            }
            #expect(waits == [1, 2, 4, 8, 16, 32, 60, 60])
            let held = try await database.desk.unit { try HoldQueries.list($0, mailbox: Identifier(1)) }
            #expect(held.map(\.reason) == ["quota exceeded"] && held.map(\.messages) == [1])
        }
    }

    /// Message 1 with an open intent, touched at 5.
    private static let inFlight = """
        INSERT INTO message (mailbox_id, digest, direction, kind, fate, received_at, touched)
        VALUES (1, sha256('a'), 'inbound', 'human', 'ticket', now(), 5);
        INSERT INTO intent (mailbox_id, message_id, opened, folder_id, epoch, uid, target, fields)
        VALUES (1, 1, 1, 1, 1, 5, '', 1);
        """

    @Test(arguments: [false, true])
    func `an intent that ends takes the touch away that led to it, not one that came meanwhile`(
        isTouchedMeanwhile: Bool
    ) async throws {
        try await Self.with { database in
            try await database.execute(Self.inFlight)
            if isTouchedMeanwhile { try await database.execute("UPDATE message SET touched = 6") }
            try await database.desk.unit { unit in
                try IntentQueries.close(
                    unit,
                    mailbox: Identifier(1),
                    [IntentQueries.Closing(message: Identifier(1), settled: nil, touched: 5)],
                    outcome: .confirmed
                )
            }
            let touched = try await database.number("SELECT coalesce(touched, 0) FROM message")
            #expect(touched == (isTouchedMeanwhile ? 6 : 0))
            #expect(try await database.number("SELECT count(*) FROM intent WHERE closed IS NOT NULL") == 1)
        }
    }

    @Test func `a message does not go while its intents are kept`() async throws {
        try await Self.with { database in
            try await database.execute(Self.inFlight)
            let error = await #expect(throws: (any Error).self) { try await database.execute("DELETE FROM message") }
            #expect("\(error.map { "\($0)" } ?? "")".contains("still has intents"))
            try await database.execute("DELETE FROM intent; DELETE FROM message")
            #expect(try await database.number("SELECT count(*) FROM message") == 0)
        }
    }
}
