/// An instant: microseconds since 1970-01-01T00:00:00Z, leap seconds not counted.
///
/// The same unit and resolution as PostgreSQL's `timestamptz`, so that an instant survives storage unchanged.
package struct Timestamp: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// Microseconds since the epoch, negative before it.
    package let microseconds: Int64

    /// Wraps a number of microseconds since the epoch.
    package init(microseconds: Int64) {
        self.microseconds = microseconds
    }

    /// The midnight, UTC, at which a day begins.
    package init(_ date: CivilDate) {
        self.microseconds = Int64(date.daysSinceEpoch) * Self.perDay
    }

    /// An instant by its UTC calendar fields, or nil where they name none.
    package init?(year: Int, month: Int, day: Int, hour: Int = 0, minute: Int = 0, second: Int = 0) {
        guard let date = CivilDate(year: year, month: month, day: day) else { return nil }
        guard (0...23).contains(hour), (0...59).contains(minute), (0...60).contains(second) else { return nil }
        self = Self(date).advanced(by: .seconds(hour * 3600 + minute * 60 + second))
    }

    /// 1970-01-01T00:00:00Z.
    package static let epoch = Timestamp(microseconds: 0)
    /// 0001-01-01T00:00:00Z, before everything that mail can be about.
    package static let distantPast = Timestamp(microseconds: -62_135_596_800_000_000)
    /// 9999-12-31T23:59:59.999999Z, after everything.
    package static let distantFuture = Timestamp(microseconds: 253_402_300_799_999_999)

    /// The instant later by a duration (earlier by a negative one), cut to whole microseconds and to the range of `Int64`.
    package func advanced(by duration: Duration) -> Timestamp {
        let parts = duration.components
        let (scaled, tooLarge) = parts.seconds.multipliedReportingOverflow(by: Self.perSecond)
        let (sum, overflow) = self.microseconds.addingReportingOverflow(scaled)
        guard !tooLarge, !overflow else { return parts.seconds < 0 ? .distantPast : .distantFuture }
        let (exact, last) = sum.addingReportingOverflow(parts.attoseconds / 1_000_000_000_000)
        return last ? self : Timestamp(microseconds: exact)
    }

    /// The time from another instant to this one; negative when this one is earlier.
    package func duration(since other: Timestamp) -> Duration {
        let (difference, overflow) = self.microseconds.subtractingReportingOverflow(other.microseconds)
        if overflow { return .microseconds(self > other ? Int64.max : Int64.min) }
        return .microseconds(difference)
    }

    /// The day, UTC, on which the instant lies.
    package var civilDate: CivilDate {
        CivilDate(daysSinceEpoch: Int(self.dayNumber))
    }

    /// Earlier instants first.
    package static func < (left: Self, right: Self) -> Bool { left.microseconds < right.microseconds }

    /// The same as ``iso8601``.
    package var description: String { self.iso8601 }

    static let perSecond: Int64 = 1_000_000
    static let perDay: Int64 = 86_400 * perSecond

    var dayNumber: Int64 {
        let day = self.microseconds / Self.perDay
        return self.microseconds % Self.perDay < 0 ? day - 1 : day
    }
}
