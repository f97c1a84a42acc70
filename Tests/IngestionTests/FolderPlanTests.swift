import Desk
import IngestionPlan
import Testing

@Suite("What to fetch next from a folder")
struct FolderPlanTests {
    typealias Cursor = FolderCursor
    typealias View = FolderPlan.View

    private static func cursor(
        validity: UInt32 = 7,
        next: UInt32 = 11,
        modSeq: UInt64 = 100,
        messages: Int = 10,
        isLive: Bool = true
    ) -> Cursor {
        Cursor(uidValidity: validity, uidNext: next, highestModSeq: modSeq, messages: messages, isLive: isLive)
    }

    private static func view(
        validity: UInt32 = 7,
        next: UInt32? = 11,
        modSeq: UInt64? = 100,
        exists: Int = 10
    ) -> View {
        View(uidValidity: validity, uidNext: next, highestModSeq: modSeq, exists: exists)
    }

    struct StepCase: Sendable, CustomTestStringConvertible {
        let testDescription: String
        var cursor = FolderPlanTests.cursor()
        var view = FolderPlanTests.view()
        var tier = FolderPlan.Tier.condstore
        var resynced = false
        let step: FolderPlan.Step
    }

    static let steps: [StepCase] = [
        StepCase(
            testDescription: "a folder never seen begins its first epoch",
            cursor: Cursor(uidValidity: 0, uidNext: 0, highestModSeq: 0, messages: 0, isLive: false),
            step: .beginEpoch(isFirst: true)
        ),
        StepCase(
            testDescription: "another UIDVALIDITY begins a new epoch",
            view: view(validity: 8),
            step: .beginEpoch(isFirst: false)
        ),
        StepCase(testDescription: "nothing new is nothing to do", step: .nothing),
        StepCase(
            testDescription: "nothing new with QRESYNC is nothing to do",
            tier: .qresync,
            resynced: true,
            step: .nothing
        ),
        StepCase(
            testDescription: "new mail alone is fetched alone, with its own flags",
            view: view(next: 14, exists: 13),
            step: .delta(.none, newUIDs: 11...13)
        ),
        StepCase(
            testDescription: "changed flags are asked for since the cursor",
            view: view(modSeq: 105),
            step: .delta(.changedSince(100), newUIDs: nil)
        ),
        StepCase(
            testDescription: "QRESYNC has said already what changed",
            view: view(next: 12, modSeq: 105, exists: 11),
            tier: .qresync,
            resynced: true,
            step: .delta(.selected, newUIDs: 11...11)
        ),
        StepCase(
            testDescription: "a QRESYNC server whose SELECT had no cursor is asked since the cursor",
            view: view(modSeq: 105),
            tier: .qresync,
            step: .delta(.changedSince(100), newUIDs: nil)
        ),
        StepCase(
            testDescription: "a lower count alone is a delta whose verdict finds the missing one",
            view: view(exists: 9),
            step: .delta(.none, newUIDs: nil)
        ),
        StepCase(
            testDescription: "without MODSEQ all flags are compared",
            view: view(next: 12, modSeq: nil, exists: 11),
            tier: .plain,
            step: .delta(.all, newUIDs: 11...11)
        ),
        StepCase(
            testDescription: "a plain server with an unchanged folder is compared too: nothing says that flags stayed",
            view: view(modSeq: nil),
            tier: .plain,
            step: .delta(.all, newUIDs: nil)
        ),
        StepCase(
            testDescription: "an empty folder has no flags to compare",
            cursor: cursor(next: 1, modSeq: 0, messages: 0),
            view: view(next: 3, modSeq: nil, exists: 2),
            tier: .plain,
            step: .delta(.none, newUIDs: 1...2)
        ),
        StepCase(
            testDescription: "a folder without MODSEQ on a server that has it is compared whole",
            view: view(modSeq: nil),
            step: .delta(.all, newUIDs: nil)
        ),
        StepCase(
            testDescription: "HIGHESTMODSEQ that went back asks for every UID",
            view: view(modSeq: 90),
            step: .enumerate(.modSeqWentBack)
        ),
        StepCase(
            testDescription: "UIDNEXT that went back asks for every UID",
            view: view(next: 9),
            step: .enumerate(.uidNextWentBack)
        ),
        StepCase(
            testDescription: "a server that names no UIDNEXT is asked for everything from the cursor on",
            view: view(next: nil, modSeq: 101),
            step: .delta(.changedSince(100), newUIDs: 11...UInt32.max)
        ),
        StepCase(
            testDescription: "a first fetch that was broken off goes on from its cursor",
            cursor: cursor(next: 5, modSeq: 0, messages: 0, isLive: false),
            step: .delta(.all, newUIDs: 5...10)
        ),
        StepCase(
            testDescription: "an epoch that has just begun knows no flags",
            cursor: cursor(next: 1, modSeq: 0, messages: 0, isLive: false),
            step: .delta(.none, newUIDs: 1...10)
        ),
    ]

