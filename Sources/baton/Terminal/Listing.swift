import Desk
import Rendering

/// A list of things of one kind, printed as a table, as JSON or as CSV from one description.
///
/// JSON and CSV have every column under its key; a table leaves out those without a title.
struct Listing: Equatable, Sendable {
    /// One column.
    struct Column: Equatable, Sendable {
        /// The member's name in JSON and the heading in CSV.
        let key: String
        /// The heading of the table; nil keeps the column out of tables.
        let title: String?
        var alignment = TextTable.Alignment.left
        var isFlexible = false
    }

    /// One value.
    enum Cell: Equatable, Sendable {
        case none
        case text(String)
        /// A word of ours: a status, a handle.
        case word(String)
        /// A word of ours that a table says more about.
        case explained(String, String)
        case integer(Int64)
        case flag(Bool)
        case instant(Timestamp)
        case texts([String])
        case duration(Duration)
        /// JSON as the database gives it.
        case json(String)

        /// Text, or nothing for nil.
        static func optional(_ text: String?) -> Cell { text.map { .text($0) } ?? .none }
        /// A word, or nothing for nil.
        static func optionalWord(_ text: String?) -> Cell { text.map { .word($0) } ?? .none }
        /// An instant, or nothing for nil.
        static func optional(_ instant: Timestamp?) -> Cell { instant.map { .instant($0) } ?? .none }
    }

    let columns: [Column]
    var rows: [[Cell]]
    /// What a table says when there is no row.
    let emptyText: String

    /// Prints all rows to standard output.
    func print(_ options: ListingOptions, on terminal: Terminal = .standardOutput()) {
        Output.write(self.text(options.format(on: terminal), raw: options.raw, on: terminal))
    }

    /// The whole listing as text, with its last line end.
    func text(_ format: OutputFormat, raw: Bool, on terminal: Terminal) -> String {
        switch format {
        case .table:
            let lines = self.table.lines(on: terminal)
            return (lines.isEmpty ? [self.emptyText] : lines).map { $0 + "\n" }.joined()
        case .json:
            return "[" + self.jsonRows(isFirst: true) + (self.rows.isEmpty ? "]\n" : "\n]\n")
        case .csv:
            return self.csvHeading() + self.csvRows(raw: raw)
        }
    }

    /// The rows as members of a JSON array that is written in pieces, one to a line.
    func jsonRows(isFirst: Bool) -> String {
        var text = ""
        for (index, row) in self.rows.enumerated() {
            text += isFirst && index == 0 ? "\n  " : ",\n  "
            text += Self.object(self.columns, row).compact
        }
        return text
    }

    /// The heading line of the CSV form.
    func csvHeading() -> String {
        CSVText(guardsFormulas: false).row(self.columns.map { .trusted($0.key) })
    }

    /// The rows of the CSV form.
    func csvRows(raw: Bool) -> String {
        let csv = CSVText(guardsFormulas: !raw)
        return self.rows.map { csv.row($0.map(\.csv)) }.joined()
    }

    /// One row as a JSON object.
    static func object(_ columns: [Column], _ row: [Cell]) -> JSONText {
        .object(zip(columns, row).map { JSONText.Member(name: $0.key, value: $1.json) })
    }

    private var table: TextTable {
        let shown = self.columns.indices.filter { self.columns[$0].title != nil }
        return TextTable(
            columns: shown.map { index in
                let column = self.columns[index]
                return TextTable.Column(
                    title: column.title ?? "",
                    alignment: column.alignment,
                    isFlexible: column.isFlexible
                )
            },
            rows: self.rows.map { row in shown.map { row[$0].shown } }
        )
    }
}

extension Listing.Cell {
    /// The cell for a person.
    var shown: String {
        switch self {
        case .none: "–"
        case .text(let text), .word(let text): SafeText.line(text)
        case .explained(let word, let more): SafeText.line("\(word) \(more)")
        case .integer(let number): String(number)
        case .flag(let value): value ? "yes" : "no"
        case .instant(let instant): ReadableTime.instant(instant)
        case .texts(let texts): texts.isEmpty ? "–" : SafeText.line(texts.joined(separator: ", "))
        case .duration(let duration): ReadableTime.duration(duration)
        case .json(let text): SafeText.line(text)
        }
    }

    /// The cell as JSON: instants in ISO 8601, durations in whole seconds.
    var json: JSONText {
        switch self {
        case .none: .null
        case .text(let text), .word(let text), .explained(let text, _): .string(text)
        case .integer(let number): .integer(number)
        case .flag(let value): .bool(value)
        case .instant(let instant): .string(instant.iso8601)
        case .texts(let texts): .strings(texts)
        case .duration(let duration): .integer(duration.components.seconds)
        case .json(let text): .verbatim(text)
        }
    }

    /// The cell as CSV: empty for nothing, lists separated by spaces.
    var csv: CSVText.Cell {
        switch self {
        case .none: .trusted("")
        case .text(let text): .text(text)
        case .word(let text), .explained(let text, _): .trusted(text)
        case .integer(let number): .trusted(String(number))
        case .flag(let value): .trusted(value ? "true" : "false")
        case .instant(let instant): .trusted(instant.iso8601)
        case .texts(let texts): .text(texts.joined(separator: " "))
        case .duration(let duration): .trusted(String(duration.components.seconds))
        case .json(let text): .text(text)
        }
    }
}
