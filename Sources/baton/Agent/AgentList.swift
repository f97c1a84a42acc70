import ArgumentParser
import DeskStore

/// `baton agent list`.
struct AgentList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List agents, with the tickets they hold.",
        aliases: ["ls"]
    )

    @OptionGroup var database: DatabaseOptions
    @OptionGroup var listing: ListingOptions

    func run() async throws {
        let agents = try await self.database.withDatabase { database in
            try await database.unit { unit in try AgentQueries.list(unit) }
        }
        Self.listing(agents).print(self.listing)
    }

    static func listing(_ agents: [AgentListing]) -> Listing {
        Listing(
            columns: [
                .init(key: "handle", title: "Agent"),
                .init(key: "name", title: "Name", isFlexible: true),
                .init(key: "emails", title: "Addresses", isFlexible: true),
                .init(key: "queues", title: "Queues", isFlexible: true),
                .init(key: "open_tickets", title: "Open", alignment: .right),
                .init(key: "active", title: "Active"),
                .init(key: "created_at", title: nil),
                .init(key: "disabled_at", title: nil),
            ],
            rows: agents.map { agent in
                [
                    .word(agent.handle), .text(agent.name), .texts(agent.addresses), .texts(agent.queues),
                    .integer(agent.openTickets), .flag(agent.disabledAt == nil), .instant(agent.createdAt),
                    .optional(agent.disabledAt),
                ]
            },
            emptyText: "No agents yet: baton agent add --help"
        )
    }
}
