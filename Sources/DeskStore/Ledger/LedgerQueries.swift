package import Desk
import Postgres

/// Statements that apply a ``LedgerChange`` as one transaction, beside those of ``PlacementQueries`` and
/// ``FolderQueries``.
package enum LedgerQueries {
    static let all: [SQL] = [
        presume, park, known, candidates, elsewhere, parkedDue, presumed, confirm, differ, postpone, setTrouble,
    ]

    /// Binds `$1` mailbox, `$2` folder, `$3` epoch, `$4` number, then arrays: `$5` uids, `$6` digests, `$7` fates, `$8`
    /// reasons, `$9` flags (joined by spaces), `$10` modseqs, `$11` internal dates, `$12` sizes, `$13` email ids.
    ///
    /// Rows: the digest of each one written; a placement that is there already stays as it is, unless it was parked. In All the
    /// server's own name of the mail is certain enough: to compare would be to fetch everything twice.
    static let presume = SQL(
        name: "ledger.presume",
        text: """
            INSERT INTO placement AS p
                (mailbox_id, folder_id, epoch, uid, digest, fate, reason, flags, modseq, observed, internal_date, size,
                 email_id, presumed)
            SELECT $1, $2, $3::int, u.uid, u.digest, u.fate, u.reason, string_to_array(u.flags, ' '), u.modseq, $4,
                   u.internal_date, u.size, u.email_id,
                   NOT EXISTS (SELECT 1 FROM folder f WHERE f.mailbox_id = $1 AND f.id = $2 AND f.role = 'all')
            FROM unnest($5::bigint[], $6::bytea[], $7::text[], $8::text[], $9::text[], $10::bigint[],
                        $11::timestamptz[], $12::bigint[], $13::text[])
                AS u (uid, digest, fate, reason, flags, modseq, internal_date, size, email_id)
            ORDER BY u.internal_date, u.uid
            ON CONFLICT (mailbox_id, folder_id, epoch, uid) DO UPDATE
            SET digest = excluded.digest, fate = excluded.fate, reason = excluded.reason, flags = excluded.flags,
                modseq = excluded.modseq, observed = excluded.observed, internal_date = excluded.internal_date,
                size = excluded.size, email_id = excluded.email_id, presumed = excluded.presumed, attempts = 0,
                \(PlacementQueries.freeing)
            WHERE p.digest IS NULL AND p.gone_at IS NULL OR \(PlacementQueries.isFree("$4"))
            RETURNING digest
            """
    )

    /// Binds `$1` mailbox, `$2` folder, `$3` epoch, `$4` number, then arrays: `$5` uids, `$6` reasons, `$7` tries, `$8`
    /// seconds to wait, `$9` flags or NULL.
    ///
    /// Rows: a NULL each. A placement that has its bytes, or is gone, stays as it is, but for one whose UID was free.
    static let park = SQL(
        name: "ledger.park",
        text: """
            INSERT INTO placement AS p
                (mailbox_id, folder_id, epoch, uid, flags, observed, reason, attempts, retry_at)
            SELECT $1, $2, $3::int, u.uid, COALESCE(string_to_array(u.flags, ' '), '{}'),
                   CASE WHEN u.flags IS NULL THEN 0 ELSE $4 END, u.reason, u.tries,
                   now() + make_interval(secs => u.pause)
            FROM unnest($5::bigint[], $6::text[], $7::smallint[], $8::float8[], $9::text[])
                AS u (uid, reason, tries, pause, flags)
            ON CONFLICT (mailbox_id, folder_id, epoch, uid) DO UPDATE
            SET reason = excluded.reason, attempts = excluded.attempts, retry_at = excluded.retry_at,
                digest = NULL, fate = excluded.fate, presumed = false,
                flags = CASE WHEN p.gone_at IS NULL THEN p.flags ELSE excluded.flags END,
                observed = CASE WHEN p.gone_at IS NULL THEN p.observed ELSE excluded.observed END,
                \(PlacementQueries.freeing)
            WHERE p.digest IS NULL AND p.gone_at IS NULL OR \(PlacementQueries.isFree("$4"))
            RETURNING NULL::bytea
            """
    )

    /// Binds `$1` mailbox, `$2` folder, `$3` epoch, `$4` lowest uid, `$5` number.
    ///
    /// UIDs in order, and whether each is gone since that number or before; one taken away later counts as neither, nor does one that
    /// only a receipt named.
    static let known = SQL(
        name: "ledger.known",
        text: """
            SELECT p.uid, p.gone_at IS NOT NULL FROM placement p
            WHERE p.mailbox_id = $1 AND p.folder_id = $2 AND p.epoch = $3::int AND p.uid >= $4
              AND (p.gone_at IS NULL OR p.gone_number <= $5 AND NOT (\(PlacementQueries.neverSeen)))
            ORDER BY p.uid
            """
    )

    /// Binds `$1` mailbox.
    ///
    /// Parked mails in folders of their present epoch whose time has come; at most 500, by `placement_parked`.
    static let parkedDue = SQL(
        name: "ledger.parked_due",
        text: """
            SELECT p.folder_id, p.uid, p.attempts, p.reason FROM placement p
            JOIN folder f ON f.mailbox_id = p.mailbox_id AND f.id = p.folder_id AND f.epoch = p.epoch
            WHERE p.mailbox_id = $1 AND p.digest IS NULL AND p.gone_at IS NULL
              AND (p.retry_at IS NULL OR p.retry_at <= now())
            ORDER BY p.retry_at LIMIT 500
            """
    )

    /// Binds `$1` mailbox, `$2` limit.
    ///
    /// Presumed placements in folders of their present epoch whose time has come, oldest first, by `placement_presumed`.
    static let presumed = SQL(
        name: "ledger.presumed",
        text: """
            SELECT p.folder_id, p.epoch::bigint, p.uid, p.digest FROM placement p
            JOIN folder f ON f.mailbox_id = p.mailbox_id AND f.id = p.folder_id AND f.epoch = p.epoch
            WHERE p.mailbox_id = $1 AND p.presumed AND p.gone_at IS NULL AND f.phase = 'live'
              AND (p.retry_at IS NULL OR p.retry_at <= now())
            ORDER BY p.number LIMIT $2
            """
    )

    /// Binds `$1` mailbox, `$2` folder, `$3` epoch, then arrays: `$4` uids, `$5` digests of their bytes.
    ///
    /// What is as presumed is certain from now on.
    static let confirm = SQL(
        name: "ledger.confirm",
        text: """
            UPDATE placement p SET presumed = false
            FROM unnest($4::bigint[], $5::bytea[]) AS u (uid, digest)
            WHERE p.mailbox_id = $1 AND p.folder_id = $2 AND p.epoch = $3::int AND p.uid = u.uid AND p.presumed
              AND p.digest = u.digest
            """
    )

    /// Binds as ``confirm``, then `$6` internal dates, `$7` sizes, `$8` email ids.
    ///
    /// What is not as presumed is a mail of its own, to be filed by what the server says of it. Rows: the digest it was taken for.
    static let differ = SQL(
        name: "ledger.differ",
        text: """
            WITH former AS (
                SELECT p.uid, p.digest AS taken_for, u.digest, u.internal_date, u.size, u.email_id
                FROM unnest($4::bigint[], $5::bytea[], $6::timestamptz[], $7::bigint[], $8::text[])
                    AS u (uid, digest, internal_date, size, email_id)
                JOIN placement p ON p.mailbox_id = $1 AND p.folder_id = $2 AND p.epoch = $3::int AND p.uid = u.uid
                    AND p.presumed AND p.digest <> u.digest
                FOR UPDATE OF p)
            UPDATE placement p
            SET presumed = false, digest = f.digest, fate = 'fetched', reason = NULL, attempts = 0,
                internal_date = f.internal_date, size = f.size, email_id = f.email_id
            FROM former f
            WHERE p.mailbox_id = $1 AND p.folder_id = $2 AND p.epoch = $3::int AND p.uid = f.uid
            RETURNING f.taken_for
            """
    )

    /// Binds `$1` mailbox, `$2` folder, `$3` epoch, `$4` uids, `$5` seconds.
    ///
    /// What the server does not give is not asked for again before that time.
    static let postpone = SQL(
        name: "ledger.postpone",
        text: """
            UPDATE placement SET retry_at = now() + make_interval(secs => $5)
            WHERE mailbox_id = $1 AND folder_id = $2 AND epoch = $3::int AND uid = ANY($4) AND presumed
            """
    )

    /// Binds `$1` mailbox, `$2` folder, `$3` trouble, `$4` refusals, `$5` whether it is a phantom, `$6` seconds to wait.
    static let setTrouble = SQL(
        name: "ledger.set_trouble",
        text: """
            UPDATE folder
            SET trouble_at = CASE WHEN $3::text IS NULL THEN NULL WHEN trouble = $3 THEN trouble_at ELSE now() END,
                trouble = $3, refusals = $4::int, phase = CASE WHEN $5 THEN 'phantom' ELSE phase END,
                retry_at = now() + make_interval(secs => $6)
            WHERE mailbox_id = $1 AND id = $2
            """
    )

    /// UIDs of the present epoch from `lowest` on, in order: what is there, and what was gone under `number` or before.
    package static func known(
        _ unit: Unit,
        _ folder: FolderEpoch,
        from lowest: UInt32,
        number: Int64
    ) throws -> (live: [UInt32], gone: [UInt32]) {
        var live: [UInt32] = []
        var gone: [UInt32] = []
        for row in try unit.transaction.query(
            known,
            folder.mailbox.rawValue,
            folder.folder.rawValue,
            Int64(folder.epoch),
            Int64(lowest),
            number
        ) {
            let uid = UInt32(clamping: try row.decode(0, as: Int64.self))
            if try row.decode(1, as: Bool.self) { gone.append(uid) } else { live.append(uid) }
        }
        return (live, gone)
    }

    /// Parked mails whose time has come, by folder.
    package static func parkedDue(
        _ unit: Unit,
        mailbox: Identifier<Mailbox>
    ) throws -> [Identifier<Folder>: [ParkedMail]] {
        try self.parked(try unit.transaction.query(parkedDue, mailbox.rawValue))
    }

    /// What ``parkedDue`` gave.
    static func parked(_ rows: PostgresRows) throws -> [Identifier<Folder>: [ParkedMail]] {
        var found: [Identifier<Folder>: [ParkedMail]] = [:]
        for row in rows {
            found[Identifier(try row.decode(0, as: Int64.self)), default: []].append(
                ParkedMail(
                    uid: UInt32(clamping: try row.decode(1, as: Int64.self)),
                    reason: try row.decode(3, as: String?.self).flatMap(ParkedMail.Reason.init) ?? .empty,
                    tries: Int(try row.decode(2, as: Int16.self))
                )
            )
        }
        return found
    }

    /// A placement whose bytes are to be compared with what it is taken for.
    package struct Presumed: Sendable, Equatable {
        /// The folder in its epoch.
        package let folder: FolderEpoch
        /// The UID.
        package let uid: UInt32
        /// SHA-256 of the mail it is taken for.
        package let digest: [UInt8]
    }

    /// The oldest presumed placements.
    package static func presumed(_ unit: Unit, mailbox: Identifier<Mailbox>, limit: Int) throws -> [Presumed] {
        try unit.transaction.query(presumed, mailbox.rawValue, Int64(limit)).map { row in
            Presumed(
                folder: FolderEpoch(
                    mailbox: mailbox,
                    folder: Identifier(try row.decode(0, as: Int64.self)),
                    epoch: Int(try row.decode(1, as: Int64.self))
                ),
                uid: UInt32(clamping: try row.decode(2, as: Int64.self)),
                digest: try row.decode(3, as: [UInt8].self)
            )
        }
    }

    /// Ends the presumption for placements whose bytes were given; how many were something else.
    package static func compare(
        _ unit: Unit,
        _ folder: FolderEpoch,
        _ fetched: [SeenPlacement]
    ) throws -> Int {
        guard !fetched.isEmpty else { return 0 }
        let uids = fetched.map { Int64($0.uid) }
        let digests = fetched.map(\.digest)
        let mailbox = folder.mailbox.rawValue
        try unit.transaction.queue(
            confirm,
            mailbox,
            folder.folder.rawValue,
            Int64(folder.epoch),
            uids,
            digests
        )
        let wrong = try unit.transaction.query(
            differ,
            mailbox,
            folder.folder.rawValue,
            Int64(folder.epoch),
            uids,
            digests,
            fetched.map(\.internalDate),
            fetched.map(\.size),
            fetched.map(\.emailID)
        )
        return try PlacementQueries.touch(unit, folder.mailbox, digestsOf: wrong)
    }

    /// Leaves presumptions as they are for a while, since the server does not give the bytes.
    package static func postpone(
        _ unit: Unit,
        _ folder: FolderEpoch,
        _ uids: [UInt32],
        for pause: Duration
    ) throws {
        guard !uids.isEmpty else { return }
        try unit.transaction.queue(
            postpone,
            folder.mailbox.rawValue,
            folder.folder.rawValue,
            Int64(folder.epoch),
            uids.map { Int64($0) },
            Double(pause.components.seconds)
        )
    }

    /// Records why a folder is not synchronised, or that it is again.
    package static func setTrouble(
        _ unit: Unit,
        mailbox: Identifier<Mailbox>,
        _ folder: Identifier<Folder>,
        _ trouble: FolderTrouble?,
        refusals: Int,
        isPhantom: Bool,
        pause: Duration?
    ) throws {
        try unit.transaction.queue(
            setTrouble,
            mailbox.rawValue,
            folder.rawValue,
            trouble?.rawValue,
            Int64(refusals),
            isPhantom,
            pause.map { Double($0.components.seconds) }
        )
        if isPhantom { try HeldGestureQueries.holdFolder(unit, mailbox: mailbox, folder) }
    }
}

