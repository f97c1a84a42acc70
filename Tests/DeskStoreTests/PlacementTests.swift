import Desk
import DeskStore
import TestSupport
import Testing

@Suite("The ledger")
struct PlacementTests {
    private static func flags(_ database: TestDatabase) async throws -> [String] {
        try await database.lines(
            """
            SELECT uid || ' ' || array_to_string(flags, ',') || CASE WHEN gone_at IS NULL THEN '' ELSE ' gone' END
            FROM placement ORDER BY folder_id, uid
            """
        )
    }

    private static func observe(_ database: TestDatabase, number: Int64, _ uid: UInt32, _ flags: [String]) async throws
    {
        _ = try await database.desk.unit { unit in
            try PlacementQueries.observe(unit, Fixture.inbox, number: number, [ObservedFlags(uid: uid, flags: flags)])
        }
    }

    @Test func `an answer older than what is known changes nothing`() async throws {
        try await Fixture.with { database in
            _ = try await database.desk.unit { unit in
                try PlacementQueries.insert(
                    unit,
                    Fixture.inbox,
                    number: 5,
                    isImported: false,
                    [Fixture.seen(1, flags: ["a"])]
                )
            }
            try await Self.observe(database, number: 4, 1, ["old"])
            #expect(try await Self.flags(database) == ["1 a"])
            try await Self.observe(database, number: 6, 1, ["\\Seen", "new", "\\Recent"])
            #expect(try await Self.flags(database) == ["1 \\Seen,new"])
        }
    }

    @Test func `a UID that is gone never returns in its epoch`() async throws {
        try await Fixture.with { database in
            try await database.desk.unit { unit in
                _ = try PlacementQueries.insert(unit, Fixture.inbox, number: 1, isImported: false, [Fixture.seen(1)])
                _ = try PlacementQueries.vanish(unit, Fixture.inbox, number: 2, why: "vanished", ranges: [1...9])
                _ = try PlacementQueries.insert(
                    unit,
                    Fixture.inbox,
                    number: 3,
                    isImported: false,
                    [Fixture.seen(1, flags: ["x"])]
                )
            }
            try await Self.observe(database, number: 4, 1, ["y"])
            #expect(try await Self.flags(database) == ["1  gone"])
        }
    }

    @Test func `absence from a complete enumeration takes only what was known before it began`() async throws {
        try await Fixture.with { database in
            let gone = try await database.desk.unit { unit in
                _ = try PlacementQueries.insert(
                    unit,
                    Fixture.inbox,
                    number: 1,
                    isImported: false,
                    [Fixture.seen(1), Fixture.seen(2)]
                )
                _ = try PlacementQueries.insert(unit, Fixture.inbox, number: 8, isImported: false, [Fixture.seen(3)])
                return try PlacementQueries.vanishAbsent(unit, Fixture.inbox, number: 5, present: [2])
            }
            #expect(gone == 1)
            #expect(try await Self.flags(database) == ["1  gone", "2 ", "3 "])
            #expect(try await database.desk.unit { try PlacementQueries.liveCount($0, Fixture.inbox) } == 2)
        }
    }

    @Test func `a changed UIDVALIDITY takes the placements of one folder alone`() async throws {
        try await Fixture.with { database in
            try await database.desk.unit { unit in
                for folder in [Fixture.inbox, Fixture.closed] {
                    _ = try PlacementQueries.insert(unit, folder, number: 1, isImported: false, [Fixture.seen(1)])
                }
                _ = try PlacementQueries.vanishFolder(
                    unit,
                    mailbox: Fixture.mailbox,
                    folder: Fixture.inbox.folder,
                    number: 2,
                    why: "UIDVALIDITY changed"
                )
            }
            #expect(try await Self.flags(database) == ["1  gone", "1 "])
        }
    }

    @Test func `an observation that shows nothing new writes no row`() async throws {
        try await Fixture.with { database in
            _ = try await database.desk.unit { unit in
                try PlacementQueries.insert(
                    unit,
                    Fixture.inbox,
                    number: 1,
                    isImported: false,
                    [Fixture.seen(1, flags: ["a"])]
                )
            }
            let before = try await database.rowVersions()
            try await Self.observe(database, number: 2, 1, ["a"])
            #expect(try await database.rowVersions() == before)
            try await Self.observe(database, number: 2, 1, ["b"])
            #expect(try await database.rowVersions() != before)
        }
    }
}
