package import Desk
import Postgres

/// Statements on `placement`, the ledger, as ingestion writes it: what is on the server, and what is gone from it.
///
/// Each of them takes the mailbox's number that was read before the command whose answer is applied; an answer older
/// than what is stored changes nothing.
package enum PlacementQueries {
    static let all: [SQL] = [
        insert, observe, vanish, vanishAbsent, vanishEpoch, liveCount, liveUIDs, stale, hasUnconfirmed, suspect,
        settleConfirmed, touch,
    ]

    /// Binds `$1` mailbox, `$2` folder, `$3` epoch, `$4` number, `$5` imported, `$6` uids, `$7` digests, `$8` flags
    /// (joined by spaces), `$9` modseqs, `$10` internal dates, `$11` sizes, `$12` email ids, `$13`
    /// attempts.
    ///
    /// Rows: the digest of each one written, then UID, ledger number, time of first sight, attempts, whether it is
    /// imported, whether it waits to be filed, and whether it lies in Sent. A placement that the mark writer put there after its
    /// MOVE keeps its fate; one that was parked is filed as if it had come just now. What only a receipt named, and what a later
    /// look did not find, was never there: its UID is free for the mail that has it now, which gets a ledger number of its own.
    /// Where the bytes under a UID that a receipt named are another mail's, they are compared once more, and then filed.
    static let insert = SQL(
        name: "placement.insert",
        text: """
            INSERT INTO placement AS p
                (mailbox_id, folder_id, epoch, uid, digest, flags, modseq, observed, internal_date, imported, reason,
                 size, email_id, attempts)
            SELECT $1, $2, $3::int, u.uid, u.digest, string_to_array(u.flags, ' '), u.modseq, $4, u.internal_date, $5,
                   CASE WHEN u.digest IS NULL THEN 'the server gives no body' END, u.size, u.email_id,
                   CASE WHEN u.digest IS NULL THEN 0 ELSE $13::smallint END
            FROM unnest($6::bigint[], $7::bytea[], $8::text[], $9::bigint[], $10::timestamptz[], $11::bigint[],
                        $12::text[])
                AS u (uid, digest, flags, modseq, internal_date, size, email_id)
            ORDER BY u.internal_date, u.uid
            ON CONFLICT (mailbox_id, folder_id, epoch, uid) DO UPDATE
            SET flags = excluded.flags, modseq = excluded.modseq, observed = excluded.observed,
                internal_date = excluded.internal_date, size = excluded.size, email_id = excluded.email_id,
                digest = CASE WHEN p.gone_at IS NULL THEN COALESCE(p.digest, excluded.digest) ELSE excluded.digest END,
                fate = CASE WHEN p.gone_at IS NULL THEN p.fate ELSE excluded.fate END,
                reason = CASE WHEN p.digest IS NULL OR p.gone_at IS NOT NULL THEN excluded.reason ELSE p.reason END,
                attempts = CASE WHEN p.digest IS NULL OR p.gone_at IS NOT NULL THEN excluded.attempts ELSE p.attempts END,
                presumed = p.gone_at IS NULL
                    AND (p.presumed OR p.written > 0 AND COALESCE(p.digest <> excluded.digest, false)),
                retry_at = CASE WHEN p.gone_at IS NULL THEN p.retry_at END,
                \(freeing)
            WHERE p.observed <= excluded.observed AND (p.gone_at IS NULL OR \(isFree("excluded.observed")))
            RETURNING p.digest, p.uid, p.number, p.seen_at, p.attempts, p.imported,
                      p.fate = 'fetched' AND p.digest IS NOT NULL,
                      EXISTS (SELECT 1 FROM folder f WHERE f.mailbox_id = $1 AND f.id = $2 AND f.role = 'sent')
            """
    )

    /// Whether a placement `p` is one that a receipt named and no answer ever showed.
    static let neverSeen = "p.observed = 0 AND p.written > 0"

    /// Whether the UID of a placement `p` that is gone is free for another mail, by an answer that carries `number`.
    static func isFree(_ number: String) -> String { "p.gone_number <= \(number) AND \(neverSeen)" }

    /// What a placement becomes whose UID was free; one that lives keeps all of it.
    static let freeing = """
        number = CASE WHEN p.gone_at IS NULL THEN p.number ELSE excluded.number END,
        imported = CASE WHEN p.gone_at IS NULL THEN p.imported ELSE excluded.imported END,
        seen_at = CASE WHEN p.gone_at IS NULL THEN p.seen_at ELSE excluded.seen_at END,
        written = CASE WHEN p.gone_at IS NULL THEN p.written ELSE 0 END,
        gone_at = NULL, gone_why = NULL, gone_number = NULL
        """

    /// Binds `$1` mailbox, `$2` folder, `$3` epoch, `$4` number, `$5` uids, `$6` flags (joined), `$7` modseqs.
    ///
    /// Rows: the digests of those that changed, or that were looked at again after a write of ours.
    static let observe = SQL(
        name: "placement.observe",
        text: """
            UPDATE placement p
            SET flags = string_to_array(u.flags, ' '), modseq = COALESCE(u.modseq, p.modseq), observed = $4
            FROM unnest($5::bigint[], $6::text[], $7::bigint[]) AS u (uid, flags, modseq)
            WHERE p.mailbox_id = $1 AND p.folder_id = $2 AND p.epoch = $3::int AND p.uid = u.uid
              AND p.gone_at IS NULL AND p.observed <= $4
              AND (p.flags IS DISTINCT FROM string_to_array(u.flags, ' ') OR p.observed = 0 AND $4 > 0
                   OR EXISTS (SELECT 1 FROM message g WHERE g.mailbox_id = $1 AND g.digest = p.digest AND g.unconfirmed
                              AND p.observed < g.closed_number))
            RETURNING p.digest
            """
    )

    /// Binds `$1` mailbox, `$2` folder, `$3` epoch, `$4` number, `$5` why, `$6` lower and `$7` upper ends of UID
    /// ranges.
    ///
    /// Rows: the digests of those that were live.
    static let vanish = SQL(
        name: "placement.vanish",
        text: """
            UPDATE placement p SET gone_at = now(), gone_why = $5, gone_number = $4
            FROM unnest($6::bigint[], $7::bigint[]) AS u (lower, upper)
            WHERE p.mailbox_id = $1 AND p.folder_id = $2 AND p.epoch = $3::int AND p.uid BETWEEN u.lower AND u.upper
              AND p.gone_at IS NULL
            RETURNING p.digest
            """
    )

    /// Binds `$1` mailbox, `$2` folder, `$3` epoch, `$4` number, `$5` uids of a complete enumeration.
    ///
    /// Rows: the digests of live ones that it did not name.
    static let vanishAbsent = SQL(
        name: "placement.vanish_absent",
        text: """
            UPDATE placement p SET gone_at = now(), gone_why = 'absent from a complete enumeration', gone_number = $4
            WHERE p.mailbox_id = $1 AND p.folder_id = $2 AND p.epoch = $3::int AND p.gone_at IS NULL AND p.observed <= $4
              AND p.written <= $4 AND NOT EXISTS (SELECT 1 FROM unnest($5::bigint[]) AS u (uid) WHERE u.uid = p.uid)
            RETURNING p.digest
            """
    )

    /// Why a placement is gone whose mail may lie where it was, under another UID.
    static let renumbered = "UIDVALIDITY changed"

    /// Binds `$1` mailbox, `$2` folder, `$3` number, `$4` why.
    ///
    /// All live placements of the folder, of every epoch. Rows: their digests.
    static let vanishEpoch = SQL(
        name: "placement.vanish_epoch",
        text: """
            UPDATE placement p SET gone_at = now(), gone_why = $4, gone_number = $3
            WHERE p.mailbox_id = $1 AND p.folder_id = $2 AND p.gone_at IS NULL
            RETURNING p.digest
            """
    )

    /// Binds `$1` mailbox, `$2` folder, `$3` epoch.
    ///
    /// One row.
    static let liveCount = SQL(
        name: "placement.live_count",
        text: """
            SELECT count(*) FROM placement
            WHERE mailbox_id = $1 AND folder_id = $2 AND epoch = $3::int AND gone_at IS NULL
            """
    )

    /// Binds `$1` mailbox, `$2` folder, `$3` epoch.
    ///
    /// Live UIDs with flags, in order.
    static let liveUIDs = SQL(
        name: "placement.live_uids",
        text: """
            SELECT uid, flags, fate, digest FROM placement
            WHERE mailbox_id = $1 AND folder_id = $2 AND epoch = $3::int AND gone_at IS NULL
            ORDER BY uid
            """
    )

    /// Binds `$1` mailbox.
    ///
    /// Folder and UID of live placements whose last observation is older than our last write.
    static let stale = SQL(
        name: "placement.stale",
        text: """
            SELECT p.folder_id, p.uid FROM message g
            JOIN placement p ON p.mailbox_id = g.mailbox_id AND p.digest = g.digest
            JOIN folder f ON f.mailbox_id = p.mailbox_id AND f.id = p.folder_id AND f.epoch = p.epoch
            WHERE g.mailbox_id = $1 AND g.unconfirmed AND p.gone_at IS NULL AND p.observed < g.closed_number
            """
    )

    /// Binds `$1` mailbox.
    ///
    /// One row: whether a message was written to and its second look is not over; by `message_unconfirmed`.
    static let hasUnconfirmed = SQL(
        name: "placement.has_unconfirmed",
        text: "SELECT EXISTS (SELECT 1 FROM message WHERE mailbox_id = $1 AND unconfirmed)"
    )

    /// Whether every live placement of a message `g` was observed since our last write; what lies in a folder that is not synchronised
    /// any more is not waited for.
    private static let isSeenSince = """
        NOT EXISTS (
            SELECT 1 FROM placement o
            JOIN folder f ON f.mailbox_id = o.mailbox_id AND f.id = o.folder_id AND f.epoch = o.epoch
            WHERE o.mailbox_id = $1 AND o.digest = g.digest AND o.gone_at IS NULL AND o.observed < g.closed_number
              AND f.phase NOT IN ('missing', 'phantom') AND f.role NOT IN ('drafts', 'all', 'other'))
        """

    /// Binds `$1` mailbox.
    ///
    /// Where a receipt named a UID and the same mail has another one in that folder, the receipt may have told of another mail: the
    /// bytes are compared, once after each write, when the second look is over.
    static let suspect = SQL(
        name: "placement.suspect",
        text: """
            UPDATE placement p SET presumed = true
            FROM message g
            WHERE g.mailbox_id = $1 AND g.unconfirmed AND p.mailbox_id = $1 AND p.digest = g.digest
              AND p.written > 0 AND p.gone_at IS NULL AND NOT p.presumed AND EXISTS (
                SELECT 1 FROM placement q
                WHERE q.mailbox_id = $1 AND q.folder_id = p.folder_id AND q.epoch = p.epoch AND q.digest = p.digest
                  AND q.uid <> p.uid)
              AND \(isSeenSince)
            """
    )

    /// Binds `$1` mailbox.
    ///
    /// Messages all of whose live placements were observed since our last write need no second look; what lies in a folder that
    /// is not synchronised any more is not waited for.
    static let settleConfirmed = SQL(
        name: "placement.settle_confirmed",
        text: """
            UPDATE message g SET unconfirmed = false
            WHERE g.mailbox_id = $1 AND g.unconfirmed AND \(isSeenSince)
            """
    )

    /// Binds `$1` mailbox, `$2` digests.
    ///
    /// Their messages are due for the mark writer's look. Rows: how many.
    static let touch = SQL(
        name: "placement.touch",
        text: """
            UPDATE message SET touched = nextval('touch_number') WHERE mailbox_id = $1 AND digest = ANY($2)
            """
    )

    /// Placements as they were written.
    package struct Written: Sendable {
        /// How many.
        package var count = 0
        /// Those that may be filed at once, in no order: they wait, and no attempt but the one just counted was made.
        package var unfiled: [UnfiledMail] = []

        /// None yet.
        package init() {}
    }

    /// Writes placements that were fetched; their messages, where known, are touched.
    ///
    /// `isHandedOver` says that filing begins right after the commit: the first attempt is counted with it, so that no
    /// transaction of its own is needed before somebody looks inside a mail.
    package static func insert(
        _ unit: Unit,
        _ folder: FolderEpoch,
        number: Int64,
        isImported: Bool,
        isHandedOver: Bool = false,
        _ placements: [SeenPlacement]
    ) throws -> Written {
        let rows = try unit.transaction.query(
            insert,
            folder.mailbox.rawValue,
            folder.folder.rawValue,
            Int64(folder.epoch),
            number,
            isImported,
            placements.map { Int64($0.uid) },
            placements.map(\.digest),
            placements.map { joined($0.flags) },
            placements.map { $0.modSeq.map(Int64.init(clamping:)) },
            placements.map(\.internalDate),
            placements.map(\.size),
            placements.map(\.emailID),
            Int16(isHandedOver ? 1 : 0)
        )
        var written = Written()
        written.count = try touch(unit, folder.mailbox, digestsOf: rows)
        let seen = Dictionary(placements.map { ($0.uid, $0) }) { first, _ in first }
        for row in rows where try row.decode(6, as: Bool.self) {
            let attempts = Int(try row.decode(4, as: Int16.self))
            // What was tried before comes alone, from the database.
            guard isHandedOver, attempts == 1 else { continue }
            let uid = UInt32(clamping: try row.decode(1, as: Int64.self))
            guard let placement = seen[uid] else { continue }
            written.unfiled.append(
                UnfiledMail(
                    folder: folder.folder,
                    epoch: folder.epoch,
                    uid: uid,
                    placement: Identifier(try row.decode(2, as: Int64.self)),
                    digest: try row.decode(0, as: [UInt8].self),
                    flags: placement.flags,
                    internalDate: placement.internalDate,
                    seenAt: try row.decode(3, as: Timestamp.self),
                    attempts: attempts,
                    isImported: try row.decode(5, as: Bool.self),
                    isSent: try row.decode(7, as: Bool.self)
                )
            )
        }
        return written
    }

    /// Applies flags that were seen.
    ///
    /// Returns how many placements changed.
    package static func observe(
        _ unit: Unit,
        _ folder: FolderEpoch,
        number: Int64,
        _ rows: [ObservedFlags]
    ) throws -> Int {
        guard !rows.isEmpty else { return 0 }
        let changed = try unit.transaction.query(
            observe,
            folder.mailbox.rawValue,
            folder.folder.rawValue,
            Int64(folder.epoch),
            number,
            rows.map { Int64($0.uid) },
            rows.map { joined($0.flags) },
            rows.map { $0.modSeq.map(Int64.init(clamping:)) }
        )
        return try touch(unit, folder.mailbox, digestsOf: changed)
    }

    /// Marks as gone what the server said has vanished.
    ///
    /// Returns how many were live.
    package static func vanish(
        _ unit: Unit,
        _ folder: FolderEpoch,
        number: Int64,
        why: String,
        ranges: [ClosedRange<UInt32>]
    ) throws -> Int {
        guard !ranges.isEmpty else { return 0 }
        let rows = try unit.transaction.query(
            vanish,
            folder.mailbox.rawValue,
            folder.folder.rawValue,
            Int64(folder.epoch),
            number,
            why,
            ranges.map { Int64($0.lowerBound) },
            ranges.map { Int64($0.upperBound) }
        )
        return try touch(unit, folder.mailbox, digestsOf: rows)
    }

    /// Marks as gone what a complete enumeration did not name.
    ///
    /// Returns how many were live.
    package static func vanishAbsent(
        _ unit: Unit,
        _ folder: FolderEpoch,
        number: Int64,
        present: [UInt32]
    ) throws -> Int {
        let rows = try unit.transaction.query(
            vanishAbsent,
            folder.mailbox.rawValue,
            folder.folder.rawValue,
            Int64(folder.epoch),
            number,
            present.map { Int64($0) }
        )
        return try touch(unit, folder.mailbox, digestsOf: rows)
    }

    /// Marks everything in a folder as gone: it has a new UIDVALIDITY, or is not there any more.
    package static func vanishFolder(
        _ unit: Unit,
        mailbox: Identifier<Mailbox>,
        folder: Identifier<Folder>,
        number: Int64,
        why: String
    ) throws -> Int {
        let rows = try unit.transaction.query(
            vanishEpoch,
            mailbox.rawValue,
            folder.rawValue,
            number,
            why
        )
        return try touch(unit, mailbox, digestsOf: rows)
    }

    /// How many placements of the folder are live.
    package static func liveCount(_ unit: Unit, _ folder: FolderEpoch) throws -> Int {
        for row in try unit.transaction.query(
            liveCount,
            folder.mailbox.rawValue,
            folder.folder.rawValue,
            Int64(folder.epoch)
        ) {
            return Int(try row.decode(0, as: Int64.self))
        }
        throw StoreError.missingRow(liveCount.name)
    }

    /// A live placement as `verify` compares it with the server.
    package struct Live: Sendable {
        /// The UID, valid in one epoch of one folder.
        package let uid: UInt32
        /// Flags and keywords as the server spells them.
        package let flags: [String]
        /// What became of it.
        package let fate: String
        /// SHA-256 of `BODY[]`, 32 bytes.
        package let digest: [UInt8]?
    }

    /// The live placements of a folder in order of UID.
    package static func live(_ unit: Unit, _ folder: FolderEpoch) throws -> [Live] {
        try unit.transaction.query(
            liveUIDs,
            folder.mailbox.rawValue,
            folder.folder.rawValue,
            Int64(folder.epoch)
        ).map { row in
            Live(
                uid: UInt32(clamping: try row.decode(0, as: Int64.self)),
                flags: try row.decode(1, as: [String].self),
                fate: try row.decode(2, as: String.self),
                digest: try row.decode(3, as: [UInt8]?.self)
            )
        }
    }

    /// What must be looked at again because the last answer is older than our last write, by folder.
    package static func stale(
        _ unit: Unit,
        mailbox: Identifier<Mailbox>
    ) throws -> [Identifier<Folder>: [UInt32]] {
        try self.uids(try unit.transaction.query(stale, mailbox.rawValue))
    }

    /// What ``stale`` gave.
    static func uids(_ rows: PostgresRows) throws -> [Identifier<Folder>: [UInt32]] {
        var found: [Identifier<Folder>: [UInt32]] = [:]
        for row in rows {
            let folder = Identifier<Folder>(try row.decode(0, as: Int64.self))
            found[folder, default: []].append(UInt32(clamping: try row.decode(1, as: Int64.self)))
        }
        return found
    }

    /// Ends the second look at what has been observed since, and has compared what does not look as a receipt said.
    static func settleConfirmed(_ unit: Unit, mailbox: Identifier<Mailbox>) throws {
        try unit.transaction.queue(suspect, mailbox.rawValue)
        try unit.transaction.queue(settleConfirmed, mailbox.rawValue)
    }

    static func touch(
        _ unit: Unit,
        _ mailbox: Identifier<Mailbox>,
        digestsOf rows: PostgresRows
    ) throws -> Int {
        var written = 0
        var digests: [[UInt8]] = []
        for row in rows {
            written += 1
            if let digest = try row.decode(0, as: [UInt8]?.self) { digests.append(digest) }
        }
        if !digests.isEmpty { try unit.transaction.queue(touch, mailbox.rawValue, digests) }
        return written
    }

    /// Flags hold no spaces (RFC 9051 §9, flag-keyword), so one string carries them into `unnest`.
    static func joined(_ flags: [String]) -> String {
        flags.joined(separator: " ")
    }
}
