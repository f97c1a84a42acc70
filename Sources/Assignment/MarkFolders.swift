import Desk
import DeskStore
import IMAP
import Logging

/// The folders that marks need: made and subscribed, so that agents' clients show them and mail can be dragged there.
struct MarkFolders {
    let mailbox: MailboxRecord
    let lease: Lease
    let logger: Logger

    /// What came of it.
    struct Result: Sendable {
        /// How many were made; ingestion lists them next.
        var made = 0
        /// Why the others were not.
        var refused: [Place: String] = [:]
        /// Raw names of those that the server was asked to subscribe.
        var subscribed: [[UInt8]] = []
    }

    /// Makes what is missing, and subscribes what was not subscribed before.
    func ensure(
        _ folders: [FolderRecord],
        undecided: Set<Identifier<Folder>>,
        subscribed: Set<[UInt8]>,
        people: [Agent],
        _ connection: IMAPConnection
    ) async throws -> Result {
        var result = Result()
        let active = Set(people.filter(\.isActive).map(\.id))
        for folder in folders where folder.isOpenable && !subscribed.contains(folder.rawName) {
            guard folder.role == .closed || folder.role.agent.map({ active.contains($0) }) == true else { continue }
            try await self.subscribe(FolderName(raw: folder.rawName), connection, &result)
        }
        let agents = people.filter(\.isActive).sorted { $0.id < $1.id }
        let missing = Marks.missingPlaces(folders, agents: agents.map(\.id), undecided: undecided)
        guard !missing.isEmpty else { return result }
        let namespaces = try await connection.namespaces()
        let names = FolderNames(
            prefix: namespaces.personalPrefix.display,
            delimiter: namespaces.personalDelimiter,
            agentsFolder: self.mailbox.agentsFolder,
            closedFolder: self.mailbox.closedFolder
        )
        let handles = Dictionary(agents.map { ($0.id, $0.handle) }) { first, _ in first }
        for place in missing {
            let agent = place.agent.flatMap { handles[$0] }
            let name = agent.map(names.agent) ?? (place == .closed ? names.closed : names.junk)
            let folder = FolderName(encoding: name)
            try self.lease.check()
            switch try await connection.create(folder) {
            case .confirmed:
                result.made += 1
                try await self.subscribe(folder, connection, &result)
            case .refused(let refusal):
                result.refused[place] = "the folder \(name) cannot be made: \(refusal.text)"
                self.logger.warning(
                    "the server refuses to make a folder",
                    metadata: ["folder": "\(name)", "answer": "\(refusal.text)"]
                )
            case .ambiguous(let error): throw error
            }
        }
        return result
    }

    private func subscribe(_ folder: FolderName, _ connection: IMAPConnection, _ result: inout Result) async throws {
        try self.lease.check()
        switch try await connection.subscribe(folder) {
        case .confirmed: break
        // A folder that cannot be subscribed is still a folder.
        case .refused(let refusal):
            self.logger.notice("a folder cannot be subscribed", metadata: ["answer": "\(refusal.text)"])
        case .ambiguous(let error): throw error
        }
        result.subscribed.append(folder.raw)
    }
}

extension FolderRecord {
    fileprivate var isOpenable: Bool {
        switch self.phase {
        case .missing, .phantom: false
        case .new, .backfill, .live, .rematch: true
        }
    }
}
