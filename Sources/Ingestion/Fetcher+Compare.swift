import Desk
import DeskStore
import IMAP

/// What a look at presumed mails came to.
enum Comparison: Equatable, Sendable {
    /// Nothing is presumed, or not to be asked for yet.
    case nothing
    /// Some were compared; so many were another mail than they were taken for, which is to be filed.
    case compared(different: Int)
    /// The folder has other UIDs than the ledger knows; a pass is to look first.
    case outdated
}

extension Fetcher {
    /// Mails compared in one look, after which something else may come first.
    private static let compared = 50
    /// How long mails that the server does not give are not asked for again.
    private static let comparisonPause = Duration.seconds(3600)

    /// Fetches the oldest mails of one folder that were recognised without their bytes, and compares them with what they were
    /// taken for.
    ///
    /// For when nothing else is to do. What differs gets its own digest and waits to be filed.
    func compare(_ connection: IMAPConnection) async throws -> Comparison {
        let due = try await self.database.reading(under: self.lease.grant) { unit in
            (
                try LedgerQueries.presumed(unit, mailbox: self.mailbox.id, limit: Self.compared),
                try FolderQueries.load(unit, self.mailbox.id)
            )
        }
        guard let first = due.0.first else { return .nothing }
        guard let folder = due.1.first(where: { $0.id == first.folder.folder && $0.epoch == first.folder.epoch }) else {
            return .outdated
        }
        let presumed = due.0.filter { $0.folder == first.folder }
        let number: Int64
        do {
            number = try await self.open(folder, connection)
        } catch let error as IngestionError where error.reason == .folderChanged {
            return .outdated
        }
        let part = try await self.part(folder, presumed.map(\.uid), number: number, connection)
        return .compared(different: try await self.settle(presumed, part))
    }

    private func settle(_ presumed: [LedgerQueries.Presumed], _ part: WindowPart) async throws -> Int {
        let given = part.placements.filter { $0.digest != nil }
        let known = Set(presumed.map(\.digest))
        let missing = Set(presumed.map(\.uid)).subtracting(given.map(\.uid)).sorted()
        return try await self.database.unit(under: self.lease.grant) { unit in
            try ContentQueries.insert(unit, mailbox: self.mailbox.id, part.whole.filter { !known.contains($0.digest) })
            try LedgerQueries.postpone(unit, part.folder, missing, for: Self.comparisonPause)
            return try LedgerQueries.compare(unit, part.folder, given)
        }
    }
}
