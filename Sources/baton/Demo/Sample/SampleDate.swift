import Desk

/// Instants in the two forms that mail needs, in UTC.
enum SampleDate {
    private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
    private static let days = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]

    /// As a Date field has it (RFC 5322 §3.3): `Tue, 03 Nov 2026 10:00:00 +0000`.
    static func header(_ moment: Timestamp) -> String {
        let date = moment.civilDate
        let day = self.days[date.isoWeekday - 1]
        return "\(day), \(self.two(date.day)) \(self.months[date.month - 1]) \(date.year) \(self.clock(moment)) +0000"
    }

    /// As APPEND takes it (RFC 9051 §9, date-time): `03-Nov-2026 10:00:00 +0000`.
    static func internalDate(_ moment: Timestamp) -> String {
        let date = moment.civilDate
        return "\(self.two(date.day))-\(self.months[date.month - 1])-\(date.year) \(self.clock(moment)) +0000"
    }

    private static func clock(_ moment: Timestamp) -> String {
        let second = Int((moment.microseconds - Timestamp(moment.civilDate).microseconds) / 1_000_000)
        return "\(self.two(second / 3_600)):\(self.two(second / 60 % 60)):\(self.two(second % 60))"
    }

    private static func two(_ number: Int) -> String {
        number < 10 ? "0\(number)" : "\(number)"
    }
}
