import Desk
import TestSupport
import Testing

@testable import DeskStore

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

    /// A MOVE of UID 1 out of INBOX, whose receipt names UID 7 of Closed.
    private static func move(_ unit: Unit) throws {
        _ = try PlacementQueries.insert(unit, Fixture.inbox, number: 1, isImported: false, [Fixture.seen(1)])
        _ = try IntentQueries.moved(
            unit,
            from: Fixture.inbox,
            to: Fixture.closed.folder,
            uidValidity: 8,
            pairs: [MarkTransfer.Pair(source: 1, destination: 7)]
        )
    }

    @Test func `a UID that only a false receipt named is free for the mail that gets it`() async throws {
        try await Fixture.with { database in
            let known = try await database.desk.unit { unit in
                try Self.move(unit)
                let gone = try PlacementQueries.vanishAbsent(unit, Fixture.closed, number: 2, present: [])
                #expect(gone == 1)
                return try LedgerQueries.known(unit, Fixture.closed, from: 1, number: 2)
            }
            #expect(known.live == [] && known.gone == [])
            let (early, late) = try await database.desk.unit { unit in
                let mail = [Fixture.seen(7, digest: 9)]
                let insert = { number in
                    try PlacementQueries.insert(
                        unit,
                        Fixture.closed,
                        number: number,
                        isImported: false,
                        isHandedOver: true,
                        mail
                    )
                }
                return (try insert(1), try insert(3))
            }
            // An answer from before it was gone says nothing about what is there now.
            #expect(early.count == 0 && late.count == 1)
            #expect(late.unfiled.map(\.digest) == [Fixture.digest(9)])
            // Who knew the false one by its number does not take this one for it.
            #expect(late.unfiled.map(\.placement) == [Identifier(4)])
        }
    }

    /// Mail 1 is a message that Baton wrote to.
    private static let message = """
        UPDATE folder SET phase = 'live';
        INSERT INTO message (mailbox_id, digest, direction, kind, fate, received_at, unconfirmed)
        SELECT 1, decode(repeat('01', 32), 'hex'), 'inbound', 'human', 'ticket', now(), true
        """

    @Test(arguments: [false, true], [false, true])
    func `what a receipt named is compared where the mail was seen beside it`(
        isSeenBeside: Bool,
        isSeenFirst: Bool
    ) async throws {
        try await Fixture.with { database in
            try await database.execute(Self.message)
            let suspected = try await database.desk.unit { unit in
                let beside = Fixture.seen(6, digest: isSeenBeside ? 1 : 2)
                let look = {
                    _ = try PlacementQueries.insert(unit, Fixture.closed, number: 2, isImported: false, [beside])
                }
                if isSeenFirst { try look() }
                try Self.move(unit)
                if !isSeenFirst { try look() }
                try PlacementQueries.settleConfirmed(unit, mailbox: Fixture.mailbox)
                return try LedgerQueries.presumed(unit, mailbox: Fixture.mailbox, limit: 9).map(\.uid)
            }
            #expect(suspected == (isSeenBeside ? [7] : []))
        }
    }

    @Test func `bytes of another mail than a receipt named make a mail of its own, by its own date`() async throws {
        try await Fixture.with { database in
            try await database.execute("UPDATE folder SET phase = 'live'")
            let other = Fixture.seen(7, minute: 5, digest: 9)
            let (doubted, different) = try await database.desk.unit { unit in
                try Self.move(unit)
                let written = try PlacementQueries.insert(unit, Fixture.closed, number: 2, isImported: false, [other])
                #expect(written.unfiled.isEmpty)
                return (
                    try LedgerQueries.presumed(unit, mailbox: Fixture.mailbox, limit: 9),
                    try LedgerQueries.compare(unit, Fixture.closed, [other])
                )
            }
            #expect(doubted.map(\.uid) == [7] && doubted.map(\.digest) == [Fixture.digest(1)])
            #expect(different == 1)
            let lines = try await database.lines(
                """
                SELECT fate || ' ' || encode(substring(digest FOR 1), 'hex') || ' ' || extract(epoch FROM internal_date)::int
                FROM placement WHERE folder_id = 2
                """
            )
            #expect(lines == ["fetched 09 300"])
        }
    }

    @Test func `a receipt is believed where the server gives no bytes`() async throws {
        try await Fixture.with { database in
            let digests = try await database.desk.unit { unit in
                try Self.move(unit)
                let bodiless = SeenPlacement(uid: 7, digest: nil, flags: [], modSeq: nil, internalDate: nil)
                _ = try PlacementQueries.insert(unit, Fixture.closed, number: 2, isImported: false, [bodiless])
                return try PlacementQueries.live(unit, Fixture.closed).map(\.digest)
            }
            #expect(digests == [Fixture.digest(1)])
            #expect(try await database.number("SELECT count(*) FROM placement WHERE presumed") == 0)
        }
    }

    @Test func `doubt about a mail goes with it when it is moved on`() async throws {
        try await Fixture.with { database in
            try await database.execute("UPDATE folder SET phase = 'live'")
            let doubted = try await database.desk.unit { unit in
                try Self.move(unit)
                let other = Fixture.seen(7, digest: 9)
                _ = try PlacementQueries.insert(unit, Fixture.closed, number: 2, isImported: false, [other])
                _ = try IntentQueries.moved(
                    unit,
                    from: Fixture.closed,
                    to: Fixture.inbox.folder,
                    uidValidity: 7,
                    pairs: [MarkTransfer.Pair(source: 7, destination: 3)]
                )
                return try LedgerQueries.presumed(unit, mailbox: Fixture.mailbox, limit: 9).map(\.uid)
            }
            #expect(doubted == [3])
        }
    }

    @Test func `a mail without bytes under a UID that only a false receipt named is parked`() async throws {
        try await Fixture.with { database in
            let parked = try await database.desk.unit { unit in
                try Self.move(unit)
                _ = try PlacementQueries.vanishAbsent(unit, Fixture.closed, number: 2, present: [])
                var change = LedgerChange(folder: Fixture.closed.folder, epoch: 1, number: 3)
                change.parked = [ParkedMail(uid: 7, reason: .empty, tries: 0, flags: ["x"])]
                _ = try LedgerQueries.apply(unit, mailbox: Fixture.mailbox, change)
                return try PlacementQueries.live(unit, Fixture.closed)
            }
            #expect(parked.map(\.uid) == [7] && parked.map(\.digest) == [nil] && parked.map(\.flags) == [["x"]])
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
