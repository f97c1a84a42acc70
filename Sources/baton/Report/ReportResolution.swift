import ArgumentParser
import Reports

/// `baton report resolution`: from the opening to the close.
struct ReportResolution: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "resolution",
        abstract: "How long until tickets are closed.",
        discussion: """
            Counts the time from the opening, or a reopening, of a ticket to its close, in the window in which it was \
            closed. A ticket that was reopened counts once for each close.

            EXAMPLES
              baton report resolution --from 2026-01-01 --to 2026-02-01 --by queue
              baton report resolution --from 2026-01-01 --to 2027-01-01 --by month --format csv
            """
    )

    @OptionGroup var window: ReportOptions

    @OptionGroup var output: ReportFormatOptions

    @OptionGroup var database: DatabaseOptions

    mutating func run() async throws {
        let request = try self.window.request(includingUnseen: false)
        let report = try await self.database.withDatabase(connections: 1) { database in
            try await ResponseReport.make(.resolution, request, from: database)
        }
        self.output.print(table: report.table, json: report.json, csv: report.csv)
    }
}
