/// Everything that the reconciliation of one message depends on.
///
/// Numbers are of the mailbox's sequence. Opening and closing an intent, a person's command and the start of a complete
/// synchronisation each *draw* one; an observation *reads* the current one before its command is sent.
package struct MarkSubject: Hashable, Sendable {
    /// How far Baton's marks go.
    package enum Reach: String, CaseIterable, Hashable, Sendable {
        /// They are written.
        case inReach = "in_reach"
        /// It was adopted, and its ticket did not change since.
        case adoptedUnchanged = "adopted_unchanged"
        /// It was adopted and is too old.
        case outOfReach = "out_of_reach"
    }

    /// The message.
    package var message: Identifier<Message>
    /// The mailbox's layout; nil: observe only.
    package var layout: Layout?
    /// The ticket it is on, if any.
    package var ticket: Ticket?
    /// Whether an answer of ours names it in In-Reply-To.
    package var isAnsweredByUs: Bool
    /// Whether it lies in Junk without its ticket being spam, and stays there.
    package var isMutedInJunk: Bool
    /// What All tells of what was archived.
    package var all: AllFolder
    /// What was agreed on last.
    package var settled: Settled?
    /// Its live placements in watched folders, of any role.
    package var placements: [MarkPlacement]
    /// The newest number under which one of its placements was found gone, or found with `\Deleted` for the first time; 0: none.
    package var goneObservation: Int64
    /// The open intent, if any.
    package var intent: MarkIntent?
    /// What a former holder of the lease may still write.
    package var belated: [BelatedWrite]
    /// The number drawn when its last intent closed or was lost; 0: none.
    package var lastClose: Int64
    /// What was written, or may have been, was not seen on every placement since: what was seen before says nothing.
    package var isUnconfirmed: Bool
    /// The number drawn at the start of the last complete synchronisation of all watched folders; 0: none.
    package var lastCompleteSync: Int64
    /// How far marks go.
    package var reach: Reach
    /// Until when a new mail stays in INBOX unless it is seen; nil: it does not linger.
    package var lingerUntil: Timestamp?
    /// The time of the decision.
    package var now: Timestamp
    /// Fields that are neither read nor written for now, unless somebody changed them since.
    package var holds: MarkFields
    /// The number drawn by the last command of a person (``Origin/isPerson``) on the ticket.
    package var personCommand: Int64?

    /// Collects what the reconciliation depends on.
    package init(
        message: Identifier<Message>,
        layout: Layout?,
        ticket: Ticket?,
        isAnsweredByUs: Bool = false,
        isMutedInJunk: Bool = false,
        all: AllFolder = .unwatched,
        settled: Settled?,
        placements: [MarkPlacement],
        goneObservation: Int64 = 0,
        intent: MarkIntent? = nil,
        belated: [BelatedWrite] = [],
        lastClose: Int64 = 0,
        isUnconfirmed: Bool = false,
        lastCompleteSync: Int64 = 0,
        reach: Reach = .inReach,
        lingerUntil: Timestamp? = nil,
        now: Timestamp,
        holds: MarkFields = [],
        personCommand: Int64? = nil
    ) {
        self.message = message
        self.layout = layout
        self.ticket = ticket
        self.isAnsweredByUs = isAnsweredByUs
        self.isMutedInJunk = isMutedInJunk
        self.all = all
        self.settled = settled
        self.placements = placements
        self.goneObservation = goneObservation
        self.intent = intent
        self.belated = belated
        self.lastClose = lastClose
        self.isUnconfirmed = isUnconfirmed
        self.lastCompleteSync = lastCompleteSync
        self.reach = reach
        self.lingerUntil = lingerUntil
        self.now = now
        self.holds = holds
        self.personCommand = personCommand
    }
}

/// What All tells, where a server archives by taking labels away (`X-GM-EXT-1`).
package enum AllFolder: Hashable, Sendable {
    /// Nothing: the server does not archive so, or does not list All.
    case unwatched
    /// Which mails are left in it alone: they are archived.
    case watched
    /// Nothing now, since it cannot be opened: what was archived looks as if it were deleted.
    case unreadable
}
