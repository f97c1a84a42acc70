package import Postgres

/// Every statement of the desk, so that a test prepares each against the migrated schema.
package enum Statements {
    /// All of them, by table or purpose.
    package static var all: [SQL] {
        LeaseQueries.all + MailboxQueries.all + ExtensionQueries.all + ServerWaitQueries.all + FolderQueries.all
            + PlacementQueries.all + LedgerQueries.all + ContentQueries.all
            + FilingQueries.all + FilingWrites.all + LateAnswerQueries.all + TicketQueries.all + EventQueries.all
            + MarkQueries.all
            + IntentQueries.all + HoldQueries.all + RestoreQueries.all + HeldGestureQueries.all
            + SubscriptionQueries.all
            + AgentQueries.all
            + QueueQueries.all
            + MailboxSettingsQueries.all + TicketListingQueries.all + TicketDetailQueries.all + DoctorQueries.all
            + PlannerStatistics.all + DatabaseStatusQueries.all + ReportQueries.all + QuarantineQueries.all
    }

    /// What is written by COPY, so that a test compares each with the migrated schema.
    package static var copies: [CopyTarget] {
        [ContentQueries.inlineCopy, ContentQueries.chunkCopy]
    }
}
