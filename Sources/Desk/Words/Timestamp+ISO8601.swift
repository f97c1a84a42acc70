/// Instants as text: ISO 8601 in UTC.
extension Timestamp {
    /// `2026-01-31T12:34:56Z`, with six fraction digits only where there is a fraction.
    package var iso8601: String {
        let inDay = self.microseconds - self.dayNumber * Self.perDay
        let seconds = Int(inDay / Self.perSecond)
        let fraction = Int(inDay % Self.perSecond)
        let clock = [seconds / 3600, seconds / 60 % 60, seconds % 60].map { padded($0, to: 2) }
        let tail = fraction == 0 ? "" : "." + padded(fraction, to: 6)
        return "\(self.civilDate)T\(clock[0]):\(clock[1]):\(clock[2])\(tail)Z"
    }

    /// Reads `YYYY-MM-DDThh:mm:ss[.f…](Z|±hh:mm)`; digits beyond the microsecond are cut; nil for anything else.
    package init?(iso8601 text: String) {
        var reader = DigitReader(bytes: Array(text.utf8))
        guard let year = reader.number(digits: 4), reader.skip("-"),
            let month = reader.number(digits: 2), reader.skip("-"),
            let day = reader.number(digits: 2), reader.skip("T") || reader.skip("t"),
            let hour = reader.number(digits: 2), reader.skip(":"),
            let minute = reader.number(digits: 2), reader.skip(":"),
            let second = reader.number(digits: 2)
        else { return nil }
        var fraction = 0
        if reader.skip(".") {
            guard let read = reader.fraction() else { return nil }
            fraction = read
        }
        guard let offset = reader.offset(), reader.isAtEnd else { return nil }
        let base = Timestamp(year: year, month: month, day: day, hour: hour, minute: minute, second: second)
        guard let base else { return nil }
        self = base.advanced(by: .microseconds(fraction) - .seconds(offset))
    }
}

/// Reads fixed runs of ASCII digits.
private struct DigitReader {
    let bytes: [UInt8]
    var position = 0

    init(bytes: [UInt8]) {
        self.bytes = bytes
    }

    var isAtEnd: Bool { self.position == self.bytes.count }

    mutating func skip(_ character: Unicode.Scalar) -> Bool {
        guard self.position < self.bytes.count, UInt32(self.bytes[self.position]) == character.value else {
            return false
        }
        self.position += 1
        return true
    }

    mutating func digit() -> Int? {
        guard self.position < self.bytes.count, (48...57).contains(self.bytes[self.position]) else { return nil }
        self.position += 1
        return Int(self.bytes[self.position - 1]) - 48
    }

    mutating func number(digits: Int) -> Int? {
        var value = 0
        for _ in 0..<digits {
            guard let digit = self.digit() else { return nil }
            value = value * 10 + digit
        }
        return value
    }

    /// The microseconds of a fraction of any length.
    mutating func fraction() -> Int? {
        var value = 0
        var count = 0
        while let digit = self.digit() {
            if count < 6 { value = value * 10 + digit }
            count += 1
        }
        guard count > 0 else { return nil }
        for _ in min(count, 6)..<6 { value *= 10 }
        return value
    }

    /// Seconds east of UTC.
    mutating func offset() -> Int? {
        if self.skip("Z") || self.skip("z") { return 0 }
        let isEast = self.skip("+")
        guard isEast || self.skip("-") else { return nil }
        guard let hours = self.number(digits: 2), hours <= 23, self.skip(":") else { return nil }
        guard let minutes = self.number(digits: 2), minutes <= 59 else { return nil }
        return (hours * 3600 + minutes * 60) * (isEast ? 1 : -1)
    }
}
