import Desk
import DeskStore
import TestSupport
import Testing

@Suite("Taking mail to file")
struct FilingQueriesTests {
    private static func insert(_ database: TestDatabase, _ seen: [SeenPlacement], isImported: Bool = false) async throws
    {
        _ = try await database.desk.unit { unit in
            try PlacementQueries.insert(unit, Fixture.inbox, number: 0, isImported: isImported, seen)
        }
    }

    private static func claim(_ database: TestDatabase, limit: Int = 10) async throws -> [UnfiledMail] {
        try await database.desk.unit { try FilingQueries.claim($0, mailbox: Fixture.mailbox, limit: limit) }
    }

    @Test func `mails come in order of arrival, not of their UIDs, and at most as many as asked for`() async throws {
        try await Fixture.with { database in
            try await Self.insert(
                database,
                [Fixture.seen(1, minute: 3), Fixture.seen(2, minute: 1), Fixture.seen(3, minute: 2)]
            )
            #expect(try await Self.claim(database, limit: 2).map(\.uid) == [2, 3])
        }
    }

    @Test func `a mail that was tried before comes alone, and the attempts go on counting`() async throws {
        try await Fixture.with { database in
            try await Self.insert(database, [1, 2, 3].map { Fixture.seen($0, minute: Int($0)) })
            let first = try await Self.claim(database)
            #expect(first.map(\.attempts) == [1, 1, 1])
            var seen: [[Int]] = []
            for _ in 0..<3 { seen.append(try await Self.claim(database).map(\.attempts)) }
            #expect(seen == [[2], [3], [4]])
        }
    }

    @Test func `a stop before filing gives the attempt back`() async throws {
        try await Fixture.with { database in
            try await Self.insert(database, [Fixture.seen(1), Fixture.seen(2)])
            let mails = try await Self.claim(database)
            try await database.desk.unit { try FilingQueries.giveBack($0, mailbox: Fixture.mailbox, mails) }
            #expect(try await Self.claim(database).map(\.attempts) == [1, 1])
        }
    }

    @Test func `a mail that is handed over has its first attempt counted with it, a copy filed already has not`()
        async throws
    {
        try await Fixture.with { database in
            try await Self.insert(database, [Fixture.seen(1, minute: 2)])
            try await database.execute("UPDATE placement SET fate = 'ticket'")
            let written = try await database.desk.unit { unit in
                try PlacementQueries.insert(
                    unit,
                    Fixture.inbox,
                    number: 1,
                    isImported: true,
                    isHandedOver: true,
                    [
                        Fixture.seen(1, minute: 2), Fixture.seen(2, minute: 4, flags: ["a"]),
                        Fixture.seen(3, minute: 3),
                        SeenPlacement(uid: 4, digest: nil, flags: [], modSeq: nil, internalDate: nil),
                    ]
                )
            }
            #expect(written.count == 4)
            let unfiled = written.unfiled.sorted(by: UnfiledMail.arrivedBefore)
            #expect(unfiled.map(\.uid) == [3, 2] && unfiled.map(\.attempts) == [1, 1])
            #expect(unfiled.allSatisfy(\.isImported) && unfiled.last?.flags == ["a"])
            // What was handed over and not filed comes alone, as every mail that was tried.
            #expect(try await Self.claim(database) == [try #require(unfiled.first)].map { Self.raised($0) })
            let again = try await database.desk.unit { unit in
                try FilingQueries.claim(unit, mailbox: Fixture.mailbox, again: unfiled[1])
            }
            #expect(again == Self.raised(unfiled[1]))
        }
    }

    private static func raised(_ mail: UnfiledMail) -> UnfiledMail {
        UnfiledMail(
            folder: mail.folder,
            epoch: mail.epoch,
            uid: mail.uid,
            placement: mail.placement,
            digest: mail.digest,
            flags: mail.flags,
            internalDate: mail.internalDate,
            seenAt: mail.seenAt,
            attempts: mail.attempts + 1,
            isImported: mail.isImported,
            isSent: mail.isSent
        )
    }

    @Test func `an untried mail does not wait behind one that fails`() async throws {
        try await Fixture.with { database in
            try await Self.insert(database, [Fixture.seen(1, minute: 1), Fixture.seen(2, minute: 2)])
            try await database.execute("UPDATE placement SET attempts = 2 WHERE uid = 2")
            #expect(try await Self.claim(database).map(\.uid) == [1])
        }
    }

    @Test(arguments: [("-infinity", 0), ("1970-01-01T00:02:00Z", 2), ("infinity", 3)])
    func `a first import files only what arrived before everything that is not fetched yet`(
        horizon: String,
        count: Int
    ) async throws {
        try await Fixture.with { database in
            try await Self.insert(database, [1, 2, 3].map { Fixture.seen($0, minute: Int($0)) }, isImported: true)
            try await database.execute("UPDATE mailbox SET filing_horizon = '\(horizon)'")
            #expect(try await Self.claim(database).count == count)
            #expect(
                try await database.desk.unit { try FilingQueries.waitingCount($0, mailbox: Fixture.mailbox) } == 3
            )
        }
    }

    @Test func `a placement without bytes is never filed`() async throws {
        try await Fixture.with { database in
            let bare = SeenPlacement(uid: 9, digest: nil, flags: [], modSeq: nil, internalDate: nil)
            try await Self.insert(database, [bare])
            #expect(try await Self.claim(database).isEmpty)
            let parked = try await database.desk.unit { try LedgerQueries.parkedDue($0, mailbox: Fixture.mailbox) }
            #expect(parked[Fixture.inbox.folder]?.map(\.uid) == [9])
        }
    }
}
