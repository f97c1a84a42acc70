import Desk
import IngestionPlan
import Testing

@Suite("What is fetched of a folder with news")
struct NewsPlanTests {
    private static func record(
        _ role: FolderRole = .inbox,
        uidNext: UInt32 = 11,
        phase: FolderPhase = .live,
        trouble: FolderTrouble? = nil
    ) -> FolderRecord {
        var record = FolderRecord(
            id: Identifier(1),
            rawName: Array("INBOX".utf8),
            name: "INBOX",
            role: role,
            isWatched: true,
            epoch: 4,
            uidValidity: 7,
            uidNext: uidNext,
            highestModSeq: 20,
            messages: 3,
            allowsKeywords: nil,
            phase: phase,
            fullAt: nil
        )
        record.trouble = trouble
        return record
    }

    private static let highest = UInt32.max
    private static let cursors: [(UInt32, count: UInt32)] = [
        (1, 8), (11, 8), (highest - 7, 8), (highest - 3, 4), (highest, 1),
    ]

    @Test(arguments: Self.cursors)
    func `the next UIDs, by the number read before the folder was opened`(uidNext: UInt32, count: UInt32) {
        let request = NewsPlan.request(for: Self.record(uidNext: uidNext), uidValidity: 7, number: 9)
        #expect(request?.windows.map(\.uids) == [[Identifier(1): (0..<count).map { uidNext + $0 }]])
        #expect(request?.epochs == [Identifier(1): 4])
        #expect(request?.number == 9 && request?.looksFirst == true && request?.isImported == false)
    }

    @Test func `nothing where the folder must be looked at as a whole first`() {
        #expect(NewsPlan.request(for: Self.record(), uidValidity: 8, number: 9) == nil)
        #expect(NewsPlan.request(for: Self.record(), uidValidity: 0, number: 9) == nil)
        #expect(NewsPlan.request(for: Self.record(.all), uidValidity: 7, number: 9) == nil)
        #expect(NewsPlan.request(for: Self.record(trouble: .flips), uidValidity: 7, number: 9) == nil)
        for phase in FolderPhase.allCases where phase != .live {
            #expect(NewsPlan.request(for: Self.record(phase: phase), uidValidity: 7, number: 9) == nil)
        }
    }
}
