import Desk
import DeskCommands
package import DeskStore
import IMAP
import Logging

/// One lease holder with one connection: gestures in, marks out, a pass at a time.
///
/// Used by one task.
package final class AssignmentSession {
    private let database: DeskDatabase
    private let lease: Lease
    /// The mailbox as it was when the connection was opened.
    private let opened: MailboxRecord
    /// nil while the mailbox is observe-only and nothing has to be brought back: then nothing is ever written.
    private let connection: AssignmentConnection?
    private let logger: Logger
    /// The agents whose folders were asked for; what the server refused is not asked for again by this session.
    private var prepared: Preparation?
    private var hasBegun = false
    private var refusedFolders: [Place: String] = [:]
    /// What was taken away, with the time, for the breaker.
    private var taken: [(entry: BreakerEntry, at: ContinuousClock.Instant)] = []

    init(
        database: DeskDatabase,
        lease: Lease,
        opened: MailboxRecord,
        connection: AssignmentConnection?,
        logger: Logger
    ) {
        self.database = database
        self.lease = lease
        self.opened = opened
        self.connection = connection
        self.logger = logger
    }

    /// What one pass did.
    package struct Pass: Sendable, Equatable {
        /// Messages settled, gestures applied, folders made.
        package var changes = 0
        /// Messages whose marks were written.
        package var written = 0

        /// Nothing at all was to do.
        package var isQuiet: Bool { self.changes == 0 && self.written == 0 }
    }

    /// Messages looked at in one unit of work.
    private static let chunk = 1000

    /// Looks at everything that is due, once.
    package func pass() async throws -> Pass {
        var pass = Pass()
        if !self.hasBegun {
            pass.changes += try await self.begin()
            self.hasBegun = true
        }
        var seen: Set<Identifier<Message>> = []
        while true {
            switch try await self.look() {
            case .unprepared(let view):
                pass.changes += try await self.prepare(view)
            case .decided(let look):
                pass.changes += look.changes
                let now = ContinuousClock.now
                self.taken += look.taken.map { ($0, now) }
                if !look.writes.isEmpty || !look.removals.isEmpty { pass.written += try await self.write(look) }
                // What comes back in the same pass waits for something that this pass cannot bring.
                if look.messages.allSatisfy({ seen.contains($0) }) { return pass }
                seen.formUnion(look.messages)
            }
        }
    }

    /// Makes what marks need, before the first look.
    ///
    /// No message is read, since all would be read again then.
    private func begin() async throws -> Int {
        guard self.connection != nil else { return 0 }
        let opened = self.opened
        let view = try await self.database.unit { View(try Self.scene($0, opened, isConnected: true, limit: 0)) }
        return Self.isPreparationDue(view, since: nil) ? try await self.prepare(view) : 0
    }

    private static func scene(
        _ unit: Unit,
        _ opened: MailboxRecord,
        isConnected: Bool,
        limit: Int
    ) throws -> MarkScene {
        guard let scene = try MarkScene.read(unit, opened.name, opened.id, limit: limit) else {
            throw StoreError(reason: .undecodable, message: "mailbox \(opened.name) is gone")
        }
        if isConnected, !scene.mailbox.isServedAs(opened) { throw MailboxSettingsChanged() }
        return scene
    }

    /// Decides what is due, and records the intents of what is to be written first, in one unit of work of two round trips: one that
    /// reads, one that writes and commits.
    ///
    /// It waits for the disk when anybody may be told of it, or it has intents: of what is written without one nobody knows that it is
    /// ours once the ticket has changed again. What else there is of it the next look decides again.
    private func look() async throws -> Outlook {
        let (opened, isConnected, prepared) = (self.opened, self.connection != nil, self.prepared)
        let (recent, refused, link) = (self.recentlyTaken(), self.refusedFolders, self.connection?.link)
        let (database, lease, logger) = (self.database, self.lease, self.logger)
        return try await database.unit(waitsForDisk: false, reusesPlans: true) { unit in
            let scene = try Self.scene(unit, opened, isConnected: isConnected, limit: Self.chunk)
            let view = View(scene)
            if Self.isPreparationDue(view, since: prepared) { return .unprepared(view) }
            // Not before: where nothing is due nothing is written to disk.
            if !scene.cases.isEmpty { try unit.assertHeld(lease.grant) }
            let looks = LookCollection(scene)
            var desk = MarkDesk(
                unit: SQLMarkUnit(unit: unit, scene: scene, looks: looks, logger: logger),
                setting: view.setting(recent: recent)
            )
            try desk.decide(scene.cases)
            if looks.isForPeople || !desk.writes.isEmpty { try unit.waitForDisk() }
            let writer = MarkWriter(
                database: database,
                lease: lease,
                mailbox: scene.mailbox,
                keywords: view.keywords,
                folders: view.folders,
                refusedFolders: refused,
                touches: desk.touches,
                logger: logger
            )
            let begun = try link.flatMap { try writer.begin(desk.writes, over: $0, unit, ending: looks.findings) }
            if begun == nil { try MarkQueries.end(unit, mailbox: scene.mailbox.id, looks.findings) }
            return .decided(Look(view, desk, scene.cases, writer, begun))
        }
    }

    /// Writes what a look decided; how many messages changed on the server, or may have.
    private func write(_ look: Look) async throws -> Int {
        guard let connection = self.connection else { throw AssignmentError.needsConnection }
        let rest = look.writes.filter { look.begun?.messages.contains($0.message) != true }
        let isOld = connection.isSilentForLong
        let written = try await connection.use(isTriedByBody: look.begun != nil) { connection in
            try await look.writer.write(look.begun, then: rest, connection, mustTryLink: isOld)
        }
        return try await connection.use { connection in
            let finished = try await look.writer.finish(look.removals, connection)
            try await self.noteKeywords(connection, look.view)
            return written + finished
        }
    }

    /// A server that takes keywords and does not keep them is found out by the first one: then folders alone show owners.
    private func noteKeywords(_ connection: IMAPConnection, _ setting: View) async throws {
        guard !connection.profile.mayUseKeywords,
            let inbox = setting.folders.first(where: { $0.role == .inbox && $0.allowsKeywords != false })
        else { return }
        try await self.database.unit(under: self.lease.grant) { unit in
            try FolderQueries.setKeywords(unit, setting.mailbox.id, inbox.id, areAllowed: false)
        }
    }

    /// The mailbox as one look sees it.
    private struct View: Sendable {
        let mailbox: MailboxRecord
        /// The layout that the server allows; nil: observe-only.
        let layout: Layout?
        let people: [Agent.ID: Agent]
        let keywords: MarkKeywords
        let folders: [FolderRecord]

        init(_ scene: MarkScene) {
            self.mailbox = scene.mailbox
            // While the first import is under way nothing is written.
            self.layout =
                scene.mailbox.adoptedAt == nil ? nil : AssignmentSession.layout(scene.mailbox, scene.folders)
            self.people = scene.people
            self.keywords = MarkKeywords(
                agents: scene.people.values.sorted { $0.id < $1.id }.map { (handle: $0.handle, agent: $0.id) }
            )
            self.folders = scene.folders
        }

        /// Those whose folders are needed.
        var agents: Set<Agent.ID> { Set(self.people.values.filter(\.isActive).map(\.id)) }

        /// Whether a folder that marks need is not there.
        var lacksFolders: Bool {
            !Marks.missingPlaces(self.folders, agents: Array(self.agents)).isEmpty
        }

        func setting(recent: [BreakerEntry]) -> MarkSetting {
            MarkSetting(
                layout: self.layout,
                marksReach: self.mailbox.marksReach,
                onDelete: self.mailbox.onDelete,
                breaker: self.mailbox.breaker,
                keywords: self.keywords,
                folders: self.folders,
                recent: recent
            )
        }
    }

    /// What came of a look.
    private enum Outlook: Sendable {
        /// Nothing is decided before the folders are there.
        case unprepared(View)
        case decided(Look)
    }

    /// What one unit of work decided.
    private struct Look: Sendable {
        let view: View
        let writes: [MarkWrite]
        let removals: [MarkRemoval]
        let changes: Int
        let taken: [BreakerEntry]
        let messages: [Identifier<Message>]
        let writer: MarkWriter
        /// Those of the writes whose intents are recorded.
        let begun: MarkBeginning?

        init(
            _ view: View,
            _ desk: MarkDesk<SQLMarkUnit>,
            _ cases: [MarkCase],
            _ writer: MarkWriter,
            _ begun: MarkBeginning?
        ) {
            self.view = view
            self.writes = desk.writes
            self.removals = desk.removals
            self.changes = desk.changes
            self.taken = desk.taken
            self.messages = cases.map(\.id)
            self.writer = writer
            self.begun = begun
        }
    }

    private func recentlyTaken() -> [BreakerEntry] {
        let now = ContinuousClock.now
        self.taken.removeAll { $0.at.duration(to: now) > Breaker.window }
        return self.taken.map(\.entry)
    }

    /// For whom folders were made, and when.
    private typealias Preparation = (agents: Set<Agent.ID>, at: ContinuousClock.Instant)

    /// Between two looks at folders that are not there: a person may have to decide first, or the server refuses.
    private static let preparationInterval = Duration.seconds(60)

    private static func isPreparationDue(_ view: View, since prepared: Preparation?) -> Bool {
        guard view.layout != nil else { return false }
        guard let prepared, view.agents.isSubset(of: prepared.agents) else { return true }
        return view.lacksFolders && prepared.at.duration(to: .now) > Self.preparationInterval
    }

    /// Before the first marks: whether INBOX takes keywords, and the folders that agents drag mail to.
    private func prepare(_ view: View) async throws -> Int {
        guard let connection = self.connection else { throw AssignmentError.needsConnection }
        let result = try await connection.use { connection in
            if let inbox = view.folders.first(where: { $0.role == .inbox }) {
                let selected = try await connection.select(FolderName(raw: inbox.rawName), readOnly: false)
                let areAllowed = selected.allowsKeywords && connection.profile.mayUseKeywords
                try await self.database.unit(under: self.lease.grant) { unit in
                    try FolderQueries.setKeywords(unit, view.mailbox.id, inbox.id, areAllowed: areAllowed)
                }
            }
            let (undecided, subscribed) = try await self.database.unit { unit in
                (
                    try HeldGestureQueries.undecidedFolders(unit, mailbox: view.mailbox.id),
                    try SubscriptionQueries.asked(unit, mailbox: view.mailbox.id)
                )
            }
            return try await MarkFolders(mailbox: view.mailbox, lease: self.lease, logger: self.logger).ensure(
                view.folders,
                undecided: undecided,
                subscribed: subscribed,
                people: Array(view.people.values),
                connection
            )
        }
        self.refusedFolders = result.refused
        self.prepared = (view.agents, .now)
        if result.made > 0 || !result.subscribed.isEmpty {
            try await self.database.unit(under: self.lease.grant) { unit in
                try SubscriptionQueries.note(unit, mailbox: view.mailbox.id, result.subscribed)
                if result.made > 0 { try MailboxQueries.wake(unit, view.mailbox.id, .ingestion) }
            }
        }
        return result.made
    }

    private static func layout(_ mailbox: MailboxRecord, _ folders: [FolderRecord]) -> Layout? {
        let isOff = mailbox.link.off.keys.contains(IMAPExtension.keywords.rawValue)
        return self.layout(mailbox.layout, folders, keywordsAreOff: isOff)
    }

    /// What the server allows of the layout: without keywords every one is `folders`.
    static func layout(_ layout: Layout?, _ folders: [FolderRecord], keywordsAreOff: Bool = false) -> Layout? {
        let areRefused = folders.contains { $0.role == .inbox && $0.allowsKeywords == false }
        guard layout != nil, areRefused || keywordsAreOff else { return layout }
        return .folders
    }

    /// What stands between the mailbox and rest.
    package func counts() async throws -> MarkQueries.Counts {
        let mailbox = self.lease.grant.mailbox
        return try await self.database.unit { try MarkQueries.counts($0, mailbox: mailbox) }
    }

    /// Makes what a former holder left without an answer due for a look.
    func recover() async throws {
        let mailbox = self.lease.grant.mailbox
        try await self.database.unit(under: self.lease.grant) { try IntentQueries.loseAll($0, mailbox: mailbox) }
    }
}
