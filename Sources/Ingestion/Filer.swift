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

    /// Files until nothing waits but what is set aside; how many mails.
    func fileAll(_ course: inout FilingCourse) async throws -> Int {
        var filed = 0
        while !Task.isShuttingDownGracefully, let count = try await self.fileBatch(&course) { filed += count }
        return filed
    }

    /// Files the next batch; how many mails, or nil where none waits.
    private func fileBatch(_ course: inout FilingCourse) async throws -> Int? {
        let (limit, aside) = (course.limit(Self.batch), course.aside)
        let mails = try await self.database.unit(under: self.grant) { unit in
            try FilingQueries.claim(unit, mailbox: self.mailbox.id, limit: limit, except: aside)
        }
        guard !mails.isEmpty else { return nil }
        do {
            try Task.checkCancellation()
            try await self.write(try await self.parse(mails))
        } catch let error as StoreError {
            try await self.failed(mails, error, &course)
            return 0
        }
        course.filed(mails.count)
        self.progress.filed(mails.count)
        if self.growth?.filed(mails.count) == true { try await PlannerStatistics.refresh(self.database) }
        return mails.count
    }

    private func failed(_ mails: [UnfiledMail], _ error: StoreError, _ course: inout FilingCourse) async throws {
        let attempts = mails.first?.attempts ?? 0
        let step = course.failed(mails.map(\.placement), attempts: attempts, limit: Self.attempts, error)
        switch step {
        case .end: throw error
        case .giveBack, .giveBackAndEnd: try await self.giveBack(mails)
        case .goOn: break
        }
        if step == .giveBackAndEnd { throw error }
        self.logger.error(
            "filing failed; mails are tried alone, and set aside where that fails too",
            metadata: [
                "mailbox": "\(self.mailbox.name)", "mails": "\(mails.count)",
                "imap.uid": "\(mails.first?.uid ?? 0)", "attempt": "\(attempts)", "error": "\(error)",
            ]
        )
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
        return try mails.map { mail in
            if mail.attempts > Self.attempts { return ParsedMail(quarantined: mail, bytes: bodies[mail.digest] ?? []) }
            // Not an empty mail: that is one with bytes that are none.
            guard let bytes = bodies[mail.digest] else {
                throw StoreError(reason: .undecodable, message: "the bytes of a mail are missing")
            }
            return ParsedMail(mail, bytes: bytes, readsTrace: readsTrace)
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