// MARK: - Changes

extension DeskDatabase {
    /// Commits a change of the ledger under the lease, or rolls all of it back as it says.
    package func commit(
        _ change: LedgerChange,
        mailbox: Identifier<Mailbox>,
        under lease: LeaseGrant
    ) async throws -> LedgerOutcome {
        do {
            // The mail server tells all of it again, as long as the cursor stands where it stood.
            return try await self.unit(under: lease, waitsForDisk: false) { unit in
                try LedgerQueries.apply(unit, mailbox: mailbox, change)
            }
        } catch let rollback as LedgerQueries.Rollback {
            return rollback.outcome
        }
    }
}

extension LedgerQueries {
    /// Ends a unit without committing it.
    struct Rollback: Error {
        let outcome: LedgerOutcome
    }

    /// Applies a change inside an open unit; throws where it must not be committed.
    static func apply(_ unit: Unit, mailbox: Identifier<Mailbox>, _ change: LedgerChange) throws -> LedgerOutcome {
        var folder = FolderEpoch(mailbox: mailbox, folder: change.folder, epoch: change.epoch)
        var changes = 0
        if let new = change.newEpoch {
            let isFirst = change.epoch == 0
            if !isFirst {
                changes += try PlacementQueries.vanishFolder(
                    unit,
                    mailbox: mailbox,
                    folder: change.folder,
                    number: change.number,
                    why: PlacementQueries.renumbered
                )
            }
            guard
                let epoch = try FolderQueries.beginEpoch(
                    unit,
                    folder,
                    uidValidity: new.uidValidity,
                    phase: new.phase
                )
            else { throw Rollback(outcome: .overtaken) }
            folder = FolderEpoch(mailbox: mailbox, folder: change.folder, epoch: epoch)
        }
        if change.endsMissing { try HeldGestureQueries.dropFolder(unit, mailbox: mailbox, change.folder) }
        changes += try PlacementQueries.vanish(
            unit,
            folder,
            number: change.number,
            why: "vanished",
            ranges: change.vanished
        )
        changes += try self.presume(unit, folder, number: change.number, change.presumed)
        changes += try PlacementQueries.observe(unit, folder, number: change.number, change.observed)
        if let present = change.present {
            changes += try PlacementQueries.vanishAbsent(unit, folder, number: change.number, present: present)
            try FolderQueries.enumerated(unit, folder, withFlags: !change.isFlagless)
        }
        try self.park(unit, folder, number: change.number, change.parked)
        if let pause = change.enumerationPause { try FolderQueries.pauseEnumeration(unit, folder, pause) }
        if let cursor = change.cursor { try FolderQueries.setCursor(unit, folder, cursor) }
        if let expected = change.expectedLive {
            let live = try PlacementQueries.liveCount(unit, folder)
            guard live == expected else { throw Rollback(outcome: .contradicted(live: live)) }
        }
        return .committed(changes: changes, epoch: folder.epoch)
    }

