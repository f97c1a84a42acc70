package import Desk
import Postgres

/// Statements on the messages that shall go back to the folder each was first seen in.
package enum RestoreQueries {
    static let all: [SQL] = [restore, endRestore, restoring]

    /// Binds `$1` mailbox, `$2` messages.
    ///
    /// They shall go back to where they were first seen.
    static let restore = SQL(
        name: "restore.ask",
        text: """
            UPDATE message SET restoring = true, touched = nextval('touch_number')
            WHERE mailbox_id = $1 AND id = ANY($2) AND NOT restoring
            """
    )

    /// Binds `$1` mailbox, `$2` messages.
    static let endRestore = SQL(
        name: "restore.end",
        text: "UPDATE message SET restoring = false WHERE mailbox_id = $1 AND id = ANY($2) AND restoring"
    )

    /// Binds `$1` mailbox.
    ///
    /// One row: messages on their way back, and those of them that are held.
    static let restoring = SQL(
        name: "restore.count",
        text: """
            SELECT count(*), count(*) FILTER (WHERE g.touched IS NULL AND g.look_at > now())
            FROM message g WHERE g.mailbox_id = $1 AND g.restoring
            """
    )

    /// Asks for messages to go back to the folder each was first seen in.
    package static func restore(
        _ unit: Unit,
        mailbox: Identifier<Mailbox>,
        _ messages: [Identifier<Message>]
    ) throws {
        guard !messages.isEmpty else { return }
        try unit.transaction.queue(restore, mailbox.rawValue, messages.map(\.rawValue))
        try MailboxQueries.wake(unit, mailbox, .assignment)
    }

    /// They are back, or shall not go any more.
    package static func endRestore(
        _ unit: Unit,
        mailbox: Identifier<Mailbox>,
        _ messages: [Identifier<Message>]
    ) throws {
        guard !messages.isEmpty else { return }
        try unit.transaction.queue(endRestore, mailbox.rawValue, messages.map(\.rawValue))
    }

    /// How many messages are on their way back, and how many of them are held.
    package static func restoring(_ unit: Unit, mailbox: Identifier<Mailbox>) throws -> (all: Int, held: Int) {
        for row in try unit.transaction.query(restoring, mailbox.rawValue) {
            return (Int(try row.decode(0, as: Int64.self)), Int(try row.decode(1, as: Int64.self)))
        }
        throw StoreError.missingRow(restoring.name)
    }
}
