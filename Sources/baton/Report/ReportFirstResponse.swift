import ArgumentParser
import Reports

/// `baton report first-response`: from the first message to the first answer.
struct ReportFirstResponse: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "first-response",
        abstract: "How long until the first answer.",
        discussion: """
            Counts the first turn of each ticket that a contact began, in the window in which its answer came. Those who \
            still wait are shown beside it, never left out.

            EXAMPLES
              baton report first-response --from 2026-01-01 --to 2026-02-01
              baton report first-response --from 2026-01-01 --to 2027-01-01 --by week --timezone Europe/Berlin
              baton report first-response --from 2026-01-01 --to 2026-02-01 --by agent --format json
            """
    )

    @OptionGroup var window: ReportOptions

    @Flag(help: "Count turns that only the flag \\Answered has ended, too.")
    var includeUnseen = false

    @OptionGroup var output: ReportFormatOptions

    @OptionGroup var database: DatabaseOptions

    mutating func run() async throws {
        let request = try self.window.request(includingUnseen: self.includeUnseen)
        let report = try await self.database.withDatabase(connections: 1) { database in
            try await ResponseReport.make(.firstResponse, request, from: database)
        }
        self.output.print(table: report.table, json: report.json, csv: report.csv)
    }
}
