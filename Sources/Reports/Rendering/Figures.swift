import Rendering

extension JSONText {
    /// A number of seconds to the microsecond, since the database knows no more; null where there is none.
    static func seconds(_ seconds: Double?) -> JSONText {
        seconds.map { .number(($0 * 1_000_000).rounded() / 1_000_000) } ?? .null
    }
}

/// The same number as in JSON, for a cell of CSV.
func secondsText(_ seconds: Double) -> String {
    JSONText.seconds(seconds).compact
}

/// Rows of comma-separated values; what could be a formula is guarded, no figure of a report is negative.
func csvText(_ rows: [[String]]) -> String {
    rows.map { row in CSVText().row(row.map { .text($0) }) }.joined()
}
