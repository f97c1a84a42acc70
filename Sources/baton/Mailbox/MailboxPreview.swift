import ArgumentParser
import Assignment
import Desk
import DeskStore

/// `baton mailbox preview`: what turning marks on would change.
struct MailboxPreview: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "preview",
        abstract: "Count what marks would change in the mailbox; changes nothing.",
        discussion: """
            Counts by folder and kind of change, from what was last synchronised. Without --layout the mailbox's own \
            layout is taken, or both for one that is only observed.

            EXAMPLES
              baton mailbox preview support
              baton mailbox preview support --layout folders --format json
            """
    )

    @OptionGroup var database: DatabaseOptions
    @OptionGroup var listing: ListingOptions

    @Argument(help: "The mailbox's name.")
    var name: String

    @Option(help: "The layout to try: folders, keywords or both.")
    var layout: Layout?

    func run() async throws {
        let lines = try await self.database.withDatabase { database in
            let record = try await database.unit { unit in
                try MailboxQueries.load(unit, name: try Lookup.mailbox(unit, self.name).settings.name)
            }
            guard let record else { throw CommandFailure.refused("There is no mailbox \(self.name)", "") }
            return try await MarkPreview.run(
                database,
                mailbox: record,
                layout: self.layout ?? record.layout ?? .both
            )
        }
        Self.listing(lines, emptyText: "Nothing would change.").print(self.listing)
    }

    /// Changes that are alike, with their number.
    static func listing(_ lines: [(line: MarkPreview.Line, count: Int)], emptyText: String) -> Listing {
        let columns = [
            Listing.Column(key: "folder", title: "folder"),
            Listing.Column(key: "moves_to", title: "moves to"),
            Listing.Column(key: "adds", title: "adds"),
            Listing.Column(key: "removes", title: "removes"),
            Listing.Column(key: "messages", title: "messages", alignment: .right),
        ]
        let rows = lines.map { line, count in
            [
                Listing.Cell.text(line.folder), .optional(line.destination), .texts(line.adds), .texts(line.removes),
                .integer(Int64(count)),
            ]
        }
        return Listing(columns: columns, rows: rows, emptyText: emptyText)
    }
}

extension Layout: ExpressibleByArgument {}
