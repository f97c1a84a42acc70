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
    private var prepared: Set<Agent.ID>?
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
        var view = try await self.view()
        let agents = Set(view.people.values.filter(\.isActive).map(\.id))
        if view.layout != nil, self.prepared.map({ !agents.isSubset(of: $0) }) ?? true {
            pass.changes += try await self.prepare(view)
            self.prepared = agents
            view = try await self.view()
        }
        var seen: Set<Identifier<Message>> = []
        let logger = self.logger
        let settled = view
        while true {
            let present = settled.setting(recent: self.recentlyTaken())
            let look = try await self.database.unit(under: self.lease.grant) { unit in
                let cases = try MarkQueries.due(unit, mailbox: settled.mailbox.id, limit: Self.chunk)
                var desk = MarkDesk(unit: settled.marks(unit, logger), setting: present)
                try desk.decide(cases)
                return Look(desk, cases)
            }
            pass.changes += look.changes
            let now = ContinuousClock.now
            self.taken += look.taken.map { ($0, now) }
            if !look.writes.isEmpty || !look.removals.isEmpty {
                pass.written += try await self.connected { connection in
                    let writer = MarkWriter(
                        database: self.database,
                        lease: self.lease,
                        mailbox: settled.mailbox,
                        keywords: settled.keywords,
                        folders: settled.folders,
                        refusedFolders: self.refusedFolders,
                        touches: look.touches,
                        logger: self.logger
                    )
                    let finished = try await writer.finish(look.removals, connection)
                    let written = try await writer.write(look.writes, connection)
                    try await self.noteKeywords(connection, settled)
                    return finished + written
                }
            }
            // What comes back in the same pass waits for something that this pass cannot bring.
            if look.messages.allSatisfy({ seen.contains($0) }) { return pass }
            seen.formUnion(look.messages)
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

    /// The mailbox as one pass sees it.
    private struct View: Sendable {
        let mailbox: MailboxRecord
        /// The layout that the server allows; nil: observe-only.
        let layout: Layout?
        let people: [Agent.ID: Agent]
        let keywords: MarkKeywords
        let folders: [FolderRecord]

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

        func marks(_ unit: Unit, _ logger: Logger) -> SQLMarkUnit {
            SQLMarkUnit(unit: unit, mailbox: self.mailbox, people: self.people, logger: logger)
        }
    }

    /// What one unit of work decided.
    private struct Look: Sendable {
        let writes: [MarkWrite]
        let removals: [MarkRemoval]
        let touches: [Identifier<Message>: Int64]
        let changes: Int
        let taken: [BreakerEntry]
        let messages: [Identifier<Message>]

        init(_ desk: MarkDesk<SQLMarkUnit>, _ cases: [MarkCase]) {
            self.writes = desk.writes
            self.removals = desk.removals
            self.touches = desk.touches
            self.changes = desk.changes
            self.taken = desk.taken
            self.messages = cases.map(\.id)
        }
    }

    private func recentlyTaken() -> [BreakerEntry] {
        let now = ContinuousClock.now
        self.taken.removeAll { $0.at.duration(to: now) > Breaker.window }
        return self.taken.map(\.entry)
    }

    /// Before the first marks: whether INBOX takes keywords, and the folders that agents drag mail to.
    private func prepare(_ view: View) async throws -> Int {
        let result = try await self.connected { connection in
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
        if result.made > 0 || !result.subscribed.isEmpty {
            try await self.database.unit(under: self.lease.grant) { unit in
                try SubscriptionQueries.note(unit, mailbox: view.mailbox.id, result.subscribed)
                if result.made > 0 { try MailboxQueries.wake(unit, view.mailbox.id, .ingestion) }
            }
        }
        return result.made
    }

    private func connected<R>(_ body: (IMAPConnection) async throws -> R) async throws -> R {
        guard let connection = self.connection else { throw AssignmentError.needsConnection }
        return try await connection.use(body)
    }

    private func view() async throws -> View {
        let (name, opened, isConnected) = (self.opened.name, self.opened, self.connection != nil)
        return try await self.database.unit { unit in
            guard let mailbox = try MailboxQueries.load(unit, name: name) else {
                throw StoreError(reason: .undecodable, message: "mailbox \(name) is gone")
            }
            if isConnected, !mailbox.isServedAs(opened) { throw MailboxSettingsChanged() }
            let people = try TicketCommands.agents(unit)
            let folders = try FolderQueries.load(unit, mailbox.id)
            return View(
                // While the first import is under way nothing is written.
                mailbox: mailbox,
                layout: mailbox.adoptedAt == nil ? nil : Self.layout(mailbox, folders),
                people: people,
                keywords: MarkKeywords(
                    agents: people.values.sorted { $0.id < $1.id }.map { (handle: $0.handle, agent: $0.id) }
                ),
                folders: folders
            )
        }
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
