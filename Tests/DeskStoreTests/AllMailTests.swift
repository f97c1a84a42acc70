import Desk
import TestSupport
import Testing

@testable import DeskStore

/// Folder 3 is All; what lies there is known by the server's names of mails.
@Suite("The ledger of All")
struct AllMailTests {
    private static let all = FolderEpoch(mailbox: Identifier(1), folder: Identifier(3), epoch: 1)

    private static func with(_ body: (TestDatabase) async throws -> Void) async throws {
        try await Fixture.with { database in
            try await database.execute(
                """
                INSERT INTO folder (mailbox_id, raw_name, name, role, epoch, uidvalidity, watched)
                VALUES (1, 'All', 'All', 'all', 1, 9, true), (1, 'Trash', 'Trash', 'trash', 1, 9, true);
                INSERT INTO folder_epoch (mailbox_id, folder_id, epoch, uidvalidity) VALUES (1, 3, 1, 9), (1, 4, 1, 9);
                """
            )
            try await body(database)
        }
    }

    private static func key(_ name: String) -> IdentityKey {
        IdentityKey(emailID: name, messageID: nil, arrival: nil, size: nil)
    }

    @Test func `a mail is known by its name wherever it lies or lay, unless it is to be filed anew`() async throws {
        try await Self.with { database in
            try await database.execute(
                """
                INSERT INTO placement (mailbox_id, folder_id, epoch, uid, digest, fate, reason, email_id, gone_at, gone_why)
                VALUES (1, 1, 1, 1, '\\x\(String(repeating: "01", count: 32))', 'ticket', NULL, 'g:1', NULL, NULL),
                       (1, 1, 1, 2, '\\x\(String(repeating: "02", count: 32))', 'fetched', NULL, 'g:2', now(), 'vanished'),
                       (1, 4, 1, 3, '\\x\(String(repeating: "03", count: 32))', 'ignored', 'trash', 'g:3', now(), 'vanished'),
                       (1, 1, 1, 4, '\\x\(String(repeating: "04", count: 32))', 'ignored', 'rule', 'g:4', NULL, NULL),
                       (1, 1, 1, 5, NULL, 'fetched', NULL, 'g:5', NULL, NULL)
                """
            )
            let found = try await database.desk.unit { unit in
                try LedgerQueries.elsewhere(
                    unit,
                    Identifier(1),
                    Dictionary(uniqueKeysWithValues: (UInt32(1)...6).map { ($0 + 10, Self.key("g:\($0)")) })
                )
            }
            #expect(found.map(\.uid) == [11, 12, 14])
            #expect(found.map(\.digest) == [1, 2, 4].map { Fixture.digest($0) })
            #expect(found.allSatisfy { $0.fate == .duplicate })
        }
    }

    @Test func `what was parked is a copy once its folder showed it, and needs no comparing`() async throws {
        try await Self.with { database in
            func apply(_ fill: (inout LedgerChange) -> Void) async throws {
                var change = LedgerChange(folder: Identifier(3), epoch: 1, number: 5)
                fill(&change)
                let filled = change
                _ = try await database.desk.unit { try LedgerQueries.apply($0, mailbox: Identifier(1), filled) }
            }
            try await apply { $0.parked = [ParkedMail(uid: 7, reason: .elsewhere, tries: 1, flags: [])] }
            let due = try await database.desk.unit { try LedgerQueries.parkedDue($0, mailbox: Identifier(1)) }
            #expect(due == [Identifier(3): [ParkedMail(uid: 7, reason: .elsewhere, tries: 1)]])

            let seen = Fixture.seen(7, flags: ["\\Seen"])
            try await apply { $0.presumed = [PresumedPlacement(seen: seen, fate: .duplicate, reason: nil)] }
            #expect(
                try await database.lines(
                    "SELECT fate || ' ' || COALESCE(reason, '-') || ' ' || presumed || ' ' || flags::text FROM placement"
                ) == ["duplicate - false {\"\\\\Seen\"}"]
            )
            let rest = try await database.desk.unit { try LedgerQueries.parkedDue($0, mailbox: Identifier(1)) }
            #expect(rest.isEmpty)
        }
    }

    @Test func `what lies in a missing All is not held`() async throws {
        try await Self.with { database in
            try await database.execute(
                """
                INSERT INTO placement (mailbox_id, folder_id, epoch, uid, digest, fate)
                SELECT 1, f, 1, 1, decode(repeat('01', 32), 'hex'), 'ticket' FROM unnest(ARRAY[1, 3]) AS f;
                INSERT INTO message (mailbox_id, digest, ticket, direction, kind, fate, received_at, settled,
                                     settled_placement, settled_number)
                VALUES (1, decode(repeat('01', 32), 'hex'), 1, 'inbound', 'human', 'ticket', now(), 'inbox;;', 1, 1)
                """
            )
            func held(_ folder: Int64) async throws -> [String] {
                try await database.desk.unit { unit in
                    try HeldGestureQueries.holdFolder(unit, mailbox: Identifier(1), Identifier(folder))
                }
                return try await database.lines("SELECT count(*)::text FROM held_gesture")
            }
            #expect(try await held(3) == ["0"])
            #expect(try await held(1) == ["1"])
        }
    }

    @Test func `who archived could see what was there when the mail went`() async throws {
        try await Self.with { database in
            try await database.execute(
                """
                INSERT INTO placement (mailbox_id, folder_id, epoch, uid, number, digest, fate, seen_at, gone_at, gone_why)
                VALUES (1, 1, 1, 1, 1, decode(repeat('01', 32), 'hex'), 'ticket', '2026-01-05', '2026-01-07', 'vanished'),
                       (1, 1, 1, 2, 2, decode(repeat('02', 32), 'hex'), 'ticket', '2026-01-06', NULL, NULL),
                       (1, 1, 1, 3, 3, decode(repeat('03', 32), 'hex'), 'ticket', '2026-01-08', NULL, NULL);
                INSERT INTO message (mailbox_id, digest, ticket, direction, kind, fate, received_at)
                SELECT 1, decode(repeat('0' || n, 32), 'hex'), 1, 'inbound', 'human', 'ticket',
                       '2026-01-04'::timestamptz + n * interval '1 day'
                FROM generate_series(1, 3) n
                """
            )
            func seen(before placement: Int64) async throws -> Int64? {
                try await database.desk.unit { unit in
                    try TicketQueries.seenContact(
                        unit,
                        mailbox: Identifier(1),
                        Identifier(1),
                        before: Identifier(placement),
                        of: Identifier(placement)
                    )
                }?.message.rawValue
            }
            // The third came after the first was taken away; of a copy that is there its number tells.
            #expect(try await seen(before: 1) == 2)
            #expect(try await seen(before: 2) == 2)
            #expect(try await seen(before: 3) == 3)
        }
    }
}
