import Desk
import Postgres

/// Statements for mail that is not filed in the order in which it was written: what an answer needs that comes before its
/// question, and a ticket whose contact writes for the first time.
enum LateAnswerQueries {
    static let all: [SQL] = [recipients, insertRecipients, firstContacts]

    /// Binds `$1` mailbox, `$2` messages.
    static let recipients = SQL(
        name: "recipient.load",
        text: "SELECT message_id, address_key FROM recipient WHERE mailbox_id = $1 AND message_id = ANY($2)"
    )

    /// Binds `$1` mailbox, `$2` messages, `$3` keys.
    static let insertRecipients = SQL(
        name: "recipient.insert",
        text: """
            INSERT INTO recipient (mailbox_id, message_id, address_key)
            SELECT $1, u.* FROM unnest($2::bigint[], $3::text[]) AS u ON CONFLICT DO NOTHING
            """
    )

    /// Binds `$1` mailbox, `$2` tickets, `$3` contacts.
    ///
    /// A ticket that we began gets its contact when somebody answers; one that has a contact keeps it.
    static let firstContacts = SQL(
        name: "ticket.first_contact",
        text: """
            UPDATE ticket t SET contact_id = u.contact
            FROM unnest($2::bigint[], $3::bigint[]) AS u (number, contact)
            WHERE t.mailbox_id = $1 AND t.number = u.number AND t.contact_id IS NULL
            """
    )

    /// To whom mails of ours went that answered nobody known.
    static func load(
        _ unit: Unit,
        mailbox: Identifier<Mailbox>,
        _ messages: [Identifier<Message>]
    ) throws -> [Identifier<Message>: Set<String>] {
        guard !messages.isEmpty else { return [:] }
        var found: [Identifier<Message>: Set<String>] = [:]
        for row in try unit.transaction.query(recipients, mailbox.rawValue, messages.map(\.rawValue)) {
            found[Identifier(try row.decode(0, as: Int64.self)), default: []].insert(try row.decode(1, as: String.self))
        }
        return found
    }

    /// Writes a batch's part; `contacts` are ids by comparison key.
    static func write(
        _ unit: Unit,
        mailbox: Identifier<Mailbox>,
        _ batch: FilingBatch,
        contacts: [String: Int64]
    ) throws {
        let rows = batch.recipients.flatMap { one in one.keys.sorted().map { (message: one.message, key: $0) } }
        if !rows.isEmpty {
            try unit.transaction.queue(
                insertRecipients,
                mailbox.rawValue,
                rows.map(\.message.rawValue),
                rows.map(\.key)
            )
        }
        let first = batch.firstContacts.compactMap { one in contacts[one.contact.key].map { (one.ticket, $0) } }
        if !first.isEmpty {
            try unit.transaction.queue(
                firstContacts,
                mailbox.rawValue,
                first.map(\.0.rawValue),
                first.map(\.1)
            )
        }
    }
}
