/// INTERNALDATE: when the server received a mail.
///
/// Written `" 5-Nov-2024 01:02:03 +0100"` (RFC 9051 §9 `date-time`), in µs since 1970. Reading takes what servers really
/// send: one-digit days, no seconds, no zone (read as UTC); nonsense gives nil, never a trap.
enum InternalDate {
    private static let monthNames = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]
    /// The same as three letters in capitals, packed into one number.
    private static let months: [UInt32] = Self.monthNames.map { name in
        name.utf8.reduce(0) { $0 << 8 | UInt32(Byte.uppercased($1)) }
    }

    /// What `text` says; a date without time means midnight.
    static func parse(_ text: String) -> Int64? {
        self.parse(Array(text.utf8))
    }

    /// What `bytes` say; a date without time means midnight.
    static func parse(_ bytes: [UInt8]) -> Int64? {
        var rest = bytes[...]
        self.skipSpaces(&rest)
        guard let day = self.number(&rest, digits: 1...2), self.skip(UInt8(ascii: "-"), &rest),
            let month = self.month(&rest), self.skip(UInt8(ascii: "-"), &rest),
            let year = self.number(&rest, digits: 4...4), self.isAtEndOfWord(rest)
        else { return nil }
        guard year >= 1900, (1...self.daysIn(month: month, year: year)).contains(day) else { return nil }
        var seconds: Int64 = 0
        self.skipSpaces(&rest)
        if !rest.isEmpty {
            guard let time = self.time(&rest) else { return nil }
            seconds = time
            self.skipSpaces(&rest)
        }
        if !rest.isEmpty {
            guard let zone = self.zone(&rest) else { return nil }
            seconds -= zone
        }
        return (self.daysSince1970(year: year, month: month, day: day) * 86_400 + seconds) * 1_000_000
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

    // MARK: - Pieces

    private static func isAtEndOfWord(_ rest: ArraySlice<UInt8>) -> Bool {
        rest.isEmpty || rest.first == Byte.space
    }

    private static func skipSpaces(_ rest: inout ArraySlice<UInt8>) {
        while rest.first == Byte.space { rest.removeFirst() }
    }

    private static func skip(_ byte: UInt8, _ rest: inout ArraySlice<UInt8>) -> Bool {
        guard rest.first == byte else { return false }
        rest.removeFirst()
        return true
    }

    /// As many digits as there are, which must be as many as `digits` says.
    private static func number(_ rest: inout ArraySlice<UInt8>, digits: ClosedRange<Int>) -> Int? {
        var value = 0
        var count = 0
        while let byte = rest.first, Byte.isDigit(byte) {
            guard count < digits.upperBound else { return nil }
            value = value * 10 + Int(byte & 15)
            count += 1
            rest.removeFirst()
        }
        return digits.contains(count) ? value : nil
    }

    private static func month(_ rest: inout ArraySlice<UInt8>) -> Int? {
        guard rest.count > 3 else { return nil }
        let name = rest.prefix(3).reduce(UInt32(0)) { $0 << 8 | UInt32(Byte.uppercased($1)) }
        rest.removeFirst(3)
        return self.months.firstIndex(of: name).map { $0 + 1 }
    }

    private static func time(_ rest: inout ArraySlice<UInt8>) -> Int64? {
        let colon = Byte.colon
        guard let hour = self.number(&rest, digits: 1...2), hour < 24, self.skip(colon, &rest),
            let minute = self.number(&rest, digits: 2...2), minute < 60
        else { return nil }
        var second = 0
        if self.skip(colon, &rest) {
            guard let number = self.number(&rest, digits: 2...2), number <= 60 else { return nil }
            second = number
        }
        return self.isAtEndOfWord(rest) ? Int64(hour * 3600 + minute * 60 + second) : nil
    }

    private static func zone(_ rest: inout ArraySlice<UInt8>) -> Int64? {
        let isNegative = rest.first == UInt8(ascii: "-")
        guard isNegative || rest.first == Byte.plus else {
            let name = rest.prefix { $0 != Byte.space }.map(Byte.uppercased)
            return ["UT", "UTC", "GMT", "Z"].contains { $0.utf8.elementsEqual(name) } ? 0 : nil
        }
        rest.removeFirst()
        guard let value = self.number(&rest, digits: 4...4), value % 100 < 60, self.isAtEndOfWord(rest) else {
            return nil
        }
        let seconds = Int64(value / 100 * 3600 + value % 100 * 60)
        return isNegative ? -seconds : seconds
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
