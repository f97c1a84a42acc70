/// A day of the proleptic Gregorian calendar, without a time zone.
package struct CivilDate: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// The year; 0 is the year before 1.
    package let year: Int
    /// 1 to 12.
    package let month: Int
    /// 1 to 28, 29, 30 or 31.
    package let day: Int

    /// A day that exists, or nil (years −9999 to 9999).
    package init?(year: Int, month: Int, day: Int) {
        guard (-9999...9999).contains(year), (1...12).contains(month), day >= 1 else { return nil }
        guard day <= Self.length(ofMonth: month, year: year) else { return nil }
        self.year = year
        self.month = month
        self.day = day
    }

    /// The day that lies so many days after 1970-01-01.
    package init(daysSinceEpoch: Int) {
        // Years are counted from 1 March here, so that the leap day is the last of its year.
        let days = daysSinceEpoch + Self.marchEpochOffset
        let era = Self.floored(days, by: Self.daysPerEra)
        let dayOfEra = days - era * Self.daysPerEra
        let leaps = dayOfEra / 1460 - dayOfEra / 36_524 + dayOfEra / 146_096
        let yearOfEra = (dayOfEra - leaps) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let marchMonth = (5 * dayOfYear + 2) / 153
        let month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9
        self.day = dayOfYear - (153 * marchMonth + 2) / 5 + 1
        self.month = month
        self.year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    }

    /// Days after 1970-01-01, negative before it.
    package var daysSinceEpoch: Int {
        let marchYear = self.month <= 2 ? self.year - 1 : self.year
        let era = Self.floored(marchYear, by: 400)
        let yearOfEra = marchYear - era * 400
        let marchMonth = self.month > 2 ? self.month - 3 : self.month + 9
        let dayOfYear = (153 * marchMonth + 2) / 5 + self.day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * Self.daysPerEra + dayOfEra - Self.marchEpochOffset
    }

    /// 1 for Monday to 7 for Sunday (ISO 8601).
    package var isoWeekday: Int {
        let shifted = self.daysSinceEpoch + 3  // 1970-01-01 was a Thursday
        return shifted - Self.floored(shifted, by: 7) * 7 + 1
    }

    /// ISO 8601, as in `2026-01-31`.
    package var description: String {
        let sign = self.year < 0 ? "-" : ""
        return "\(sign)\(padded(abs(self.year), to: 4))-\(padded(self.month, to: 2))-\(padded(self.day, to: 2))"
    }

    /// Earlier days first.
    package static func < (left: Self, right: Self) -> Bool { left.daysSinceEpoch < right.daysSinceEpoch }

    private static let daysPerEra = 146_097  // 400 years
    private static let marchEpochOffset = 719_468  // 0000-03-01 to 1970-01-01

    private static func floored(_ value: Int, by divisor: Int) -> Int {
        value >= 0 ? value / divisor : (value - divisor + 1) / divisor
    }

    private static func length(ofMonth month: Int, year: Int) -> Int {
        switch month {
        case 2: (year % 4 == 0 && year % 100 != 0) || year % 400 == 0 ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }
}

/// A number with leading zeros.
func padded(_ value: Int, to width: Int) -> String {
    let digits = String(value)
    return String(repeating: "0", count: max(0, width - digits.count)) + digits
}
