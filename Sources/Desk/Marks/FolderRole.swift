/// What a folder stands for.
package enum FolderRole: Hashable, Sendable {
    /// Where mail comes in.
    case inbox
    /// It shows what this agent owns.
    case agent(Agent.ID)
    /// It shows what is closed.
    case closed
    /// Where agents put away mail in their own way; as good as closed.
    case archive
    /// Unwanted mail.
    case junk
    /// Deleted mail.
    case trash
    /// Mail of ours.
    case sent
    /// Unfinished mail of ours.
    case drafts
    /// All mail of the mailbox once more, as Gmail shows it.
    case all
    /// Any other folder.
    case other

    /// The word in the database; the agent is stored beside it.
    package var name: String {
        switch self {
        case .inbox: "inbox"
        case .agent: "agent"
        case .closed: "closed"
        case .archive: "archive"
        case .junk: "junk"
        case .trash: "trash"
        case .sent: "sent"
        case .drafts: "drafts"
        case .all: "all"
        case .other: "other"
        }
    }

    /// Reads ``name`` and the agent beside it; nil for a word that is none, or where the agent is missing.
    package init?(name: String, agent: Agent.ID?) {
        switch name {
        case "agent":
            guard let agent else { return nil }
            self = .agent(agent)
        default:
            let plain: [FolderRole] = [.inbox, .closed, .archive, .junk, .trash, .sent, .drafts, .all, .other]
            guard let role = plain.first(where: { $0.name == name }) else { return nil }
            self = role
        }
    }

    /// The agent whose folder it is.
    package var agent: Agent.ID? {
        switch self {
        case .agent(let agent): agent
        case .inbox, .closed, .archive, .junk, .trash, .sent, .drafts, .all, .other: nil
        }
    }

    /// Synchronised without being asked for by name (product.md, "Mail in"): All where the server archives into it.
    package func isWatched(archivesIntoAll: Bool) -> Bool {
        switch self {
        case .inbox, .agent, .closed, .archive, .junk, .sent, .trash: true
        case .all: archivesIntoAll
        case .drafts, .other: false
        }
    }

    /// What a mail that lies there is filed as: All holds drafts too, which are nobody's mail yet.
    package func filed(flags: [String]) -> FolderRole {
        self == .all && flags.contains { $0.lowercased() == "\\draft" } ? .drafts : self
    }

    /// Whether placements there can show marks; those in All, Sent, Drafts and Trash never do.
    package var showsMarks: Bool {
        switch self {
        case .inbox, .agent, .closed, .archive, .junk, .other: true
        case .trash, .sent, .drafts, .all: false
        }
    }
}
