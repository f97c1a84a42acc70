import Desk
import Testing

struct ReconcileCase: CustomTestStringConvertible, Sendable {
    let name: String
    let subject: MarkSubject
    let expected: String

    init(
        _ name: String,
        _ layout: Layout?,
        _ ticket: Ticket,
        settled: String,
        observed: String,
        _ expected: String,
        _ change: (inout MarkSubject) -> Void = { _ in }
    ) {
        self.name = name
        self.expected = expected
        var subject = MarkSubject(
            message: Sample.message,
            layout: layout,
            ticket: ticket,
            settled: Settled(state: marks(settled), placement: Identifier(50), number: 10),
            placements: [placement(marks(observed))],
            lastClose: 10,
            lastCompleteSync: 5,
            now: Sample.at(0)
        )
        change(&subject)
        self.subject = subject
    }

    var testDescription: String { self.name }
}

struct ReconcileTests {
    static let open = Sample.ticket()
    static let anns = Sample.ticket(owner: Sample.ann)
    static let urgent = Sample.ticket(priority: .high)

    static let agreement: [ReconcileCase] = [
        ReconcileCase("all equal", .both, anns, settled: "ann +ann", observed: "ann +ann", "in step"),
        ReconcileCase("both sides moved alike", .both, anns, settled: "inbox", observed: "ann +ann", "settle ann +1"),
        ReconcileCase("a new UID in the same folder", .both, open, settled: "inbox", observed: "inbox", "settle inbox")
        {
            $0.placements = [placement(marks("inbox"), id: 51)]
        },
        ReconcileCase("never settled", .both, anns, settled: "inbox", observed: "closed", "settle closed") {
            $0.settled = nil
        },
        ReconcileCase("no ticket", .both, anns, settled: "inbox", observed: "inbox", "out of reach") {
            $0.ticket = nil
        },
        ReconcileCase("Answered cleared", .both, open, settled: "inbox a", observed: "inbox", "in step"),
        ReconcileCase("Answered cleared that we wrote", .both, open, settled: "inbox a", observed: "inbox", "in step") {
            $0.isAnsweredByUs = true
        },
        ReconcileCase("Answered set that we know", .both, open, settled: "inbox", observed: "inbox a", "settle inbox a")
        {
            $0.isAnsweredByUs = true
        },
        ReconcileCase(
            "keywords in the folders layout",
            .folders,
            open,
            settled: "inbox",
            observed: "inbox +ann",
            "settle inbox +1"
        ),
    ]

    static let writes: [ReconcileCase] = [
        ReconcileCase("an owner", .both, anns, settled: "inbox", observed: "inbox", "write ->agent +owner(1)"),
        ReconcileCase("in folders", .folders, anns, settled: "inbox", observed: "inbox", "write ->agent"),
        ReconcileCase("in keywords", .keywords, anns, settled: "inbox", observed: "inbox", "write +owner(1)"),
        ReconcileCase(
            "a new owner",
            .both,
            Sample.ticket(owner: Sample.bob),
            settled: "ann +ann",
            observed: "ann +ann",
            "write ->agent +owner(2) -owner(1)"
        ),
        ReconcileCase("pending", .both, Sample.ticket(.pending), settled: "inbox", observed: "inbox", "write +pending"),
        ReconcileCase("no longer pending", .both, open, settled: "inbox p", observed: "inbox p", "write -pending"),
        ReconcileCase(
            "closed",
            .both,
            Sample.ticket(.closed, owner: Sample.ann),
            settled: "ann +ann",
            observed: "ann +ann",
            "write ->closed"
        ),
        ReconcileCase(
            "closed, from Archive",
            .both,
            Sample.ticket(.closed),
            settled: "archive",
            observed: "archive",
            "write ->closed"
        ),
        ReconcileCase(
            "priority",
            .both,
            Sample.ticket(priority: .high),
            settled: "inbox",
            observed: "inbox",
            "write +flagged"
        ),
        ReconcileCase("an answer of ours", .both, open, settled: "inbox", observed: "inbox", "write +answered") {
            $0.isAnsweredByUs = true
        },
        ReconcileCase(
            "the keyword that is missing in both",
            .both,
            anns,
            settled: "ann +ann",
            observed: "ann",
            "write +owner(1)"
        ),
        ReconcileCase(
            "the foreign keyword that the folder contradicts",
            .both,
            Sample.ticket(owner: Sample.bob),
            settled: "bob +ann",
            observed: "bob +ann",
            "write +owner(2) -owner(1)"
        ),
        ReconcileCase(
            "new mail of a known owner gets its keyword and lingers",
            .both,
            anns,
            settled: "inbox",
            observed: "inbox",
            "write +owner(1)"
        ) {
            $0.lingerUntil = Sample.at(10)
        },
        ReconcileCase("then waits", .both, anns, settled: "inbox +ann", observed: "inbox +ann", "wait linger") {
            $0.lingerUntil = Sample.at(10)
        },
        ReconcileCase("until seen", .both, anns, settled: "inbox +ann", observed: "inbox +ann", "write ->agent") {
            $0.lingerUntil = Sample.at(10)
            $0.placements = [placement(marks("inbox +ann"), isSeen: true)]
        },
        ReconcileCase("or over", .both, anns, settled: "inbox +ann", observed: "inbox +ann", "write ->agent") {
            $0.lingerUntil = Sample.at(0)
        },
    ]

