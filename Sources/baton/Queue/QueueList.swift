import ArgumentParser
import Desk
import DeskStore

/// `baton queue list`.
struct QueueList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List queues, with members and open tickets.",
        aliases: ["ls"]
    )

    @OptionGroup var database: DatabaseOptions
    @OptionGroup var listing: ListingOptions

    func run() async throws {
        let queues = try await self.database.withDatabase { database in
            try await database.unit { unit in try QueueQueries.list(unit) }
        }
        Self.listing(queues).print(self.listing)
    }

    static func listing(_ queues: [QueueListing]) -> Listing {
        Listing(
            columns: [
                .init(key: "name", title: "Queue"),
                .init(key: "members", title: "Members", isFlexible: true),
                .init(key: "mailboxes", title: "Mailboxes", isFlexible: true),
                .init(key: "open_tickets", title: "Open", alignment: .right),
                .init(key: "unowned_tickets", title: "Unowned", alignment: .right),
                .init(key: "after_answer", title: "After answer"),
                .init(key: "created_at", title: nil),
            ],
            rows: queues.map { queue in
                [
                    .word(queue.name), .texts(queue.members), .texts(queue.mailboxes), .integer(queue.openTickets),
                    .integer(queue.unownedTickets), .word(queue.afterAnswer.rawValue), .instant(queue.createdAt),
                ]
            },
            emptyText: "No queues yet: baton queue add --help"
        )
    }
}
