import Desk
import Postgres

/// Statements on `lease`; the clock is PostgreSQL's alone.
enum LeaseQueries {
    static let all: [SQL] = [
        assertHeld, isHeld, current, kept, takeAtOnce, take, renew, release, tryAdvisoryLock, unlock, tryProbe,
        endProbe, endBlockers,
    ]

    /// Binds `$1` mailbox, `$2` service, `$3` fence, `$4` the key of its lock.
    ///
    /// One row while the lease is held, locked FOR KEY SHARE: a renewal does not wait for it, a take-over, which
    /// changes the key, does. Else the statement fails, by a division, so that a COMMIT sent along with it is not carried out.
    ///
    /// Held means that a session has the lock, too. When the database server crashes every session ends, and a holder that relies on
    /// what was committed without waiting for the disk must not go on; it would notice by its next renewal.
    static let assertHeld = SQL(
        name: "lease.assert_held",
        text: """
            WITH held AS MATERIALIZED (
                SELECT 1 FROM lease WHERE mailbox_id = $1 AND service = $2 AND fence = $3 FOR KEY SHARE)
            SELECT 1 / (SELECT count(*) FROM held WHERE NOT pg_try_advisory_xact_lock_shared($4))
            """
    )

    /// Binds `$1` mailbox, `$2` service, `$3` fence.
    ///
    /// One row while the lease is held. Locks nothing: a row lock is written to disk with the COMMIT, which only a change is
    /// worth.
    static let isHeld = SQL(
        name: "lease.is_held",
        text: "SELECT 1 FROM lease WHERE mailbox_id = $1 AND service = $2 AND fence = $3"
    )

    /// Binds `$1` mailbox, `$2` service.
    ///
    /// One row: the fence and whether its time is over; none before the first holder.
    static let current = SQL(
        name: "lease.current",
        text: "SELECT fence, expires_at < now() FROM lease WHERE mailbox_id = $1 AND service = $2"
    )

    /// A row for each lease that cannot be had: its time is not over, and a session has the lock of its fence.
    ///
    /// Reads the lease table, one row for each mailbox and service, and the table of locks, without waiting for either. What it
    /// says is a hint; ``takeAtOnce`` decides.
    static let kept = SQL(
        name: "lease.kept",
        text: """
            WITH locked AS MATERIALIZED (
                SELECT classid::bigint << 32 | objid::bigint AS key FROM pg_locks
                WHERE locktype = 'advisory' AND granted AND objsubid = 1 AND mode = 'ExclusiveLock'
                    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
            )
            SELECT l.mailbox_id, l.service FROM lease l
            JOIN locked ON locked.key = (
                4783104279244177408 | (l.mailbox_id & 16777215) << 24
                | CASE l.service WHEN 'assignment' THEN 8388608 ELSE 0 END | (l.fence & 8388607)
            )
            WHERE l.expires_at >= now()
            """
    )

    /// Binds as ``take``.
    ///
    /// One row: the new fence; none when a unit of the former holder still keeps the row, which is not waited for, or for the reasons of ``take``.
    static let takeAtOnce = SQL(
        name: "lease.take_at_once",
        text: """
            WITH former AS (
                SELECT mailbox_id, service, fence FROM lease
                WHERE mailbox_id = $1 AND service = $2 AND fence = $5 AND ($6 OR expires_at < now())
                FOR UPDATE SKIP LOCKED
            )
            UPDATE lease l
            SET fence = $5 + 1, holder = $3, expires_at = now() + make_interval(secs => $4)
            FROM former f
            WHERE l.mailbox_id = f.mailbox_id AND l.service = f.service AND l.fence = f.fence
                AND ($6 OR l.expires_at < now())
            RETURNING l.fence
            """
    )

    /// Binds `$1` mailbox, `$2` service, `$3` holder, `$4` seconds, `$5` the fence that was read, 0 for none, `$6` whether its
    /// holder is dead.
    ///
    /// One row: the new fence; none when another standby was faster, or when the holder lives and has renewed it.
    static let take = SQL(
        name: "lease.take",
        text: """
            INSERT INTO lease AS l (mailbox_id, service, fence, holder, expires_at)
            VALUES ($1, $2, $5 + 1, $3, now() + make_interval(secs => $4))
            ON CONFLICT (mailbox_id, service) DO UPDATE
            SET fence = excluded.fence, holder = excluded.holder, expires_at = excluded.expires_at
            WHERE l.fence = $5 AND ($6 OR l.expires_at < now())
            RETURNING fence
            """
    )

    /// Binds `$1` mailbox, `$2` service, `$3` fence, `$4` seconds.
    ///
    /// One row, or none when it was taken over.
    static let renew = SQL(
        name: "lease.renew",
        text: """
            UPDATE lease SET expires_at = now() + make_interval(secs => $4)
            WHERE mailbox_id = $1 AND service = $2 AND fence = $3
            RETURNING 1
            """
    )

    /// Binds `$1` mailbox, `$2` service, `$3` fence.
    ///
    /// The next holder need not wait.
    static let release = SQL(
        name: "lease.release",
        text: """
            UPDATE lease SET expires_at = now() WHERE mailbox_id = $1 AND service = $2 AND fence = $3
            """
    )

    /// Binds `$1` the lock's key.
    ///
    /// One row: whether this session has it now, also when it had it already. Ends with the session.
    static let tryAdvisoryLock = SQL(name: "lease.try_advisory_lock", text: "SELECT pg_try_advisory_lock($1)")

    /// Binds `$1` the lock's key.
    ///
    /// Gives back what ``tryAdvisoryLock`` got.
    static let unlock = SQL(name: "lease.unlock", text: "SELECT pg_advisory_unlock($1)")

    /// Binds `$1` the lock's key.
    ///
    /// One row: whether no session has it as a holder does. A probe beside it is none for ``assertHeld``, and of several standbys that probe
    /// at once the lock of the next fence chooses one. Ends with the session, or by ``endProbe``.
    static let tryProbe = SQL(name: "lease.try_probe", text: "SELECT pg_try_advisory_lock_shared($1)")

    /// Binds `$1` the lock's key.
    static let endProbe = SQL(name: "lease.end_probe", text: "SELECT pg_advisory_unlock_shared($1)")

    /// Binds `$1` the process of a session that waits for a lock.
    ///
    /// Ends the sessions it waits for, as far as they are of the same role; a row for each.
    static let endBlockers = SQL(
        name: "lease.end_blockers",
        text: """
            SELECT pg_terminate_backend(a.pid) FROM unnest(pg_blocking_pids($1)) AS b (pid)
            JOIN pg_stat_activity a ON a.pid = b.pid AND a.usename = current_user
            """
    )

    /// The same for a unit that only reads: goes with its first statement; without its row the unit fails with
    /// ``StoreError/Reason/leaseLost``.
    static func look(_ unit: Unit, _ lease: LeaseGrant) throws {
        try unit.transaction.queue(
            isHeld,
            lease.mailbox.rawValue,
            lease.service.rawValue,
            lease.fence,
            needsRow: true
        )
    }

    /// Goes with the unit's first statement, or with its COMMIT; where the lease is not held any more, nothing of the unit is committed, and
    /// it fails with ``StoreError/Reason/leaseLost``.
    static func assertHeld(_ unit: Unit, _ lease: LeaseGrant) throws {
        try unit.transaction.queue(
            assertHeld,
            lease.mailbox.rawValue,
            lease.service.rawValue,
            lease.fence,
            lease.lockKey
        )
    }
}
