/// Folders as labels on one store, as Gmail has them, where there is a folder of special use `\All`.
///
/// A mail that lies in any folder but Trash and Junk lies in All as well: there from its arrival until it is moved to one of the two,
/// which takes all labels away. Taking a mail out of another folder is no more than that, and out of All nothing is taken. The
/// copies have their flags in common, but for `\Deleted`, which is a folder's.
extension ModelServer {
    /// All, where folders are labels; nil: each copy is a mail of its own.
    package var allMail: ModelFolderID? {
        self.profile.offers(.gmail) ? self.folderIDs.first { self.folder($0)?.specialUse == .all } : nil
    }

    var hasLabels: Bool { self.allMail != nil }

    private func takesLabelsAway(_ id: ModelFolderID) -> Bool {
        switch self.folder(id)?.specialUse {
        case .trash, .junk: true
        case .all, .archive, .drafts, .flagged, .sent, nil: false
        }
    }

    /// What follows for other folders when mails were put into one.
    mutating func relabel(_ messages: [ModelMessage], into target: ModelFolderID) {
        guard let all = self.allMail else { return }
        let mails = Set(messages.map(\.mail))
        let takesAway = self.takesLabelsAway(target)
        for id in self.folderIDs where id != target && (takesAway || self.takesLabelsAway(id)) {
            let uids = (self.folder(id)?.messages ?? []).filter { mails.contains($0.mail) }.map(\.uid)
            self.remove(uids, from: id, onlyDeleted: false)
        }
        if !takesAway, target != all { _ = self.put(messages, into: all) }
    }

    /// Gives the other copies of a mail the flags of this one.
    mutating func share(_ message: ModelMessage, of id: ModelFolderID) {
        guard self.hasLabels else { return }
        for other in self.folderIDs where other != id {
            guard let index = self.folder(other)?.messages.firstIndex(where: { $0.mail == message.mail }),
                var flags = self.folder(other)?.messages[index].flags
            else { continue }
            let isDeleted = flags.contains(.deleted)
            flags = message.flags
            if isDeleted { flags.insert(.deleted) } else { flags.remove(.deleted) }
            guard self.folder(other)?.messages[index].flags != flags,
                let modSeq = self.folders[other.number]?.nextModSeq()
            else { continue }
            self.folders[other.number]?.messages[index].flags = flags
            self.folders[other.number]?.messages[index].modSeq = modSeq
            self.folders[other.number]?.keywords.formUnion(flags.keywords)
        }
    }

    /// The labels of a mail, without that of the folder it is asked in; All is none.
    func labels(of mail: Int, besides id: ModelFolderID) -> [String] {
        self.folderIDs.compactMap { other in
            guard other != id, let folder = self.folder(other), folder.messages.contains(where: { $0.mail == mail })
            else { return nil }
            if other == Self.inbox { return "\\Inbox" }
            return switch folder.specialUse {
            case .all: nil
            case .sent: "\\Sent"
            case .drafts: "\\Draft"
            case .archive, .flagged, .junk, .trash, nil: folder.name
            }
        }
    }
}
