package import Desk
import Postgres

/// What one pass over a mailbox begins with, as it is now, read in one round trip.
package struct SyncScene: Sendable {
    /// The mailbox.
    package let mailbox: MailboxRecord
    /// Every agent.
    package let agents: [Agent]
    /// The mailbox's folders.
    package let folders: [FolderRecord]
    /// The number that observations made from now on carry.
    package let number: Int64
    /// The database's clock.
    package let now: Timestamp
    /// When the last complete synchronisation began; at most a minute behind.
    package let lastSync: Timestamp?
    /// Whether anything waits for a complete synchronisation.
    package let isAwaited: Bool
    /// What must be looked at again because the last answer is older than our last write, by folder.
    package var stale: [Identifier<Folder>: [UInt32]]
    /// Whether the second look at something that was written is not over.
    package let hasUnconfirmed: Bool
    /// Parked mails whose time has come, by folder.
    package let parked: [Identifier<Folder>: [ParkedMail]]
    /// Whether mail waits to be filed that a pass before left, within the horizon of a first import.
    package let hasUnfiled: Bool

    /// Reads it; nil where there is no mailbox of this name.
    package static func read(
        _ unit: Unit,
        _ name: String,
        _ mailbox: Identifier<Mailbox>
    ) throws -> SyncScene? {
        let answers = try unit.transaction.pipeline { pipeline in
            try pipeline.query(MailboxQueries.load, name)
            try pipeline.query(TicketQueries.agents)
            try pipeline.query(FolderQueries.load, mailbox.rawValue)
            try pipeline.query(MailboxQueries.sequence, mailbox.rawValue)
            try pipeline.query(MailboxQueries.lastSync, mailbox.rawValue)
            try pipeline.query(MailboxQueries.awaited, mailbox.rawValue)
            try pipeline.query(PlacementQueries.stale, mailbox.rawValue)
            try pipeline.query(LedgerQueries.parkedDue, mailbox.rawValue)
            try pipeline.query(FilingQueries.peek, mailbox.rawValue, Int64(1), [Int64]())
            try pipeline.query(PlacementQueries.hasUnconfirmed, mailbox.rawValue)
        }
        guard let record = try answers[0].map(MailboxQueries.record).first, let sequence = answers[3].first,
            let lastSync = answers[4].first, let awaited = answers[5].first, let unconfirmed = answers[9].first
        else { return nil }
        return SyncScene(
            mailbox: record,
            agents: try TicketQueries.people(answers[1]).map(\.agent),
            folders: try FolderQueries.records(answers[2]),
            number: try sequence.decode(0, as: Int64.self),
            now: try sequence.decode(1, as: Timestamp.self),
            lastSync: try lastSync.decode(0, as: Timestamp?.self),
            isAwaited: try awaited.decode(0, as: Bool.self),
            stale: try PlacementQueries.uids(answers[6]),
            hasUnconfirmed: try unconfirmed.decode(0, as: Bool.self),
            parked: try LedgerQueries.parked(answers[7]),
            hasUnfiled: !answers[8].isEmpty
        )
    }
}
