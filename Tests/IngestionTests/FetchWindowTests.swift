import Desk
import IngestionPlan
import Testing

@Suite("Windows of a fetch")
struct FetchWindowTests {
    private static func mail(_ folder: Int64, _ uid: UInt32, at minute: Int64?, size: Int = 1000) -> MissingMail {
        MissingMail(
            folder: Identifier(folder),
            uid: uid,
            arrival: minute.map { Timestamp(microseconds: $0 * 60_000_000) },
            size: size
        )
    }

    @Test func `nothing missing is no window`() {
        #expect(FetchWindow.cut([]) == [])
    }

    @Test func `mail of several folders is in one order of arrival; what has no time comes last`() {
        let windows = FetchWindow.cut([
            Self.mail(1, 9, at: 5), Self.mail(2, 3, at: 1), Self.mail(1, 4, at: 2), Self.mail(2, 8, at: nil),
        ])
        #expect(windows.count == 1)
        #expect(windows[0].uids == [Identifier(1): [4, 9], Identifier(2): [3, 8]])
        #expect(windows[0].latest == nil && windows[0].count == 4)
    }

    @Test func `no window begins before an earlier one ends`() {
        let mails = (0..<1000).map { (number: Int) -> MissingMail in
            let minute = Int64((number * 7919) % 1000)
            return Self.mail(Int64(number % 3), UInt32(number + 1), at: minute)
        }
        let windows = FetchWindow.cut(mails)
        #expect(windows.map { $0.count } == Array(repeating: FetchWindow.messages, count: 5))
        var former = Timestamp.distantPast
        for window in windows {
            let inside = mails.filter { window.uids[$0.folder]?.contains($0.uid) == true }.compactMap { $0.arrival }
            #expect(inside.count == FetchWindow.messages)
            #expect(inside.allSatisfy { $0 >= former })
            #expect(inside.max() == window.latest)
            former = window.latest ?? former
        }
    }

    static let sizes: [([Int], [Int])] = [
        ([FetchWindow.bytes / 2, FetchWindow.bytes / 2, 1], [2, 1]), ([FetchWindow.bytes * 2, 1, 1], [1, 2]),
        ([1, FetchWindow.bytes * 2, 1], [1, 1, 1]), ([-5, -5], [2]),
    ]

    @Test(arguments: sizes)
    func `a window is full at its bytes, and a mail above them is alone`(sizes: [Int], counts: [Int]) {
        let mails = sizes.enumerated().map { Self.mail(1, UInt32($0 + 1), at: Int64($0), size: $1) }
        #expect(FetchWindow.cut(mails).map(\.count) == counts)
    }
}
