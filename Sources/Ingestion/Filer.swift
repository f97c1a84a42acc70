import Desk
import DeskStore
import Logging
import ServiceLifecycle

/// Turns fetched bytes into messages, tickets and events: a window or batch at a time, in order of arrival.
///
/// Before anything looks inside a mail its attempts are raised in a transaction that is committed: with its bytes when
/// the fetcher hands it over, in one of its own else. A mail that was tried before comes alone, and after three tries it
/// goes to quarantine, with a ticket, so that a person sees it.
struct Filer: Sendable {
    let database: DeskDatabase
    let lease: Lease
    let mailbox: MailboxRecord
    let logger: Logger
    let progress: IngestionProgress
    /// During a first import.
    let growth: ImportGrowth?

    /// Mails of one batch that is read back from the database.
    static let batch = 200
    /// Tries after which a mail goes to quarantine.
    static let attempts = 3
    /// How much of a large mail is read for its header and text, in bytes.
    static let readLimit = 8 * 1024 * 1024
    /// So many are filed by plans made once: to plan the statements for the values at hand would take longer than to run them.
    static let few = 8
    /// Parsed windows that wait while others are written.
    static let parsedAhead = 2
    /// Mails read back from the database at once: large ones, mostly.
    static let loadedAtOnce = 1

    private var grant: LeaseGrant { self.lease.grant }

    /// What came of parsing one window.
    private struct ParsedWindow: Sendable {
        let mails: [UnfiledMail]
        let parsed: Result<[ParsedMail], StoreError>

        var isParsed: Bool {
            if case .success = self.parsed { true } else { false }
        }

        /// This one and the next ones, as long as they are parsed already and this is less than a batch.
        func joined(with windows: BoundedQueue<ParsedWindow>) -> ParsedWindow {
            guard case .success(var parsed) = self.parsed else { return self }
            var mails = self.mails
            for _ in 0..<Filer.parsedAhead where mails.count < Filer.batch {
                // What could not be parsed is tried by itself.
                guard let next = windows.takeReady(if: \.isParsed),
                    case .success(let more) = next.parsed
                else { break }
                mails += next.mails
                parsed += more
            }
            return ParsedWindow(mails: mails, parsed: .success(parsed))
        }
    }

    /// Files what the fetcher hands over until there is no more; how many mails, and what could not be filed.
    ///
    /// While one window is written the next are parsed, and then written together: what a transaction costs by itself is shared.
    func file(
        _ handover: BoundedQueue<FetchedWindow>,
        _ course: FilingCourse
    ) async throws -> (filed: Int, trouble: FilingTrouble?) {
        defer { handover.abandon() }
        let windows = BoundedQueue<ParsedWindow>(capacity: Self.parsedAhead)
        return try await withThrowingTaskGroup(of: (Int, FilingTrouble?).self) { group in
            group.addTask {
                defer { windows.abandon() }
                var (course, filed) = (course, 0)
                while let window = await windows.next() {
                    filed += try await self.fileHandedOver(window.joined(with: windows), &course)
                }
                return (filed, course.trouble)
            }
            do {
                while let window = await handover.next() {
                    let mails = window.mails.map(\.mail)
                    do {
                        let parsed = try await self.parse(window.mails)
                        try await windows.send(ParsedWindow(mails: mails, parsed: .success(parsed)))
                    } catch let error as StoreError {
                        try await windows.send(ParsedWindow(mails: mails, parsed: .failure(error)))
                    }
                }
            } catch is CancellationError {
                // The writing end has left: why, it says itself.
            }
            windows.finish()
            return try await group.next() ?? (0, nil)
        }
    }

