import Desk
import Testing

@testable import Assignment
@testable import DeskStore

@Suite("The layout that a server allows")
struct LayoutTests {
    private static func inbox(_ allowsKeywords: Bool?) -> FolderRecord {
        FolderRecord(
            id: Identifier(1),
            rawName: Array("INBOX".utf8),
            name: "INBOX",
            role: .inbox,
            epoch: 1,
            uidValidity: 1,
            uidNext: 1,
            highestModSeq: 0,
            messages: 0,
            allowsKeywords: allowsKeywords,
            phase: .live,
            fullAt: nil
        )
    }

    static let cases: [(Layout?, Bool?, Layout?)] = [
        (.both, false, .folders), (.both, true, .both), (.both, nil, .both), (.folders, false, .folders),
        (.keywords, true, .keywords), (.keywords, false, .folders), (nil, true, nil), (nil, false, nil),
    ]

    @Test(arguments: cases)
    func `every layout becomes folders where keywords are refused`(asked: Layout?, allowed: Bool?, used: Layout?) {
        #expect(AssignmentSession.layout(asked, [Self.inbox(allowed)]) == used)
    }
}
