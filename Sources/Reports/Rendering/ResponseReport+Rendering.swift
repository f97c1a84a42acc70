import Desk
import DeskStore
import Rendering

extension ResponseReport {
    /// The contract of `--format json`: definition, hours, as_of and rows, seconds as numbers.
    package var json: String {
        JSONText.object([
            "definition": .string(self.definition),
            "hours": .string(self.hours.rawValue),
            "as_of": .string(self.asOf.iso8601),
            "rows": .array(
                self.rows.map { row in
                    .object([
                        "group": .string(row.group),
                        "n": .integer(Int64(row.count)),
                        "p50_seconds": .seconds(row.p50),
                        "p90_seconds": .seconds(row.p90),
                        "p95_seconds": .seconds(row.p95),
                        "max_seconds": .seconds(row.longest),
                        "still_waiting": .integer(Int64(row.stillWaiting)),
                    ])
                }
            ),
        ])
        .indented + "\n"
    }

    /// The rows alone, under a line of the same names as in ``json``; an empty cell where there is no figure.
    package var csv: String {
        let titles = ["group", "n", "p50_seconds", "p90_seconds", "p95_seconds", "max_seconds", "still_waiting"]
        let lines = self.rows.map { row in
            [row.group, String(row.count)]
                + [row.p50, row.p90, row.p95, row.longest].map { $0.map(secondsText) ?? "" }
                + [String(row.stillWaiting)]
        }
        return csvText([titles] + lines)
    }

    /// For people: the rows, then what they mean.
    package var table: String {
        let titles = ["n", "p50", "p90", "p95", "max", "still waiting"]
        let table = PlainTable(
            columns: [("group", .left)] + titles.map { ($0, .right) },
            rows: self.rows.map { row in
                [row.group, String(row.count)]
                    + [row.p50, row.p90, row.p95, row.longest].map(readable)
                    + [String(row.stillWaiting)]
            }
        )
        let unseen =
            self.unseen == 0
            ? "" : "Left out: \(self.unseen) answered by \\Answered alone (--include-unseen counts them).\n"
        return table.text + "\n" + unseen + wrapped("\(self.definition) As of \(self.asOf.iso8601).")
    }
}

/// The sentence in lines of at most 100 columns, each ended by a line feed.
func wrapped(_ text: String) -> String {
    var lines: [String] = []
    var line = ""
    for word in text.split(separator: " ") {
        if !line.isEmpty, line.count + 1 + word.count > 100 {
            lines.append(line)
            line = ""
        }
        line += line.isEmpty ? String(word) : " " + word
    }
    return (lines + [line]).map { $0 + "\n" }.joined()
}