    static let gestures: [ReconcileCase] = [
        ReconcileCase("to an agent's folder", .both, open, settled: "inbox", observed: "ann", "gesture moved_to_agent"),
        ReconcileCase("to INBOX", .folders, anns, settled: "ann", observed: "inbox", "gesture moved_to_inbox"),
        ReconcileCase(
            "to Closed",
            .keywords,
            anns,
            settled: "inbox +ann",
            observed: "closed +ann",
            "gesture moved_to_closed"
        ),
        ReconcileCase(
            "to a folder without meaning",
            .both,
            open,
            settled: "inbox",
            observed: "other",
            "gesture moved_to_folder"
        ),
        ReconcileCase(
            "folder and keyword together are the folder's",
            .both,
            anns,
            settled: "ann +ann",
            observed: "bob +cat",
            "gesture moved_to_agent [bob +3]"
        ),
        ReconcileCase(
            "an owner keyword added",
            .both,
            anns,
            settled: "ann +ann",
            observed: "ann +ann +bob",
            "gesture owner_added"
        ),
        ReconcileCase(
            "an owner keyword exchanged",
            .keywords,
            anns,
            settled: "inbox +ann",
            observed: "inbox +bob",
            "gesture owner_added"
        ),
        ReconcileCase(
            "several added",
            .keywords,
            open,
            settled: "inbox",
            observed: "inbox +ann +bob",
            "gesture owners_added"
        ),
        ReconcileCase(
            "removed in keywords",
            .keywords,
            anns,
            settled: "inbox +ann",
            observed: "inbox",
            "gesture owner_removed"
        ),
        ReconcileCase("pending added", .both, open, settled: "inbox", observed: "inbox p", "gesture pending_added"),
        ReconcileCase(
            "pending removed",
            .keywords,
            Sample.ticket(.pending),
            settled: "inbox p",
            observed: "inbox",
            "gesture pending_removed"
        ),
        ReconcileCase("Flagged added", .folders, open, settled: "inbox", observed: "inbox f", "gesture flagged"),
        ReconcileCase(
            "Flagged removed",
            .folders,
            Sample.ticket(priority: .high),
            settled: "inbox f",
            observed: "inbox",
            "gesture unflagged"
        ),
        ReconcileCase("Answered set", .both, open, settled: "inbox", observed: "inbox a", "gesture answered_set"),
        ReconcileCase(
            "out of Junk where it was muted",
            .both,
            anns,
            settled: "junk",
            observed: "inbox",
            "gesture moved_to_inbox"
        ) { $0.isMutedInJunk = true },
        ReconcileCase("seen again", .both, open, settled: "inbox", observed: "inbox", "gesture seen_again") {
            $0.settled?.isGone = true
        },
    ]

    static let contested: [ReconcileCase] = [
        ReconcileCase(
            "a gesture beats a policy",
            .both,
            Sample.ticket(owner: Sample.bob),
            settled: "inbox",
            observed: "ann",
            "gesture moved_to_agent overrides"
        ),
        ReconcileCase(
            "and a person's command of afterwards",
            .both,
            Sample.ticket(owner: Sample.bob),
            settled: "inbox",
            observed: "ann",
            "gesture moved_to_agent overrides"
        ) {
            $0.personCommand = 21
        },
        ReconcileCase(
            "and one that was settled since",
            .both,
            Sample.ticket(owner: Sample.bob),
            settled: "inbox",
            observed: "ann",
            "gesture moved_to_agent overrides"
        ) {
            $0.personCommand = 10
        },
        ReconcileCase(
            "it loses to a person's command of before",
            .both,
            Sample.ticket(owner: Sample.bob),
            settled: "inbox",
            observed: "ann",
            "overridden moved_to_agent"
        ) {
            $0.personCommand = 20
        },
        ReconcileCase(
            "before means before it was first observed",
            .both,
            Sample.ticket(owner: Sample.bob),
            settled: "inbox",
            observed: "ann",
            "gesture moved_to_agent overrides"
        ) {
            $0.personCommand = 15
            $0.placements[0].changedObservation = 14
        },
        ReconcileCase(
            "a command about another field stands beside it",
            .keywords,
            anns,
            settled: "inbox",
            observed: "closed",
            "gesture moved_to_closed"
        ) {
            $0.personCommand = 20
        },
        ReconcileCase(
            "an owner commanded stands against a folder's owner in every layout",
            .keywords,
            anns,
            settled: "inbox",
            observed: "bob",
            "overridden moved_to_agent"
        ) {
            $0.personCommand = 20
        },
        ReconcileCase(
            "where Baton wants nothing else it just counts",
            .both,
            open,
            settled: "inbox",
            observed: "ann",
            "gesture moved_to_agent"
        ) {
            $0.personCommand = 15
        },
        ReconcileCase(
            "nor does a change of another field settle it",
            .both,
            Sample.ticket(owner: Sample.bob),
            settled: "inbox",
            observed: "ann",
            "overridden moved_to_agent"
        ) {
            $0.personCommand = 20
            $0.lastClose = 20
            $0.lastCompleteSync = 21
        },
        ReconcileCase(
            "Archive is as good as Closed",
            .both,
            Sample.ticket(.closed),
            settled: "inbox",
            observed: "archive",
            "gesture moved_to_archive"
        ) {
            $0.personCommand = 20
        },
        ReconcileCase("a deletion loses too", .both, anns, settled: "inbox", observed: "inbox", "overridden deleted") {
            $0.placements = []
            $0.goneObservation = 20
            $0.lastCompleteSync = 21
            $0.personCommand = 19
        },
    ]

