import Desk
import ModelMailServer

/// What a seed makes of a simulation.
package struct SimulationOptions: Sendable {
    /// Everything else follows from it.
    package let seed: UInt64
    /// A wrong implementation in place of a right one.
    package let bug: PlantedBug?
    /// The whole of a worker process ends before this step; 0: never.
    package var crashAt = 0
    /// At most so many steps before everybody is let come to rest.
    package var steps = Self.fullSteps
    /// What was left out.
    private var left: Set<Part> = []
    private static let fullSteps = 500
    /// How agents see ownership; nil: the mailbox is observed only.
    var layout: Layout?
    /// What the mail server can do, and how it lies.
    var profile: ServerProfile
    /// Connections and commits that fail, of a thousand.
    var faults = 0
    /// A worker process ends or is paused, of a thousand steps.
    var crashes = 0
    /// Who is at work beside the workers.
    var hasClients = true
    var hasCommands = true
    var hasContacts = true
    /// The administrator renumbers folders, and the server forgets what it expunged.
    var hasAdministrator = false
    /// The administrator renumbers folders while marks are written in them.
    var hasHaste = false
    /// Where a worker's process would end, its machine and the database's lose power, and what is not on disk.
    var losesPower = false
    /// Workers are paused between a look at their lease and the command that changes the mail server.
    var hasDelays = false
    /// What the server tells of is fetched before everything is looked at.
    var hasNews = false
    /// One thing at a time: everything comes to rest after each gesture, and what it leads to is compared with the table.
    var isCalm = false
    /// How many tickets changed alike wait for a person; 0: never.
    var breaker = 0
    /// Mail that is there before Baton looks.
    var adopted = 4
    var linger = Duration.zero

    /// All is shown, where folders are labels on one store; its owner may have switched that off.
    var showsAll: Bool { self.profile.offers(.gmail) && self.seed % 4 != 0 }

    /// The options of a seed.
    package init(seed: UInt64, bug: PlantedBug? = nil) {
        self.seed = seed
        self.bug = bug
        var chance = Chance(seed: seed ^ 0x5EED)
        let layouts: [Layout?] = [.both, .folders, .keywords, .both, .folders, nil]
        self.layout = chance.one(of: layouts) ?? .both
        self.profile = chance.one(of: Self.profiles) ?? .dovecot
        self.isCalm = chance.happens(300)
        self.adopted = chance.below(8)
        self.hasCommands = chance.happens(800)
        self.hasContacts = chance.happens(800)
        self.hasClients = chance.happens(750)
        self.hasAdministrator = chance.happens(300)
        self.breaker = chance.happens(150) ? 3 : 0
        self.linger = chance.happens(200) ? .seconds(30) : .zero
        self.faults = chance.one(of: [0, 5, 20, 60]) ?? 0
        self.crashes = chance.one(of: [0, 2, 8, 20]) ?? 0
        self.hasHaste = chance.happens(80)
        self.hasNews = chance.happens(500)
        self.losesPower = chance.happens(500)
        self.hasDelays = chance.happens(200)
        if self.isCalm {
            self.faults = 0
            self.crashes = 0
            self.hasCommands = false
            self.hasContacts = false
            self.hasAdministrator = false
            self.hasHaste = false
            self.hasDelays = false
            self.breaker = 0
            self.linger = .zero
        }
    }

    /// The same people and the same server, nothing fails, and the workers end before this step.
    package func crashing(before step: Int) -> SimulationOptions {
        var options = self
        options.isCalm = false
        options.faults = 0
        options.crashes = 0
        options.crashAt = step
        return options
    }

    /// What can be left out of a simulation that broke a law, to see whether it still does.
    enum Part: String, CaseIterable, Sendable {
        case clients
        case commands
        case contacts
        case administrator
        case haste
        case delays
        case news
        case faults
        case power
        case crashes
        case breaker
        case linger
        case adopted
    }

    /// The same without one of its parts.
    func without(_ part: Part) -> SimulationOptions {
        var options = self
        options.left.insert(part)
        switch part {
        case .clients: options.hasClients = false
        case .commands: options.hasCommands = false
        case .contacts: options.hasContacts = false
        case .administrator: options.hasAdministrator = false
        case .haste: options.hasHaste = false
        case .delays: options.hasDelays = false
        case .news: options.hasNews = false
        case .faults: options.faults = 0
        case .power: options.losesPower = false
        case .crashes: options.crashes = 0
        case .breaker: options.breaker = 0
        case .linger: options.linger = .zero
        case .adopted: options.adopted = 1
        }
        return options
    }

    /// A seed with what was left out of it, as ``name`` writes it: `314 steps=120 -clients -faults`; nil: it is none.
    package init?(name: String) {
        let words = name.split(separator: " ")
        guard let seed = words.first.flatMap({ UInt64($0) }) else { return nil }
        self.init(seed: seed)
        for word in words.dropFirst() {
            if word.hasPrefix("steps="), let steps = Int(word.dropFirst(6)) {
                self.steps = steps
            } else if word.hasPrefix("-"), let part = Part(rawValue: String(word.dropFirst())) {
                self = self.without(part)
            } else {
                return nil
            }
        }
    }

    /// What leads to the same simulation again.
    package var name: String {
        let left = Part.allCases.filter { self.left.contains($0) }.map { " -\($0.rawValue)" }
        return "\(self.seed)" + (self.steps == Self.fullSteps ? "" : " steps=\(self.steps)") + left.joined()
    }

    /// In one line, for people.
    package var summary: String {
        let layout = self.layout?.rawValue ?? "observed only"
        return
            "seed \(self.seed): \(self.profile.name), \(layout), \(self.isCalm ? "calm" : "storm"), faults \(self.faults) ‰, "
            + "crashes \(self.crashes) ‰, clients \(self.hasClients), commands \(self.hasCommands), "
            + "contacts \(self.hasContacts), administrator \(self.hasAdministrator), haste \(self.hasHaste), delays \(self.hasDelays), news \(self.hasNews), power \(self.losesPower), breaker \(self.breaker)"
    }

    private static let profiles: [ServerProfile] = {
        var microsoft = ServerProfile.microsoft365
        // What it never shows cannot be in step; parking has tests of its own.
        microsoft.lies.omitsFetched = nil
        return [
            .dovecot, .dovecot, .dovecotMaildir, .cyrus, .courier, .pymap, .gmail, microsoft, .fastmail, .iCloud,
            .yahoo,
            .stalwart,
        ]
    }()
}

