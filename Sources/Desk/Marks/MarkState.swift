/// Where the counting placement of a message lies.
package enum Place: Hashable, Sendable {
    /// In INBOX.
    case inbox
    /// In an agent's folder.
    case agent(Agent.ID)
    /// In Closed.
    case closed
    /// In Archive.
    case archive
    /// In Junk.
    case junk
    /// In a watched folder that stands for nothing.
    case folder(Identifier<Folder>)

    /// The place that a folder is; nil for folders that show no marks.
    package init?(role: FolderRole, folder: Identifier<Folder>) {
        switch role {
        case .inbox: self = .inbox
        case .agent(let agent): self = .agent(agent)
        case .closed: self = .closed
        case .archive: self = .archive
        case .junk: self = .junk
        case .other: self = .folder(folder)
        case .trash, .sent, .drafts, .all: return nil
        }
    }

    /// The word in the database; agent and folder are stored beside it.
    package var name: String {
        switch self {
        case .inbox: "inbox"
        case .agent: "agent"
        case .closed: "closed"
        case .archive: "archive"
        case .junk: "junk"
        case .folder: "folder"
        }
    }

    /// Reads ``name`` and what stands beside it; nil where they do not fit together.
    package init?(name: String, agent: Agent.ID?, folder: Identifier<Folder>?) {
        switch name {
        case "agent":
            guard let agent else { return nil }
            self = .agent(agent)
        case "folder":
            guard let folder else { return nil }
            self = .folder(folder)
        default:
            guard let place = [Place.inbox, .closed, .archive, .junk].first(where: { $0.name == name }) else {
                return nil
            }
            self = place
        }
    }

    /// The agent whose folder it is.
    package var agent: Agent.ID? {
        switch self {
        case .agent(let agent): agent
        case .inbox, .closed, .archive, .junk, .folder: nil
        }
    }

    /// The folder that stands for nothing.
    package var folder: Identifier<Folder>? {
        switch self {
        case .folder(let folder): folder
        case .inbox, .agent, .closed, .archive, .junk: nil
        }
    }
}

/// The marks of a message, field by field.
package struct MarkState: Hashable, Sendable {
    /// The folder.
    package var place: Place
    /// Whose owner keywords it has.
    package var owners: Set<Agent.ID>
    /// Whether it has the keyword `status-pending`.
    package var isPending: Bool
    /// Whether it has `\Flagged`.
    package var isFlagged: Bool
    /// Whether it has `\Answered`.
    package var isAnswered: Bool

    /// Describes marks.
    package init(
        place: Place,
        owners: Set<Agent.ID> = [],
        isPending: Bool = false,
        isFlagged: Bool = false,
        isAnswered: Bool = false
    ) {
        self.place = place
        self.owners = owners
        self.isPending = isPending
        self.isFlagged = isFlagged
        self.isAnswered = isAnswered
    }

    /// What flags say of a message that lies there.
    package init(place: Place, flags: MarkFlags) {
        self.init(
            place: place,
            owners: flags.owners,
            isPending: flags.isPending,
            isFlagged: flags.isFlagged,
            isAnswered: flags.isAnswered
        )
    }

    /// Its marks that are flags or keywords.
    package var marks: Set<Mark> {
        get {
            var marks = Set(self.owners.map { Mark.owner($0) })
            if self.isPending { marks.insert(.pending) }
            if self.isFlagged { marks.insert(.flagged) }
            if self.isAnswered { marks.insert(.answered) }
            return marks
        }
        set {
            self.owners = Set(newValue.compactMap(\.agent))
            self.isPending = newValue.contains(.pending)
            self.isFlagged = newValue.contains(.flagged)
            self.isAnswered = newValue.contains(.answered)
        }
    }

    /// The fields in which two states differ.
    package func differences(from other: MarkState) -> MarkFields {
        var fields: MarkFields = []
        if self.place != other.place { fields.insert(.place) }
        if self.owners != other.owners { fields.insert(.owners) }
        if self.isPending != other.isPending { fields.insert(.pending) }
        if self.isFlagged != other.isFlagged { fields.insert(.flagged) }
        if self.isAnswered != other.isAnswered { fields.insert(.answered) }
        return fields
    }

    /// This state with some fields of another.
    package func taking(_ fields: MarkFields, from other: MarkState) -> MarkState {
        MarkState(
            place: fields.contains(.place) ? other.place : self.place,
            owners: fields.contains(.owners) ? other.owners : self.owners,
            isPending: fields.contains(.pending) ? other.isPending : self.isPending,
            isFlagged: fields.contains(.flagged) ? other.isFlagged : self.isFlagged,
            isAnswered: fields.contains(.answered) ? other.isAnswered : self.isAnswered
        )
    }
}

/// Some of the fields of ``MarkState``; the raw value is the database's number.
package struct MarkFields: OptionSet, Hashable, Sendable {
    /// One bit for each field.
    package let rawValue: Int16

    /// Reads a number.
    package init(rawValue: Int16) {
        self.rawValue = rawValue
    }

    /// ``MarkState/place``.
    package static let place = MarkFields(rawValue: 1)
    /// ``MarkState/owners``.
    package static let owners = MarkFields(rawValue: 2)
    /// ``MarkState/isPending``.
    package static let pending = MarkFields(rawValue: 4)
    /// ``MarkState/isFlagged``.
    package static let flagged = MarkFields(rawValue: 8)
    /// ``MarkState/isAnswered``.
    package static let answered = MarkFields(rawValue: 16)
    /// Every field.
    package static let all: MarkFields = [.place, .owners, .pending, .flagged, .answered]
}
