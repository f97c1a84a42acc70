import ArgumentParser
import Desk
import DeskStore
import Rendering

/// `baton ticket show`.
struct TicketShow: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Show one ticket: its mails, where they lie, its notes and its history.",
        discussion: """
              baton ticket show 7
              baton ticket show 7 --format json
            """
    )

    @Argument(help: "The ticket's number.", transform: ArgumentReading.ticket)
    var number: Identifier<Ticket>

    @OptionGroup var database: DatabaseOptions
    @OptionGroup var detail: DetailOptions

    func run() async throws {
        let ticket = try await self.database.withDatabase { database in
            try await database.unit { unit in
                guard let ticket = try TicketDetailQueries.detail(unit, self.number) else {
                    throw try Lookup.unknownTicket(unit, self.number)
                }
                return ticket
            }
        }
        switch self.detail.format {
        case .table: Output.write(TicketText.text(ticket, on: .standardOutput()))
        case .json: Output.line(TicketText.json(ticket).indented)
        }
    }
}
