import Desk
import DeskStore
import IMAP

/// Which folders a mailbox has and what each is for: what the server lists, against what is stored.
struct FolderDirectory: Sendable {
    let database: DeskDatabase
    let lease: LeaseGrant
    let mailbox: MailboxRecord

    /// A folder that is synchronised, with what STATUS said of it.
    struct Watched: Sendable {
        let record: FolderRecord
        let name: FolderName
        let status: FolderPlan.View?
    }

    /// Lists the server's folders, records new ones, changed roles and missing ones; the watched ones, INBOX first.
    func refresh(_ connection: IMAPConnection) async throws -> [Watched] {
        let namespaces = try await connection.namespaces()
        // A server may answer STATUS of the selected folder from the session's old view (seen with Dovecot after
        // another session's STORE), so no folder is selected now, or nothing is decided from its STATUS.
        try await connection.unselect()
        let stillSelected = connection.capabilities.hasUnselect ? nil : connection.selected?.folder
        let listed = try await connection.listWithStatus().filter(\.isSelectable)
        let names = FolderNames(
            prefix: namespaces.personalPrefix.display,
            delimiter: namespaces.personalDelimiter,
            agentsFolder: self.mailbox.agentsFolder,
            closedFolder: self.mailbox.closedFolder
        )
        let facts = listed.map {
            Desk.ListedFolder(
                name: $0.name.isInbox ? "INBOX" : $0.name.display,
                attributes: $0.attributes + [$0.specialUse].compactMap(\.self),
                delimiter: $0.delimiter
            )
        }
        let records = try await self.database.unit(under: self.lease) { unit in
            let agents = try TicketQueries.agents(unit).map { (handle: $0.agent.handle, agent: $0.agent.id) }
            let roles = names.roles(of: facts, agents: agents)
            try self.record(unit, listed: zip(zip(listed, facts), roles).map { ($0.0.0, $0.0.1.name, $0.1) })
            return try FolderQueries.load(unit, self.mailbox.id)
        }
        var statuses: [[UInt8]: (FolderName, FolderPlan.View?)] = [:]
        for folder in listed {
            let view = folder.name == stillSelected ? nil : Self.view(folder.status)
            statuses[Self.key(folder.name)] = (folder.name, view)
        }
        return records.compactMap { record in
            guard record.phase != .missing, record.role.isWatched, let (name, status) = statuses[record.rawName] else {
                return nil
            }
            return Watched(record: record, name: name, status: status)
        }.sorted { ($0.record.role.watchOrder, $0.record.id) < ($1.record.role.watchOrder, $1.record.id) }
    }

    // One writer per mailbox (the lease), so reading what is stored before writing what differs is no race.
    private func record(
        _ unit: Unit,
        listed: [(folder: IMAP.ListedFolder, name: String, role: FolderRole)]
    ) throws {
        let stored = try FolderQueries.load(unit, self.mailbox.id)
        let known = Dictionary(stored.map { ($0.rawName, $0) }) { first, _ in first }
        for (folder, name, role) in listed {
            let key = Self.key(folder.name)
            if let record = known[key], record.role == role, record.phase != .missing { continue }
            try FolderQueries.list(
                unit,
                self.mailbox.id,
                rawName: key,
                name: name,
                delimiter: folder.delimiter,
                role: role
            )
        }
        let present = Set(listed.map { Self.key($0.folder.name) })
        for record in stored where record.phase != .missing && !present.contains(record.rawName) {
            // Renamed or deleted by somebody: what lies in it is held until a person decides.
            try FolderQueries.setPhase(unit, self.mailbox.id, record.id, .missing)
            try HeldGestureQueries.holdFolder(unit, mailbox: self.mailbox.id, record.id)
        }
    }

    /// INBOX is the same folder in any case (RFC 9051 §5.1); every other name is its bytes.
    private static func key(_ name: FolderName) -> [UInt8] {
        name.isInbox ? Array("INBOX".utf8) : name.raw
    }

    private static func view(_ status: FolderStatus?) -> FolderPlan.View? {
        guard let status, let uidValidity = status.uidValidity, let messages = status.messages else { return nil }
        return FolderPlan.View(
            uidValidity: uidValidity,
            uidNext: status.uidNext,
            highestModSeq: status.highestModSeq,
            exists: messages
        )
    }
}

extension FolderRole {
    /// Synchronised without being asked for by name (product.md, "Mail in").
    var isWatched: Bool {
        switch self {
        case .inbox, .agent, .closed, .archive, .junk, .sent, .trash: true
        case .drafts, .all, .other: false
        }
    }

    /// New mail first; then where moves come from and go to.
    fileprivate var watchOrder: Int {
        switch self {
        case .inbox: 0
        case .agent: 1
        case .closed: 2
        case .sent: 3
        case .archive: 4
        case .junk: 5
        case .trash: 6
        case .drafts, .all, .other: 7
        }
    }
}
