import ArgumentParser
import Reports

/// The options of every report over a window of days.
struct ReportOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The first day.", valueName: "yyyy-mm-dd"))
    var from: String

    @Option(help: ArgumentHelp("The day after the last: it is no longer part of the window.", valueName: "yyyy-mm-dd"))
    var to: String

    @Option(help: ArgumentHelp("One row for each of these instead of one for all.", valueName: "what"))
    var by: ReportRequest.Grouping?

    @Option(help: ArgumentHelp("Which time counts: calendar, or the queue's working hours.", valueName: "time"))
    var hours: ReportRequest.Hours = .calendar

    @Option(help: ArgumentHelp("Whose days these are, such as Europe/Berlin.", valueName: "zone"))
    var timezone = "UTC"

    @Option(help: ArgumentHelp("Only tickets of this mailbox.", valueName: "name"))
    var mailbox: String?

    @Option(help: ArgumentHelp("Only tickets of this queue.", valueName: "name"))
    var queue: String?

    func validate() throws {
        do {
            _ = try ReportRequest(from: self.from, to: self.to)
        } catch {
            throw ValidationError(error.description)
        }
    }

    /// What the options ask for.
    func request(includingUnseen: Bool) throws -> ReportRequest {
        var request = try ReportRequest(from: self.from, to: self.to)
        request.grouping = self.by
        request.hours = self.hours
        request.zone = self.timezone
        request.mailbox = self.mailbox
        request.queue = self.queue
        request.includesUnseen = includingUnseen
        return request
    }
}

/// How a report is printed.
struct ReportFormatOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "How to print: table, json or csv.",
            discussion: "Without it: a table on a terminal, CSV into a pipe or a file.",
            valueName: "form"
        )
    )
    var format: OutputFormat?

    /// Prints the one of three texts that was asked for.
    func print(table: String, json: String, csv: String) {
        switch self.format ?? (Terminal.standardOutput().isTerminal ? .table : .csv) {
        case .table: Output.write(table)
        case .json: Output.write(json)
        case .csv: Output.write(csv)
        }
    }
}

extension ReportRequest.Grouping: ExpressibleByArgument {}

extension ReportRequest.Hours: ExpressibleByArgument {}
