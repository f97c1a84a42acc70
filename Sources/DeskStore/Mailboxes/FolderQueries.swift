package import Desk
import Postgres

/// How far a folder has come.
package enum FolderPhase: String, Sendable {
    /// Listed, never synchronised.
    case new
    /// Its first synchronisation is under way.
    case backfill
    case live
    /// Its UIDVALIDITY changed; what is in it is being fetched again.
    case rematch
    /// The server does not list it any more.
    case missing
}

/// A folder as ingestion left it.
package struct FolderRecord: Sendable, Equatable {
    /// Its id.
    package let id: Identifier<Folder>
    /// Exactly as listed; what goes on the wire.
    package let rawName: [UInt8]
    /// The name, for people.
    package let name: String
    /// What the folder is for.
    package let role: FolderRole
    /// The folder's epoch, ours, that its UID belongs to.
    package let epoch: Int
    /// UIDVALIDITY; 0: none known.
    package let uidValidity: UInt32
    /// Everything below is in the ledger.
    package let uidNext: UInt32
    /// The committed watermark; 0 = none.
    package let highestModSeq: UInt64
    /// EXISTS when the cursor was committed.
    package let messages: Int
    /// As the mark writer's SELECT said; nil: never asked, since EXAMINE does not say.
    package let allowsKeywords: Bool?
    /// How far it has come.
    package let phase: FolderPhase
    /// The last complete enumeration.
    package let fullAt: Timestamp?

    /// The same folder at the beginning of a new epoch: nothing of it is known.
    package func renewed(epoch: Int, uidValidity: UInt32) -> FolderRecord {
        FolderRecord(
            id: self.id,
            rawName: self.rawName,
            name: self.name,
            role: self.role,
            epoch: epoch,
            uidValidity: uidValidity,
            uidNext: 1,
            highestModSeq: 0,
            messages: 0,
            allowsKeywords: self.allowsKeywords,
            phase: .backfill,
            fullAt: nil
        )
    }
}

/// Statements on `folder`; ingestion alone writes cursors and epochs.
package enum FolderQueries {
    static let all: [SQL] = [
        load, list, setRole, beginEpoch, insertEpoch, setCursor, setPhase, setKeywords, enumerated,
    ]

    /// Binds `$1` mailbox.
    ///
    /// Every folder by id.
    static let load = SQL(
        name: "folder.load",
        text: """
            SELECT id, raw_name, name, role, agent_id, epoch::bigint, uidvalidity, uidnext, highestmodseq, messages,
                   keywords_allowed, phase, full_at
            FROM folder WHERE mailbox_id = $1 ORDER BY id
            """
    )

    /// Binds `$1` mailbox, `$2` raw name, `$3` name, `$4` delimiter, `$5` role, `$6` agent, `$7` made by us.
    ///
    /// Adds a folder that is listed; one that was missing comes back as new.
    static let list = SQL(
        name: "folder.list",
        text: """
            INSERT INTO folder AS f (mailbox_id, raw_name, name, delimiter, role, agent_id, created_by_us)
            VALUES ($1, $2, $3, $4, $5, $6, $7)
            ON CONFLICT (mailbox_id, raw_name) DO UPDATE
            SET role = excluded.role, agent_id = excluded.agent_id, delimiter = excluded.delimiter,
                phase = CASE WHEN f.phase = 'missing' THEN 'new' ELSE f.phase END
            RETURNING id
            """
    )

    /// Binds `$1` mailbox, `$2` folder, `$3` role, `$4` agent.
    static let setRole = SQL(
        name: "folder.set_role",
        text: "UPDATE folder SET role = $3, agent_id = $4 WHERE mailbox_id = $1 AND id = $2"
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
            SET uidnext = $4, highestmodseq = $5, messages = $6, phase = 'live'
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

    /// Binds `$1` mailbox, `$2` folder.
    static let enumerated = SQL(
        name: "folder.enumerated",
        text: "UPDATE folder SET full_at = now() WHERE mailbox_id = $1 AND id = $2"
    )

    /// Every folder of the mailbox.
    package static func load(_ unit: Unit, _ mailbox: Identifier<Mailbox>) throws -> [FolderRecord] {
        try unit.transaction.query(load, mailbox.rawValue).map { row in
            let agent = try row.decode(4, as: Int64?.self).map { Identifier<Agent>($0) }
            return FolderRecord(
                id: Identifier(try row.decode(0, as: Int64.self)),
                rawName: try row.decode(1, as: [UInt8].self),
                name: try row.decode(2, as: String.self),
                role: FolderRole(name: try row.decode(3, as: String.self), agent: agent) ?? .other,
                epoch: Int(try row.decode(5, as: Int64.self)),
                uidValidity: UInt32(clamping: try row.decode(6, as: Int64.self)),
                uidNext: UInt32(clamping: try row.decode(7, as: Int64.self)),
                highestModSeq: UInt64(clamping: try row.decode(8, as: Int64.self)),
                messages: Int(try row.decode(9, as: Int64.self)),
                allowsKeywords: try row.decode(10, as: Bool?.self),
                phase: try row.decode(11, raw: FolderPhase.self),
                fullAt: try row.decode(12, as: Timestamp?.self)
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
            isOurs
        )
    }

    /// Begins a new epoch of a folder that was never synchronised or changed its UIDVALIDITY; nil when another worker
    /// did it before.
    package static func beginEpoch(
        _ unit: Unit,
        _ mailbox: Identifier<Mailbox>,
        _ folder: FolderRecord,
        uidValidity: UInt32,
        phase: FolderPhase
    ) throws -> Int? {
        for row in try unit.transaction.query(
            beginEpoch,
            mailbox.rawValue,
            folder.id.rawValue,
            Int64(folder.epoch),
            Int64(uidValidity),
            phase.rawValue
        ) {
            let epoch = try row.decode(0, as: Int64.self)
            _ = try unit.transaction.execute(
                insertEpoch,
                mailbox.rawValue,
                folder.id.rawValue,
                epoch,
                Int64(uidValidity)
            )
            return Int(epoch)
        }
        return nil
    }

    /// Commits how far the folder is synchronised.
    package static func setCursor(
        _ unit: Unit,
        _ folder: FolderEpoch,
        uidNext: UInt32,
        highestModSeq: UInt64,
        messages: Int
    ) throws {
        _ = try unit.transaction.execute(
            setCursor,
            folder.mailbox.rawValue,
            folder.folder.rawValue,
            Int64(folder.epoch),
            Int64(uidNext),
            Int64(clamping: highestModSeq),
            Int64(messages)
        )
    }

    /// Sets how far a folder has come.
    package static func setPhase(
        _ unit: Unit,
        _ mailbox: Identifier<Mailbox>,
        _ folder: Identifier<Folder>,
        _ phase: FolderPhase
    ) throws {
        _ = try unit.transaction.execute(setPhase, mailbox.rawValue, folder.rawValue, phase.rawValue)
    }

    /// Records whether a folder takes new keywords, as SELECT said.
    package static func setKeywords(
        _ unit: Unit,
        _ mailbox: Identifier<Mailbox>,
        _ folder: Identifier<Folder>,
        areAllowed: Bool
    ) throws {
        _ = try unit.transaction.execute(setKeywords, mailbox.rawValue, folder.rawValue, areAllowed)
    }

    /// Records that the folder was enumerated to its end.
    package static func enumerated(
        _ unit: Unit,
        _ mailbox: Identifier<Mailbox>,
        _ folder: Identifier<Folder>
    ) throws {
        _ = try unit.transaction.execute(enumerated, mailbox.rawValue, folder.rawValue)
    }
}
