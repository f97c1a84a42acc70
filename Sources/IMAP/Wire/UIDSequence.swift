/// UIDs in the order a server named them, as COPYUID needs: its two lists pair by position.
///
/// Kept as ranges, so that `1:4294967295` costs nothing until it is expanded. Source: RFC 4315 §3.
package struct UIDSequence: Hashable, Sendable {
    /// Ranges in wire order, each ascending, whatever way round it was written.
    package let ranges: [ClosedRange<UInt32>]

    /// The sequence of `ranges`.
    package init(_ ranges: [ClosedRange<UInt32>]) {
        self.ranges = ranges
    }

    /// How many UIDs it names, repetitions counted.
    package var count: Int {
        self.ranges.reduce(0) { $0 + Int($1.upperBound - $1.lowerBound) + 1 }
    }

    /// As a set: sorted, without repetitions and without 0.
    package var set: UIDSet { UIDSet(ranges: self.ranges) }

    /// The UIDs in order, or nil where there are more than `limit`.
    package func expanded(limit: Int) -> [UInt32]? {
        guard self.count <= limit else { return nil }
        return self.ranges.flatMap { Array($0) }
    }
}
