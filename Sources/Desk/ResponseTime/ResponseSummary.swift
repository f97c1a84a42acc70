/// How long people waited, in five numbers.
///
/// Percentiles are interpolated linearly between the two nearest values, as PostgreSQL's `percentile_cont` does.
package struct ResponseSummary: Hashable, Sendable {
    /// How many intervals were measured.
    package let count: Int
    /// Half of them were at most this long, in seconds; nil without any.
    package let p50: Double?
    /// Nine in ten were at most this long, in seconds.
    package let p90: Double?
    /// Nineteen in twenty were at most this long, in seconds.
    package let p95: Double?
    /// The longest, in seconds.
    package let max: Double?

    /// Sums up intervals, each in seconds, in any order.
    package init(seconds: [Double]) {
        let sorted = seconds.sorted()
        self.count = sorted.count
        self.p50 = Self.percentile(0.50, ofSorted: sorted)
        self.p90 = Self.percentile(0.90, ofSorted: sorted)
        self.p95 = Self.percentile(0.95, ofSorted: sorted)
        self.max = sorted.last
    }

    /// The value below which a fraction (0 to 1) of ascending values lies; nil without values.
    package static func percentile(_ fraction: Double, ofSorted values: [Double]) -> Double? {
        guard let last = values.last else { return nil }
        let position = Swift.min(Swift.max(fraction, 0), 1) * Double(values.count - 1)
        let lower = Int(position.rounded(.down))
        guard lower + 1 < values.count else { return last }
        return values[lower] + (values[lower + 1] - values[lower]) * (position - Double(lower))
    }
}
