import Desk
import DeskStore
import IMAP
import Logging

/// The folders that marks need: made and subscribed, so that agents' clients show them and mail can be dragged there.
struct MarkFolders {
    let mailbox: MailboxRecord
    let logger: Logger

    /// Makes what is missing; how many.
    ///
    /// Ingestion lists them next.
    func ensure(
        _ folders: [FolderRecord],
        undecided: Set<Identifier<Folder>>,
        people: [Agent],
        _ connection: IMAPConnection
    ) async throws -> Int {
        // A folder that somebody renamed or deleted is not made again before a person decided about its mail.
        let present = folders.filter { $0.phase != .missing || undecided.contains($0.id) }.map(\.role)
        let agents = people.filter { $0.isActive && !present.contains(.agent($0.id)) }
        let isClosedMissing = !present.contains(.closed)
        let isJunkMissing = !present.contains(.junk)
        guard !agents.isEmpty || isClosedMissing || isJunkMissing else { return 0 }
        let namespaces = try await connection.namespaces()
        let names = FolderNames(
            prefix: namespaces.personalPrefix.display,
            delimiter: namespaces.personalDelimiter,
            agentsFolder: self.mailbox.agentsFolder,
            closedFolder: self.mailbox.closedFolder
        )
        var made = 0
        var wanted = agents.map { names.agent($0.handle) }
        if isClosedMissing { wanted.append(names.closed) }
        if isJunkMissing { wanted.append(namespaces.personalPrefix.display + "Junk") }
        for name in wanted {
            let folder = FolderName(encoding: name)
            switch try await connection.create(folder) {
            case .confirmed:
                made += 1
                switch try await connection.subscribe(folder) {
                case .confirmed: break
                // A folder that cannot be subscribed is still a folder.
                case .refused(let refusal):
                    self.logger.notice("a folder cannot be subscribed", metadata: ["answer": "\(refusal.text)"])
                case .ambiguous(let error): throw error
                }
            case .refused(let refusal):
                self.logger.warning(
                    "the server refuses to make a folder",
                    metadata: ["folder": "\(name)", "answer": "\(refusal.text)"]
                )
            case .ambiguous(let error): throw error
            }
        }
        return made
    }
}
