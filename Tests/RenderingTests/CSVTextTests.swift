import Rendering
import Testing

@Suite("CSV")
struct CSVTextTests {
    @Test(arguments: [
        ("plain", "plain"), ("a,b", "\"a,b\""), ("say \"hi\"", "\"say \"\"hi\"\"\""), ("two\nlines", "\"two\nlines\""),
        ("two\r\nlines", "\"two\r\nlines\""), ("", ""), (" padded ", " padded "),
    ])
    func `cells are quoted when they must be`(text: String, cell: String) {
        #expect(CSVText(guardsFormulas: true).row([.text(text)]) == cell + "\r\n")
    }

    @Test(arguments: ["=1+1", "+49 30 123", "-2", "@SUM(A1)", "\tx", "＝1", "＋1", "－1", "＠x"])
    func `a formula gets an apostrophe, and raw leaves it alone`(text: String) {
        #expect(CSVText(guardsFormulas: true).row([.text(text)]) == "'\(text)\r\n")
        #expect(CSVText(guardsFormulas: false).row([.text(text)]) == "\(text)\r\n")
    }

    @Test(arguments: ["\rx", "\nx", "=HYPERLINK(\"http://x\",\"y\")"])
    func `a formula that needs quotes has its apostrophe inside them`(text: String) {
        #expect(CSVText(guardsFormulas: true).row([.text(text)]).hasPrefix("\"'"))
    }

    @Test func `numbers of ours are no formulas`() {
        #expect(
            CSVText(guardsFormulas: true).row([.trusted("-1"), .trusted("2026-01-31T00:00:00Z")]).hasPrefix("-1,2026")
        )
    }

    /// A reader of RFC 4180 written for this test alone.
    static func read(_ text: String) -> [[String]] {
        var rows: [[String]] = []
        var row: [String] = []
        var cell = ""
        var isQuoted = false
        var scalars = Array(text.unicodeScalars)[...]
        while let scalar = scalars.popFirst() {
            switch scalar {
            case "\"" where isQuoted && scalars.first == "\"":
                cell.unicodeScalars.append("\"")
                scalars = scalars.dropFirst()
            case "\"": isQuoted.toggle()
            case "," where !isQuoted:
                row.append(cell)
                cell = ""
            case "\r" where !isQuoted && scalars.first == "\n":
                scalars = scalars.dropFirst()
                rows.append(row + [cell])
                (row, cell) = ([], "")
            default: cell.unicodeScalars.append(scalar)
            }
        }
        return rows
    }

    @Test(arguments: [UInt64](1...200))
    func `what is written is read back`(seed: UInt64) {
        var state = seed &* 0x9E37_79B9_7F4A_7C15
        func draw(_ count: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % count
        }
        let alphabet = ["a", ",", "\"", "\r", "\n", "ü", "日", "=", " ", "'"]
        let rows = (0...draw(4)).map { _ in
            (0...draw(3)).map { _ in (0..<draw(6)).map { _ in alphabet[draw(alphabet.count)] }.joined() }
        }
        let csv = CSVText(guardsFormulas: false)
        #expect(Self.read(rows.map { csv.row($0.map { .text($0) }) }.joined()) == rows)
    }
}
