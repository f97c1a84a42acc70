import Desk
import IngestionPlan
import Testing

/// Servers that use a UID again within one UIDVALIDITY (threats A19), which RFC 9051 §2.3.1.1 forbids.
///
/// Only a new epoch of ours tells the two mails apart; the digest of the bytes then says which are the same, and what is
/// stored is never overwritten.
@Suite("UIDs that are used again")
struct UIDReuseTests {
    private static func machine(recentEpochs: Int = 0, fullAt: Timestamp? = now) -> FolderSyncMachine {
        FolderSyncMachine(
            .init(
                folder: FolderRecord(
                    id: Identifier(1),
                    rawName: Array("INBOX".utf8),
                    name: "INBOX",
                    role: .inbox,
                    epoch: 4,
                    uidValidity: 7,
                    uidNext: 11,
                    highestModSeq: 0,
                    messages: 2,
                    allowsKeywords: nil,
                    phase: .live,
                    fullAt: fullAt,
                    recentEpochs: recentEpochs
                ),
                tier: .plain,
                status: nil,
                now: now
            )
        )
    }

    private static let now = Timestamp(microseconds: 1_000_000_000_000)

    private static func opening(uidNext: UInt32, exists: Int = 2) -> FolderSyncMachine.Event {
        .selected(
            FolderOpening(
                number: 9,
                view: FolderPlan.View(uidValidity: 7, uidNext: uidNext, highestModSeq: nil, exists: exists)
            )
        )
    }

    private static let newEpoch: FolderSyncMachine.Effect = {
        var change = LedgerChange(folder: Identifier(1), epoch: 4, number: 9)
        change.newEpoch = LedgerChange.NewEpoch(uidValidity: 7, phase: .rematch)
        return .commit(change)
    }()

    /// Up to the answer of the ledger, which knows these UIDs at or above the server's UIDNEXT.
    private static func wentBack(
        recentEpochs: Int = 0,
        live: [UInt32],
        gone: [UInt32]
    ) -> FolderSyncMachine.Effect {
        var machine = Self.machine(recentEpochs: recentEpochs)
        #expect(machine.begin() == .select(resync: nil))
        // Asked for once more, in case it was a slip of the server's.
        #expect(machine.handle(Self.opening(uidNext: 6)) == .select(resync: nil))
        #expect(machine.handle(Self.opening(uidNext: 6)) == .readKnown(from: 6, number: 9))
        return machine.handle(.known(live: live, gone: gone))
    }

    @Test(arguments: [([6, 7], []), ([], [10]), ([6], [9])] as [([UInt32], [UInt32])])
    func `UIDNEXT that goes back over mails we know begins a new epoch`(live: [UInt32], gone: [UInt32]) {
        #expect(Self.wentBack(live: live, gone: gone) == Self.newEpoch)
    }

    @Test func `UIDNEXT that goes back over UIDs nobody had is a reason to look at all, no more`() {
        #expect(Self.wentBack(live: [], gone: []) == .select(resync: nil))
    }

    @Test func `a UIDNEXT that was a slip changes nothing`() {
        var machine = Self.machine()
        #expect(machine.begin() == .select(resync: nil))
        #expect(machine.handle(Self.opening(uidNext: 6)) == .select(resync: nil))
        let effect = machine.handle(Self.opening(uidNext: 11))
        #expect(effect != .readKnown(from: 11, number: 9) && effect != Self.newEpoch)
    }

    /// Up to the answer of the ledger, where the server lists UIDs 3 and 5.
    private static func listed(recentEpochs: Int = 0, live: [UInt32], gone: [UInt32]) -> FolderSyncMachine.Effect {
        // A complete comparison is due.
        var machine = Self.machine(recentEpochs: recentEpochs, fullAt: nil)
        #expect(machine.begin() == .select(resync: nil))
        #expect(machine.handle(Self.opening(uidNext: 11)) == .fetchFlags([1...UInt32.max], changedSince: nil))
        let rows = [3, 5].map { ObservedFlags(uid: $0, flags: []) }
        #expect(machine.handle(.flags(FlagsListing(rows: rows, exists: 2))) == .readKnown(from: 1, number: 9))
        return machine.handle(.known(live: live, gone: gone))
    }

    @Test func `a UID that was gone and is listed again begins a new epoch`() {
        #expect(Self.listed(live: [3], gone: [4, 5]) == Self.newEpoch)
        // The same list without the return of one is compared in its epoch.
        #expect(Self.listed(live: [3, 5], gone: [4]) != Self.newEpoch)
    }

    @Test func `a server that does it again and again is told of, and its folder held`() {
        let limit = FolderSyncMachine.epochLimit
        #expect(Self.wentBack(recentEpochs: limit - 1, live: [6], gone: []) == Self.newEpoch)
        #expect(Self.wentBack(recentEpochs: limit, live: [6], gone: []) == .finish(.troubled(.flips)))
        #expect(Self.listed(recentEpochs: limit, live: [3], gone: [5]) == .finish(.troubled(.flips)))
    }
}
