import ArgumentParser
import Desk
import DeskStore

/// `baton mailbox gestures`: what the breaker stopped, and a person's decision about it.
struct MailboxGestures: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "gestures",
        abstract: "Decide about changes in mail clients that were held because they were so many.",
        discussion: """
            More than the mailbox's breaker of tickets released, closed, deleted or marked as spam alike at once may be \
            a slip or a broken client. They are held until you accept them, or revert them: then the mailbox is put \
            back as it was, out of Trash too, as far as the mail is still on the server. The next run does it.

            EXAMPLES
              baton mailbox gestures list support
              baton mailbox gestures accept support
              baton mailbox gestures revert support
            """,
        subcommands: [List.self, Accept.self, Revert.self]
    )

    /// `baton mailbox gestures list`.
    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List what is held.")

        @Argument(help: "The mailbox's name.")
        var name: String

        @OptionGroup var database: DatabaseOptions
        @OptionGroup var listing: ListingOptions

        func run() async throws {
            let held = try await self.database.withDatabase { database in
                try await database.unit { unit in
                    try HeldGestureQueries.list(
                        unit,
                        mailbox: try Lookup.mailbox(unit, self.name).settings.name
                    )
                }
            }
            let columns = [
                Listing.Column(key: "ticket", title: "#", alignment: .right),
                Listing.Column(key: "folder", title: "Folder"),
                Listing.Column(key: "kind", title: "Change"),
                Listing.Column(key: "at", title: "Held since (UTC)"),
                Listing.Column(key: "decision", title: "Decision"),
            ]
            let rows = held.map { one in
                [
                    Listing.Cell.integer(one.ticket.rawValue), .text(one.folder), .word(one.kind), .instant(one.at),
                    .optionalWord(one.decision?.rawValue),
                ]
            }
            Listing(columns: columns, rows: rows, emptyText: "Nothing is held.").print(self.listing)
        }
    }

    /// `baton mailbox gestures accept`.
    struct Accept: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Apply everything that is held.")

        @Argument(help: "The mailbox's name.")
        var name: String

        @OptionGroup var database: DatabaseOptions

        func run() async throws {
            try await MailboxGestures.decide(self.name, .accept, self.database)
        }
    }

    /// `baton mailbox gestures revert`.
    struct Revert: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Put the mailbox back as it was.")

        @Argument(help: "The mailbox's name.")
        var name: String

        @OptionGroup var database: DatabaseOptions

        func run() async throws {
            try await MailboxGestures.decide(self.name, .revert, self.database)
        }
    }

    private static func decide(
        _ name: String,
        _ decision: BreakerDecision,
        _ options: DatabaseOptions
    ) async throws {
        let (count, deletions) = try await options.withDatabase { database in
            try await database.unit { unit in
                let name = try Lookup.mailbox(unit, name).settings.name
                guard let mailbox = try MailboxQueries.load(unit, name: name) else { return (0, 0) }
                let held = try HeldGestureQueries.list(unit, mailbox: name).filter { $0.decision == nil }
                let deletions = held.count { $0.kind == BreakerKind.delete.rawValue }
                return (try HeldGestureQueries.decide(unit, mailbox: mailbox.id, decision), deletions)
            }
        }
        Output.line(count == 0 ? "nothing was held" : "\(count) held, now to \(decision.rawValue)")
        if decision == .revert, deletions > 0 {
            Output.remark(
                "\(deletions) are deletions: mail that lies in Trash is moved back; what the server has no more cannot be."
            )
        }
    }
}
