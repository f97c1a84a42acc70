/// Dates as IMAP writes them (RFC 9051 §9, date-time), in UTC.
package enum WireDate {
    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    /// ` 1-Nov-2026 10:00:00 +0000`, of seconds since 1970.
    package static func text(_ seconds: Int64) -> String {
        let (days, rest) = seconds.quotientAndRemainder(dividingBy: 86_400)
        let (day, time) = rest < 0 ? (days - 1, rest + 86_400) : (days, rest)
        let date = self.date(Int(day))
        func two(_ number: Int64) -> String { number < 10 ? "0\(number)" : "\(number)" }
        let dayText = date.day < 10 ? " \(date.day)" : "\(date.day)"
        return "\(dayText)-\(self.months[date.month - 1])-\(date.year) "
            + "\(two(time / 3_600)):\(two(time / 60 % 60)):\(two(time % 60)) +0000"
    }

    /// Seconds since 1970; nil where it is no such date.
    package static func seconds(_ text: String) -> Int64? {
        let words = text.split { " -:".contains($0) }
        let zone = text.suffix(5)
        guard words.count >= 7, let day = Int(words[0]), let month = self.months.firstIndex(of: String(words[1])),
            let year = Int(words[2]), let hour = Int(words[3]), let minute = Int(words[4]), let second = Int(words[5]),
            let offset = Int(zone.dropFirst()), zone.first == "+" || zone.first == "-"
        else { return nil }
        let east = (offset / 100 * 60 + offset % 100) * 60 * (zone.first == "-" ? -1 : 1)
        return Int64(self.days(year, month + 1, day) * 86_400 + hour * 3_600 + minute * 60 + second - east)
    }

    /// Days since 1970; years begin in March, so that the leap day is their last.
    private static func days(_ year: Int, _ month: Int, _ day: Int) -> Int {
        let year = month > 2 ? year : year - 1
        let dayOfYear = (153 * ((month + 9) % 12) + 2) / 5 + day - 1
        return year * 365 + year / 4 - year / 100 + year / 400 + dayOfYear - 719_468
    }

    private static func date(_ days: Int) -> (year: Int, month: Int, day: Int) {
        let shifted = days + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let month = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * month + 2) / 5 + 1
        return (yearOfEra + era * 400 + (month >= 10 ? 1 : 0), month < 10 ? month + 3 : month - 9, day)
    }
}
