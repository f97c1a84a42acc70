/// INTERNALDATE: when the server received a mail.
///
/// Written `" 5-Nov-2024 01:02:03 +0100"` (RFC 9051 §9 `date-time`), in µs since 1970. Reading takes what servers really
/// send: one-digit days, no seconds, no zone (read as UTC); nonsense gives nil, never a trap.
enum InternalDate {
    private static let months = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
    private static let monthNames = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    static func parse(_ text: String) -> Int64? {
        let parts = text.split(separator: " ")
        guard let dateText = parts.first else { return nil }
        let date = dateText.split(separator: "-", omittingEmptySubsequences: false)
        guard date.count == 3, let day = self.number(date[0], digits: 1...2),
            let year = self.number(date[2], digits: 4...4),
            let month = self.months.firstIndex(of: date[1].lowercased())
        else { return nil }
        guard (1...self.daysIn(month: month + 1, year: year)).contains(day), year >= 1900 else { return nil }
        var seconds: Int64 = 0
        if parts.count > 1 {
            guard let time = self.time(parts[1]) else { return nil }
            seconds = time
        }
        if parts.count > 2 {
            guard let zone = self.zone(parts[2]) else { return nil }
            seconds -= zone
        }
        return (self.daysSince1970(year: year, month: month + 1, day: day) * 86_400 + seconds) * 1_000_000
    }

    /// The form a command carries, in UTC, without quotes; nil outside the years 1900…9999.
    static func format(_ microseconds: Int64) -> String? {
        let seconds = self.floorDivide(microseconds, 1_000_000)
        let days = self.floorDivide(seconds, 86_400)
        let rest = Int(seconds - days * 86_400)
        let (year, month, day) = self.civil(days: days)
        guard (1900...9999).contains(year) else { return nil }
        let dayText = day < 10 ? " \(day)" : "\(day)"
        let time = [rest / 3600, rest / 60 % 60, rest % 60].map { $0 < 10 ? "0\($0)" : "\($0)" }.joined(separator: ":")
        return "\(dayText)-\(self.monthNames[month - 1])-\(year) \(time) +0000"
    }

    private static func number(_ text: Substring, digits: ClosedRange<Int>) -> Int? {
        guard digits.contains(text.utf8.count), text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        return Int(text)
    }

    private static func time(_ text: Substring) -> Int64? {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2 || parts.count == 3, let hour = self.number(parts[0], digits: 1...2), hour < 24,
            let minute = self.number(parts[1], digits: 2...2), minute < 60
        else { return nil }
        guard parts.count == 3 else { return Int64(hour * 3600 + minute * 60) }
        guard let second = self.number(parts[2], digits: 2...2), second <= 60 else { return nil }
        return Int64(hour * 3600 + minute * 60 + second)
    }

    private static func zone(_ text: Substring) -> Int64? {
        if ["UT", "UTC", "GMT", "Z"].contains(text.uppercased()) { return 0 }
        guard let sign = text.first, sign == "+" || sign == "-",
            let value = self.number(text.dropFirst(), digits: 4...4),
            value % 100 < 60
        else { return nil }
        let seconds = Int64(value / 100 * 3600 + value % 100 * 60)
        return sign == "-" ? -seconds : seconds
    }

    private static func daysIn(month: Int, year: Int) -> Int {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    private static func floorDivide(_ value: Int64, _ divisor: Int64) -> Int64 {
        let quotient = value / divisor
        return value % divisor < 0 ? quotient - 1 : quotient
    }

    /// Days since 1970 of a date of the Gregorian calendar: years begin in March, so the leap day ends them.
    private static func daysSince1970(year: Int, month: Int, day: Int) -> Int64 {
        let year = Int64(month <= 2 ? year - 1 : year)
        let era = self.floorDivide(year, 400)
        let yearOfEra = year - era * 400
        let dayOfYear = Int64((153 * ((month + 9) % 12) + 2) / 5 + day - 1)
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * 146_097 + dayOfEra - 719_468
    }

    private static func civil(days: Int64) -> (year: Int, month: Int, day: Int) {
        let shifted = days + 719_468
        let era = self.floorDivide(shifted, 146_097)
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthIndex = Int((5 * dayOfYear + 2) / 153)
        let day = Int(dayOfYear) - (153 * monthIndex + 2) / 5 + 1
        let month = monthIndex < 10 ? monthIndex + 3 : monthIndex - 9
        let year = Int(yearOfEra + era * 400) + (month <= 2 ? 1 : 0)
        return (year, month, day)
    }
}
