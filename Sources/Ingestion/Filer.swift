import Desk
import DeskStore
import Logging
import ServiceLifecycle

/// Turns fetched bytes into messages, tickets and events: a batch at a time, in order of arrival.
///
/// Before anything looks inside a mail its attempts are raised in a transaction of their own; a mail that was tried
/// before comes alone, and after three tries it goes to quarantine, with a ticket, so that a person sees it.
struct Filer: Sendable {
    let database: DeskDatabase
    let lease: Lease
    let mailbox: MailboxRecord
    let logger: Logger
    let progress: IngestionProgress
    let handover: BodyHandover
    /// During a first import.
    let growth: ImportGrowth?

    /// Mails filed in one transaction.
    static let batch = 200
    /// Tries after which a mail goes to quarantine.
    static let attempts = 3
    /// How much of a large mail is read for its header and text, in bytes.
    static let readLimit = 8 * 1024 * 1024

    private var grant: LeaseGrant { self.lease.grant }

    /// Files until nothing waits; how many mails.
    func fileAll() async throws -> Int {
        var filed = 0
        while !Task.isShuttingDownGracefully, case let count = try await self.fileBatch(), count > 0 { filed += count }
        return filed
    }

    /// Files the next batch; how many mails.
    func fileBatch() async throws -> Int {
        let mails = try await self.database.unit(under: self.grant) { unit in
            try FilingQueries.claim(unit, mailbox: self.mailbox.id, limit: Self.batch)
        }
        guard let first = mails.first else { return 0 }
        do {
            try Task.checkCancellation()
            let parsed = try await self.parse(mails)
            try await self.write(parsed)
        } catch let error as StoreError where error.reason == .leaseLost || error.reason == .cancelled {
            throw error
        } catch let error as StoreError where error.isTransient {
            // Not the mail's fault.
            try await self.giveBack(mails)
            throw error
        } catch let error as CancellationError {
            throw error
        } catch {
            self.logger.error(
                "filing failed; each mail will be tried alone",
                metadata: [
                    "mailbox": "\(self.mailbox.name)", "mails": "\(mails.count)", "imap.uid": "\(first.uid)",
                    "attempt": "\(first.attempts)", "error": "\(error)",
                ]
            )
            return mails.count
        }
        self.progress.filed(mails.count)
        if self.growth?.filed(mails.count) == true { try await PlannerStatistics.refresh(self.database) }
        return mails.count
    }

    private func giveBack(_ mails: [UnfiledMail]) async throws {
        try await self.database.unit(under: self.grant) { unit in
            try FilingQueries.giveBack(unit, mailbox: self.mailbox.id, mails)
        }
    }

    private func parse(_ mails: [UnfiledMail]) async throws -> [ParsedMail] {
        var bodies: [[UInt8]: [UInt8]] = [:]
        for mail in mails { bodies[mail.digest] = self.handover.take(mail.digest) ?? bodies[mail.digest] }
        let absent = Array(Set(mails.map(\.digest)).subtracting(bodies.keys))
        if !absent.isEmpty {
            let loaded = try await self.database.unit { unit in
                try ContentQueries.load(unit, mailbox: self.mailbox.id, digests: absent, limit: Self.readLimit)
            }
            bodies.merge(loaded) { first, _ in first }
        }
        let readsTrace = self.mailbox.authservID != nil
        return mails.map { mail in
            let bytes = bodies[mail.digest] ?? []
            return mail.attempts > Self.attempts
                ? ParsedMail(quarantined: mail, bytes: bytes)
                : ParsedMail(mail, bytes: bytes, readsTrace: readsTrace)
        }
    }

    private func write(_ mails: [ParsedMail]) async throws {
        let digests = mails.map(\.mail.digest)
        let ids = Array(
            Set(mails.flatMap { Threading.lookups(of: $0.threading(asksParticipation: true)) })
        )
        try await self.database.unit(under: self.grant) { unit in
            let context = try FilingQueries.context(unit, mailbox: self.mailbox.id, digests: digests, ids: ids)
            var desk = FilingDesk(setting: try self.setting(unit), context: context)
            let messages = try FilingQueries.messageIDs(unit, count: mails.count)
            for (parsed, id) in zip(mails, messages) { desk.file(parsed, id: id) }
            let numbers = try FilingQueries.ticketNumbers(
                unit,
                mailbox: self.mailbox.id,
                count: desk.newTicketCount
            )
            let batch = desk.finish(numbers: numbers)
            try FilingWrites.write(unit, mailbox: self.mailbox.id, batch)
            if batch.changesMarks { try MailboxQueries.wake(unit, self.mailbox.id, .assignment) }
        }
    }

    private func setting(_ unit: Unit) throws -> FilingDesk.Setting {
        let people = try TicketQueries.agents(unit)
        let folders = try FolderQueries.load(unit, self.mailbox.id)
        let keys = people.flatMap { one in one.addressKeys.map { ($0, one.agent.id) } }
        return FilingDesk.Setting(
            mailbox: self.mailbox,
            roles: Dictionary(folders.map { ($0.id, $0.role) }) { first, _ in first },
            ours: OurIdentity(
                mailboxKeys: [self.mailbox.addressKey],
                agentKeys: Dictionary(keys) { first, _ in first },
                names: people.map { (name: $0.agent.name, agent: $0.agent.id) }
            ),
            activeAgents: Set(people.filter(\.agent.isActive).map(\.agent.id)),
            keywords: MarkKeywords(agents: people.map { (handle: $0.agent.handle, agent: $0.agent.id) }),
            now: try MailboxQueries.now(unit, self.mailbox.id)
        )
    }
}