/// A mistake that somebody could make, put in place of what Baton does; the laws must find it.
package enum PlantedBug: String, CaseIterable, Sendable {
    case cursorBeforeBodies = "the cursor is committed before the bodies"
    case modSeqBeforeFlags = "HIGHESTMODSEQ is committed, the flags it stands for are not"
    case vanishedUnguarded = "VANISHED is believed beyond EXISTS"
    case absenceUnguarded = "an incomplete list takes mail away"
    case uidValidityIgnored = "a changed UIDVALIDITY is ignored"
    case rematchByMessageID = "after a new UIDVALIDITY a Message-ID alone identifies mail"
    case deduplicatedByMessageID = "two mails with one Message-ID are taken for one"
    case neverDeduplicated = "a copy of a mail is taken for a new mail"
    case filedTwice = "a mail is filed again though its fate says it is filed"
    case leftUnfiled = "what was fetched before a crash is never filed"
    case absentThoughWritten = "what was written after the question counts as absent"
    case numberReadLate = "the number of an observation is read after its answer"
    case changesUntold = "changed flags are stored, and nobody is told"
    case touchForgotten = "a touch that came meanwhile is cleared with the one that was seen"
    case bodiesForgotten = "a placement is committed without the bytes of its mail"
    case openedForWriting = "ingestion opens folders for writing"
    case observedOnlyWritten = "a mailbox that is only observed is written to"
    case unfenced = "a holder of an old fencing number may commit"
    case leaseSeized = "a lease is taken from a holder that lives and has renewed it"
    case intentAfterwards = "the server is written to before the intent is recorded"
    case intentOffDisk = "an intent does not wait for the disk"
    case gestureOffDisk = "a gesture does not wait for the disk"
    case moveRetried = "a MOVE without an answer is sent again"
    case moveAssumed = "a MOVE without an answer is taken as done"
    case bareExpunge = "EXPUNGE without UIDs ends a copy"
    case copyNotRemoved = "a move by COPY leaves the source where it is"
    case sourceRemovedFirst = "the source of a COPY is removed before the copy is known"
    case closeDrawsNoNumber = "closing an intent draws no number, so that our own writes are read as gestures"
    case oldEpochWritten = "a command is sent with the UIDs of an epoch that is over"
    case unknownNeverLost = "intents of a former session are never looked at"
    case versionIgnored = "a ticket is written over though it changed meanwhile"
    case claimTakesOver = "a claim takes the ticket from its owner"
    case archivedIsDeleted = "what lies in All alone counts as deleted"
    case labelsIgnored = "what is seen in All first counts as archived, whatever its labels say"
    case deletedAtOnce = "what is absent counts as deleted before a complete synchronisation"
    case gestureNotSettled = "a gesture is applied, and what was settled stays"
    case belatedIsGesture = "a command that outlived its lease is read as a gesture"
    case gestureIgnored = "what agents move is moved back"
}
