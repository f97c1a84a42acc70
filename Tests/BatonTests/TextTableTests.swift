import Testing

@testable import baton

@Suite("Tables")
struct TextTableTests {
    static let file = Terminal(isTerminal: false, kernelColumns: nil) { _ in nil }

    static func screen(_ columns: Int) -> Terminal {
        Terminal(isTerminal: true, kernelColumns: columns) { $0 == "NO_COLOR" ? "1" : nil }
    }

    @Test(arguments: [
        ("", 0), ("abc", 3), ("Grüße", 5), ("日本語", 6), ("한국", 4), ("e\u{301}", 1), ("ｆｕｌｌ", 8), ("مرحبا", 5),
        ("\u{1F600}", 2),
    ])
    func `columns are counted as a terminal shows them`(text: String, width: Int) {
        #expect(ColumnMeter().width(of: text) == width)
    }

    @Test(arguments: [
        ("abcdef", 6, "abcdef"), ("abcdef", 4, "abc…"), ("日本語", 4, "日…"), ("日本語", 5, "日本…"), ("abc", 1, "…"),
        ("abc", 0, ""), ("e\u{301}e\u{301}e\u{301}", 2, "e\u{301}…"),
    ])
    func `what is cut fits, and never splits a character`(text: String, limit: Int, shown: String) {
        #expect(ColumnMeter().cut(text, to: limit) == shown)
    }

    static let table = TextTable(
        columns: [
            .init(title: "#", alignment: .right), .init(title: "Subject", isFlexible: true), .init(title: "Owner"),
        ],
        rows: [["7", "日本語の件名", "ann"], ["12", "A rather long subject indeed", "–"]]
    )

    @Test func `columns are aligned by width, without blanks at the ends`() {
        #expect(
            Self.table.lines(on: Self.file) == [
                " #  Subject                       Owner",
                " 7  日本語の件名                  ann",
                "12  A rather long subject indeed  –",
            ]
        )
    }

    @Test(arguments: [(26, 15), (30, 19), (80, 28), (10, TextTable.leastFlexibleWidth)])
    func `the flexible column gives way to the width of the screen`(columns: Int, subject: Int) {
        let longest = Self.table.lines(on: Self.screen(columns))[2]
        #expect(longest == "12  " + ColumnMeter().cut("A rather long subject indeed", to: subject) + "  –")
    }

    @Test func `an empty table has no lines`() {
        #expect(TextTable(columns: [.init(title: "A")], rows: []).lines(on: Self.file).isEmpty)
    }

    struct Place: Sendable, CustomTestStringConvertible {
        let isTerminal: Bool
        var kernel: Int?
        var variables: [String: String] = [:]
        let columns: Int?
        let hasColour: Bool

        var testDescription: String { "\(self.isTerminal) \(self.variables)" }
    }

    @Test(arguments: [
        Place(isTerminal: true, kernel: 120, columns: 120, hasColour: true),
        Place(isTerminal: true, kernel: 0, columns: 80, hasColour: true),
        Place(isTerminal: true, kernel: 120, variables: ["COLUMNS": "60"], columns: 60, hasColour: true),
        Place(isTerminal: true, kernel: 120, variables: ["COLUMNS": "none"], columns: 120, hasColour: true),
        Place(isTerminal: true, kernel: 80, variables: ["NO_COLOR": "1"], columns: 80, hasColour: false),
        Place(isTerminal: true, kernel: 80, variables: ["NO_COLOR": ""], columns: 80, hasColour: true),
        Place(isTerminal: true, kernel: 80, variables: ["TERM": "dumb"], columns: 80, hasColour: false),
        Place(isTerminal: false, columns: nil, hasColour: false),
        Place(isTerminal: false, variables: ["COLUMNS": "60"], columns: 60, hasColour: false),
    ])
    func `width and colour follow terminal and environment`(place: Place) {
        let terminal = Terminal(isTerminal: place.isTerminal, kernelColumns: place.kernel) { place.variables[$0] }
        #expect(terminal.columns == place.columns)
        #expect(terminal.hasColour == place.hasColour)
    }

    @Test func `colour is written only where it may be`() {
        let colourful = Terminal(isTerminal: true, kernelColumns: 80) { _ in nil }
        #expect(colourful.styled("ok", .green) == "\u{1B}[32mok\u{1B}[0m")
        #expect(Self.file.styled("ok", .green) == "ok")
    }
}
