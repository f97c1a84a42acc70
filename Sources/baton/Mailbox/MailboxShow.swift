import ArgumentParser
import Desk
import DeskStore
import Rendering

/// `baton mailbox show`.
struct MailboxShow: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Show all settings of a mailbox and how far it has come.",
        discussion: """
            The password is never shown, only where it is read from. Marks that the server does not take, and changes in \
            mail clients that were refused twice within an hour, are held: listed below with reason and age, and tried \
            again by themselves.
            """
    )

    @Argument(help: "The mailbox.")
    var name: String

    @OptionGroup var database: DatabaseOptions
    @OptionGroup var detail: DetailOptions

    func run() async throws {
        let (mailbox, held) = try await self.database.withDatabase { database in
            try await database.unit { unit in
                let mailbox = try Lookup.mailbox(unit, self.name)
                return (mailbox, try HoldQueries.list(unit, mailbox: mailbox.id))
            }
        }
        switch self.detail.format {
        case .table:
            Output.write(FieldList.text(Self.fields(mailbox).map { ($0.title, $0.value.shown) }))
            guard !held.isEmpty else { return }
            Output.line()
            Output.write(Self.listing(held).text(.table, raw: false, on: .standardOutput()))
        case .json:
            var members = Self.fields(mailbox).map { JSONText.Member(name: $0.key, value: $0.value.json) }
            let listing = Self.listing(held)
            let rows = listing.rows.map { Listing.object(listing.columns, $0) }
            members.append(JSONText.Member(name: "held", value: .array(rows)))
            Output.line(JSONText.object(members).indented)
        }
    }

    /// What is held, alike together.
    static func listing(_ held: [HoldQueries.Held]) -> Listing {
        Listing(
            columns: [
                .init(key: "messages", title: "Held", alignment: .right), .init(key: "field", title: "Mark"),
                .init(key: "since", title: "Since (UTC)"), .init(key: "until", title: "Tried again (UTC)"),
                .init(key: "reason", title: "Reason", isFlexible: true),
            ],
            rows: held.map { one in
                [
                    .integer(one.messages), .word(one.field), .instant(one.since), .instant(one.until),
                    .text(one.reason),
                ]
            },
            emptyText: "Nothing is held."
        )
    }

    /// One setting under the name it has in JSON and the one people read.
    struct Field: Equatable, Sendable {
        let key: String
        let title: String
        let value: Listing.Cell
    }

    static func fields(_ mailbox: MailboxListing) -> [Field] {
        let settings = mailbox.settings
        return [
            .init(key: "name", title: "mailbox", value: .word(settings.name)),
            .init(key: "address", title: "address", value: .text(settings.address)),
            .init(key: "server", title: "server", value: .text(settings.server)),
            .init(key: "plaintext", title: "without TLS", value: .flag(settings.isPlaintext)),
            .init(key: "ca_file", title: "authorities", value: .optional(settings.caFile)),
            .init(key: "user", title: "user", value: .text(settings.username)),
            .init(key: "password_file", title: "password file", value: .optional(settings.passwordFile)),
            .init(key: "password_variable", title: "password variable", value: .optional(settings.passwordVariable)),
            .init(key: "token_file", title: "token file", value: .optional(settings.tokenFile)),
            .init(
                key: "token_command",
                title: "token command",
                value: .optional(settings.tokenCommand?.joined(separator: " "))
            ),
            .init(key: "connections", title: "connections", value: .integer(Int64(settings.connections))),
            .init(key: "without", title: "without", value: .texts(mailbox.link.off.keys.sorted())),
            .init(key: "queue", title: "queue", value: .word(mailbox.queueName)),
            .init(key: "layout", title: "layout", value: .word(LayoutChoice.text(settings.layout))),
            .init(key: "breaker", title: "breaker", value: .integer(Int64(settings.breaker))),
            .init(key: "linger_seconds", title: "linger", value: .duration(settings.linger)),
            .init(key: "marks_reach_seconds", title: "marks reach", value: .duration(settings.marksReach)),
            .init(key: "on_delete", title: "on delete", value: .word(settings.onDelete.rawValue)),
            .init(key: "authserv_id", title: "authserv-id", value: .optional(settings.authservID)),
            .init(key: "agents_folder", title: "agents' folders in", value: .text(settings.agentsFolder)),
            .init(key: "closed_folder", title: "closed folder", value: .text(settings.closedFolder)),
            .init(key: "created_at", title: "created (UTC)", value: .instant(mailbox.createdAt)),
            .init(key: "adopted_at", title: "imported (UTC)", value: .optional(mailbox.adoptedAt)),
            .init(key: "synchronised_at", title: "synchronised (UTC)", value: .optional(mailbox.synchronisedAt)),
            .init(key: "paused_at", title: "paused (UTC)", value: .optional(mailbox.pausedAt)),
            .init(key: "waits_until", title: "server waits until (UTC)", value: .optional(mailbox.link.waitsUntil)),
            .init(key: "waits_because", title: "because", value: .optional(mailbox.link.waitsBecause)),
            .init(
                key: "log_in_refusals",
                title: "log-ins refused",
                value: .integer(Int64(mailbox.link.logInRefusals))
            ),
            .init(key: "last_error", title: "last error", value: .optional(mailbox.lastError)),
            .init(key: "last_error_at", title: "last error (UTC)", value: .optional(mailbox.lastErrorAt)),
            .init(key: "tickets", title: "tickets", value: .integer(mailbox.tickets)),
            .init(key: "messages", title: "messages", value: .integer(mailbox.messages)),
        ]
    }
}
