import Desk
import Postgres
import Synchronization

/// Waits for the lease of one service on one mailbox, and takes it when its holder is dead or late.
struct LeaseStandby: Sendable {
    let session: LeaseSession
    let pool: PostgresPool
    let subject: LeaseSubject
    let holder: String

    /// How long a take-over waits for the units of a former holder, before their sessions are ended.
    private static let patience = Duration.seconds(1)

    /// The lease, once it can be had, and the session that keeps it; nil when `givesUp` says so first.
    func obtain(givesUp: @Sendable () -> Bool) async throws -> (lease: Lease, link: LeaseLink)? {
        var isFirstLook = true
        while true {
            let link = try await self.session.link()
            let before = ContinuousClock.now
            if isFirstLook ? true : try await link.isFree(self.subject), let fence = try await self.look(on: link) {
                let grant = LeaseGrant(mailbox: self.subject.mailbox, service: self.subject.service, fence: fence)
                return (Lease(grant: grant, validUntil: before.advanced(by: Lease.lifetime)), link)
            }
            isFirstLook = false
            if givesUp() { return nil }
            try await Task.sleep(for: Lease.standbyInterval)
        }
    }

    /// The holder that a standby is about to replace: dead, or late.
    private struct Former: Sendable {
        let fence: Int64
        let isDead: Bool
    }

    private enum Look: Sendable {
        case held
        case taken(Int64)
        /// It can be had, but a unit of the former holder still keeps its row.
        case kept(Former)
    }

    private func look(on link: LeaseLink) async throws -> Int64? {
        let look: Look
        do {
            // Not to be cancelled between getting a lock and knowing of it.
            look = try await link.connection.withConnectionEvenIfCancelled { try self.weigh($0, link) }
        } catch {
            await self.session.drop(link)
            throw error
        }
        switch look {
        case .held: return nil
        case .taken(let fence): return fence
        case .kept(let former):
            let result: Result<Int64?, any Error>
            do { result = .success(try await self.force(former, link)) } catch { result = .failure(error) }
            let isTaken = if case .success(.some) = result { true } else { false }
            do {
                try await link.connection.withConnectionEvenIfCancelled { transaction in
                    try self.settle(transaction, link, former, isTaken: isTaken)
                }
            } catch {
                await self.session.drop(link)
                throw error
            }
            return try result.get()
        }
    }

    /// Takes the lease if it can be had and nothing keeps its row; otherwise the lock of the next fence is ours.
    ///
    /// Each fence has an advisory lock of its own, which its holder has from before it is the holder until it gives the lease
    /// back or its session ends. So only the present holder's death is taken for one: who was replaced by time may end whenever
    /// it likes.
    private func weigh(_ transaction: PostgresTransaction, _ link: LeaseLink) throws -> Look {
        let row = try transaction.query(
            LeaseQueries.current,
            self.subject.mailbox.rawValue,
            self.subject.service.rawValue
        ).first { _ in true }
        let fence = try row?.decode(0, as: Int64.self) ?? 0
        let isOver = try row?.decode(1, as: Bool.self) ?? true
        let isDead = try link.probe(transaction, self.subject.key(fence))
        guard isDead || isOver, try link.lock(transaction, self.subject.key(fence + 1)) else {
            if isDead { try link.endProbe(transaction, self.subject.key(fence)) }
            return .held
        }
        let former = Former(fence: fence, isDead: isDead)
        // Before the first holder there is no row that could be kept.
        let statement = row == nil ? LeaseQueries.take : LeaseQueries.takeAtOnce
        guard let taken = try self.take(transaction, statement, former) else { return .kept(former) }
        try self.settle(transaction, link, former, isTaken: true)
        return .taken(taken)
    }

    private func take(_ transaction: PostgresTransaction, _ statement: SQL, _ former: Former) throws -> Int64? {
        try transaction.query(
            statement,
            self.subject.mailbox.rawValue,
            self.subject.service.rawValue,
            self.holder,
            Lease.lifetime.wholeSeconds,
            former.fence,
            former.isDead
        ).first { _ in true }?.decode(0, as: Int64.self)
    }

    /// Gives back the locks that are not those of a holder.
    private func settle(
        _ transaction: PostgresTransaction,
        _ link: LeaseLink,
        _ former: Former,
        isTaken: Bool
    ) throws {
        if former.isDead { try link.endProbe(transaction, self.subject.key(former.fence)) }
        if !isTaken { try link.unlock(transaction, self.subject.key(former.fence + 1)) }
    }

    /// The server's process of a session that waits for the row.
    private final class Waiting: Sendable {
        let process = Mutex<Int?>(nil)
    }

    /// Waits for the row, on another connection, and for not much longer than ``patience``.
    private func force(_ former: Former, _ link: LeaseLink) async throws -> Int64? {
        guard link.beginForce() else { return nil }
        defer { link.endForce() }
        let waiting = Waiting()
        return try await withThrowingTaskGroup(of: Int64?.self) { group in
            group.addTask {
                try await self.pool.withConnection { transaction in
                    waiting.process.withLock { $0 = transaction.backendPID }
                    defer { waiting.process.withLock { $0 = nil } }
                    return try self.take(transaction, LeaseQueries.take, former)
                }
            }
            group.addTask {
                while true {
                    try await Task.sleep(for: Self.patience)
                    if let process = waiting.process.withLock({ $0 }) { try await self.endBlockers(of: process) }
                }
            }
            defer { group.cancelAll() }
            return try await group.next() ?? nil
        }
    }

    /// Ends the sessions whose units keep the former holder's lease from being taken.
    ///
    /// PostgreSQL's own timeouts end a session that idles in a transaction, but none that was left in the middle of a pipeline or
    /// a COPY. Nothing of these units was committed, and nothing of them ever can be once the fence has risen.
    private func endBlockers(of process: Int) async throws {
        try await self.pool.withConnection { transaction in
            _ = try transaction.query(LeaseQueries.endBlockers, Int32(truncatingIfNeeded: process))
        }
    }
}

extension Duration {
    /// For make_interval.
    var wholeSeconds: Double { Double(self.components.seconds) }
}
