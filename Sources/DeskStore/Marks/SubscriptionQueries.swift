package import Desk
import Postgres

/// Statements on `subscription`: the folders that were subscribed once.
package enum SubscriptionQueries {
    static let all: [SQL] = [asked, note]

    /// Binds `$1` mailbox.
    static let asked = SQL(name: "subscription.asked", text: "SELECT raw_name FROM subscription WHERE mailbox_id = $1")

    /// Binds `$1` mailbox, `$2` raw names.
    static let note = SQL(
        name: "subscription.note",
        text: """
            INSERT INTO subscription (mailbox_id, raw_name) SELECT $1, unnest($2::bytea[]) ON CONFLICT DO NOTHING
            """
    )

    /// The raw names of the folders that were subscribed.
    ///
    /// Throws ``StoreError``.
    package static func asked(_ unit: Unit, mailbox: Identifier<Mailbox>) throws -> Set<[UInt8]> {
        Set(try unit.transaction.query(asked, mailbox.rawValue).map { try $0.decode(0, as: [UInt8].self) })
    }

    /// Notes that folders were subscribed, or that the server does not want to.
    ///
    /// Throws ``StoreError``.
    package static func note(_ unit: Unit, mailbox: Identifier<Mailbox>, _ rawNames: [[UInt8]]) throws {
        guard !rawNames.isEmpty else { return }
        try unit.transaction.queue(note, mailbox.rawValue, rawNames)
    }
}
