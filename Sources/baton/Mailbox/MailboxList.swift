import ArgumentParser
import DeskStore

/// `baton mailbox list`.
struct MailboxList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List mailboxes, and when they were last synchronised.",
        aliases: ["ls"]
    )

    @OptionGroup var database: DatabaseOptions
    @OptionGroup var listing: ListingOptions

    func run() async throws {
        let mailboxes = try await self.database.withDatabase { database in
            try await database.unit { unit in try MailboxSettingsQueries.list(unit) }
        }
        Self.listing(mailboxes).print(self.listing)
    }

    static func listing(_ mailboxes: [MailboxListing]) -> Listing {
        Listing(
            columns: [
                .init(key: "name", title: "Mailbox"),
                .init(key: "address", title: "Address", isFlexible: true),
                .init(key: "server", title: "Server", isFlexible: true),
                .init(key: "queue", title: "Queue"),
                .init(key: "layout", title: "Layout"),
                .init(key: "tickets", title: "Tickets", alignment: .right),
                .init(key: "messages", title: "Mails", alignment: .right),
                .init(key: "synchronised_at", title: "Synchronised (UTC)"),
                .init(key: "last_error", title: "Error", isFlexible: true),
                .init(key: "last_error_at", title: nil),
                .init(key: "created_at", title: nil),
            ],
            rows: mailboxes.map { mailbox in
                [
                    .word(mailbox.settings.name), .text(mailbox.settings.address), .text(mailbox.settings.server),
                    .word(mailbox.queueName), .word(LayoutChoice.text(mailbox.settings.layout)),
                    .integer(mailbox.tickets), .integer(mailbox.messages), .optional(mailbox.synchronisedAt),
                    .optional(mailbox.lastError), .optional(mailbox.lastErrorAt), .instant(mailbox.createdAt),
                ]
            },
            emptyText: "No mailboxes yet: baton mailbox add --help"
        )
    }
}
