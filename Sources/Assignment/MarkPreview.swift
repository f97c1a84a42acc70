package import Desk
import DeskCommands
package import DeskStore

/// What would change on the server if marks were written in a layout: counted, nothing done.
package enum MarkPreview {
    /// Messages that would change alike.
    package struct Line: Hashable, Sendable {
        /// The folder they lie in.
        package let folder: String
        /// Where they would be moved, by the name of the place; nil: they stay.
        package let destination: String?
        /// Flags and keywords that would be added.
        package let adds: [String]
        /// Flags and keywords that would be removed.
        package let removes: [String]
    }

    /// Counts by folder and kind of change; the most frequent first.
    package static func run(
        _ database: DeskDatabase,
        mailbox: MailboxRecord,
        layout: Layout
    ) async throws -> [(line: Line, count: Int)] {
        let (people, folders) = try await database.unit { unit in
            (try TicketCommands.agents(unit), try FolderQueries.load(unit, mailbox.id))
        }
        let keywords = MarkKeywords(
            agents: people.values.sorted { $0.id < $1.id }.map { (handle: $0.handle, agent: $0.id) }
        )
        let allowed = AssignmentSession.layout(layout, folders)
        let names = Dictionary(folders.map { ($0.id, $0.name) }) { first, _ in first }
        var counts: [Line: Int] = [:]
        var last = Identifier<Message>(0)
        while true {
            let after = last
            let cases = try await database.unit { unit in
                try MarkQueries.page(unit, mailbox: mailbox.id, after: after, limit: 1000)
            }
            guard let newest = cases.last else { break }
            last = newest.id
            for one in cases where !one.liesInMissingFolder {
                let subject = one.subject(layout: allowed, keywords: keywords, marksReach: mailbox.marksReach)
                guard case .write(let write) = Marks.reconcile(subject) else { continue }
                let line = Line(
                    folder: names[write.source.folder] ?? "",
                    destination: write.moveTo.map { Self.name($0, people, mailbox) },
                    adds: write.add.compactMap(keywords.text),
                    removes: write.remove.compactMap(keywords.text)
                )
                counts[line, default: 0] += 1
            }
        }
        return counts.sorted { ($0.value, $1.key.folder) > ($1.value, $0.key.folder) }.map { ($0.key, $0.value) }
    }

    private static func name(_ place: Place, _ people: [Agent.ID: Agent], _ mailbox: MailboxRecord) -> String {
        switch place {
        case .inbox: "INBOX"
        case .agent(let id): "\(mailbox.agentsFolder)/\(people[id]?.handle.text ?? "?")"
        case .closed: mailbox.closedFolder
        case .archive: "Archive"
        case .junk: "Junk"
        case .folder(let id): "folder \(id)"
        }
    }
}
