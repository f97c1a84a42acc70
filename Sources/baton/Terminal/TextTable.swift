/// Rows in aligned columns.
///
/// Columns are as wide as their widest cell. Where the terminal is narrower than the table, the column that was named
/// for it gives way, down to a width at which it still says something; a table into a file is never cut.
struct TextTable: Equatable, Sendable {
    /// One column's heading and how its cells stand.
    struct Column: Equatable, Sendable {
        let title: String
        var alignment = Alignment.left
        /// Whether this column gives way first when there is not room for all.
        var isFlexible = false
    }

    enum Alignment: Equatable, Sendable { case left, right }

    /// A flexible column is not made narrower than this.
    static let leastFlexibleWidth = 12
    private static let gap = "  "

    let columns: [Column]
    /// Cells, already safe to show; each row has as many as there are columns.
    let rows: [[String]]

    /// The lines of the table, headings first; no heading line for an empty table.
    func lines(on terminal: Terminal) -> [String] {
        guard !self.rows.isEmpty else { return [] }
        let meter = ColumnMeter()
        let widths = self.widths(meter: meter, limit: terminal.columns)
        let headings = self.line(self.columns.map(\.title), widths: widths, meter: meter)
        return [terminal.styled(headings, .bold)]
            + self.rows.map { self.line($0, widths: widths, meter: meter) }
    }

    private func widths(meter: ColumnMeter, limit: Int?) -> [Int] {
        var widths = self.columns.map { meter.width(of: $0.title) }
        for row in self.rows {
            for (index, cell) in row.enumerated() { widths[index] = max(widths[index], meter.width(of: cell)) }
        }
        guard let limit else { return widths }
        var excess = widths.reduce(0, +) + Self.gap.count * (widths.count - 1) - limit
        for index in self.columns.indices where self.columns[index].isFlexible && excess > 0 {
            let given = min(excess, max(0, widths[index] - Self.leastFlexibleWidth))
            widths[index] -= given
            excess -= given
        }
        return widths
    }

    private func line(_ cells: [String], widths: [Int], meter: ColumnMeter) -> String {
        var line = ""
        for (index, cell) in cells.enumerated() {
            if index > 0 { line += Self.gap }
            let shown = meter.cut(cell, to: widths[index])
            let padding = String(repeating: " ", count: max(0, widths[index] - meter.width(of: shown)))
            switch self.columns[index].alignment {
            case .right: line += padding + shown
            // Nothing follows the last column: no blanks at the ends of lines.
            case .left: line += index == cells.count - 1 ? shown : shown + padding
            }
        }
        return line
    }
}
