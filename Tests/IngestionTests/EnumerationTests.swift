import Desk
import IngestionPlan
import Testing

/// Whether a list of a folder names all that is in it, while others change the folder.
@Suite("Lists of a folder")
struct EnumerationTests {
    private static let now = Timestamp(microseconds: 1_000_000_000_000)

    /// A folder with the UIDs 3, 5 and 7, of which a complete comparison is due, unless there was one.
    private static func machine(
        fullAt: Timestamp? = nil,
        retryAt: Timestamp? = nil,
        status: FolderPlan.View? = nil
    ) -> FolderSyncMachine {
        FolderSyncMachine(
            .init(
                folder: FolderRecord(
                    id: Identifier(1),
                    rawName: Array("INBOX".utf8),
                    name: "INBOX",
                    role: .inbox,
                    epoch: 1,
                    uidValidity: 7,
                    uidNext: 11,
                    highestModSeq: 20,
                    messages: 3,
                    allowsKeywords: nil,
                    phase: .live,
                    fullAt: fullAt,
                    retryAt: retryAt
                ),
                tier: .qresync,
                status: status,
                now: Self.now
            )
        )
    }

    private static let opening = FolderSyncMachine.Event.selected(
        FolderOpening(
            number: 9,
            view: FolderPlan.View(uidValidity: 7, uidNext: 11, highestModSeq: 30, exists: 3)
        )
    )

    /// What is committed of these answers, and how the pass ends; a second answer where the first is not complete.
    private static func pass(
        _ answer: FlagsListing,
        retryAt: Timestamp? = nil,
        known: [UInt32] = [3, 5, 7, 11]
    ) -> (changes: [LedgerChange], ending: FolderSyncMachine.Ending?) {
        var machine = Self.machine(retryAt: retryAt)
        var effect = machine.begin()
        var changes: [LedgerChange] = []
        for _ in 0..<20 {
            switch effect {
            case .select: effect = machine.handle(Self.opening)
            case .fetchFlags: effect = machine.handle(.flags(answer))
            // What arrives is there already: the mark writer put it there.
            case .readKnown: effect = machine.handle(.known(live: known, gone: []))
            case .commit(let change):
                changes.append(change)
                effect = machine.handle(.committed(.committed(changes: 1, epoch: 1)))
            case .finish(let ending): return (changes, ending)
            default: return (changes, nil)
            }
        }
        return (changes, nil)
    }

    private static func rows(_ uids: UInt32...) -> [ObservedFlags] { uids.map { ObservedFlags(uid: $0, flags: []) } }

    @Test(
        arguments: [
            ("nothing happened", FlagsListing(rows: rows(3, 5, 7), exists: 3), [3, 5, 7]),
            ("a mail arrived and is not listed", FlagsListing(rows: rows(3, 5, 7), exists: 4), [3, 5, 7]),
            ("two arrived, one is listed", FlagsListing(rows: rows(3, 5, 7, 11), exists: 5), [3, 5, 7, 11]),
            ("one vanished, another arrived", FlagsListing(rows: rows(3, 5, 7), vanished: [5...5], exists: 3), [3, 7]),
            ("one vanished that nobody named", FlagsListing(rows: rows(3, 7), exists: 2), [3, 7]),
            ("one was listed before it went", FlagsListing(rows: rows(3, 5, 7), expunged: 1, exists: 2), [3, 5, 7]),
            ("the same while another came", FlagsListing(rows: rows(3, 5, 7), expunged: 1, exists: 3), [3, 5, 7]),
        ] as [(String, FlagsListing, [UInt32])]
    )
    func `a list is complete, whatever arrives or vanishes meanwhile`(
        name: String,
        answer: FlagsListing,
        present: [UInt32]
    ) {
        let (changes, ending) = Self.pass(answer)
        #expect(changes.first?.present == present && changes.first?.enumerationPause == nil, "\(name)")
        #expect(ending == .synchronised(changes: changes.count), "\(name)")
    }

    @Test(arguments: [
        FlagsListing(rows: rows(3, 7), exists: 3),
        // As many have vanished as are left out.
        FlagsListing(rows: rows(3, 5), vanished: [5...5], exists: 2),
        // The same by sequence number: it may be one that is listed, and another one is left out.
        FlagsListing(rows: rows(3, 5), expunged: 1, exists: 2),
        // An arrival makes no old mail listed.
        FlagsListing(rows: rows(3, 7, 11), exists: 4),
    ])
    func `what leaves an old mail out takes nothing away, and is asked for again in a moment, then seldom`(
        answer: FlagsListing
    ) {
        let first = Self.pass(answer)
        #expect(first.changes.first?.present == nil)
        #expect(first.changes.first?.enumerationPause == FolderSyncMachine.relistingPause)
        #expect(first.ending == .relisting(changes: first.changes.count))
        let second = Self.pass(answer, retryAt: Self.now.advanced(by: .seconds(-1)))
        #expect(second.changes.first?.present == nil)
        #expect(second.changes.first?.enumerationPause == FolderSyncMachine.enumerationPause)
        #expect(second.ending == .synchronised(changes: second.changes.count))
    }

    @Test(arguments: [(-1, true), (1, false)])
    func `after the pause a folder is listed again although its count is as listed`(seconds: Int, isListed: Bool) {
        // Since then as many went as were left out, and what changed of those that were left out nobody told.
        let status = FolderPlan.View(uidValidity: 7, uidNext: 11, highestModSeq: 20, exists: 3)
        var machine = Self.machine(
            fullAt: Self.now.advanced(by: .seconds(-5)),
            retryAt: Self.now.advanced(by: .seconds(seconds)),
            status: status
        )
        guard isListed else {
            #expect(machine.begin() == .finish(.synchronised(changes: 0)))
            return
        }
        #expect(machine.begin() == .select(resync: nil))
        #expect(machine.handle(Self.opening) == .fetchFlags([1...UInt32.max], changedSince: nil))
    }

    @Test func `the pause is kept also where nothing of the folder is known and nothing is listed`() {
        let answer = FlagsListing(rows: [], exists: 3)
        let first = Self.pass(answer, known: [])
        #expect(first.changes.first?.enumerationPause == FolderSyncMachine.relistingPause)
        #expect(first.ending == .relisting(changes: first.changes.count))
        let second = Self.pass(answer, retryAt: Self.now.advanced(by: .seconds(-1)), known: [])
        #expect(second.changes.first?.enumerationPause == FolderSyncMachine.enumerationPause)
        #expect(second.ending == .synchronised(changes: second.changes.count))
    }
}
