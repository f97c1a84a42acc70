import Desk
package import DeskStore
package import IMAP
import IngestionPlan
package import Logging

/// The server and the ledger compared, UID by UID and flag by flag.
///
/// Changes nothing on either side.
package enum MailboxVerification {
    /// What was found.
    package struct Report: Sendable, Equatable {
        /// UIDs on the server whose placement has a final fate and kept bytes.
        package var accounted = 0
        /// UIDs on the server that have no such placement.
        package var unaccounted = 0
        /// Of those accounted for: in quarantine.
        package var quarantined = 0
        /// Fields and gestures that wait for a person or for time.
        package var held = 0
        /// Messages whose marks are not the desired ones, without those held, lingering, adopted or out of reach.
        package var marksOutOfStep = 0
        /// What differs, for people: at most ``MailboxVerification/shown`` lines.
        package var differences: [String] = []
    }

    /// Lines of differences at most.
    package static let shown = 50

    /// Reads every watched folder with EXAMINE and compares.
    package static func run(
        _ database: DeskDatabase,
        mailbox: MailboxRecord,
        configuration: IMAPConfiguration,
        logger: Logger
    ) async throws -> Report {
        var report = Report()
        let folders = try await database.unit { try FolderQueries.load($0, mailbox.id) }
        try await IMAPClient.withConnection(configuration, logger: logger) { connection in
            let listed = try await connection.list().filter(\.isSelectable)
            let known = folders.filter { $0.phase != .missing }
            for folder in known where folder.isWatched {
                let name = FolderName(raw: folder.rawName)
                guard listed.contains(where: { $0.name == name }) else { continue }
                let selected = try await connection.select(name, readOnly: true)
                let rows = selected.exists == 0 ? [] : try await connection.fetchFlags(.all).rows
                try await self.compare(database, mailbox, folder, selected, rows, &report)
            }
            for name in try await self.watched(database, mailbox, listed, connection)
            where !known.contains(where: { $0.isWatched && FolderName(raw: $0.rawName) == name }) {
                let count = try await connection.select(name, readOnly: true).exists
                guard count > 0 else { continue }
                report.unaccounted += count
                self.note("\(name.display): the folder is not in the ledger yet, with \(count) mails", &report)
            }
        }
        let counts = try await database.unit { try MarkQueries.counts($0, mailbox: mailbox.id) }
        report.held = counts.held + counts.heldGestures
        report.marksOutOfStep = try await self.marksOutOfStep(database, mailbox, folders)
        return report
    }

    /// The folders that the next synchronisation will look into.
    private static func watched(
        _ database: DeskDatabase,
        _ mailbox: MailboxRecord,
        _ listed: [IMAP.ListedFolder],
        _ connection: IMAPConnection
    ) async throws -> [FolderName] {
        let namespaces = try await connection.namespaces()
        let agents = try await database.unit { try TicketQueries.agents($0) }
            .map { (handle: $0.agent.handle, agent: $0.agent.id) }
        let names = FolderNames(
            prefix: namespaces.personalPrefix.display,
            delimiter: namespaces.personalDelimiter,
            agentsFolder: mailbox.agentsFolder,
            closedFolder: mailbox.closedFolder
        )
        let roles = names.roles(of: listed.map { Desk.ListedFolder($0) }, agents: agents)
        let archivesIntoAll = connection.profile.archivesIntoAll
        return zip(listed, roles).filter { $0.1.isWatched(archivesIntoAll: archivesIntoAll) }.map(\.0.name)
    }

    private static func compare(
        _ database: DeskDatabase,
        _ mailbox: MailboxRecord,
        _ folder: FolderRecord,
        _ selected: Selected,
        _ rows: [MessageFlags],
        _ report: inout Report
    ) async throws {
        guard selected.uidValidity == folder.uidValidity else {
            report.unaccounted += rows.count
            self.note(
                "\(folder.name): UIDVALIDITY is \(selected.uidValidity), stored is \(folder.uidValidity)",
                &report
            )
            return
        }
        let epoch = FolderEpoch(mailbox: mailbox.id, folder: folder.id, epoch: folder.epoch)
        let live = try await database.unit { try PlacementQueries.live($0, epoch) }
        var stored = Dictionary(live.map { ($0.uid, $0) }) { first, _ in first }
        for row in rows {
            guard let placement = stored.removeValue(forKey: row.uid) else {
                report.unaccounted += 1
                self.note("\(folder.name): UID \(row.uid) is not in the ledger", &report)
                continue
            }
            guard placement.fate != "fetched", placement.digest != nil else {
                report.unaccounted += 1
                self.note("\(folder.name): UID \(row.uid) is not filed yet", &report)
                continue
            }
            report.accounted += 1
            if placement.fate == "quarantined" { report.quarantined += 1 }
            if self.folded(row.flags) != self.folded(placement.flags) {
                self.note("\(folder.name): UID \(row.uid) has other flags than the ledger", &report)
            }
        }
        for uid in stored.keys.sorted() {
            self.note("\(folder.name): UID \(uid) is in the ledger and not on the server", &report)
        }
    }

    private static func folded(_ flags: [String]) -> Set<String> {
        Set(flags.map { $0.lowercased() }).subtracting(["\\recent"])
    }

    private static func note(_ line: String, _ report: inout Report) {
        if report.differences.count < self.shown { report.differences.append(line) }
    }

    private static func marksOutOfStep(
        _ database: DeskDatabase,
        _ mailbox: MailboxRecord,
        _ folders: [FolderRecord]
    ) async throws -> Int {
        guard let stored = mailbox.layout else { return 0 }
        let inbox = folders.first { $0.role == .inbox }
        let layout: Layout = stored == .both && inbox?.allowsKeywords == false ? .folders : stored
        let people = try await database.unit { try TicketQueries.agents($0) }
        let keywords = MarkKeywords(agents: people.map { (handle: $0.agent.handle, agent: $0.agent.id) })
        var count = 0
        var last = Identifier<Message>(0)
        while true {
            let after = last
            let cases = try await database.unit { unit in
                try MarkQueries.page(unit, mailbox: mailbox.id, after: after, limit: 1000)
            }
            guard let newest = cases.last else { return count }
            last = newest.id
            // What the breaker holds waits for a person: it is counted as held.
            for one in cases where !one.liesInMissingFolder && (!one.isStopped || one.decision != nil) {
                let subject = one.subject(layout: layout, keywords: keywords, marksReach: mailbox.marksReach)
                switch Marks.reconcile(subject) {
                case .write, .gesture, .overridden, .closeIntent, .removeSource: count += 1
                case .wait(.openIntent), .wait(.staleObservation), .wait(.notObservedYet), .wait(.completeSync),
                    .wait(.archiveUnseen):
                    count += 1
                case .inStep, .settle, .wait(.linger), .held, .outOfReach: break
                }
            }
        }
    }
}
