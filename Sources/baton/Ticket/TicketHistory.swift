import ArgumentParser
import Desk
import DeskStore

/// `baton ticket history`.
struct TicketHistory: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "history",
        abstract: "Show everything that happened to a ticket, and who did it.",
        discussion: """
            Every event has two times: when it happened, and when Baton recorded it. The origin says where it came \
            from: cli, api, mail-client, rule, policy, mail or ingestion.
            """
    )

    @Argument(help: "The ticket's number.", transform: ArgumentReading.ticket)
    var number: Identifier<Ticket>

    @OptionGroup var database: DatabaseOptions
    @OptionGroup var listing: ListingOptions

    func run() async throws {
        let events = try await self.database.withDatabase { database in
            try await database.unit { unit in
                guard try TicketDetailQueries.ticket(unit, self.number) != nil else {
                    throw try Lookup.unknownTicket(unit, self.number)
                }
                return try TicketDetailQueries.history(unit, self.number)
            }
        }
        HistoryRows.listing(events).print(self.listing)
    }
}

/// Events as rows.
enum HistoryRows {
    static let columns: [Listing.Column] = [
        .init(key: "at", title: "When (UTC)"),
        .init(key: "recorded_at", title: nil),
        .init(key: "kind", title: "What"),
        .init(key: "actor", title: "Who"),
        .init(key: "origin", title: "From where"),
        .init(key: "agent", title: "Agent"),
        .init(key: "details", title: nil),
    ]

    static func listing(_ events: [TicketHistoryEntry]) -> Listing {
        Listing(columns: Self.columns, rows: events.map { Self.row($0) }, emptyText: "No events.")
    }

    static func row(_ event: TicketHistoryEntry) -> [Listing.Cell] {
        let kind: Listing.Cell = event.claims.map { .explained(event.kind, "#\($0)") } ?? .word(event.kind)
        return [
            .instant(event.at), .instant(event.recordedAt), kind, .text(event.actor), .word(event.origin),
            .optionalWord(event.agent), .json(event.details),
        ]
    }
}
