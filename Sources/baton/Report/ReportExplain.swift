import ArgumentParser
import Desk
import Reports

/// `baton report explain`: what the reports count of one ticket.
struct ReportExplain: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain",
        abstract: "What the reports count of one ticket, and why not the rest.",
        discussion: """
            Prints every wait with its start, its end and who ended it, every stretch in which the ticket was open, and \
            the mail and notes that changed none of them.

            EXAMPLE
              baton report explain 7
            """
    )

    @Argument(help: ArgumentHelp("The number of the ticket.", valueName: "ticket"))
    var ticket: Int64

    @OptionGroup var output: ReportFormatOptions

    @OptionGroup var database: DatabaseOptions

    mutating func run() async throws {
        let ticket = Identifier<Ticket>(self.ticket)
        let explanation = try await self.database.withDatabase(connections: 1) { database in
            try await TicketExplanation.make(of: ticket, from: database)
        }
        self.output.print(table: explanation.table, json: explanation.json, csv: explanation.csv)
    }
}
