package import Desk
import DeskCommands
package import DeskStore

/// The way back: which messages Baton would put back into the folder each was first seen in.
///
/// Those that Baton wrote to, and those in the folders that are Baton's (the agents' and Closed); what agents put away
/// elsewhere in their own way stays.
package enum MarkRestore {
    /// What would be done.
    package struct Plan: Sendable {
        /// Messages that would go back alike, by count; the most frequent first.
        package var lines: [(line: MarkPreview.Line, count: Int)] = []
        /// All of them.
        package var messages: [Identifier<Message>] = []
        /// Messages whose first folder is not there any more, or shows no marks: they stay.
        package var homeless = 0
    }

    /// Looks, and changes nothing.
    package static func plan(_ database: DeskDatabase, mailbox: MailboxRecord) async throws -> Plan {
        let (people, folders) = try await database.unit { unit in
            (try TicketCommands.agents(unit), try FolderQueries.load(unit, mailbox.id))
        }
        let keywords = MarkKeywords(
            agents: people.values.sorted { $0.id < $1.id }.map { (handle: $0.handle, agent: $0.id) }
        )
        let known = Dictionary(folders.map { ($0.id, $0) }) { first, _ in first }
        var counts: [MarkPreview.Line: Int] = [:]
        var plan = Plan()
        var last = Identifier<Message>(0)
        while true {
            let after = last
            let (cases, written) = try await database.unit { unit in
                let cases = try MarkQueries.page(unit, mailbox: mailbox.id, after: after, limit: 1000)
                return (cases, try IntentQueries.written(unit, mailbox: mailbox.id, among: cases.map(\.id)))
            }
            guard let newest = cases.last else { break }
            last = newest.id
            for one in cases where !one.liesInMissingFolder {
                let subject = one.subject(layout: nil, keywords: keywords, marksReach: mailbox.marksReach)
                guard case .one(let placement, _) = subject.counting,
                    written.contains(one.id) || placement.role.isBatons
                else { continue }
                guard let home = one.firstFolder.flatMap({ known[$0] }), home.markFolder.trouble == nil,
                    let place = home.markFolder.place
                else {
                    plan.homeless += 1
                    continue
                }
                guard let write = Marks.restore(subject, to: place) else { continue }
                plan.messages.append(one.id)
                let line = MarkPreview.Line(
                    folder: known[write.source.folder]?.name ?? "",
                    destination: write.moveTo == nil ? nil : home.name,
                    adds: [],
                    removes: write.remove.compactMap(keywords.text)
                )
                counts[line, default: 0] += 1
            }
        }
        plan.lines = counts.sorted { ($0.value, $1.key.folder) > ($1.value, $0.key.folder) }.map { ($0.key, $0.value) }
        return plan
    }

    /// Asks the assignment service, whoever runs it, to do it.
    package static func ask(
        _ database: DeskDatabase,
        mailbox: Identifier<Mailbox>,
        _ messages: [Identifier<Message>]
    ) async throws {
        for start in stride(from: 0, to: messages.count, by: 10_000) {
            let part = Array(messages[start..<min(start + 10_000, messages.count)])
            try await database.unit { try RestoreQueries.restore($0, mailbox: mailbox, part) }
        }
    }
}

extension FolderRole {
    /// A folder that is there because of Baton.
    fileprivate var isBatons: Bool {
        switch self {
        case .agent, .closed: true
        case .inbox, .archive, .junk, .trash, .sent, .drafts, .all, .other: false
        }
    }
}