    static let waiting: [ReconcileCase] = [
        ReconcileCase("an open intent", .both, open, settled: "inbox", observed: "ann", "wait open intent") {
            $0.intent = Self.intent(.inFlight)
        },
        ReconcileCase(
            "an observation older than our last write",
            .both,
            open,
            settled: "inbox",
            observed: "ann",
            "wait stale"
        ) { $0.lastClose = 21 },
        ReconcileCase(
            "an observation of the same number is newer",
            .both,
            open,
            settled: "inbox",
            observed: "ann",
            "gesture moved_to_agent"
        ) { $0.lastClose = 20 },
        ReconcileCase(
            "a complete synchronisation confirms what it did not contradict",
            .both,
            open,
            settled: "inbox",
            observed: "ann",
            "gesture moved_to_agent"
        ) {
            $0.lastClose = 21
            $0.lastCompleteSync = 22
        },
        ReconcileCase(
            "but not what the server counts and left out",
            .both,
            open,
            settled: "inbox",
            observed: "ann",
            "wait stale"
        ) {
            $0.lastClose = 21
            $0.lastCompleteSync = 22
            $0.isUnconfirmed = true
        },
        ReconcileCase(
            "a placement that only the writer knows",
            .both,
            open,
            settled: "inbox",
            observed: "inbox",
            "wait not observed"
        ) {
            $0.placements = [placement(marks("inbox"), observation: nil)]
        },
        ReconcileCase(
            "a complete synchronisation does not confirm what only the writer knows",
            .both,
            open,
            settled: "inbox",
            observed: "ann",
            "wait not observed"
        ) {
            $0.placements = [placement(marks("ann"), observation: nil)]
            $0.lastCompleteSync = 30
        },
        ReconcileCase("a disappearance", .both, open, settled: "inbox", observed: "inbox", "wait sync 20") {
            $0.placements = []
            $0.goneObservation = 20
        },
        ReconcileCase(
            "a disappearance before our last write",
            .both,
            open,
            settled: "inbox",
            observed: "inbox",
            "wait sync 25"
        ) {
            $0.placements = []
            $0.goneObservation = 20
            $0.lastCompleteSync = 22
            $0.lastClose = 25
        },
        ReconcileCase("a deletion", .both, open, settled: "inbox", observed: "inbox", "gesture deleted") {
            $0.placements = []
            $0.goneObservation = 20
            $0.lastCompleteSync = 21
        },
        ReconcileCase("a deletion that is settled", .both, open, settled: "inbox", observed: "inbox", "in step") {
            $0.placements = []
            $0.settled?.isGone = true
        },
        ReconcileCase("only in Sent", .both, open, settled: "inbox", observed: "inbox", "out of reach") {
            $0.placements = []
            $0.settled = nil
        },
    ]

    static let notWritten: [ReconcileCase] = [
        ReconcileCase("observe-only never writes", nil, anns, settled: "inbox", observed: "inbox", "in step"),
        ReconcileCase(
            "observe-only reads gestures",
            nil,
            anns,
            settled: "inbox",
            observed: "closed",
            "gesture moved_to_closed"
        ),
        ReconcileCase(
            "observe-only settles a keyword that is gone",
            nil,
            anns,
            settled: "inbox +ann",
            observed: "inbox",
            "settle inbox"
        ),
        ReconcileCase("adopted and unchanged", .both, anns, settled: "inbox", observed: "inbox", "out of reach") {
            $0.reach = .adoptedUnchanged
        },
        ReconcileCase(
            "adopted, and moved by an agent",
            .both,
            open,
            settled: "inbox",
            observed: "ann",
            "gesture moved_to_agent"
        ) { $0.reach = .adoptedUnchanged },
        ReconcileCase("too old", .both, anns, settled: "inbox", observed: "inbox", "out of reach") {
            $0.reach = .outOfReach
        },
        ReconcileCase("held", .both, anns, settled: "inbox +ann", observed: "inbox +ann", "held 1") {
            $0.holds = .place
        },
        ReconcileCase("a hold concerns one field", .both, anns, settled: "inbox", observed: "inbox", "write +owner(1)")
        { $0.holds = .place },
        ReconcileCase(
            "a gesture that was left is not read again",
            .both,
            open,
            settled: "closed",
            observed: "closed",
            "held 1"
        ) { $0.holds = .place },
        ReconcileCase(
            "a hold ends when somebody changes the field",
            .both,
            open,
            settled: "closed",
            observed: "ann",
            "gesture moved_to_agent overrides"
        ) { $0.holds = .place },
        ReconcileCase(
            "a hold ends by a deletion",
            .both,
            open,
            settled: "closed",
            observed: "inbox",
            "gesture deleted overrides"
        ) {
            $0.placements = []
            $0.holds = .place
            $0.lastCompleteSync = 11
        },
    ]