    /// Files what waits in the database until nothing does but what is set aside; how many mails.
    ///
    /// That is what a worker left that ended before it was done.
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
        return try await self.fileClaimed(mails, &course) ? mails.count : 0
    }

    private func fileHandedOver(_ window: ParsedWindow, _ course: inout FilingCourse) async throws -> Int {
        do {
            try await self.write(try window.parsed.get())
        } catch let error as StoreError {
            try await self.failed(window.mails, error, &course)
            var filed = 0
            for mail in window.mails { filed += try await self.fileAlone(mail, &course) }
            return filed
        }
        try await self.filed(window.mails.count, &course)
        return window.mails.count
    }

    /// Tries one mail until it is filed or set aside; how many were filed.
    private func fileAlone(_ mail: UnfiledMail, _ course: inout FilingCourse) async throws -> Int {
        while !course.aside.contains(mail.placement) {
            let claimed = try await self.database.unit(under: self.grant) { unit in
                try FilingQueries.claim(unit, mailbox: self.mailbox.id, again: mail)
            }
            guard let claimed else { return 0 }
            if try await self.fileClaimed([claimed], &course) { return 1 }
        }
        return 0
    }

    /// Files mails whose bytes are in the database; whether that went well.
    private func fileClaimed(_ mails: [UnfiledMail], _ course: inout FilingCourse) async throws -> Bool {
        do {
            try Task.checkCancellation()
            try await self.write(try await self.parse(mails.map { FetchedWindow.Mail(mail: $0, body: nil) }))
        } catch let error as StoreError {
            try await self.failed(mails, error, &course)
            return false
        }
        try await self.filed(mails.count, &course)
        return true
    }

    private func filed(_ count: Int, _ course: inout FilingCourse) async throws {
        course.filed(count)
        self.progress.filed(count)
        if let mails = self.growth?.filed(count) { try await PlannerStatistics.refresh(self.database, grownTo: mails) }
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

    private func parse(_ mails: [FetchedWindow.Mail]) async throws -> [ParsedMail] {
        var parsed: [ParsedMail] = []
        parsed.reserveCapacity(mails.count)
        var rest = mails[...]
        while !rest.isEmpty {
            let inMemory = rest.prefix { $0.body != nil }
            parsed += try inMemory.map { try self.parse($0.mail, $0.body) }
            rest = rest.dropFirst(inMemory.count)
            let absent = rest.prefix(Self.loadedAtOnce).prefix { $0.body == nil }.map(\.mail)
            guard !absent.isEmpty else { continue }
            let bodies = try await self.database.unit { unit in
                try ContentQueries.load(
                    unit,
                    mailbox: self.mailbox.id,
                    digests: Array(Set(absent.map(\.digest))),
                    limit: Self.readLimit
                )
            }
            parsed += try absent.map { try self.parse($0, bodies[$0.digest]) }
            rest = rest.dropFirst(absent.count)
        }
        return parsed
    }

    private func parse(_ mail: UnfiledMail, _ bytes: [UInt8]?) throws -> ParsedMail {
        if mail.attempts > Self.attempts { return ParsedMail(quarantined: mail, bytes: bytes ?? []) }
        // Not an empty mail: that is one with bytes that are none.
        guard let bytes else { throw StoreError(reason: .undecodable, message: "the bytes of a mail are missing") }
        return ParsedMail(mail, bytes: bytes, readsTrace: self.mailbox.authservID != nil)
    }

    private func write(_ mails: [ParsedMail]) async throws {
        let digests = mails.map(\.mail.digest)
        let ids = Array(
            Set(mails.flatMap { Threading.lookups(of: $0.threading(asksParticipation: true)) })
        )
        // The mail server still has what a first import brings, and what is done about it later waits for the disk, with all before it.
        let isImport = self.mailbox.adoptedAt == nil && mails.allSatisfy(\.mail.isImported)
        try await self.database.unit(
            under: self.grant,
            waitsForDisk: !isImport,
            reusesPlans: mails.count <= Self.few
        ) { unit in
            let scene = try FilingQueries.scene(
                unit,
                mailbox: self.mailbox.id,
                name: self.mailbox.name,
                digests: digests,
                ids: ids,
                count: mails.count
            )
            var desk = FilingDesk(setting: self.setting(scene), context: scene.context)
            for (parsed, id) in zip(mails, scene.messageIDs) { desk.file(parsed, id: id) }
            let drawn = try FilingWrites.draw(
                unit,
                mailbox: self.mailbox.id,
                tickets: desk.newTicketCount,
                contacts: desk.contacts
            )
            let batch = desk.finish(numbers: drawn.numbers)
            try FilingWrites.write(unit, mailbox: self.mailbox.id, batch, drawn)
            if batch.changesMarks { try MailboxQueries.wake(unit, self.mailbox.id, .assignment) }
        }
    }

    private func setting(_ scene: FilingQueries.Scene) -> FilingDesk.Setting {
        let (mailbox, people, folders) = (scene.mailbox, scene.people, scene.folders)
        let keys = people.flatMap { one in one.addressKeys.map { ($0, one.agent.id) } }
        return FilingDesk.Setting(
            mailbox: mailbox,
            roles: Dictionary(folders.map { ($0.id, $0.role) }) { first, _ in first },
            ours: OurIdentity(
                mailboxKeys: [mailbox.addressKey],
                agentKeys: Dictionary(keys) { first, _ in first },
                names: people.map { (name: $0.agent.name, agent: $0.agent.id) }
            ),
            activeAgents: Set(people.filter(\.agent.isActive).map(\.agent.id)),
            keywords: MarkKeywords(agents: people.map { (handle: $0.agent.handle, agent: $0.agent.id) }),
            now: scene.now
        )
    }
}
