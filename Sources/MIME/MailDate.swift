/// The moment a header names.
///
/// Display only: order and measures use the server's times.
package struct MailDate: Sendable, Hashable {
    /// Microseconds since 1970-01-01 00:00 UTC; within the years 1970 to 9999.
    package let microseconds: Int64
    /// Minutes east of UTC of the clock it was written by; 0 where the zone is missing or unknown.
    package let zoneOffsetMinutes: Int

    /// Creates a date; nothing is checked.
    package init(microseconds: Int64, zoneOffsetMinutes: Int) {
        self.microseconds = microseconds
        self.zoneOffsetMinutes = zoneOffsetMinutes
    }
}

/// Reads dates as mail has them: RFC 5322 §3.3 and §4.3, `asctime`, ISO 8601, and the usual mistakes (no weekday, no
/// zone, two-digit years, full month names, `GMT+0200`).
struct DateParser {
    /// No date is longer; a comment before it may be.
    private static let limit = 256

    private let bytes: [UInt8]
    private var index = 0
    private var year: Int?
    private var month: Int?
    private var day: Int?
    private var time: (hour: Int, minute: Int, second: Int, microsecond: Int)?
    private var zone: Int?
    private var isZoneNamed = false

    /// The date in an unfolded field value; nil when it is none or lies outside the years 1970 to 9999.
    static func parse(_ bytes: [UInt8]) -> MailDate? {
        var parser = Self(
            bytes: Array(HeaderText.withoutComments(Array(bytes.prefix(4 * self.limit))).prefix(self.limit))
        )
        parser.run()
        return parser.result()
    }

    private init(bytes: [UInt8]) {
        self.bytes = bytes
    }

    private mutating func run() {
        while self.index < self.bytes.count {
            let byte = self.bytes[self.index]
            if ASCII.isDigit(byte) {
                self.number()
            } else if ASCII.isLetter(byte) {
                self.word()
            } else if byte == 0x2B || byte == 0x2D, self.time != nil, self.zone == nil || self.isZoneNamed {
                self.offset(sign: byte == 0x2B ? 1 : -1)
            } else {
                self.index += 1
            }
        }
    }

    private mutating func digits() -> (value: Int, count: Int) {
        var value = 0
        let start = self.index
        while self.index < self.bytes.count, ASCII.isDigit(self.bytes[self.index]) {
            if self.index - start < 9 { value = value * 10 + Int(self.bytes[self.index] - 0x30) }
            self.index += 1
        }
        return (value, self.index - start)
    }

    private var current: UInt8 { self.index < self.bytes.count ? self.bytes[self.index] : 0 }

    private mutating func number() {
        let (value, count) = self.digits()
        if self.current == 0x3A, self.time == nil, count <= 2 {
            self.clock(hour: value)
        } else if count == 4, self.current == 0x2D, self.year == nil, self.month == nil {
            self.isoDate(year: value)
        } else if count >= 3 {
            if self.year == nil { self.year = count == 3 ? value + 1_900 : value }
        } else if self.day == nil {
            self.day = value
        } else if self.year == nil {
            self.year = value < 50 ? value + 2_000 : value + 1_900
        }
    }

    private mutating func clock(hour: Int) {
        self.index += 1
        let minute = self.digits()
        var second = 0
        var microsecond = 0
        if self.current == 0x3A {
            self.index += 1
            second = self.digits().value
            if self.current == 0x2E || self.current == 0x2C, self.index + 1 < self.bytes.count,
                ASCII.isDigit(self.bytes[self.index + 1])
            {
                self.index += 1
                var (value, count) = self.digits()
                count = min(count, 9)
                while count < 6 {
                    value *= 10
                    count += 1
                }
                while count > 6 {
                    value /= 10
                    count -= 1
                }
                microsecond = value
            }
        }
        self.time = (hour, minute.count == 0 ? 99 : minute.value, second, microsecond)
    }

    /// `2024-05-01`, with or without the `T` and a time after it.
    private mutating func isoDate(year: Int) {
        self.index += 1
        let month = self.digits()
        guard month.count > 0, self.current == 0x2D else { return }
        self.index += 1
        let day = self.digits()
        self.year = year
        self.month = month.value
        self.day = day.value
    }

