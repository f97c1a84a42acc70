import Testing

@testable import Ingestion

@Suite("Listing a large folder in slices")
struct ListingSliceTests {
    /// What is asked for, UIDNEXT, and how many slices.
    static let rows: [(asked: ClosedRange<UInt32>, uidNext: UInt32, slices: Int)] = [
        (1...UInt32.max, 0, 1), (1...UInt32.max, 1, 1), (1...UInt32.max, 2_001, 1), (1...UInt32.max, 2_002, 2),
        (1...UInt32.max, 100_001, 50), (1...5, 100_000, 1), (7...25_000, 100_000, 13), (1...UInt32.max, .max, 101),
        (UInt32.max...UInt32.max, .max, 1),
    ]

    @Test(arguments: rows)
    func `together they are what is asked for, each UID once, and few`(
        row: (asked: ClosedRange<UInt32>, uidNext: UInt32, slices: Int)
    ) throws {
        let slices = MailListing.slices([row.asked], uidNext: row.uidNext).flatMap(\.self)
        #expect(slices.count == row.slices)
        #expect(slices.first?.lowerBound == row.asked.lowerBound)
        #expect(slices.last?.upperBound == row.asked.upperBound)
        for (one, next) in zip(slices, slices.dropFirst()) { #expect(one.upperBound + 1 == next.lowerBound) }
    }

    @Test func `several ranges are asked for as they are`() {
        #expect(MailListing.slices([1...3, 9...90_000], uidNext: 90_001) == [[1...3, 9...90_000]])
    }
}
