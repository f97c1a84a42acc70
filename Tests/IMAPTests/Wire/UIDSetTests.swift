import IMAP
import Testing

@Suite("Sets of UIDs")
struct UIDSetTests {
    @Test(arguments: [
        ([], ""), ([1], "1"), ([3, 1, 2, 2], "1:3"), ([5, 1, 3], "1,3,5"), ([0], ""), ([0, 1], "1"),
        ([UInt32.max, UInt32.max - 1], "4294967294:4294967295"), ([10, 9, 8, 1], "1,8:10"),
    ])
    func `UIDs become compact ascending ranges`(uids: [UInt32], text: String) {
        #expect(UIDSet(uids).description == text)
    }

    @Test(arguments: [
        ("1", "1"), ("3:1", "1:3"), ("1:3,2:5", "1:5"), ("5,1", "1,5"), ("0", ""), ("0:2", "1:2"),
        ("1:4294967295", "1:4294967295"), ("1,2,3", "1:3"),
    ])
    func `what a server writes is normalised`(text: String, expected: String) throws {
        #expect(try #require(UIDSet(parsing: text)).description == expected)
    }

    @Test(arguments: ["", "*", "1:*", "a", "1,", ",1", "1:", "4294967296", "-1", "1 2", "18446744073709551616"])
    func `nonsense is no set`(text: String) {
        #expect(UIDSet(parsing: text) == nil)
    }

    @Test(arguments: [
        ("1:10", "5:15", "1:15", "5:10", "1:4"), ("1:3,7:9", "3:7", "1:9", "3,7", "1:2,8:9"),
        ("1:5", "7:9", "1:5,7:9", "", "1:5"), ("1:4294967295", "1", "1:4294967295", "1", "2:4294967295"),
        ("5", "1:4294967295", "1:4294967295", "5", ""), ("1:10", "2,4,6", "1:10", "2,4,6", "1,3,5,7:10"),
    ])
    func `sets add, cut and subtract`(left: String, right: String, union: String, common: String, rest: String) throws {
        let left = try #require(UIDSet(parsing: left))
        let right = try #require(UIDSet(parsing: right))
        let results = [left.union(right), left.intersection(right), left.subtracting(right)].map(\.description)
        #expect(results == [union, common, rest])
    }

    @Test func `operations agree with sets of numbers`() {
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<200 {
            let left = (0..<20).map { _ in UInt32.random(in: 1...40, using: &generator) }
            let right = (0..<20).map { _ in UInt32.random(in: 1...40, using: &generator) }
            let sets = (UIDSet(left), UIDSet(right))
            let expected = [
                Set(left).union(right), Set(left).intersection(right), Set(left).subtracting(right),
            ].map { $0.sorted() }
            let found = [sets.0.union(sets.1), sets.0.intersection(sets.1), sets.0.subtracting(sets.1)].map(\.uids)
            guard found == expected else {
                Issue.record("\(left) and \(right)")
                return
            }
        }
    }

    @Test func `membership and size`() throws {
        let set = try #require(UIDSet(parsing: "1:3,7,100:4294967295"))
        let members = [1, 3, 7, 100, UInt32.max].allSatisfy { set.contains($0) }
        let others = [0, 4, 6, 8, 99].contains { set.contains($0) }
        #expect(members && !others)
        #expect(set.count == 4 + 4_294_967_195 + 1)
        #expect((set.first, set.last) == (1, UInt32.max))
    }

    @Test func `inserting at the end or in the middle gives the same set`() {
        var set = UIDSet()
        for uid: UInt32 in [1, 2, 5, 9, 3, 4, 0] { set.insert(uid) }
        #expect(set == UIDSet([1, 2, 3, 4, 5, 9]))
    }

    @Test func `inserting agrees with building, in any order`() {
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<200 {
            let ranges = (0..<12).map { _ -> ClosedRange<UInt32> in
                let low = UInt32.random(in: 0...60, using: &generator)
                return low...(low + UInt32.random(in: 0...4, using: &generator))
            }
            var set = UIDSet(UInt32.max - 1...UInt32.max)
            for range in ranges { set.insert(range) }
            set.insert(UInt32.max)
            guard set == UIDSet(ranges: ranges + [UInt32.max - 1...UInt32.max]) else {
                Issue.record("\(ranges)")
                return
            }
        }
    }

    @Test(arguments: [10, 20, 1000])
    func `pieces fit and make up the whole`(limit: Int) {
        let set = UIDSet((1...500).map { UInt32($0 * 3) })
        let pieces = set.split(maxLength: limit)
        #expect(pieces.allSatisfy { $0.description.utf8.count <= limit && !$0.isEmpty })
        #expect(pieces.reduce(UIDSet()) { $0.union($1) } == set)
    }

    @Test func `nothing splits into nothing, and one range is never cut`() {
        #expect(UIDSet().split().isEmpty)
        #expect(UIDSet.all.split(maxLength: 1) == [UIDSet.all])
    }
}
