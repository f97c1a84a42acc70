package import Desk
import Logging
import Postgres
import Synchronization

/// A held lease: what a worker checks before each command that changes the mail server.
package final class Lease: Sendable {
    /// How long a lease lives without renewal, and how often its holder renews it (architecture.md, "Leases").
    static let lifetime = Duration.seconds(30)
    static let renewalInterval = Duration.seconds(10)
    /// How often a standby looks whether it may take over.
    static let standbyInterval = Duration.milliseconds(500)

    /// What the database knows of it.
    package let grant: LeaseGrant
    private let validUntil: Mutex<ContinuousClock.Instant>

    init(grant: LeaseGrant, validUntil: ContinuousClock.Instant) {
        self.grant = grant
        self.validUntil = Mutex(validUntil)
    }

    func extend(to instant: ContinuousClock.Instant) {
        self.validUntil.withLock { $0 = max($0, instant) }
    }

    /// Fails when the lease may have run out by this machine's monotonic clock, without asking the database.
    package func check(now: ContinuousClock.Instant = .now) throws(StoreError) {
        guard now < self.validUntil.withLock({ $0 }) else {
            throw StoreError(reason: .leaseLost, message: "the lease ran out before it could be renewed")
        }
    }
}

extension DeskDatabase {
    /// Runs `body` while holding the lease of one service on one mailbox; waits for another holder first.
    ///
    /// A session advisory lock tells a dead holder from a living one, so a killed worker is replaced without waiting;
    /// a paused one after its 30 seconds. A paused one that wakes has lost it, and takes nothing from who replaced it.
    /// When the lease is lost, `body` is cancelled and ``StoreError`` thrown.
    ///
    /// `holder` is who holds it, for people: host and process. `givesUp` is asked while another worker holds the lease,
    /// whether to stop waiting; then nil is returned.
    package func withLease<R: Sendable>(
        mailbox: Identifier<Mailbox>,
        service: LeasedService,
        holder: String,
        givesUp: @Sendable () -> Bool = { false },
        _ body: @escaping @Sendable (Lease) async throws -> R
    ) async throws -> R? {
        try await StoreError.mapping {
            try await self.pool.withDedicatedConnection { connection in
                guard
                    let lease = try await Self.obtain(
                        on: connection,
                        mailbox: mailbox,
                        service: service,
                        holder: holder,
                        givesUp: givesUp
                    )
                else { return nil }
                let result: R?
                do {
                    result = try await withThrowingTaskGroup(of: R?.self) { group in
                        group.addTask { try await body(lease) }
                        group.addTask {
                            try await Self.renew(lease, on: connection)
                            return nil
                        }
                        defer { group.cancelAll() }
                        return try await group.next() ?? nil
                    }
                } catch {
                    do {
                        try await Self.release(lease.grant, on: connection)
                    } catch {
                        // The session's end gives the lease back as well; only who asks who is at work is told late.
                        self.logger.debug("the lease could not be released", metadata: ["error": "\(error)"])
                    }
                    throw error
                }
                try await Self.release(lease.grant, on: connection)
                return result
            }
        }
    }

    /// Says that nobody is at work any more; also when the work was cancelled.
    private static func release(_ grant: LeaseGrant, on connection: PostgresConnection) async throws {
        try await connection.withConnectionEvenIfCancelled { transaction in
            _ = try transaction.execute(
                LeaseQueries.release,
                grant.mailbox.rawValue,
                grant.service.rawValue,
                grant.fence
            )
        }
    }

    private static func obtain(
        on connection: PostgresConnection,
        mailbox: Identifier<Mailbox>,
        service: LeasedService,
        holder: String,
        givesUp: @Sendable () -> Bool
    ) async throws -> Lease? {
        while true {
            let before = ContinuousClock.now
            let fence: Int64? = try await connection.withConnection { transaction in
                try Self.take(transaction, mailbox, service, holder)
            }
            if let fence {
                let grant = LeaseGrant(mailbox: mailbox, service: service, fence: fence)
                return Lease(grant: grant, validUntil: before.advanced(by: Lease.lifetime))
            }
            if givesUp() { return nil }
            try await Task.sleep(for: Lease.standbyInterval)
        }
    }

    /// Takes the lease if its holder is dead or its time is over; the new fence, or nil.
    ///
    /// Each fence has an advisory lock of its own, which its holder has from before it is the holder until its session ends. So
    /// only the present holder's death is taken for one: who was replaced by time may end whenever it likes.
    private static func take(
        _ transaction: PostgresTransaction,
        _ mailbox: Identifier<Mailbox>,
        _ service: LeasedService,
        _ holder: String
    ) throws -> Int64? {
        func lock(_ key: Int64) throws -> Bool {
            try transaction.query(LeaseQueries.tryAdvisoryLock, key)
                .contains { row in try row.decode(0, as: Bool.self) }
        }
        func unlock(_ key: Int64) throws { _ = try transaction.query(LeaseQueries.unlock, key) }
        let row = try transaction.query(LeaseQueries.current, mailbox.rawValue, service.rawValue).first { _ in true }
        let former = try row?.decode(0, as: Int64.self) ?? 0
        let isOver = try row?.decode(1, as: Bool.self) ?? true
        let (old, new) = (Self.key(mailbox, service, former), Self.key(mailbox, service, former + 1))
        let isDead = try lock(old)
        guard isDead || isOver, try lock(new) else {
            if isDead { try unlock(old) }
            return nil
        }
        let taken = try transaction.query(
            LeaseQueries.take,
            mailbox.rawValue,
            service.rawValue,
            holder,
            Self.seconds(Lease.lifetime),
            former,
            isDead
        ).first { _ in true }?.decode(0, as: Int64.self)
        if isDead { try unlock(old) }
        if taken == nil { try unlock(new) }
        return taken
    }

    /// The key of a fence's lock: "Ba", so that no other user of advisory locks is met by chance, 24 bits of the mailbox's
    /// number, the service, 23 bits of the fence.
    static func key(_ mailbox: Identifier<Mailbox>, _ service: LeasedService, _ fence: Int64) -> Int64 {
        0x4261_0000_0000_0000 | (mailbox.rawValue & 0xFF_FFFF) << 24 | (service == .assignment ? 0x80_0000 : 0)
            | fence & 0x7F_FFFF
    }

    private static func renew(_ lease: Lease, on connection: PostgresConnection) async throws {
        let grant = lease.grant
        while true {
            try await Task.sleep(for: Lease.renewalInterval)
            let before = ContinuousClock.now
            let isHeld = try await connection.withConnection { transaction in
                try transaction.query(
                    LeaseQueries.renew,
                    grant.mailbox.rawValue,
                    grant.service.rawValue,
                    grant.fence,
                    Self.seconds(Lease.lifetime)
                ).count == 1
            }
            guard isHeld else {
                throw StoreError(reason: .leaseLost, message: "another worker took over this mailbox")
            }
            lease.extend(to: before.advanced(by: Lease.lifetime))
        }
    }

    private static func seconds(_ duration: Duration) -> Double {
        Double(duration.components.seconds)
    }
}
