import Desk
import Postgres
import Synchronization

/// What a lease is about: one service on one mailbox.
struct LeaseSubject: Sendable, Hashable {
    let mailbox: Identifier<Mailbox>
    let service: LeasedService

    /// The key of a fence's advisory lock.
    ///
    /// "Ba", so that no other user of advisory locks is met by chance, 24 bits of the mailbox's number, the service, 23 bits of
    /// the fence. ``LeaseQueries/kept`` computes the same.
    func key(_ fence: Int64) -> Int64 {
        0x4261_0000_0000_0000 | (self.mailbox.rawValue & 0xFF_FFFF) << 24
            | (self.service == .assignment ? 0x80_0000 : 0) | fence & 0x7F_FFFF
    }
}

/// One session of ``LeaseSession``, from its opening to its end: its connection, the locks it has, and what it last saw.
final class LeaseLink: Sendable {
    /// How long one look at all leases serves everybody in this process who waits for one.
    private static let freshness = Duration.milliseconds(250)

    private struct State {
        /// Keys of locks that this session has, since PostgreSQL would give it each of them again and again.
        var held: Set<Int64> = []
        /// What was not to be had at the last look.
        var kept: Set<LeaseSubject> = []
        var looked: ContinuousClock.Instant?
        var isForcing = false

        func isFresh(_ now: ContinuousClock.Instant) -> Bool {
            self.looked.map { now < $0.advanced(by: LeaseLink.freshness) } ?? false
        }
    }

    let connection: PostgresConnection
    private let state = Mutex(State())

    init(_ connection: PostgresConnection) {
        self.connection = connection
    }

    /// Whether it seemed a moment ago that a lease can be had; one statement answers it for all of them.
    func isFree(_ subject: LeaseSubject) async throws -> Bool {
        if let known = self.known(subject) { return known }
        return try await self.connection.withConnection { transaction in
            // Others may have waited for this thread as well; the first of them looks.
            if let known = self.known(subject) { return known }
            var kept: Set<LeaseSubject> = []
            for row in try transaction.query(LeaseQueries.kept) {
                let mailbox = Identifier<Mailbox>(try row.decode(0, as: Int64.self))
                kept.insert(LeaseSubject(mailbox: mailbox, service: try row.decode(1, raw: LeasedService.self)))
            }
            let found = kept
            self.state.withLock { ($0.kept, $0.looked) = (found, .now) }
            return !found.contains(subject)
        }
    }

    private func known(_ subject: LeaseSubject) -> Bool? {
        self.state.withLock { $0.isFresh(.now) ? !$0.kept.contains(subject) : nil }
    }

    /// Takes a lock if no session has it, neither another one nor this one for somebody else in this process.
    func lock(_ transaction: PostgresTransaction, _ key: Int64) throws -> Bool {
        guard self.state.withLock({ !$0.held.contains(key) }) else { return false }
        let isOurs = try transaction.query(LeaseQueries.tryAdvisoryLock, key)
            .contains { row in try row.decode(0, as: Bool.self) }
        if isOurs { self.state.withLock { _ = $0.held.insert(key) } }
        return isOurs
    }

    /// Whether no session has a lock, neither another one nor this one for somebody else in this process; then none gets it before
    /// ``endProbe(_:_:)``.
    func probe(_ transaction: PostgresTransaction, _ key: Int64) throws -> Bool {
        guard self.state.withLock({ !$0.held.contains(key) }) else { return false }
        return try transaction.query(LeaseQueries.tryProbe, key).contains { row in try row.decode(0, as: Bool.self) }
    }

    /// Ends a probe that found the lock free.
    func endProbe(_ transaction: PostgresTransaction, _ key: Int64) throws {
        _ = try transaction.query(LeaseQueries.endProbe, key)
    }

    /// Gives a lock back, if it is here.
    func unlock(_ transaction: PostgresTransaction, _ key: Int64) throws {
        guard self.state.withLock({ $0.held.contains(key) }) else { return }
        _ = try transaction.query(LeaseQueries.unlock, key)
        self.state.withLock { _ = $0.held.remove(key) }
    }

    /// Whether nobody else in this process takes a lease by force just now; then ``endForce()`` is due.
    ///
    /// Each needs two connections of the pool. One after another, they cannot wait for each other.
    func beginForce() -> Bool {
        self.state.withLock { state in
            defer { state.isForcing = true }
            return !state.isForcing
        }
    }

    func endForce() {
        self.state.withLock { $0.isForcing = false }
    }
}