    private mutating func offset(sign: Int) {
        self.index += 1
        let first = self.digits()
        var hours = 0
        var minutes = 0
        switch first.count {
        case 1, 2:
            hours = first.value
            if self.current == 0x3A {
                self.index += 1
                minutes = self.digits().value
            }
        case 3, 4:
            hours = first.value / 100
            minutes = first.value % 100
        default:
            return
        }
        self.isZoneNamed = false
        self.zone = hours <= 23 && minutes <= 59 ? sign * (hours * 60 + minutes) : 0
    }

    private mutating func word() {
        let start = self.index
        while self.index < self.bytes.count, ASCII.isLetter(self.bytes[self.index]) { self.index += 1 }
        let word = ASCII.token(self.bytes[start..<self.index])
        if self.month == nil, word.utf8.count >= 3, let month = Self.months[String(word.prefix(3))] {
            self.month = month
        } else if let time = self.time, word == "pm" || word == "am" {
            let hour = time.hour % 12 + (word == "pm" ? 12 : 0)
            if time.hour <= 12 { self.time = (hour, time.minute, time.second, time.microsecond) }
        } else if self.time != nil, self.zone == nil, let zone = Self.zones[word] {
            self.zone = zone * 60
            self.isZoneNamed = true
        }
    }

    private func result() -> MailDate? {
        guard let year = self.year, let month = self.month, let day = self.day, let time = self.time else { return nil }
        guard (1_970...9_999).contains(year), (1...12).contains(month), day >= 1, day <= Self.days(in: month, of: year)
        else {
            return nil
        }
        guard time.hour <= 23, time.minute <= 59, time.second <= 60 else { return nil }
        let zone = self.zone ?? 0
        // A leap second is the last second of its minute.
        let seconds =
            Self.dayNumber(year, month, day) * 86_400 + time.hour * 3_600 + time.minute * 60 + min(time.second, 59)
        let shifted = seconds - zone * 60
        guard shifted >= 0, shifted < 253_402_300_800 else { return nil }
        return MailDate(microseconds: Int64(shifted) * 1_000_000 + Int64(time.microsecond), zoneOffsetMinutes: zone)
    }

    private static func isLeap(_ year: Int) -> Bool { year % 4 == 0 && year % 100 != 0 || year % 400 == 0 }

    private static func days(in month: Int, of year: Int) -> Int {
        switch month {
        case 2: self.isLeap(year) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    /// Days since 1970-01-01.
    private static func dayNumber(_ year: Int, _ month: Int, _ day: Int) -> Int {
        let before = year - 1
        let leaps = before / 4 - before / 100 + before / 400
        var days = before * 365 + leaps - 719_162
        for earlier in 1..<month { days += self.days(in: earlier, of: year) }
        return days + day - 1
    }

    private static let months: [String: Int] = [
        "jan": 1, "feb": 2, "mar": 3, "apr": 4, "may": 5, "jun": 6, "jul": 7, "aug": 8, "sep": 9, "oct": 10, "nov": 11,
        "dec": 12,
    ]

    /// Hours east of UTC.
    ///
    /// RFC 5322 §4.3, and names that are met and clear; the military letters count as UTC, as it says.
    private static let zones: [String: Int] = {
        var zones = [
            "ut": 0, "utc": 0, "gmt": 0, "est": -5, "edt": -4, "cst": -6, "cdt": -5, "mst": -7, "mdt": -6, "pst": -8,
            "pdt": -7,
            "akst": -9, "akdt": -8, "hst": -10, "wet": 0, "west": 1, "cet": 1, "mez": 1, "cest": 2, "mesz": 2, "eet": 2,
            "eest": 3,
            "msk": 3, "jst": 9, "kst": 9, "hkt": 8, "sgt": 8, "aest": 10, "aedt": 11, "nzst": 12, "nzdt": 13,
        ]
        for letter in "abcdefghiklmnopqrstuvwxyz" { zones[String(letter)] = 0 }
        return zones
    }()
}