    static let gmail: [ReconcileCase] = [
        ReconcileCase("archived", .both, open, settled: "inbox", observed: "inbox", "gesture moved_to_archive") {
            Self.onlyIn([.all], &$0)
        },
        ReconcileCase(
            "archived out of an agent's folder",
            .both,
            anns,
            settled: "ann +ann",
            observed: "ann +ann",
            "gesture moved_to_archive"
        ) {
            Self.onlyIn([.all], &$0)
        },
        ReconcileCase("in Trash is deleted", .both, open, settled: "inbox", observed: "inbox", "gesture deleted") {
            Self.onlyIn([.all, .trash], &$0)
        },
        ReconcileCase("not in All is deleted", .both, open, settled: "inbox", observed: "inbox", "gesture deleted") {
            Self.onlyIn([], &$0)
        },
        ReconcileCase("with a label it is there", .both, open, settled: "inbox", observed: "inbox", "in step") {
            let label = $0.placements
            Self.onlyIn([.all], &$0)
            $0.placements += label
        },
        ReconcileCase(
            "where servers have folders All says nothing",
            .both,
            open,
            settled: "inbox",
            observed: "inbox",
            "gesture deleted"
        ) {
            Self.onlyIn([.all], &$0)
            $0.all = .unwatched
        },
        ReconcileCase("waits like a deletion", .both, open, settled: "inbox", observed: "inbox", "wait sync 20") {
            Self.onlyIn([.all], &$0)
            $0.lastCompleteSync = 20
        },
        ReconcileCase(
            "what left while All cannot be opened waits until it can",
            .both,
            open,
            settled: "inbox",
            observed: "inbox",
            "wait archive"
        ) {
            Self.onlyIn([], &$0)
            $0.all = .unreadable
        },
        ReconcileCase(
            "what lies in Trash besides waits for nothing",
            .both,
            open,
            settled: "inbox",
            observed: "inbox",
            "gesture deleted"
        ) {
            Self.onlyIn([.trash], &$0)
            $0.all = .unreadable
        },
        ReconcileCase("archived once is at rest", .both, open, settled: "archive", observed: "inbox", "in step") {
            Self.onlyIn([.all], &$0)
            $0.settled?.isGone = true
        },
        ReconcileCase(
            "taken out of the archive",
            .both,
            open,
            settled: "archive",
            observed: "inbox",
            "gesture moved_to_inbox"
        ) {
            $0.all = .watched
            $0.settled?.isGone = true
        },
        ReconcileCase(
            "a copy that was seen before the archive says nothing until it is looked for",
            .both,
            open,
            settled: "archive",
            observed: "junk",
            "wait sync 3"
        ) {
            $0.all = .watched
            $0.settled?.isGone = true
            $0.settled?.number = 3
            $0.lastCompleteSync = 2
            $0.lastClose = 0
            $0.placements = $0.placements.map { placement in
                MarkPlacement(
                    id: placement.id,
                    folder: placement.folder,
                    role: placement.role,
                    epoch: placement.epoch,
                    uid: placement.uid,
                    observation: 1,
                    flags: placement.flags
                )
            }
        },
        ReconcileCase(
            "archived out of Junk",
            .both,
            Sample.ticket(.spam),
            settled: "junk",
            observed: "junk",
            "gesture moved_to_archive"
        ) {
            Self.onlyIn([.all], &$0)
        },
        ReconcileCase(
            "deleted in Junk while another copy was archived before",
            .both,
            Sample.ticket(.spam),
            settled: "junk",
            observed: "junk",
            "gesture deleted"
        ) {
            Self.onlyIn([.all], &$0)
            $0.settled?.placement = Identifier(71)
        },
        ReconcileCase(
            "archiving loses to a command",
            .both,
            anns,
            settled: "inbox",
            observed: "inbox",
            "overridden moved_to_archive"
        ) {
            Self.onlyIn([.all], &$0)
            $0.personCommand = 19
        },
    ]

    private static func onlyIn(_ roles: [FolderRole], _ subject: inout MarkSubject) {
        subject.all = .watched
        subject.goneObservation = 20
        subject.lastCompleteSync = 21
        subject.placements = roles.enumerated().map { index, role in
            MarkPlacement(
                id: Identifier(Int64(70 + index)),
                folder: Identifier(Int64(90 + index)),
                role: role,
                epoch: 1,
                uid: 1,
                observation: 20,
                flags: MarkFlags()
            )
        }
    }

