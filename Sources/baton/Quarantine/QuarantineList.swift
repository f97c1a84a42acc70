import ArgumentParser
import Desk
import DeskStore

/// `baton quarantine list`.
struct QuarantineList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List the mails in quarantine.",
        discussion: """
              baton quarantine list
              baton quarantine list --mailbox support --format json
            """
    )

    @Option(help: ArgumentHelp("Only those of this mailbox.", valueName: "name"))
    var mailbox: String?

    @OptionGroup var database: DatabaseOptions
    @OptionGroup var listing: ListingOptions

    func run() async throws {
        let mails = try await self.database.withDatabase { database in
            try await database.unit { unit in
                let name = try self.mailbox.map { try Lookup.mailbox(unit, $0).settings.name }
                return try QuarantineQueries.list(unit, mailbox: name)
            }
        }
        let columns = [
            Listing.Column(key: "id", title: "Mail", alignment: .right),
            Listing.Column(key: "mailbox", title: "Mailbox"),
            Listing.Column(key: "ticket", title: "#", alignment: .right),
            Listing.Column(key: "received_at", title: "Received (UTC)"),
            Listing.Column(key: "size", title: "Bytes", alignment: .right),
            Listing.Column(key: "from", title: "From", isFlexible: true),
            Listing.Column(key: "subject", title: "Subject", isFlexible: true),
            Listing.Column(key: "reason", title: nil),
        ]
        let rows = mails.map { mail in
            [
                Listing.Cell.integer(mail.id.rawValue), .word(mail.mailbox),
                mail.ticket.map { .integer($0.rawValue) } ?? .none, .instant(mail.receivedAt),
                mail.size.map { .integer($0) } ?? .none, .text(mail.from), .text(mail.subject), .optional(mail.reason),
            ]
        }
        Listing(columns: columns, rows: rows, emptyText: "No mail is in quarantine.").print(self.listing)
    }
}
