/// A folder as the writing of marks knows it.
package struct MarkFolder: Hashable, Sendable {
    /// Its number.
    package let id: Identifier<Folder>
    /// What it stands for; nil: it shows no marks.
    package let place: Place?
    /// Our count of its UIDVALIDITY changes.
    package let epoch: Int
    /// The UIDVALIDITY of that epoch; 0: it was never synchronised.
    package let uidValidity: UInt32
    /// Why nothing can be moved into it, for people; nil: it can.
    package let trouble: String?

    /// Describes a folder.
    package init(
        id: Identifier<Folder>,
        place: Place?,
        epoch: Int,
        uidValidity: UInt32,
        trouble: String? = nil
    ) {
        self.id = id
        self.place = place
        self.epoch = epoch
        self.uidValidity = uidValidity
        self.trouble = trouble
    }
}

/// Whether a batch of marks can be written now.
package enum MarkRoute: Hashable, Sendable {
    /// Yes, from here to there; nil: the messages stay.
    case ready(source: MarkFolder, destination: MarkFolder?)
    /// After the next complete synchronisation, which knows the folders.
    case postponed
    /// Not before somebody did something about it: the reason.
    case held(String)
}

extension MarkBatch {
    /// Finds the folders of a batch; `refused` says why folders that are needed were not made.
    package func route(through folders: [MarkFolder], refused: [Place: String] = [:]) -> MarkRoute {
        guard let source = folders.first(where: { $0.id == self.folder && $0.epoch == self.epoch }) else {
            return .postponed
        }
        guard let place = self.moveTo else { return .ready(source: source, destination: nil) }
        let named = folders.filter { $0.place == place }
        guard let destination = named.first(where: { $0.trouble == nil }) else {
            let reason = refused[place] ?? named.lazy.compactMap(\.trouble).first
            return reason.map { .held($0) } ?? .postponed
        }
        // Ingestion has to see it before anything is moved into it.
        return destination.uidValidity == 0 ? .postponed : .ready(source: source, destination: destination)
    }
}

extension FolderRecord {
    /// As the writing of marks knows it.
    package var markFolder: MarkFolder {
        let trouble: String? =
            switch self.phase {
            case .missing: "the folder \(self.name) was renamed or deleted"
            case .phantom: "the folder \(self.name): \((self.trouble ?? .unreadable).rawValue)"
            case .new, .backfill, .live, .rematch: nil
            }
        return MarkFolder(
            id: self.id,
            place: Place(role: self.role, folder: self.id),
            epoch: self.epoch,
            uidValidity: self.uidValidity,
            trouble: trouble
        )
    }
}

extension Marks {
    /// Places that marks need and no folder stands for: those of the agents, in their order, of closed tickets, and Junk.
    ///
    /// A folder that somebody renamed or deleted is not missing before a person decided about what is `undecided` in it.
    package static func missingPlaces(
        _ folders: [FolderRecord],
        agents: [Agent.ID],
        undecided: Set<Identifier<Folder>> = []
    ) -> [Place] {
        let present = Set(
            folders.lazy.filter { $0.phase != .missing || undecided.contains($0.id) }
                .compactMap { Place(role: $0.role, folder: $0.id) }
        )
        return (agents.map { .agent($0) } + [.closed, .junk]).filter { !present.contains($0) }
    }
}