    static let recovery: [ReconcileCase] = [
        ReconcileCase(
            "waits for a complete synchronisation",
            .both,
            anns,
            settled: "inbox",
            observed: "inbox",
            "wait sync 30"
        ) { $0.intent = Self.intent(.recovering) },
        ReconcileCase("written", .both, anns, settled: "inbox", observed: "ann +ann", "close ann +1 @50") {
            $0.intent = Self.intent(.recovering)
            $0.lastCompleteSync = 31
        },
        ReconcileCase("not written", .both, anns, settled: "inbox", observed: "inbox", "close inbox @50") {
            $0.intent = Self.intent(.recovering)
            $0.lastCompleteSync = 31
        },
        ReconcileCase("written in part", .both, anns, settled: "inbox", observed: "inbox +ann", "close inbox +1 @50") {
            $0.intent = Self.intent(.recovering)
            $0.lastCompleteSync = 31
        },
        ReconcileCase("moved on by somebody", .both, anns, settled: "inbox", observed: "bob +ann", "close inbox +1 @50")
        {
            $0.intent = Self.intent(.recovering)
            $0.lastCompleteSync = 31
            $0.placements = [placement(marks("bob +ann"), id: 60)]
        },
        ReconcileCase("gone", .both, anns, settled: "inbox", observed: "inbox", "close inbox @50") {
            $0.intent = Self.intent(.recovering)
            $0.lastCompleteSync = 31
            $0.placements = []
        },
        ReconcileCase(
            "fields it did not change stay as they were",
            .both,
            anns,
            settled: "inbox",
            observed: "ann +ann f",
            "close ann +1 @50"
        ) {
            $0.intent = Self.intent(.recovering)
            $0.lastCompleteSync = 31
        },
        ReconcileCase("not shown since", .both, anns, settled: "inbox", observed: "inbox", "wait stale") {
            $0.intent = Self.intent(.recovering)
            $0.lastCompleteSync = 31
            $0.lastClose = 30
            $0.isUnconfirmed = true
        },
        ReconcileCase(
            "one keyword added, the other not removed",
            .both,
            anns,
            settled: "ann +bob",
            observed: "ann +ann +bob",
            "close ann +1 +2 @50"
        ) {
            $0.intent = Self.intent(.recovering)
            $0.lastCompleteSync = 31
        },
        ReconcileCase(
            "one keyword removed, the other not added",
            .both,
            anns,
            settled: "ann +bob",
            observed: "ann",
            "close ann @50"
        ) {
            $0.intent = Self.intent(.recovering)
            $0.lastCompleteSync = 31
        },
    ]

    static let copying: [ReconcileCase] = [
        ReconcileCase("no copy: not executed", .both, anns, settled: "inbox", observed: "inbox", "close inbox @50") {
            Self.copied($0.intent?.step ?? .copy, [50], &$0)
        },
        ReconcileCase("a copy and its source", .both, anns, settled: "inbox", observed: "inbox", "finish 50 @61 copy") {
            Self.copied(.copy, [50, 61], &$0)
        },
        ReconcileCase(
            "a MOVE that failed in its middle",
            .both,
            anns,
            settled: "inbox",
            observed: "inbox",
            "finish 50 @61 write"
        ) { Self.copied(.write, [50, 61], &$0) },
        ReconcileCase(
            "an older copy proves nothing",
            .both,
            anns,
            settled: "inbox",
            observed: "inbox",
            "close inbox @50"
        ) {
            Self.copied(.copy, [50, 55], &$0)
        },
        ReconcileCase("the newest copy counts", .both, anns, settled: "inbox", observed: "inbox", "finish 50 @62 copy")
        {
            Self.copied(.copy, [50, 61, 62], &$0)
        },
        ReconcileCase("the source is gone", .both, anns, settled: "inbox", observed: "inbox", "close ann +1 @61") {
            Self.copied(.copy, [61], &$0)
        },
        ReconcileCase("not marked yet", .both, anns, settled: "inbox", observed: "inbox", "finish 50 @61 mark") {
            Self.copied(.mark, [50, 61], &$0)
        },
        ReconcileCase("moved on by somebody", .both, anns, settled: "inbox", observed: "inbox", "finish 50 @61 mark") {
            Self.copied(.mark, [50], &$0)
        },
        ReconcileCase("expunged", .both, anns, settled: "inbox", observed: "inbox", "close ann +1 @61") {
            Self.copied(.expunge, [61], &$0)
        },
        ReconcileCase("the server keeps the source", .both, anns, settled: "inbox", observed: "inbox", "held 1") {
            Self.copied(.mark, [50, 61], &$0)
            $0.holds = .place
        },
    ]

