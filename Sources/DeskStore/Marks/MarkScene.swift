package import Desk
import Postgres

/// What one look at a mailbox's marks begins with, as it was at one moment, read in one round trip.
package struct MarkScene: Sendable {
    /// The mailbox.
    package let mailbox: MailboxRecord
    /// Every agent.
    package let people: [Agent.ID: Agent]
    /// The mailbox's folders.
    package let folders: [FolderRecord]
    /// The messages that are due.
    package let cases: [MarkCase]
    /// What else is like what waits for a decision.
    package let undecided: Set<BreakerGroup>
    /// The mailbox's number then.
    package let number: Int64

    /// Reads it, before the unit's transaction begins; nil where there is no mailbox of this name.
    ///
    /// At most about twice `limit` messages. Nothing is locked: whoever changes something of it then touches what depends on it.
    package static func read(
        _ unit: Unit,
        _ name: String,
        _ mailbox: Identifier<Mailbox>,
        limit: Int
    ) throws -> MarkScene? {
        let (mailbox, limit) = (mailbox.rawValue, Int64(limit))
        let answers = try unit.transaction.snapshot { pipeline in
            try pipeline.query(MarkQueries.due, mailbox, limit)
            try pipeline.query(MarkQueries.dueCopies, mailbox, limit)
            try pipeline.query(MailboxQueries.load, name)
            try pipeline.query(TicketQueries.agents)
            try pipeline.query(FolderQueries.load, mailbox)
            try pipeline.query(HeldGestureQueries.undecided, mailbox)
            try pipeline.query(MailboxQueries.sequence, mailbox)
        }
        guard let record = try answers[2].map(MailboxQueries.record).first,
            let number = try answers[6].map({ try $0.decode(0, as: Int64.self) }).first
        else { return nil }
        let people = try TicketQueries.people(answers[3]).map { ($0.agent.id, $0.agent) }
        return MarkScene(
            mailbox: record,
            people: Dictionary(people) { first, _ in first },
            folders: try FolderQueries.records(answers[4]),
            cases: try MarkQueries.complete(try answers[0].map(MarkQueries.decode), placements: answers[1]),
            undecided: try HeldGestureQueries.groups(answers[5]),
            number: number
        )
    }
}
