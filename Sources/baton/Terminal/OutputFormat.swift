import ArgumentParser

/// The form in which a listing is printed.
enum OutputFormat: String, CaseIterable, ExpressibleByArgument, Sendable {
    case table
    case json
    case csv
}

/// The form in which one thing is shown that has no rows: CSV would not fit it.
enum DetailFormat: String, CaseIterable, ExpressibleByArgument, Sendable {
    case table
    case json
}

/// The options of every listing.
struct ListingOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "How to print: table, json or csv.",
            discussion: "Without it: a table on a terminal, CSV into a pipe or a file.",
            valueName: "form"
        )
    )
    var format: OutputFormat?

    @Flag(
        help: ArgumentHelp(
            "In CSV, leave cells as they are.",
            discussion: """
                Without it a cell that a spreadsheet would take for a formula gets an apostrophe in front, because \
                subjects and names are written by strangers.
                """
        )
    )
    var raw = false

    /// The form to use for output that goes there.
    func format(on terminal: Terminal) -> OutputFormat {
        self.format ?? (terminal.isTerminal ? .table : .csv)
    }
}

/// The options of a command that shows one thing.
struct DetailOptions: ParsableArguments {
    @Option(help: ArgumentHelp("How to print: table or json.", valueName: "form"))
    var format: DetailFormat = .table
}
