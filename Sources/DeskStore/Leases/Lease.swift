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
    /// All leases of a process share one session.
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
            let standby = LeaseStandby(
                session: self.leases,
                pool: self.pool,
                subject: LeaseSubject(mailbox: mailbox, service: service),
                holder: holder
            )
            guard let (lease, link) = try await standby.obtain(givesUp: givesUp) else { return nil }
            let result: R?
            do {
                result = try await withThrowingTaskGroup(of: R?.self) { group in
                    group.addTask { try await body(lease) }
                    group.addTask {
                        try await Self.renew(lease, on: link.connection)
                        return nil
                    }
                    defer { group.cancelAll() }
                    return try await group.next() ?? nil
                }
            } catch {
                do {
                    try await Self.release(lease.grant, on: link)
                } catch {
                    // The session is over, which gives the lease back as well; only who asks who is at work is told late.
                    self.logger.debug("the lease could not be released", metadata: ["error": "\(error)"])
                }
                throw error
            }
            try await Self.release(lease.grant, on: link)
            return result
        }
    }

    /// Says that nobody is at work any more; also when the work was cancelled.
    private static func release(_ grant: LeaseGrant, on link: LeaseLink) async throws {
        try await link.connection.withConnectionEvenIfCancelled { transaction in
            _ = try transaction.execute(
                LeaseQueries.release,
                grant.mailbox.rawValue,
                grant.service.rawValue,
                grant.fence
            )
            try link.unlock(transaction, grant.lockKey)
        }
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
                    Lease.lifetime.wholeSeconds
                ).count == 1
            }
            guard isHeld else {
                throw StoreError(reason: .leaseLost, message: "another worker took over this mailbox")
            }
            lease.extend(to: before.advanced(by: Lease.lifetime))
        }
    }
}
