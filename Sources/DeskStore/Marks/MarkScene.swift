package import Desk
import Postgres

/// What one look at a mailbox's marks begins with, as it is now, read in two round trips.
package struct MarkScene: Sendable {
    /// The mailbox.
    package let mailbox: MailboxRecord
    /// Every agent.
    package let people: [Agent.ID: Agent]
    /// The mailbox's folders.
    package let folders: [FolderRecord]
    /// The messages that are due.
    package let cases: [MarkCase]
    /// Those of them that the breaker holds, with what a person decided.
    package let held: [Identifier<Message>: BreakerDecision?]
    /// What else is like what waits for a decision.
    package let undecided: Set<BreakerGroup>

    /// Reads it; nil where there is no mailbox of this name.
    ///
    /// At most about twice `limit` messages. Nothing is locked.
    package static func read(
        _ unit: Unit,
        _ name: String,
        _ mailbox: Identifier<Mailbox>,
        limit: Int
    ) throws -> MarkScene? {
        // What is due first: whoever sets something else then, or ends the first import, touches it again.
        let answers = try unit.transaction.pipeline { pipeline in
            try pipeline.query(MarkQueries.due, mailbox.rawValue, Int64(limit))
            try pipeline.query(MailboxQueries.load, name)
            try pipeline.query(TicketQueries.agents)
            try pipeline.query(FolderQueries.load, mailbox.rawValue)
            try pipeline.query(HeldGestureQueries.undecided, mailbox.rawValue)
        }
        guard let record = try answers[1].map(MailboxQueries.record).first else { return nil }
        let people = try TicketQueries.people(answers[2]).map { ($0.agent.id, $0.agent) }
        let (cases, held) = try MarkQueries.completed(unit, mailbox, try answers[0].map(MarkQueries.decode))
        return MarkScene(
            mailbox: record,
            people: Dictionary(people) { first, _ in first },
            folders: try FolderQueries.records(answers[3]),
            cases: cases,
            held: held,
            undecided: try HeldGestureQueries.groups(answers[4])
        )
    }
}