    /// Source 50 in INBOX; copies, by their numbers, in Ann's folder; the intent is younger than 60.
    private static func copied(_ step: MarkIntent.Step, _ numbers: [Int64], _ subject: inout MarkSubject) {
        subject.intent = MarkIntent(
            number: 30,
            target: marks("ann +ann"),
            fields: [.place, .owners],
            phase: .recovering,
            step: step,
            source: MarkIntent.Source(folder: folder(of: .inbox).id, epoch: 1, uid: 50),
            newest: Identifier(60),
            copy: step == .mark || step == .expunge ? Identifier(61) : nil
        )
        subject.lastCompleteSync = 31
        subject.placements = numbers.map { placement(marks($0 == 50 ? "inbox" : "ann +ann"), id: $0) }
    }

    static func intent(_ phase: MarkIntent.Phase) -> MarkIntent {
        MarkIntent(number: 30, target: marks("ann +ann"), fields: [.place, .owners], phase: phase)
    }

    private static func write(
        _ number: Int64,
        _ command: BelatedWrite.Command,
        _ marks: Set<Mark> = [],
        to place: Place = .inbox,
        isFollowed: Bool = false
    ) -> BelatedWrite {
        BelatedWrite(
            intent: Identifier(number),
            command: command,
            place: place,
            marks: marks,
            isFollowed: isFollowed
        )
    }

    private static let bobLate = write(1, .add, [.owner(Sample.bob)])
    private static let bobBefore = write(1, .add, [.owner(Sample.bob)], isFollowed: true)
    private static let annOffLate = write(2, .remove, [.owner(Sample.ann)])
    private static let flagLate = write(3, .add, [.flagged])
    private static let bobMovedLate = write(4, .move, to: .agent(Sample.bob))

    private static func late(
        _ name: String,
        _ layout: Layout = .keywords,
        settled: String,
        observed: String,
        _ belated: BelatedWrite...,
        ticket: Ticket = anns,
        is expected: String,
        _ change: (inout MarkSubject) -> Void = { _ in }
    ) -> ReconcileCase {
        ReconcileCase(name, layout, ticket, settled: settled, observed: observed, expected) {
            $0.belated = belated
            change(&$0)
        }
    }

    static let belated: [ReconcileCase] = [
        late("a keyword", settled: "inbox +ann", observed: "inbox +ann +bob", bobLate, is: "late [1], write -owner(2)"),
        late(
            "another's keyword",
            settled: "inbox +ann",
            observed: "inbox +ann +cat",
            bobLate,
            is: "gesture owner_added [bob +3]"
        ),
        late("another mark", settled: "inbox +ann", observed: "inbox +ann +bob", flagLate, is: "gesture owner_added"),
        late("nothing", settled: "inbox +ann", observed: "inbox +ann", bobLate, is: "in step"),
        late("what was there", settled: "inbox +ann +bob", observed: "inbox +ann +bob", bobLate, is: "write -owner(2)"),
        late("a removal", settled: "inbox +ann", observed: "inbox", annOffLate, is: "late [2], write +owner(1)"),
        late("another removal", settled: "inbox +ann", observed: "inbox", bobLate, is: "gesture owner_removed"),
        late("a flag", settled: "inbox +ann", observed: "inbox +ann f", flagLate, is: "late [3], write -flagged"),
        late(
            "a flag that is wanted",
            settled: "inbox",
            observed: "inbox f",
            flagLate,
            ticket: urgent,
            is: "late [3], in step"
        ),
        late(
            "and what an agent flagged",
            settled: "inbox +ann",
            observed: "inbox +ann +bob f",
            bobLate,
            is: "late [1], gesture flagged"
        ),
        late(
            "and whom an agent added",
            settled: "inbox +ann",
            observed: "inbox +ann +bob +cat",
            bobLate,
            is: "late [1], gesture owner_added overrides [bob +3]"
        ),
        late(
            "of two",
            settled: "inbox +ann",
            observed: "inbox +bob",
            bobLate,
            annOffLate,
            is: "late [1, 2], write +owner(1) -owner(2)"
        ),
        late(
            "of two alike",
            settled: "inbox +ann",
            observed: "inbox +ann +bob",
            bobLate,
            bobLate,
            is: "late [1], write -owner(2)"
        ),
        late(
            "a move",
            .both,
            settled: "inbox +bob",
            observed: "bob +bob",
            bobMovedLate,
            ticket: open,
            is: "late [4], write ->inbox -owner(2)"
        ),
        late(
            "a move that a keyword would come before",
            .both,
            settled: "inbox",
            observed: "bob",
            bobLate,
            ticket: open,
            is: "gesture moved_to_agent"
        ),
        late(
            "and where an agent moved it",
            .both,
            settled: "inbox",
            observed: "closed +bob",
            bobLate,
            ticket: open,
            is: "late [1], gesture moved_to_closed"
        ),
        late(
            "what came before it was moved away",
            settled: "inbox +ann",
            observed: "inbox +ann +bob",
            bobBefore,
            is: "late [1], write -owner(2)"
        ),
        late("what did not", settled: "inbox +ann", observed: "inbox +ann", bobBefore, is: "late [1], in step"),
        late("what is held", settled: "inbox +ann", observed: "inbox +ann +bob", bobLate, is: "late [1], held 2") {
            $0.holds = .owners
        },
        late(
            "seen before",
            settled: "inbox +ann",
            observed: "inbox +ann +bob",
            bobLate,
            is: "wait stale"
        ) {
            $0.lastClose = 99
        },
        late(
            "where nothing is written",
            settled: "inbox",
            observed: "inbox f",
            flagLate,
            ticket: open,
            is: "gesture flagged"
        ) {
            $0.layout = nil
        },
    ]

