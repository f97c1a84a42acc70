package import Desk
import Postgres

/// An extension that a mailbox's connections do without, as it is stored.
package struct StoredExtension: Equatable, Sendable {
    /// Its name, in capitals.
    package let name: String
    /// How the server contradicted its own offer; nil: a person switched it off.
    package let reason: String?
    /// Since when.
    package let since: Timestamp
}

/// Statements on `mailbox_extension`.
package enum ExtensionQueries {
    /// Every statement here.
    static let all: [SQL] = [load, switchOff, latch, switchOn]

    /// Binds `$1` mailbox.
    ///
    /// Rows by name.
    static let load = SQL(
        name: "mailbox_extension.load",
        text: """
            SELECT extension, reason, since FROM mailbox_extension WHERE mailbox_id = $1 ORDER BY extension
            """
    )

    /// Binds `$1` mailbox, `$2` name.
    ///
    /// What the server had contradicted becomes a person's decision. Rows changed: 1, or none where it was so already.
    static let switchOff = SQL(
        name: "mailbox_extension.switch_off",
        text: """
            INSERT INTO mailbox_extension (mailbox_id, extension) VALUES ($1, $2)
            ON CONFLICT (mailbox_id, extension) DO UPDATE SET reason = NULL, since = now()
            WHERE mailbox_extension.reason IS NOT NULL
            """
    )

    /// Binds `$1` mailbox, `$2` name, `$3` how the server contradicted it.
    ///
    /// The first reason stays, and so does a person's decision. Rows changed: 1 or none.
    static let latch = SQL(
        name: "mailbox_extension.latch",
        text: """
            INSERT INTO mailbox_extension (mailbox_id, extension, reason) VALUES ($1, $2, $3)
            ON CONFLICT (mailbox_id, extension) DO NOTHING
            """
    )

    /// Binds `$1` mailbox, `$2` name.
    ///
    /// Rows changed: 1, or none where it was used already.
    static let switchOn = SQL(
        name: "mailbox_extension.switch_on",
        text: "DELETE FROM mailbox_extension WHERE mailbox_id = $1 AND extension = $2"
    )

    /// What the mailbox's connections do without, by name.
    ///
    /// Throws ``StoreError``.
    package static func load(_ unit: Unit, _ mailbox: Identifier<Mailbox>) throws -> [StoredExtension] {
        try unit.transaction.query(self.load, mailbox.rawValue).map { row in
            StoredExtension(
                name: try row.decode(0, as: String.self),
                reason: try row.decode(1, as: String?.self),
                since: try row.decode(2, as: Timestamp.self)
            )
        }
    }

    /// Switches an extension off by hand; false where it was so already.
    ///
    /// Throws ``StoreError``.
    package static func switchOff(_ unit: Unit, _ mailbox: Identifier<Mailbox>, _ name: String) throws -> Bool {
        try unit.transaction.execute(self.switchOff, mailbox.rawValue, name) > 0
    }

    /// Records that the server contradicted its offer of an extension.
    ///
    /// Throws ``StoreError``.
    package static func latch(
        _ unit: Unit,
        _ mailbox: Identifier<Mailbox>,
        _ name: String,
        reason: String
    ) throws {
        try unit.transaction.queue(self.latch, mailbox.rawValue, name, reason)
    }

    /// Lets an extension be used again, whoever switched it off; false where it was used.
    ///
    /// Throws ``StoreError``.
    package static func switchOn(_ unit: Unit, _ mailbox: Identifier<Mailbox>, _ name: String) throws -> Bool {
        try unit.transaction.execute(self.switchOn, mailbox.rawValue, name) > 0
    }
}
