package import Desk
import Postgres

/// Statements on `folder`; ingestion alone writes cursors and epochs.
package enum FolderQueries {
    static let all: [SQL] = [
        load, list, rename, setOID, beginEpoch, insertEpoch, setCursor, setPhase, setKeywords, enumerated,
        pauseEnumeration,
    ]

    /// Binds `$1` mailbox.
    ///
    /// Every folder by id, with its epochs of the last hour but the first.
    static let load = SQL(
        name: "folder.load",
        text: """
            SELECT id, raw_name, name, role, agent_id, epoch::bigint, uidvalidity, uidnext, highestmodseq, messages,
                   keywords_allowed, phase, full_at, mailbox_oid, trouble, refusals::bigint, retry_at, watched,
                   (SELECT count(*) FROM folder_epoch e WHERE e.mailbox_id = f.mailbox_id AND e.folder_id = f.id
                        AND e.epoch > 1 AND e.began_at > now() - interval '1 hour')
            FROM folder f WHERE mailbox_id = $1 ORDER BY id
            """
    )

    /// Binds `$1` mailbox, `$2` raw name, `$3` name, `$4` delimiter, `$5` role, `$6` agent, `$7` made by us, `$8` watched.
    ///
    /// Adds a folder that is listed; one that was missing comes back as new.
    static let list = SQL(
        name: "folder.list",
        text: """
            INSERT INTO folder AS f (mailbox_id, raw_name, name, delimiter, role, agent_id, created_by_us, watched)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
            ON CONFLICT (mailbox_id, raw_name) DO UPDATE
            SET role = excluded.role, agent_id = excluded.agent_id, delimiter = excluded.delimiter,
                watched = excluded.watched,
                phase = CASE WHEN f.phase = 'missing' THEN 'new' ELSE f.phase END
            RETURNING id
            """
    )

    /// Binds `$1` mailbox, `$2` folder, `$3` raw name, `$4` name, `$5` delimiter, `$6` role, `$7` agent, `$8` watched.
    ///
    /// The same folder under another name; rows: 1, or none where that name is taken.
    static let rename = SQL(
        name: "folder.rename",
        text: """
            UPDATE folder f
            SET raw_name = $3, name = $4, delimiter = $5, role = $6, agent_id = $7, watched = $8,
                phase = CASE WHEN f.phase = 'missing' THEN 'new' ELSE f.phase END
            WHERE f.mailbox_id = $1 AND f.id = $2
              AND NOT EXISTS (SELECT 1 FROM folder o WHERE o.mailbox_id = $1 AND o.raw_name = $3 AND o.id <> $2)
            """
    )

    /// Binds `$1` mailbox, `$2` raw name, `$3` MAILBOXID.
    static let setOID = SQL(
        name: "folder.set_mailbox_oid",
        text: """
            UPDATE folder SET mailbox_oid = $3
            WHERE mailbox_id = $1 AND raw_name = $2 AND mailbox_oid IS DISTINCT FROM $3
            """
    )

    /// Binds `$1` mailbox, `$2` folder, `$3` the epoch it ends, `$4` UIDVALIDITY, `$5` phase.
    ///
    /// One row: the new epoch.
    static let beginEpoch = SQL(
        name: "folder.begin_epoch",
        text: """
            UPDATE folder SET epoch = epoch + 1, uidvalidity = $4, uidnext = 1, highestmodseq = 0, messages = 0, phase = $5
            WHERE mailbox_id = $1 AND id = $2 AND epoch = $3::int
            RETURNING epoch::bigint
            """
    )

    /// Binds `$1` mailbox, `$2` folder, `$3` epoch, `$4` UIDVALIDITY.
    static let insertEpoch = SQL(
        name: "folder.insert_epoch",
        text: "INSERT INTO folder_epoch (mailbox_id, folder_id, epoch, uidvalidity) VALUES ($1, $2, $3::int, $4)"
    )

    /// Binds `$1` mailbox, `$2` folder, `$3` epoch, `$4` UIDNEXT, `$5` HIGHESTMODSEQ, `$6` messages.
    ///
    /// Everything the cursor passes is committed in this unit or before. Rows: 1 when something changed.
    static let setCursor = SQL(
        name: "folder.set_cursor",
        text: """
            UPDATE folder
            SET uidnext = $4, highestmodseq = $5, messages = $6, phase = 'live',
                full_at = CASE WHEN phase = 'live' THEN full_at ELSE now() END
            WHERE mailbox_id = $1 AND id = $2 AND epoch = $3::int
              AND (uidnext, highestmodseq, messages, phase) IS DISTINCT FROM ($4, $5, $6, 'live')
            """
    )

    /// Binds `$1` mailbox, `$2` folder, `$3` phase.
    static let setPhase = SQL(
        name: "folder.set_phase",
        text: "UPDATE folder SET phase = $3 WHERE mailbox_id = $1 AND id = $2 AND phase <> $3"
    )

    /// Binds `$1` mailbox, `$2` folder, `$3` whether it takes new keywords.
    static let setKeywords = SQL(
        name: "folder.set_keywords",
        text: """
            UPDATE folder SET keywords_allowed = $3
            WHERE mailbox_id = $1 AND id = $2 AND keywords_allowed IS DISTINCT FROM $3
            """
    )

    /// Binds `$1` mailbox, `$2` folder, `$3` epoch, `$4` whether flags were listed.
    static let enumerated = SQL(
        name: "folder.enumerated",
        text: """
            UPDATE folder SET full_at = CASE WHEN $4 THEN now() ELSE full_at END, retry_at = NULL
            WHERE mailbox_id = $1 AND id = $2 AND epoch = $3::int
            """
    )

    /// Binds `$1` mailbox, `$2` folder, `$3` epoch, `$4` seconds.
    ///
    /// An enumeration was not complete; the next one because of a count waits.
    static let pauseEnumeration = SQL(
        name: "folder.pause_enumeration",
        text: """
            UPDATE folder SET full_at = now(), retry_at = now() + make_interval(secs => $4)
            WHERE mailbox_id = $1 AND id = $2 AND epoch = $3::int
            """
    )

    /// Every folder of the mailbox.
    package static func load(_ unit: Unit, _ mailbox: Identifier<Mailbox>) throws -> [FolderRecord] {
        try self.records(try unit.transaction.query(load, mailbox.rawValue))
    }

    /// What ``load`` gave.
    static func records(_ rows: PostgresRows) throws -> [FolderRecord] {
        try rows.map { row in
            let agent = try row.decode(4, as: Int64?.self).map { Identifier<Agent>($0) }
            return FolderRecord(
                id: Identifier(try row.decode(0, as: Int64.self)),
                rawName: try row.decode(1, as: [UInt8].self),
                name: try row.decode(2, as: String.self),
                role: FolderRole(name: try row.decode(3, as: String.self), agent: agent) ?? .other,
                isWatched: try row.decode(17, as: Bool.self),
                epoch: Int(try row.decode(5, as: Int64.self)),
                uidValidity: UInt32(clamping: try row.decode(6, as: Int64.self)),
                uidNext: UInt32(clamping: try row.decode(7, as: Int64.self)),
                highestModSeq: UInt64(clamping: try row.decode(8, as: Int64.self)),
                messages: Int(try row.decode(9, as: Int64.self)),
                allowsKeywords: try row.decode(10, as: Bool?.self),
                phase: try row.decode(11, raw: FolderPhase.self),
                fullAt: try row.decode(12, as: Timestamp?.self),
                mailboxID: try row.decode(13, as: String?.self),
                recentEpochs: Int(try row.decode(18, as: Int64.self)),
                trouble: try row.decode(14, as: String?.self).flatMap(FolderTrouble.init),
                refusals: Int(try row.decode(15, as: Int64.self)),
                retryAt: try row.decode(16, as: Timestamp?.self)
            )
        }
    }

    /// Adds or renews a folder that the server lists.
    package static func list(
        _ unit: Unit,
        _ mailbox: Identifier<Mailbox>,
        rawName: [UInt8],
        name: String,
        delimiter: String?,
        role: FolderRole,
        isWatched: Bool,
        isOurs: Bool = false
    ) throws {
        _ = try unit.transaction.query(
            list,
            mailbox.rawValue,
            rawName,
            name,
            delimiter,
            role.name,
            role.agent?.rawValue,
            isOurs,
            isWatched
        )
    }

    /// Begins a new epoch of a folder that was never synchronised or changed its UIDVALIDITY; nil when another worker
    /// did it before.
    package static func beginEpoch(
        _ unit: Unit,
        _ folder: FolderEpoch,
        uidValidity: UInt32,
        phase: FolderPhase
    ) throws -> Int? {
        for row in try unit.transaction.query(
            beginEpoch,
            folder.mailbox.rawValue,
            folder.folder.rawValue,
            Int64(folder.epoch),
            Int64(uidValidity),
            phase.rawValue
        ) {
            let epoch = try row.decode(0, as: Int64.self)
            try unit.transaction.queue(
                insertEpoch,
                folder.mailbox.rawValue,
                folder.folder.rawValue,
                epoch,
                Int64(uidValidity)
            )
            return Int(epoch)
        }
        return nil
    }

    /// Commits how far the folder is synchronised.
    package static func setCursor(_ unit: Unit, _ folder: FolderEpoch, _ cursor: FolderCursor) throws {
        try unit.transaction.queue(
            setCursor,
            folder.mailbox.rawValue,
            folder.folder.rawValue,
            Int64(folder.epoch),
            Int64(cursor.uidNext),
            Int64(clamping: cursor.highestModSeq),
            Int64(cursor.messages)
        )
    }

    /// Sets how far a folder has come.
    package static func setPhase(
        _ unit: Unit,
        _ mailbox: Identifier<Mailbox>,
        _ folder: Identifier<Folder>,
        _ phase: FolderPhase
    ) throws {
        try unit.transaction.queue(setPhase, mailbox.rawValue, folder.rawValue, phase.rawValue)
    }

    /// Records whether a folder takes new keywords, as SELECT said.
    package static func setKeywords(
        _ unit: Unit,
        _ mailbox: Identifier<Mailbox>,
        _ folder: Identifier<Folder>,
        areAllowed: Bool
    ) throws {
        try unit.transaction.queue(setKeywords, mailbox.rawValue, folder.rawValue, areAllowed)
    }

    /// Records that the folder was enumerated to its end, with flags or without.
    package static func enumerated(_ unit: Unit, _ folder: FolderEpoch, withFlags: Bool) throws {
        try unit.transaction.queue(
            enumerated,
            folder.mailbox.rawValue,
            folder.folder.rawValue,
            Int64(folder.epoch),
            withFlags
        )
    }

    /// Records that the folder could not be enumerated to its end.
    package static func pauseEnumeration(_ unit: Unit, _ folder: FolderEpoch, _ pause: Duration) throws {
        try unit.transaction.queue(
            pauseEnumeration,
            folder.mailbox.rawValue,
            folder.folder.rawValue,
            Int64(folder.epoch),
            Double(pause.components.seconds)
        )
    }

    /// Gives a folder its new name and role; false where another folder has that name.
    package static func rename(
        _ unit: Unit,
        _ mailbox: Identifier<Mailbox>,
        _ folder: Identifier<Folder>,
        rawName: [UInt8],
        name: String,
        delimiter: String?,
        role: FolderRole,
        isWatched: Bool
    ) throws -> Bool {
        try unit.transaction.execute(
            rename,
            mailbox.rawValue,
            folder.rawValue,
            rawName,
            name,
            delimiter,
            role.name,
            role.agent?.rawValue,
            isWatched
        ) == 1
    }

    /// Records the MAILBOXID of a folder.
    package static func setOID(
        _ unit: Unit,
        _ mailbox: Identifier<Mailbox>,
        rawName: [UInt8],
        _ mailboxID: String
    ) throws {
        try unit.transaction.queue(setOID, mailbox.rawValue, rawName, mailboxID)
    }
}