    @Test(arguments: steps)
    func `the first step follows from cursor and view`(one: StepCase) {
        #expect(FolderPlan.step(one.cursor, selected: one.view, tier: one.tier, resynced: one.resynced) == one.step)
    }

    struct StatusCase: Sendable, CustomTestStringConvertible {
        let testDescription: String
        var cursor = FolderPlanTests.cursor()
        var status: View? = FolderPlanTests.view()
        var tier = FolderPlan.Tier.condstore
        let needsSelect: Bool
    }

    static let statuses: [StatusCase] = [
        StatusCase(testDescription: "the same in every number", needsSelect: false),
        StatusCase(testDescription: "the same with QRESYNC", tier: .qresync, needsSelect: false),
        StatusCase(testDescription: "no STATUS at all", status: nil, needsSelect: true),
        StatusCase(testDescription: "a plain server", tier: .plain, needsSelect: true),
        StatusCase(testDescription: "not synchronised to its end", cursor: cursor(isLive: false), needsSelect: true),
        StatusCase(testDescription: "another UIDVALIDITY", status: view(validity: 8), needsSelect: true),
        StatusCase(testDescription: "new mail", status: view(next: 12), needsSelect: true),
        StatusCase(testDescription: "changed flags", status: view(modSeq: 101), needsSelect: true),
        StatusCase(testDescription: "fewer messages", status: view(exists: 9), needsSelect: true),
        StatusCase(testDescription: "a STATUS without MODSEQ", status: view(modSeq: nil), needsSelect: true),
        StatusCase(testDescription: "a STATUS without UIDNEXT", status: view(next: nil), needsSelect: true),
        StatusCase(
            testDescription: "a folder that has no watermark",
            cursor: cursor(modSeq: 0),
            status: view(modSeq: 0),
            needsSelect: true
        ),
    ]

    @Test(arguments: statuses)
    func `a folder is selected unless STATUS proves that nothing changed`(one: StatusCase) {
        #expect(FolderPlan.needsSelect(one.cursor, status: one.status, tier: one.tier) == one.needsSelect)
    }

    static let verdicts: [(Int, FolderPlan.Reason?)] = [(10, nil), (9, .countDiffers), (11, .countDiffers)]

    @Test(arguments: verdicts)
    func `a delta is believed only when the counts agree`(live: Int, reason: FolderPlan.Reason?) {
        #expect(FolderPlan.verdict(live: live, selected: Self.view(exists: 10)) == reason)
    }

    struct CursorCase: Sendable, CustomTestStringConvertible {
        let testDescription: String
        var view = FolderPlanTests.view(next: 15, modSeq: 120, exists: 12)
        var highest: UInt32?
        var former = FolderPlanTests.cursor()
        let uidNext: UInt32
        var modSeq: UInt64 = 120
    }

    static let cursors: [CursorCase] = [
        CursorCase(testDescription: "as the server said", uidNext: 15),
        CursorCase(testDescription: "never below what it was", view: view(next: 9), uidNext: 11, modSeq: 100),
        CursorCase(testDescription: "past what was fetched", highest: 19, uidNext: 20),
        CursorCase(
            testDescription: "without UIDNEXT, past what was fetched",
            view: view(next: nil),
            highest: 30,
            uidNext: 31,
            modSeq: 100
        ),
        CursorCase(testDescription: "the last UID there can be", highest: .max, uidNext: .max),
        CursorCase(testDescription: "a new epoch forgets the old", former: cursor(validity: 6, next: 900), uidNext: 15),
        CursorCase(testDescription: "no MODSEQ is none", view: view(next: 15, modSeq: nil), uidNext: 15, modSeq: 0),
    ]

    @Test(arguments: cursors)
    func `the cursor to commit never passes what was selected, and never goes back`(one: CursorCase) {
        let cursor = FolderPlan.cursor(after: one.view, highestFetched: one.highest, former: one.former)
        #expect(cursor.uidNext == one.uidNext)
        #expect(cursor.highestModSeq == one.modSeq && cursor.isLive && cursor.messages == one.view.exists)
    }
}
