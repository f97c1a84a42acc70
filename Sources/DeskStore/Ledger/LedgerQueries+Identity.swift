package import Desk
import Postgres

/// Which stored mails those may be that the server lists, without their bytes.
extension LedgerQueries {
    /// Binds `$1` mailbox, `$2` folder, `$3` epoch, then arrays: `$4` uids, `$5` email ids, `$6` digests of Message-IDs,
    /// `$7` internal dates, `$8` sizes.
    ///
    /// Stored mails of former epochs of the folder that answer to a key, and others of their tickets that arrived at the same
    /// moment with the same size, which might be meant as well: two mails may have one Message-ID. With how many copies of each there were in one
    /// epoch at most, and how many are in this one. By the keys of `thread_key`, `message` and `placement_digest`, or by
    /// `placement_email_id`.
    static let candidates = SQL(
        name: "ledger.candidates",
        text: """
            WITH found AS (
                SELECT u.uid, p.digest, p.fate, p.reason, p.epoch, p.number, g.id = k.message_id AS is_named
                FROM unnest($4::bigint[], $6::bytea[], $7::timestamptz[], $8::bigint[]) AS u (uid, id, internal_date, size)
                JOIN thread_key k ON k.mailbox_id = $1 AND k.digest = u.id AND k.message_id IS NOT NULL
                JOIN message g ON g.mailbox_id = $1 AND g.ticket = k.ticket
                JOIN placement p ON p.mailbox_id = $1 AND p.digest = g.digest AND p.folder_id = $2 AND p.epoch < $3::int
                    AND p.internal_date = u.internal_date AND p.size = u.size
                UNION
                SELECT u.uid, p.digest, p.fate, p.reason, p.epoch, p.number, true
                FROM unnest($4::bigint[], $5::text[]) AS u (uid, email_id)
                JOIN placement p ON p.mailbox_id = $1 AND p.email_id = u.email_id AND p.folder_id = $2
                    AND p.epoch < $3::int AND p.digest IS NOT NULL
            ), counted AS (
                SELECT uid, digest, epoch, count(*) AS copies, max(number) AS newest, bool_or(is_named) AS is_named
                FROM found GROUP BY uid, digest, epoch
            ), best AS (
                SELECT uid, digest, max(copies) AS copies, max(newest) AS newest FROM counted
                WHERE uid IN (SELECT uid FROM counted WHERE is_named) GROUP BY uid, digest
            )
            SELECT b.uid, b.digest, f.fate, f.reason, b.copies, (
                SELECT count(*) FROM placement q WHERE q.mailbox_id = $1 AND q.digest = b.digest AND q.folder_id = $2
                    AND q.epoch = $3::int AND q.gone_at IS NULL)
            FROM best b JOIN found f ON f.uid = b.uid AND f.number = b.newest
            ORDER BY b.uid, b.digest
            """
    )

    /// Binds `$1` mailbox, then arrays: `$2` uids, `$3` email ids.
    ///
    /// The stored mail that has the name, in whatever folder it lies or lay, by `placement_email_id`. One that was ignored because
    /// of where it lay is to be filed as new.
    static let elsewhere = SQL(
        name: "ledger.elsewhere",
        text: """
            SELECT DISTINCT ON (u.uid) u.uid, p.digest
            FROM unnest($2::bigint[], $3::text[]) AS u (uid, email_id)
            JOIN placement p ON p.mailbox_id = $1 AND p.email_id = u.email_id AND p.digest IS NOT NULL
                AND (p.fate <> 'ignored' OR p.reason NOT IN ('junk', 'trash', 'drafts') OR EXISTS (
                    SELECT 1 FROM message g WHERE g.mailbox_id = $1 AND g.digest = p.digest AND g.fate <> 'ignored'))
            ORDER BY u.uid, p.number DESC
            """
    )

    /// Stored mails of former epochs of the folder that answer to the keys, by UID.
    package static func candidates(
        _ unit: Unit,
        _ folder: FolderEpoch,
        _ keys: [UInt32: IdentityKey]
    ) throws -> [IdentityCandidate] {
        let keys = keys.sorted { $0.key < $1.key }
        return try unit.transaction.query(
            candidates,
            folder.mailbox.rawValue,
            folder.folder.rawValue,
            Int64(folder.epoch),
            keys.map { Int64($0.key) },
            keys.map(\.value.emailID),
            keys.map { $0.value.messageID?.bytes },
            keys.map(\.value.arrival),
            keys.map(\.value.size)
        ).map { row in
            IdentityCandidate(
                uid: UInt32(clamping: try row.decode(0, as: Int64.self)),
                digest: try row.decode(1, as: [UInt8].self),
                fate: try row.decode(2, raw: Fate.self),
                reason: try row.decode(3, as: String?.self),
                copies: Int(try row.decode(4, as: Int64.self)),
                taken: Int(try row.decode(5, as: Int64.self))
            )
        }
    }

    /// Stored mails of any folder that have the server's names in the keys, by UID: each is a copy.
    package static func elsewhere(
        _ unit: Unit,
        _ mailbox: Identifier<Mailbox>,
        _ keys: [UInt32: IdentityKey]
    ) throws -> [IdentityCandidate] {
        let named = keys.compactMap { uid, key in key.emailID.map { (uid: uid, name: $0) } }
        return try unit.transaction.query(
            elsewhere,
            mailbox.rawValue,
            named.map { Int64($0.uid) },
            named.map(\.name)
        ).map { row in
            IdentityCandidate(
                uid: UInt32(clamping: try row.decode(0, as: Int64.self)),
                digest: try row.decode(1, as: [UInt8].self),
                fate: .duplicate,
                reason: nil,
                copies: keys.count,
                taken: 0
            )
        }
    }
}
