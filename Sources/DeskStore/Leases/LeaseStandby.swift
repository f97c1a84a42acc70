import Desk
import Postgres

/// Waits for the lease of one service on one mailbox, and takes it when its holder is dead or late.
struct LeaseStandby: Sendable {
    let pool: PostgresPool
    let mailbox: Identifier<Mailbox>
    let service: LeasedService
    let holder: String

    /// How long a take-over waits for the units of a holder whose time is over, before their sessions are ended.
    private static let patience = Duration.seconds(1)

    /// The lease, once it can be had; nil when `givesUp` says so first.
    ///
    /// The connection is the one that keeps the lease: what tells others that its holder lives ends with it.
    func obtain(on connection: PostgresConnection, givesUp: @Sendable () -> Bool) async throws -> Lease? {
        while true {
            let before = ContinuousClock.now
            if let fence = try await self.look(on: connection) {
                let grant = LeaseGrant(mailbox: self.mailbox, service: self.service, fence: fence)
                return Lease(grant: grant, validUntil: before.advanced(by: Lease.lifetime))
            }
            if givesUp() { return nil }
            try await Task.sleep(for: Lease.standbyInterval)
        }
    }

    /// What keeps a standby from the lease.
    private struct Former: Sendable {
        let fence: Int64
        let isDead: Bool
        /// The process of the standby's own session.
        let session: Int32
    }

    private func look(on connection: PostgresConnection) async throws -> Int64? {
        guard let former = try await connection.withConnection({ try self.weigh($0) }) else { return nil }
        if former.isDead { return try await connection.withConnection { try self.take($0, from: former) } }
        return try await withThrowingTaskGroup(of: Int64?.self) { group in
            group.addTask { try await connection.withConnection { try self.take($0, from: former) } }
            group.addTask {
                while true {
                    try await Task.sleep(for: Self.patience)
                    try await self.endBlockers(of: former.session)
                }
            }
            defer { group.cancelAll() }
            return try await group.next() ?? nil
        }
    }

    /// Whether the lease can be had; then the lock of the next fence is ours.
    ///
    /// Each fence has an advisory lock of its own, which its holder has from before it is the holder until its session ends. So
    /// only the present holder's death is taken for one: who was replaced by time may end whenever it likes.
    private func weigh(_ transaction: PostgresTransaction) throws -> Former? {
        let row = try transaction.query(LeaseQueries.current, self.mailbox.rawValue, self.service.rawValue)
            .first { _ in true }
        let fence = try row?.decode(0, as: Int64.self) ?? 0
        let isOver = try row?.decode(1, as: Bool.self) ?? true
        let isDead = try self.lock(transaction, fence)
        guard isDead || isOver, try self.lock(transaction, fence + 1) else {
            if isDead { try self.unlock(transaction, fence) }
            return nil
        }
        let session = try transaction.query(LeaseQueries.session).first { _ in true }?.decode(0, as: Int32.self)
        return Former(fence: fence, isDead: isDead, session: session ?? 0)
    }

    private func take(_ transaction: PostgresTransaction, from former: Former) throws -> Int64? {
        let taken = try transaction.query(
            LeaseQueries.take,
            self.mailbox.rawValue,
            self.service.rawValue,
            self.holder,
            Lease.lifetime.wholeSeconds,
            former.fence,
            former.isDead
        ).first { _ in true }?.decode(0, as: Int64.self)
        if former.isDead { try self.unlock(transaction, former.fence) }
        if taken == nil { try self.unlock(transaction, former.fence + 1) }
        return taken
    }

    /// Ends the sessions whose units keep the late holder's lease from being taken.
    ///
    /// PostgreSQL's own timeouts end a session that idles in a transaction, but none that was left in the middle of a pipeline or
    /// a COPY. Nothing of these units was committed, and nothing of them ever can be once the fence has risen.
    private func endBlockers(of session: Int32) async throws {
        try await self.pool.withConnection { transaction in
            _ = try transaction.query(LeaseQueries.endBlockers, session)
        }
    }

    private func lock(_ transaction: PostgresTransaction, _ fence: Int64) throws -> Bool {
        try transaction.query(LeaseQueries.tryAdvisoryLock, self.key(fence))
            .contains { row in try row.decode(0, as: Bool.self) }
    }

    private func unlock(_ transaction: PostgresTransaction, _ fence: Int64) throws {
        _ = try transaction.query(LeaseQueries.unlock, self.key(fence))
    }

    /// The key of a fence's lock: "Ba", so that no other user of advisory locks is met by chance, 24 bits of the mailbox's
    /// number, the service, 23 bits of the fence.
    private func key(_ fence: Int64) -> Int64 {
        0x4261_0000_0000_0000 | (self.mailbox.rawValue & 0xFF_FFFF) << 24
            | (self.service == .assignment ? 0x80_0000 : 0) | fence & 0x7F_FFFF
    }
}

extension Duration {
    /// For make_interval.
    var wholeSeconds: Double { Double(self.components.seconds) }
}
