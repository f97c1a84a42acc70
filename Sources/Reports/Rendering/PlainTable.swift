/// Columns of text, aligned by spaces.
///
/// Everything a report shows is a handle, a name of the same alphabet, a day or a number: one column a letter.
struct PlainTable {
    /// Which side of its column a cell stands on.
    enum Side {
        case left, right
    }

    let columns: [(title: String, side: Side)]
    let rows: [[String]]

    /// The lines, with a line of titles and without spaces at their ends.
    var text: String {
        let cells = [self.columns.map(\.title)] + self.rows
        let widths = self.columns.indices.map { column in cells.map { $0[column].count }.max() ?? 0 }
        return cells.map { row in
            let line = row.indices.map { column in
                let space = String(repeating: " ", count: widths[column] - row[column].count)
                return switch self.columns[column].side {
                case .left: row[column] + space
                case .right: space + row[column]
                }
            }
            .joined(separator: "  ")
            return String(line.reversed().drop { $0 == " " }.reversed()) + "\n"
        }
        .joined()
    }
}

/// A length of time for people: `3d 04h`, `2h 05m`, `7m 30s`, `12s`; a dash where there is none.
func readable(_ seconds: Double?) -> String {
    guard let seconds else { return "-" }
    let whole = Int(seconds.rounded())
    func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
    return switch whole {
    case ..<60: "\(whole)s"
    case ..<3_600: "\(whole / 60)m \(two(whole % 60))s"
    case ..<86_400: "\(whole / 3_600)h \(two(whole / 60 % 60))m"
    default: "\(whole / 86_400)d \(two(whole / 3_600 % 24))h"
    }
}