    @Test(arguments: [
        ("inbox +ann", "ann +bob", "add"), ("inbox +ann +bob", "ann +bob", "remove"),
        ("inbox +bob", "ann +bob", "move"),
        ("ann +bob", "ann +bob", "none"), ("ann +ann +bob", "ann +bob", "remove"), ("inbox f", "inbox", "remove"),
        ("inbox", "inbox f", "add"), ("inbox +ann p", "ann", "remove"), ("bob", "ann", "move"),
    ])
    func `the command of an intent that can be late is the first that is missing`(
        shown: String,
        target: String,
        command: String
    ) {
        let intent = MarkIntent(number: 1, target: marks(target), fields: .all, phase: .recovering)
        #expect(intent.missing(in: marks(shown))?.rawValue ?? "none" == command)
        let other = MarkIntent(number: 1, target: marks(target), fields: [], phase: .recovering)
        #expect(other.missing(in: marks(shown)) == nil)
    }

    @Test(arguments: belated)
    func `what a former holder wrote late is no gesture, and is undone`(reconcileCase: ReconcileCase) {
        var subject = reconcileCase.subject
        let sighting = Marks.recognise(subject)
        if let settled = sighting?.settled { subject.settled = settled }
        let prefix = sighting.map { "late \($0.intents.map(\.rawValue)), " } ?? ""
        #expect(prefix + Self.text(Marks.reconcile(subject)) == reconcileCase.expected)
    }

    static let all: [ReconcileCase] =
        agreement + writes + gestures + contested + waiting + notWritten + gmail + recovery + copying

    @Test(arguments: all)
    func `three states decide what a difference means`(reconcileCase: ReconcileCase) {
        #expect(Self.text(Marks.reconcile(reconcileCase.subject)) == reconcileCase.expected)
    }

    @Test(arguments: writes + gestures + agreement)
    func `settling what was decided ends it`(reconcileCase: ReconcileCase) {
        var subject = reconcileCase.subject
        switch Marks.reconcile(subject) {
        case .settle(let settled), .gesture(_, let settled, _): subject.settled = settled
        case .write(let write):
            subject.placements = [placement(write.target, id: 52)]
            subject.settled = Settled(state: write.settledAfter, placement: Identifier(52))
        case .inStep, .overridden, .closeIntent, .removeSource, .wait, .held, .outOfReach: return
        }
        // A gesture that no command follows is written back; everything else is in step, or moves on.
        if case .gesture(let gesture, _, _) = Marks.reconcile(subject) {
            Issue.record("\(gesture.name) was read twice")
        }
    }

    private static func text(_ decision: MarkDecision) -> String {
        switch decision {
        case .inStep: return "in step"
        case .settle(let settled): return "settle " + self.text(settled.state)
        case .write(let write):
            var words = ["write"]
            if let place = write.moveTo { words.append("->\(place.name)") }
            words += write.add.map { "+" + self.text($0) } + write.remove.map { "-" + self.text($0) }
            return words.joined(separator: " ")
        case .gesture(let gesture, let after, let overrides):
            let isMixed = after.state.owners.contains(Sample.cat)
            return "gesture \(gesture.name)" + (overrides ? " overrides" : "") + (isMixed ? " [bob +3]" : "")
        case .overridden(let gesture, _): return "overridden \(gesture.name)"
        case .closeIntent(let settled, _):
            return "close " + (settled.map { "\(self.text($0.state)) @\($0.placement)" } ?? "nothing")
        case .removeSource(let removal):
            return "finish \(removal.source.uid) @\(removal.copy) \(removal.step.rawValue)"
        case .wait(.openIntent): return "wait open intent"
        case .wait(.staleObservation): return "wait stale"
        case .wait(.notObservedYet): return "wait not observed"
        case .wait(.completeSync(let after)): return "wait sync \(after)"
        case .wait(.archiveUnseen): return "wait archive"
        case .wait(.linger): return "wait linger"
        case .held(let fields): return "held \(fields.rawValue)"
        case .outOfReach: return "out of reach"
        }
    }

    private static func text(_ mark: Mark) -> String {
        switch mark {
        case .owner(let agent): "owner(\(agent))"
        case .pending: "pending"
        case .flagged: "flagged"
        case .answered: "answered"
        }
    }

    private static func text(_ state: MarkState) -> String {
        var words = [
            state.place.agent == Sample.ann ? "ann" : state.place.agent == Sample.bob ? "bob" : state.place.name
        ]
        words += state.owners.sorted().map { "+\($0)" }
        if state.isPending { words.append("p") }
        if state.isFlagged { words.append("f") }
        if state.isAnswered { words.append("a") }
        return words.joined(separator: " ")
    }
}

