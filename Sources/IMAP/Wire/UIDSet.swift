/// A set of message UIDs: ascending ranges that neither overlap nor touch.
///
/// UIDs are 1…4294967295; 0 is never a member. Source: RFC 9051 §9 `sequence-set`, without `*`.
package struct UIDSet: Hashable, Sendable {
    /// The ranges, ascending, with a gap between any two.
    package private(set) var ranges: [ClosedRange<UInt32>]

    /// The empty set.
    package init() {
        self.ranges = []
    }

    /// The set of `uids`, in any order, with repetitions; 0 is left out.
    package init(_ uids: [UInt32]) {
        self.init(ranges: uids.map { $0...$0 })
    }

    /// All UIDs of `range`; 0 is left out.
    package init(_ range: ClosedRange<UInt32>) {
        self.init(ranges: [range])
    }

    /// The union of `ranges`, in any order, overlapping or not.
    package init(ranges: [ClosedRange<UInt32>]) {
        var sorted = ranges
        if !Self.isAscending(sorted) { sorted.sort { $0.lowerBound < $1.lowerBound } }
        var merged: [ClosedRange<UInt32>] = []
        for range in sorted where range.upperBound > 0 {
            let range = max(range.lowerBound, 1)...range.upperBound
            if let last = merged.last, UInt64(range.lowerBound) <= UInt64(last.upperBound) + 1 {
                merged[merged.count - 1] = last.lowerBound...max(last.upperBound, range.upperBound)
            } else {
                merged.append(range)
            }
        }
        self.ranges = merged
    }

    /// Reads `1:3,7`.
    ///
    /// A reversed range means the same as the right one. Nil for anything else, `*` included.
    package init?(parsing text: String) {
        var cursor = Cursor(Array(text.utf8))
        guard let sequence = cursor.uidSequence(), cursor.isAtEnd else { return nil }
        self = sequence.set
    }

    /// Every possible UID, as `1:4294967295`: some servers mean less by `*`.
    package static let all = UIDSet(1...UInt32.max)

    private static func isAscending(_ ranges: [ClosedRange<UInt32>]) -> Bool {
        for index in ranges.indices.dropFirst() where ranges[index - 1].lowerBound > ranges[index].lowerBound {
            return false
        }
        return true
    }

    /// How many UIDs are in the set.
    package var count: Int {
        self.ranges.reduce(0) { $0 + Int($1.upperBound - $1.lowerBound) + 1 }
    }

    /// True without any UID.
    package var isEmpty: Bool { self.ranges.isEmpty }

    /// The lowest UID.
    package var first: UInt32? { self.ranges.first?.lowerBound }

    /// The highest UID.
    package var last: UInt32? { self.ranges.last?.upperBound }

    /// Every UID, ascending.
    ///
    /// For sets known to be small.
    package var uids: [UInt32] {
        self.ranges.flatMap { Array($0) }
    }

    /// Whether `uid` is in the set; logarithmic in the number of ranges.
    package func contains(_ uid: UInt32) -> Bool {
        var low = 0
        var high = self.ranges.count
        while low < high {
            let middle = (low + high) / 2
            let range = self.ranges[middle]
            if uid < range.lowerBound {
                high = middle
            } else if uid > range.upperBound {
                low = middle + 1
            } else {
                return true
            }
        }
        return false
    }

    /// Adds one UID; cheap at the upper end, elsewhere what it takes to make room.
    package mutating func insert(_ uid: UInt32) {
        self.insert(uid...uid)
    }

    /// Adds a range; cheap at the upper end, elsewhere what it takes to make room.
    package mutating func insert(_ range: ClosedRange<UInt32>) {
        guard range.upperBound > 0 else { return }
        var low = max(range.lowerBound, 1)
        var high = range.upperBound
        // The ranges that it touches or overlaps become one with it.
        let start = self.firstIndex { UInt64($0.upperBound) + 1 >= UInt64(low) }
        var end = start
        while end < self.ranges.count, UInt64(self.ranges[end].lowerBound) <= UInt64(high) + 1 {
            low = min(low, self.ranges[end].lowerBound)
            high = max(high, self.ranges[end].upperBound)
            end += 1
        }
        if end == start {
            self.ranges.insert(low...high, at: start)
        } else {
            self.ranges[start] = low...high
            self.ranges.removeSubrange((start + 1)..<end)
        }
    }

    /// The first index from which on `holds` is true.
    private func firstIndex(where holds: (ClosedRange<UInt32>) -> Bool) -> Int {
        if let last = self.ranges.last, !holds(last) { return self.ranges.count }
        var low = 0
        var high = self.ranges.count
        while low < high {
            let middle = (low + high) / 2
            if holds(self.ranges[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }

    /// UIDs in either set.
    package func union(_ other: UIDSet) -> UIDSet {
        if other.isEmpty { return self }
        return UIDSet(ranges: self.ranges + other.ranges)
    }

    /// UIDs in both sets.
    package func intersection(_ other: UIDSet) -> UIDSet {
        var result: [ClosedRange<UInt32>] = []
        var left = 0
        var right = 0
        while left < self.ranges.count, right < other.ranges.count {
            let first = self.ranges[left]
            let second = other.ranges[right]
            let low = max(first.lowerBound, second.lowerBound)
            let high = min(first.upperBound, second.upperBound)
            if low <= high { result.append(low...high) }
            if first.upperBound < second.upperBound { left += 1 } else { right += 1 }
        }
        return UIDSet(ranges: result)
    }

    /// UIDs of this set that are not in `other`.
    package func subtracting(_ other: UIDSet) -> UIDSet {
        var result: [ClosedRange<UInt32>] = []
        var right = 0
        for range in self.ranges {
            var low = UInt64(range.lowerBound)
            let high = UInt64(range.upperBound)
            while right < other.ranges.count, UInt64(other.ranges[right].upperBound) < low { right += 1 }
            var index = right
            while index < other.ranges.count, UInt64(other.ranges[index].lowerBound) <= high {
                let hole = other.ranges[index]
                if low < UInt64(hole.lowerBound) { result.append(UInt32(low)...(hole.lowerBound - 1)) }
                low = max(low, UInt64(hole.upperBound) + 1)
                index += 1
            }
            if low <= high { result.append(UInt32(low)...range.upperBound) }
        }
        return UIDSet(ranges: result)
    }

    /// Calls `body` with every UID, ascending.
    package func forEach(_ body: (UInt32) throws -> Void) rethrows {
        for range in self.ranges {
            for uid in range { try body(uid) }
        }
    }

    /// The set in pieces whose ``description`` is at most `maxLength` bytes and that hold at most `maxCount` UIDs each, ascending.
    ///
    /// A thousand bytes is what every server takes in one command. A single range is never cut for its length, so no piece is empty;
    /// one of more than a thousand times `maxCount`, such as `1:4294967295`, is not cut for its count either, since nobody knows
    /// how many mails it means.
    package func split(maxLength: Int = 1000, maxCount: Int? = nil) -> [UIDSet] {
        var pieces: [UIDSet] = []
        var current: [ClosedRange<UInt32>] = []
        var length = 0
        var count = 0
        for range in self.ranges.flatMap({ Self.cut($0, maxCount: maxCount) }) {
            let added = Self.text(range).utf8.count
            let isTooLong = length + 1 + added > maxLength
            let isTooMany = maxCount.map { count + range.count > $0 } ?? false
            if !current.isEmpty, isTooLong || isTooMany {
                pieces.append(UIDSet(ranges: current))
                current = []
                length = 0
                count = 0
            }
            length += added + (current.isEmpty ? 0 : 1)
            count += range.count
            current.append(range)
        }
        if !current.isEmpty { pieces.append(UIDSet(ranges: current)) }
        return pieces
    }

    private static func cut(_ range: ClosedRange<UInt32>, maxCount: Int?) -> [ClosedRange<UInt32>] {
        guard let maxCount, maxCount > 0, range.count > maxCount, range.count / maxCount <= 1000 else { return [range] }
        return stride(from: 0, to: range.count, by: maxCount).map { start in
            let first = range.lowerBound + UInt32(start)
            return
                first...(range.upperBound - first < UInt32(maxCount) ? range.upperBound : first + UInt32(maxCount) - 1)
        }
    }

    private static func text(_ range: ClosedRange<UInt32>) -> String {
        range.lowerBound == range.upperBound ? "\(range.lowerBound)" : "\(range.lowerBound):\(range.upperBound)"
    }
}

extension UIDSet: CustomStringConvertible {
    /// As IMAP writes it: `1:3,7`; empty for the empty set, which no command may carry.
    package var description: String {
        self.ranges.map(Self.text).joined(separator: ",")
    }
}
