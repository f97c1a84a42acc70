/// A number that names one row, and says of which kind.
///
/// `Identifier<Ticket>` and `Identifier<Agent>` wrap the same `Int64` and do not mix.
package struct Identifier<Entity>: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// The number in the database; for a ticket, the ticket number.
    package let rawValue: Int64

    /// Wraps a number.
    package init(_ rawValue: Int64) {
        self.rawValue = rawValue
    }

    /// The number alone.
    package var description: String { String(self.rawValue) }

    /// Older rows first.
    package static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
}

/// Tag for `Identifier<Queue>`: a named stream of tickets.
package enum Queue {}
/// Tag for `Identifier<Mailbox>`: one shared account on a mail server.
package enum Mailbox {}
/// Tag for `Identifier<Folder>`: what RFC 9051 calls a mailbox.
package enum Folder {}
/// Tag for `Identifier<Message>`: one mail, stored once per mailbox.
package enum Message {}
/// Tag for `Identifier<Placement>`: one copy of a message on the server; the ledger number.
package enum Placement {}
/// Tag for `Identifier<Contact>`: a person who writes in.
package enum Contact {}
/// Tag for `Identifier<Note>`: a text that agents leave on a ticket.
package enum Note {}