struct GestureTests {
    static let ann = Place.agent(Sample.ann)
    static let rows: [(gesture: Gesture, layout: Layout?, ticket: Ticket, expected: String)] = [
        (.moved(from: .inbox, to: ann), .both, Sample.ticket(), "assign reopen"),
        (.moved(from: .junk, to: ann), .both, Sample.ticket(.spam), "not_spam assign reopen"),
        (.moved(from: ann, to: .inbox), .both, Sample.ticket(), "release reopen"),
        (.moved(from: ann, to: .inbox), .folders, Sample.ticket(), "release reopen"),
        (.moved(from: .closed, to: .inbox), .keywords, Sample.ticket(.closed), "reopen"),
        (.moved(from: .junk, to: .inbox), .both, Sample.ticket(.spam), "not_spam"),
        (.moved(from: .inbox, to: .closed), .both, Sample.ticket(), "close"),
        (.moved(from: .inbox, to: .archive), .both, Sample.ticket(), "close"),
        (.moved(from: .junk, to: .closed), .both, Sample.ticket(.spam), "not_spam close"),
        (.moved(from: .inbox, to: .junk), .both, Sample.ticket(), "spam"),
        (.moved(from: ann, to: .junk), .both, Sample.ticket(owner: Sample.ann), "mute_in_junk"),
        (.moved(from: .inbox, to: .folder(Identifier(1))), .both, Sample.ticket(), "refused folder_without_meaning"),
        (.ownerAdded(Sample.bob), .both, Sample.ticket(.closed), "assign"),
        (.ownersAdded([Sample.ann, Sample.bob]), .keywords, Sample.ticket(), "refused several_owners"),
        (.ownersRemoved, .keywords, Sample.ticket(), "release"),
        (.pendingChanged(true), .both, Sample.ticket(), "pending"),
        (.pendingChanged(false), .both, Sample.ticket(.pending), "reopen"),
        (.pendingChanged(false), .both, Sample.ticket(.closed), ""),
        (.flaggedChanged(true), .folders, Sample.ticket(), "priority"),
        (.answeredSet, .both, Sample.ticket(), "answered_unseen"),
        (.deleted, .both, Sample.ticket(), "deleted_in_mailbox"),
        (.seenAgain(ann), .both, Sample.ticket(.closed), "restored_in_mailbox assign reopen"),
        (.seenAgain(ann), .both, Sample.ticket(.spam), "not_spam restored_in_mailbox assign reopen"),
        (.seenAgain(.inbox), .both, Sample.ticket(.closed), "restored_in_mailbox"),
        (.seenAgain(.closed), .both, Sample.ticket(), "close"),
    ]

    @Test(arguments: GestureTests.rows.indices)
    func `gestures mean what the table says`(index: Int) {
        let row = Self.rows[index]
        #expect(self.text(row.gesture.outcome(self.context(row.layout, row.ticket))) == row.expected)
    }

    @Test func `Junk mutes one message where we took part`() {
        var context = self.context(.both, Sample.ticket())
        context.hasOurMessages = true
        #expect(self.text(Gesture.moved(from: .inbox, to: .junk).outcome(context)) == "mute_in_junk")
    }

    @Test(arguments: [(1, OnDelete.close), (0, .keep)])
    func `a deletion closes only when nothing is visible and the setting says so`(visible: Int, onDelete: OnDelete) {
        var context = self.context(.both, Sample.ticket())
        context.visibleInbound = visible
        context.onDelete = onDelete
        #expect(Gesture.deleted.outcome(context) == .commands([]))
    }

    @Test func `what is written in one batch is alike, by ascending UID`() {
        func write(_ uid: Int64, _ ticket: Ticket) -> MarkWrite? {
            let subject = MarkSubject(
                message: Identifier(uid),
                layout: .both,
                ticket: ticket,
                settled: Settled(state: marks("inbox"), placement: Identifier(uid)),
                placements: [placement(marks("inbox"), id: uid)],
                now: Sample.at(0)
            )
            guard case .write(let write) = Marks.reconcile(subject) else { return nil }
            return write
        }
        let anns = Sample.ticket(owner: Sample.ann)
        let writes = [write(9, anns), write(4, Sample.ticket(.closed)), write(2, anns), write(7, anns)].compactMap {
            $0
        }
        let batches = MarkBatch.group(writes)
        #expect(batches.map(\.uids) == [[2, 7, 9], [4]])
        #expect(batches.map(\.moveTo) == [.agent(Sample.ann), .closed])
        #expect(batches.first?.messages == [Identifier(2), Identifier(7), Identifier(9)])
    }

    private func context(_ layout: Layout?, _ ticket: Ticket) -> GestureContext {
        GestureContext(
            layout: layout,
            ticket: ticket,
            message: Sample.message,
            hasOurMessages: false,
            visibleInbound: 0,
            onDelete: .close
        )
    }

    private func text(_ outcome: GestureOutcome) -> String {
        switch outcome {
        case .commands(let commands): commands.map(\.name).joined(separator: " ")
        case .refused(let reason): "refused \(reason.code)"
        }
    }
}
