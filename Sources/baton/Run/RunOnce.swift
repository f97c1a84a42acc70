import Assignment
import Desk
import DeskStore
import IMAP
import Ingestion
import Logging
import MailTransport
import ServiceLifecycle
import Synchronization

/// `baton run --once`: synchronise, gestures, marks, synchronise again, until nothing is due now.
struct RunOnce: Service {
    let database: DeskDatabase
    let only: LeasedService?
    let names: [String]
    let timeout: Duration
    /// Leaves a mailbox at once to the worker that holds it, instead of waiting for its lease.
    var yields = false
    let holder: String
    let logger: Logger

    /// Rounds after which a mailbox does not come to rest: somebody keeps changing it.
    private static let rounds = 200

    func run() async throws {
        let deadline = ContinuousClock.now.advanced(by: self.timeout)
        let all = try await Self.withDeadline(deadline, late: self.lateDatabase) {
            try await self.database.unit { unit in
                let names = try self.names.map { try Lookup.mailbox(unit, $0).settings.name }
                return try MailboxQueries.loadAll(unit).filter {
                    !$0.isPaused && (names.isEmpty || names.contains($0.name))
                }
            }
        }
        guard !all.isEmpty else {
            return Output.remark("There is no mailbox to work on. Add one: baton mailbox add --help")
        }
        let failures = await withTaskGroup(of: (any Error)?.self) { group in
            for mailbox in all {
                group.addTask {
                    let stage = Mutex(Stage.waiting)
                    do {
                        try await Self.withDeadline(deadline, late: self.late(mailbox, stage.withLock { $0 })) {
                            try await self.rest(mailbox, deadline: deadline) { new in stage.withLock { $0 = new } }
                        }
                        return nil
                    } catch {
                        if Task.isShuttingDownGracefully { return Self.stopped }
                        await self.note(error, mailbox)
                        return self.failure(error, mailbox)
                    }
                }
            }
            return await group.reduce(into: []) { $0 += [$1].compactMap(\.self) }
        }
        if Task.isShuttingDownGracefully { throw Self.stopped }
        if let first = failures.first {
            for other in failures.dropFirst() { Output.errorLine(FailureReport(other).text) }
            throw first
        }
    }

    // So that `mailbox show` and `doctor` tell it later; where the database is out of reach there is nobody to tell.
    private func note(_ error: any Error, _ mailbox: MailboxRecord) async {
        switch error {
        case is IMAPError, is TransportError, is FilingTrouble: break
        case let error as StoreError: guard case .refused = error.reason else { return }
        default: return
        }
        do {
            try await self.database.unit { try MailboxQueries.noteError($0, mailbox.id, "\(error)") }
        } catch {
            self.logger.debug("the error could not be noted", metadata: ["error": "\(error)"])
        }
    }

    // Whatever keeps a server from being synchronised is status 3 here.
    private func failure(_ error: any Error, _ mailbox: MailboxRecord) -> any Error {
        switch error {
        case is IMAPError, is TransportError:
            CommandFailure.unreachable(
                "Mailbox \(mailbox.name): \(SafeText.line("\(error)"))",
                "Look closer: baton mailbox probe \(mailbox.name)"
            )
        case let trouble as FilingTrouble:
            CommandFailure(
                problem: "Mailbox \(mailbox.name): \(SafeText.line("\(trouble)"))",
                advice: "Everything else was done; look at the database and its log",
                status: trouble.reason.isTransient ? .unreachable : .refused
            )
        default: error
        }
    }

    /// What a mailbox's part of the round is at.
    private enum Stage: Sendable {
        /// Another worker holds the mailbox.
        case waiting
        case working
    }

    private static let stopped = CommandFailure.refused(
        "Stopped by a signal before nothing was due any more",
        "What was done is kept; run it again to go on"
    )

    /// Cancels `body` when the time is over; what waits for a link that is silent ends within seconds then.
    private static func withDeadline<R: Sendable>(
        _ deadline: ContinuousClock.Instant,
        late: @autoclosure () -> CommandFailure,
        _ body: @escaping @Sendable () async throws -> R
    ) async throws -> R {
        try await withThrowingTaskGroup(of: R?.self) { group in
            group.addTask { try await body() }
            group.addTask {
                try await Task.sleep(until: deadline)
                return nil
            }
            defer { group.cancelAll() }
            guard let result = try await group.next() ?? nil else { throw late() }
            return result
        }
    }

