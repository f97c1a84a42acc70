import Desk

/// Times as people read them in tables; programs get ISO 8601 and seconds.
enum ReadableTime {
    /// `2026-01-31 12:34`, always UTC, as the heading of every such column says.
    static func instant(_ instant: Timestamp) -> String {
        String(instant.iso8601.prefix(16).map { $0 == "T" ? " " : $0 })
    }

    /// `2026-01-31`, in UTC.
    static func day(_ instant: Timestamp) -> String {
        String(instant.iso8601.prefix(10))
    }

    /// `0.4 ms`, `38 ms`.
    static func milliseconds(_ duration: Duration) -> String {
        let microseconds = duration.components.seconds * 1_000_000 + duration.components.attoseconds / 1_000_000_000_000
        guard microseconds < 10_000 else { return "\(microseconds / 1_000) ms" }
        return "\(microseconds / 1_000).\(microseconds % 1_000 / 100) ms"
    }

    /// The largest two units: `3 d 4 h`, `10 min`, `0 s`.
    static func duration(_ duration: Duration) -> String {
        let seconds = max(0, duration.components.seconds)
        let units: [(size: Int64, name: String)] = [(86_400, "d"), (3_600, "h"), (60, "min"), (1, "s")]
        guard let first = units.firstIndex(where: { seconds >= $0.size }) else { return "0 s" }
        var parts = ["\(seconds / units[first].size) \(units[first].name)"]
        if first + 1 < units.count {
            let rest = seconds % units[first].size / units[first + 1].size
            if rest > 0 { parts.append("\(rest) \(units[first + 1].name)") }
        }
        return parts.joined(separator: " ")
    }
}