    private static func presume(
        _ unit: Unit,
        _ folder: FolderEpoch,
        number: Int64,
        _ presumed: [PresumedPlacement]
    ) throws -> Int {
        guard !presumed.isEmpty else { return 0 }
        let rows = try unit.transaction.query(
            presume,
            folder.mailbox.rawValue,
            folder.folder.rawValue,
            Int64(folder.epoch),
            number,
            presumed.map { Int64($0.seen.uid) },
            presumed.map(\.seen.digest),
            presumed.map(\.fate.rawValue),
            presumed.map(\.reason),
            presumed.map { PlacementQueries.joined($0.seen.flags) },
            presumed.map { $0.seen.modSeq.map(Int64.init(clamping:)) },
            presumed.map(\.seen.internalDate),
            presumed.map(\.seen.size),
            presumed.map(\.seen.emailID)
        )
        return try PlacementQueries.touch(unit, folder.mailbox, digestsOf: rows)
    }

    private static func park(
        _ unit: Unit,
        _ folder: FolderEpoch,
        number: Int64,
        _ parked: [ParkedMail]
    ) throws {
        guard !parked.isEmpty else { return }
        _ = try unit.transaction.query(
            park,
            folder.mailbox.rawValue,
            folder.folder.rawValue,
            Int64(folder.epoch),
            number,
            parked.map { Int64($0.uid) },
            parked.map(\.reason.rawValue),
            parked.map { Int16(clamping: $0.tries) },
            parked.map { Double($0.pause.components.seconds) },
            parked.map { $0.flags.map(PlacementQueries.joined) }
        )
    }
}
