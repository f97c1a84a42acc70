/// Rows as comma-separated values: RFC 4180, with CRLF line ends.
///
/// A cell that a spreadsheet would run as a formula gets an apostrophe in front (OWASP "CSV Injection"): subjects and
/// names are written by strangers, and a listing is opened by colleagues.
package struct CSVText: Equatable, Sendable {
    /// Whether cells that look like formulas are guarded.
    package let guardsFormulas: Bool

    /// How rows are written; a listing that other programs read may ask for cells as they are.
    package init(guardsFormulas: Bool = true) {
        self.guardsFormulas = guardsFormulas
    }

    /// One row with its line end.
    ///
    /// Numbers are passed as `.trusted`, so that -1 stays a number.
    package func row(_ cells: [Cell]) -> String {
        cells.map { self.text(of: $0) }.joined(separator: ",") + "\r\n"
    }

    /// One cell's text and where it comes from.
    package enum Cell: Equatable, Sendable {
        /// Text that may hold anything.
        case text(String)
        /// A number, an instant or a word of ours.
        case trusted(String)
    }

    private func text(of cell: Cell) -> String {
        switch cell {
        case .trusted(let text): Self.quoted(text)
        case .text(let text): Self.quoted(self.guardsFormulas && Self.looksLikeFormula(text) ? "'" + text : text)
        }
    }

    private static func looksLikeFormula(_ text: String) -> Bool {
        switch text.unicodeScalars.first {
        case "=", "+", "-", "@", "\t", "\r", "\n": true
        // Full-width forms: some spreadsheets fold them to the plain signs before they look.
        case "\u{FF1D}", "\u{FF0B}", "\u{FF0D}", "\u{FF20}": true
        default: false
        }
    }

    private static func quoted(_ text: String) -> String {
        let needsQuotes = text.utf8.contains { byte in
            switch byte {
            case UInt8(ascii: ","), UInt8(ascii: "\""), 0x0A, 0x0D: true
            default: false
            }
        }
        guard needsQuotes else { return text }
        var result = "\""
        for scalar in text.unicodeScalars {
            if scalar == "\"" { result.unicodeScalars.append("\"") }
            result.unicodeScalars.append(scalar)
        }
        return result + "\""
    }
}
