import Glibc

/// Instants as mail has them, in UTC.
enum MailDate {
    private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
    private static let days = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]

    /// As a Date field has it (RFC 5322 §3.3).
    static func header(_ seconds: Int) -> String {
        let time = Self.fields(seconds)
        let month = Self.months[Int(time.tm_mon)]
        return
            "\(Self.days[Int(time.tm_wday)]), \(Self.two(time.tm_mday)) \(month) \(1900 + time.tm_year) \(Self.clock(time))"
    }

    /// As APPEND takes it (RFC 9051 §9).
    static func internalDate(_ seconds: Int) -> String {
        let time = Self.fields(seconds)
        return "\(Self.two(time.tm_mday))-\(Self.months[Int(time.tm_mon)])-\(1900 + time.tm_year) \(Self.clock(time))"
    }

    private static func fields(_ seconds: Int) -> tm {
        var (moment, result) = (time_t(seconds), tm())
        gmtime_r(&moment, &result)
        return result
    }

    private static func clock(_ time: tm) -> String {
        "\(Self.two(time.tm_hour)):\(Self.two(time.tm_min)):\(Self.two(time.tm_sec)) +0000"
    }

    private static func two(_ number: Int32) -> String {
        number < 10 ? "0\(number)" : "\(number)"
    }
}
