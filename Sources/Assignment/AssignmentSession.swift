import Desk
import DeskCommands
package import DeskStore
import IMAP
import Logging

/// One lease holder with one connection: gestures in, marks out, a pass at a time. Used by one task.
package final class AssignmentSession {
    private let database: DeskDatabase
    private let lease: Lease
    private let name: String
    /// nil while the mailbox is observe-only: then nothing is ever written.
    private let connection: AssignmentConnection?
    private let logger: Logger
    /// Folders that could not be made are not asked for again by this session.
    private var ensured: Layout?

    init(
        database: DeskDatabase,
        lease: Lease,
        name: String,
        connection: AssignmentConnection?,
        logger: Logger
    ) {
        self.database = database
        self.lease = lease
        self.name = name
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
    private static let chunk = 400

    /// Looks at everything that is due, once.
    package func pass() async throws -> Pass {
        var pass = Pass()
        let view = try await self.view()
        if view.layout != nil, view.layout != self.ensured {
            pass.changes += try await self.connected { connection in
                try await MarkFolders(mailbox: view.mailbox, logger: self.logger).ensure(
                    view.folders,
                    people: Array(view.people.values),
                    connection
                )
            }
            self.ensured = view.layout
            if pass.changes > 0 {
                try await self.database.unit { try MailboxQueries.wake($0, view.mailbox.id, .ingestion) }
            }
        }
        var seen: Set<Identifier<Message>> = []
        let logger = self.logger
        while true {
            let (writes, changes, looked) = try await self.database.unit(under: self.lease.grant) { unit in
                let cases = try MarkQueries.due(unit, mailbox: view.mailbox.id, limit: Self.chunk)
                var desk = MarkDesk(
                    unit: unit,
                    mailbox: view.mailbox,
                    layout: view.layout,
                    people: view.people,
                    keywords: view.keywords,
                    folders: view.folders,
                    logger: logger
                )
                try desk.decide(cases)
                return (desk.writes, desk.changes, cases.map(\.id))
            }
            pass.changes += changes
            if !writes.isEmpty {
                pass.written += try await self.connected { connection in
                    try await MarkWriter(
                        database: self.database,
                        lease: self.lease,
                        mailbox: view.mailbox,
                        keywords: view.keywords,
                        folders: view.folders,
                        logger: self.logger
                    ).write(writes, connection)
                }
            }
            // What comes back in the same pass waits for something that this pass cannot bring.
            if looked.allSatisfy({ seen.contains($0) }) { return pass }
            seen.formUnion(looked)
        }
    }

    private func connected<R>(_ body: (IMAPConnection) async throws -> R) async throws -> R {
        guard let connection = self.connection else { throw AssignmentError.needsConnection }
        return try await connection.use(body)
    }

    private struct View: Sendable {
        let mailbox: MailboxRecord
        let layout: Layout?
        let people: [Agent.ID: Agent]
        let keywords: MarkKeywords
        let folders: [FolderRecord]
    }

    private func view() async throws -> View {
        let name = self.name
        return try await self.database.unit { unit in
            guard let mailbox = try MailboxQueries.load(unit, name: name) else {
                throw StoreError(reason: .undecodable, message: "mailbox \(name) is gone")
            }
            let people = try TicketCommands.agents(unit)
            let folders = try FolderQueries.load(unit, mailbox.id)
            return View(
                // While the first import is under way nothing is written.
                mailbox: mailbox,
                layout: mailbox.adoptedAt == nil ? nil : Self.layout(mailbox.layout, folders),
                people: people,
                keywords: MarkKeywords(
                    agents: people.values.sorted { $0.id < $1.id }.map { (handle: $0.handle, agent: $0.id) }
                ),
                folders: folders
            )
        }
    }

    /// What the server allows of the layout: without keywords `both` is `folders`.
    static func layout(_ layout: Layout?, _ folders: [FolderRecord]) -> Layout? {
        guard layout == .both, let inbox = folders.first(where: { $0.role == .inbox }), inbox.uidValidity != 0 else {
            return layout
        }
        return inbox.allowsKeywords ? .both : .folders
    }

    /// What stands between the mailbox and rest.
    package func counts() async throws -> MarkQueries.Counts {
        let mailbox = self.lease.grant.mailbox
        return try await self.database.unit { try MarkQueries.counts($0, mailbox: mailbox) }
    }

    /// Makes what a former holder left without an answer due for a look.
    func recover() async throws {
        let mailbox = self.lease.grant.mailbox
        try await self.database.unit(under: self.lease.grant) { try IntentQueries.touchOpen($0, mailbox: mailbox) }
    }
}
