import Desk
import DeskStore
import Rendering

/// Tickets as rows; the columns are the members that programs rely on.
enum TicketRows {
    static let columns: [Listing.Column] = [
        .init(key: "number", title: "#", alignment: .right),
        .init(key: "subject", title: "Subject", isFlexible: true),
        .init(key: "status", title: "Status"),
        .init(key: "owner", title: "Owner"),
        .init(key: "queue", title: "Queue"),
        .init(key: "mailbox", title: nil),
        .init(key: "contact", title: "Contact", isFlexible: true),
        .init(key: "created_at", title: nil),
        .init(key: "updated_at", title: "Updated (UTC)"),
        .init(key: "message_count", title: "Mails", alignment: .right),
    ]

    static func listing(_ tickets: [TicketListing]) -> Listing {
        Listing(columns: Self.columns, rows: tickets.map { Self.row($0) }, emptyText: "No tickets.")
    }

    static func row(_ ticket: TicketListing) -> [Listing.Cell] {
        [
            .integer(ticket.number.rawValue), .text(ticket.subject), .word(ticket.status.rawValue),
            .optionalWord(ticket.owner), .word(ticket.queue), .word(ticket.mailbox), .optional(ticket.contact),
            .instant(ticket.createdAt), .instant(ticket.updatedAt), .integer(ticket.messageCount),
        ]
    }

    /// The members of one ticket's JSON object, in the order of the columns.
    static func members(_ ticket: TicketListing) -> [JSONText.Member] {
        zip(Self.columns, Self.row(ticket)).map { .init(name: $0.key, value: $1.json) }
    }
}
