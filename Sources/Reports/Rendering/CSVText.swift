/// Comma-separated values (RFC 4180), lines ended by CR LF.
enum CSVText {
    /// One line per row; a cell is quoted where it must be.
    ///
    /// A cell that a spreadsheet would read as a formula gets an apostrophe in front.
    static func text(_ rows: [[String]]) -> String {
        rows.map { row in row.map(self.cell).joined(separator: ",") + "\r\n" }.joined()
    }

    private static func cell(_ text: String) -> String {
        // Full-width forms too: some spreadsheets fold them to the plain signs before they look.
        let starters: [Character] = [
            "=", "+", "-", "@", "\t", "\r", "\n", "\r\n", "\u{FF1D}", "\u{FF0B}", "\u{FF0D}", "\u{FF20}",
        ]
        let safe = text.first.map { starters.contains($0) && Double(text) == nil } == true ? "'" + text : text
        let needsQuotes = safe.unicodeScalars.contains { ",\"\r\n".unicodeScalars.contains($0) }
        guard needsQuotes else { return safe }
        return "\"" + safe.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\""
    }
}
