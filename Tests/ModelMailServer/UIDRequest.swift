/// UIDs as a client names them: ranges, of which either end may be `*` (RFC 9051 §9, sequence-set).
package struct UIDRequest: Hashable, Sendable, ExpressibleByArrayLiteral {
    /// Some UIDs in a row; the ends may be in either order.
    package struct Span: Hashable, Sendable {
        /// One end; ``UIDRequest/star`` for `*`.
        package var first: UInt32
        /// The other end; ``UIDRequest/star`` for `*`.
        package var last: UInt32

        /// A span from its ends.
        package init(_ first: UInt32, _ last: UInt32) {
            self.first = first
            self.last = last
        }
    }

    /// Stands for `*`, the highest UID there is; no UID is 0.
    package static let star: UInt32 = 0

    /// As written.
    package var spans: [Span]

    /// Spans as written.
    package init(_ spans: [Span]) { self.spans = spans }

    /// Single UIDs.
    package init(uids: some Sequence<UInt32>) { self.spans = uids.map { Span($0, $0) } }

    /// One UID.
    package init(_ uid: UInt32) { self.spans = [Span(uid, uid)] }

    /// `first:*`.
    package static func from(_ first: UInt32) -> UIDRequest { UIDRequest([Span(first, Self.star)]) }

    /// `1:*`.
    package static let all = UIDRequest.from(1)

    package init(arrayLiteral elements: UInt32...) { self.init(uids: elements) }

    /// Whether a UID is meant, when `*` is `highest`.
    package func contains(_ uid: UInt32, highest: UInt32) -> Bool {
        for span in self.spans {
            let first = span.first == Self.star ? highest : span.first
            let last = span.last == Self.star ? highest : span.last
            if first <= last ? (uid >= first && uid <= last) : (uid >= last && uid <= first) { return true }
        }
        return false
    }

    /// Whether `*` occurs.
    package var hasStar: Bool { self.spans.contains { $0.first == Self.star || $0.last == Self.star } }
}

/// A set of UIDs as a server names them: ascending ranges that neither touch nor overlap.
package struct UIDRanges: Hashable, Sendable, ExpressibleByArrayLiteral {
    /// The ranges, ascending.
    package private(set) var ranges: [ClosedRange<UInt32>] = []

    /// No UIDs.
    package init() {}

    package init(arrayLiteral elements: UInt32...) {
        for uid in elements.sorted() { self.append(uid) }
    }

    /// UIDs in any order, doubles allowed.
    package init(_ uids: some Sequence<UInt32>) {
        for uid in uids.sorted() { self.append(uid) }
    }

    /// Whether there is none.
    package var isEmpty: Bool { self.ranges.isEmpty }

    /// How many UIDs there are.
    package var count: Int { self.ranges.reduce(0) { $0 + Int($1.upperBound - $1.lowerBound) + 1 } }

    /// Adds a UID that is no lower than all others.
    package mutating func append(_ uid: UInt32) { self.append(uid...uid) }

    /// Adds UIDs that begin no lower than all others do.
    package mutating func append(_ range: ClosedRange<UInt32>) {
        guard let last = self.ranges.last,
            range.lowerBound <= last.upperBound || range.lowerBound - last.upperBound == 1
        else {
            self.ranges.append(range)
            return
        }
        self.ranges[self.ranges.count - 1] = last.lowerBound...max(last.upperBound, range.upperBound)
    }

    /// Whether it holds the UID.
    package func contains(_ uid: UInt32) -> Bool { self.ranges.contains { $0.contains(uid) } }

    /// Each UID, ascending.
    package var uids: [UInt32] { self.ranges.flatMap { Array($0) } }
}