    private var lateDatabase: CommandFailure {
        CommandFailure.unreachable(
            "The database did not answer: the time of \(self.timeout.components.seconds) s is over",
            "See how it is: baton database status"
        )
    }

    private func late(_ mailbox: MailboxRecord, _ stage: Stage) -> CommandFailure {
        switch stage {
        case .waiting: self.lateLease(mailbox)
        case .working:
            CommandFailure.unreachable(
                "Mailbox \(mailbox.name) on \(SafeText.line(mailbox.server)): the time of "
                    + "\(self.timeout.components.seconds) s is over",
                "What was done is kept; run it again to go on, or give it more --timeout"
            )
        }
    }

    private func rest(
        _ mailbox: MailboxRecord,
        deadline: ContinuousClock.Instant,
        _ enter: @escaping @Sendable (Stage) -> Void
    ) async throws {
        let line = Mutex(ProgressLine())
        let progress = IngestionProgress { state in
            guard state.total > 0 else { return }
            line.withLock {
                $0.update("\(mailbox.name): \(state.fetched) of \(state.total) fetched, \(state.filed) filed")
            }
        }
        let memory = ServerMemory()
        let (database, logger) = (self.database, self.logger)
        let configuration: @Sendable (MailboxRecord) async throws -> IMAPConfiguration = {
            // Asked for when the lease is there.
            enter(.working)
            return try await MailboxConnection.configuration($0, database: database, memory: memory, logger: logger)
        }
        let ingestion = IngestionWorker(
            database: self.database,
            mailbox: mailbox,
            holder: self.holder,
            logger: self.logger,
            progress: progress,
            configuration: configuration
        )
        let assignment = AssignmentWorker(
            database: self.database,
            mailbox: mailbox,
            holder: self.holder,
            logger: self.logger,
            configuration: configuration
        )
        let yields = self.yields
        let givesUp: @Sendable () -> Bool = {
            yields || ContinuousClock.now >= deadline || Task.isShuttingDownGracefully
        }
        for _ in 0..<Self.rounds {
            if Task.isShuttingDownGracefully { throw Self.stopped }
            enter(.waiting)
            let result: (AssignmentSession.Pass, MarkQueries.Counts)?
            var trouble: FilingTrouble?
            do {
                if self.only != .assignment {
                    let done = try await ingestion.withSession(givesUp: givesUp) { session in
                        var pass = try await session.pass()
                        while !Task.isShuttingDownGracefully, !pass.isQuiet { pass = try await session.pass() }
                        return pass
                    }
                    guard let done else { return try self.leave(mailbox) }
                    trouble = done.trouble
                    line.withLock { $0.clear() }
                    if let pause = done.relistsAfter {
                        // Somebody changed a folder while it was listed: the next list tells what is in it.
                        try await Task.sleep(for: pause)
                        continue
                    }
                }
                guard self.only != .ingestion else { return try Self.end(trouble) }
                enter(.waiting)
                result = try await assignment.withSession(givesUp: givesUp) { session in
                    enter(.working)
                    let pass = try await session.pass()
                    return (pass, try await session.counts())
                }
            } catch is MailboxSettingsChanged {
                continue
            }
            guard let (pass, counts) = result else { return try self.leave(mailbox) }
            if pass.isQuiet && counts.due == 0 && counts.awaitingSync == 0 || self.only == .assignment {
                self.remark(mailbox, counts)
                return try Self.end(trouble)
            }
        }
        throw CommandFailure.unreachable(
            "Mailbox \(mailbox.name) does not come to rest",
            "Somebody keeps changing it; run it again later"
        )
    }

    /// Nothing is due any more, but for what could not be done.
    private static func end(_ trouble: FilingTrouble?) throws {
        if let trouble { throw trouble }
    }

    /// Another worker holds it.
    private func leave(_ mailbox: MailboxRecord) throws {
        guard self.yields else { throw self.lateLease(mailbox) }
    }

    private func lateLease(_ mailbox: MailboxRecord) -> CommandFailure {
        CommandFailure.unreachable(
            "Another worker held mailbox \(mailbox.name) until the time was over",
            "See who: baton doctor; stop it, or give more --timeout"
        )
    }

    private func remark(_ mailbox: MailboxRecord, _ counts: MarkQueries.Counts) {
        let held = counts.held + counts.heldGestures
        guard held > 0 || counts.lingering > 0 else { return }
        Output.remark("\(mailbox.name): \(held) held, \(counts.lingering) lingering")
    }
}
