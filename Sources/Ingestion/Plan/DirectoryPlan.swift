package import Desk

/// A folder as the server lists it, with what STATUS said of it.
package struct ListedFolderView: Equatable, Sendable {
    /// Exactly as listed, INBOX in capitals: it is the same folder in any case (RFC 9051 §5.1).
    package let rawName: [UInt8]
    /// The decoded name, attributes and delimiter.
    package let facts: ListedFolder
    /// What STATUS said; nil: not asked, refused, or of no use because the folder is selected.
    package let status: FolderPlan.View?
    /// MAILBOXID (RFC 8474), where the server has one.
    package let mailboxID: String?

    /// Puts the values together.
    package init(rawName: [UInt8], facts: ListedFolder, status: FolderPlan.View?, mailboxID: String? = nil) {
        self.rawName = rawName
        self.facts = facts
        self.status = status
        self.mailboxID = mailboxID
    }
}

/// What changes in the table of folders; empty on almost every pass.
package struct DirectoryChange: Equatable, Sendable {
    /// A folder under the name and with the role it has now.
    package struct Entry: Equatable, Sendable {
        /// The stored folder; nil: it is new.
        package let folder: Identifier<Folder>?
        /// Exactly as listed.
        package let rawName: [UInt8]
        /// The name, for people.
        package let name: String
        /// What separates levels.
        package let delimiter: String?
        /// What the folder is for.
        package let role: FolderRole
        /// It is synchronised.
        package let isWatched: Bool
        /// MAILBOXID, where the server has one.
        package let mailboxID: String?
        /// It is the stored folder under another name.
        package let isRenamed: Bool
        /// It was renamed to something that means something else: what lies in it waits for a person.
        package let holdsContent: Bool
    }

    /// New, renamed, back, or with another role.
    package var entries: [Entry] = []
    /// Not listed any more: what lies in them waits for a person.
    package var missing: [Identifier<Folder>] = []

    /// No change.
    package init() {}

    /// Whether there is nothing to write.
    package var isEmpty: Bool { self.entries.isEmpty && self.missing.isEmpty }
}

/// Which folders a mailbox has and what each is for: what the server lists, against what is stored.
package enum DirectoryPlan {
    /// Compares; `roles` are those of `listed`, in the same order.
    ///
    /// Where the server `archivesIntoAll`, All is watched.
    /// A folder that is gone while another appeared is the same folder renamed if their MAILBOXIDs are equal, or, where
    /// there are none, if UIDVALIDITY, UIDNEXT and the number of messages are, and no other pair is alike.
    package static func compare(
        stored: [FolderRecord],
        listed: [ListedFolderView],
        roles: [FolderRole],
        archivesIntoAll: Bool = false
    ) -> DirectoryChange {
        func entry(
            _ folder: ListedFolderView,
            _ role: FolderRole,
            _ record: FolderRecord?,
            holdsContent: Bool
        ) -> DirectoryChange.Entry {
            DirectoryChange.Entry(
                folder: record?.id,
                rawName: folder.rawName,
                name: folder.facts.name,
                delimiter: folder.facts.delimiter,
                role: role,
                isWatched: role.isWatched(archivesIntoAll: archivesIntoAll),
                mailboxID: folder.mailboxID ?? record?.mailboxID,
                isRenamed: record.map { $0.rawName != folder.rawName } ?? false,
                holdsContent: holdsContent
            )
        }
        var change = DirectoryChange()
        let known = Dictionary(stored.map { ($0.rawName, $0) }) { first, _ in first }
        let present = Set(listed.map(\.rawName))
        let unlisted = stored.filter { !present.contains($0.rawName) }
        var renamed: Set<Identifier<Folder>> = []
        for (folder, role) in zip(listed, roles) {
            if let record = known[folder.rawName] {
                let isSame =
                    record.role == role && record.isWatched == role.isWatched(archivesIntoAll: archivesIntoAll)
                    && record.phase != .missing
                    && (folder.mailboxID == nil || record.mailboxID == folder.mailboxID)
                if isSame { continue }
                change.entries.append(entry(folder, role, record, holdsContent: false))
                continue
            }
            let former = self.former(folder, among: unlisted, appeared: listed.filter { known[$0.rawName] == nil })
            guard let former, role.isWatched(archivesIntoAll: archivesIntoAll) else {
                change.entries.append(entry(folder, role, nil, holdsContent: false))
                continue
            }
            renamed.insert(former.id)
            change.entries.append(entry(folder, role, former, holdsContent: former.role != role))
        }
        change.missing = unlisted.filter { $0.phase != .missing && !renamed.contains($0.id) }.map(\.id)
        return change
    }

    /// The stored folder that a name nobody knows is the new name of.
    private static func former(
        _ folder: ListedFolderView,
        among unlisted: [FolderRecord],
        appeared: [ListedFolderView]
    ) -> FolderRecord? {
        let candidates = unlisted.filter { self.isSame($0, folder) }
        guard candidates.count == 1, let one = candidates.first else { return nil }
        return appeared.filter { self.isSame(one, $0) }.count == 1 ? one : nil
    }

    private static func isSame(_ record: FolderRecord, _ folder: ListedFolderView) -> Bool {
        guard record.uidValidity != 0 else { return false }
        if let mine = record.mailboxID, let theirs = folder.mailboxID { return mine == theirs }
        guard let status = folder.status, let uidNext = status.uidNext, record.uidNext > 1 else { return false }
        return status.uidValidity == record.uidValidity && uidNext == record.uidNext
            && status.exists == record.messages && status.exists > 0
            && (status.highestModSeq.map { $0 >= record.highestModSeq } ?? true)
    }
}

extension FolderRole {
    /// New mail first; then where moves come from and go to.
    package var watchOrder: Int {
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
