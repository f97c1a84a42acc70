import Desk
import DeskStore
import TestSupport

/// Rows made by hand: agents 1 and 2, queue 1, mailbox 1 with INBOX (1) and Closed (2) in epoch 1, ticket 1.
enum Fixture {
    static let mailbox = Identifier<Mailbox>(1)
    static let inbox = FolderEpoch(mailbox: Identifier(1), folder: Identifier(1), epoch: 1)
    static let closed = FolderEpoch(mailbox: Identifier(1), folder: Identifier(2), epoch: 1)

    static func populate(_ database: TestDatabase) async throws {
        try await database.execute(
            """
            INSERT INTO agent (handle, name) VALUES ('ann', 'Ann'), ('bob', 'Bob');
            INSERT INTO queue (name) VALUES ('support');
            INSERT INTO mailbox (name, address, address_key, server, username, queue_id, filing_horizon)
            VALUES ('support', 's@x.example', 's@x.example', 'imaps://x:993', 's', 1, NULL);
            INSERT INTO folder (mailbox_id, raw_name, name, role, epoch, uidvalidity)
            VALUES (1, 'INBOX', 'INBOX', 'inbox', 1, 7), (1, 'Closed', 'Closed', 'closed', 1, 8);
            INSERT INTO folder_epoch (mailbox_id, folder_id, epoch, uidvalidity) VALUES (1, 1, 1, 7), (1, 2, 1, 8);
            INSERT INTO ticket_number (number, mailbox_id) VALUES (1, 1);
            INSERT INTO ticket (mailbox_id, number, queue_id, status, version, status_changed_at, created_at, updated_at)
            VALUES (1, 1, 1, 'open', 1, '2026-01-05T10:00:00Z', '2026-01-05T10:00:00Z', '2026-01-05T10:00:00Z');
            INSERT INTO event (mailbox_id, ticket, seq, at, kind, actor, origin, details)
            VALUES (1, 1, 1, '2026-01-05T10:00:00Z', 'opened', 'baton', 'mail', '{"queue": "1"}');
            """
        )
    }

    static func digest(_ number: UInt8) -> [UInt8] {
        [UInt8](repeating: number, count: 32)
    }

    static func seen(
        _ uid: UInt32,
        minute: Int = 0,
        flags: [String] = [],
        digest number: UInt8? = nil
    ) -> SeenPlacement {
        SeenPlacement(
            uid: uid,
            digest: Self.digest(number ?? UInt8(truncatingIfNeeded: uid)),
            flags: flags,
            modSeq: nil,
            internalDate: Timestamp(microseconds: Int64(minute) * 60_000_000)
        )
    }

    /// Runs `body` with a database that holds these rows.
    static func with(_ body: (TestDatabase) async throws -> Void) async throws {
        try await TestDatabase.with { database in
            try await Self.populate(database)
            try await body(database)
        }
    }
}
