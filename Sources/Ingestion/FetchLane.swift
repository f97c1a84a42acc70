import Desk
import IMAP
import IngestionPlan
import Logging
import ServiceLifecycle

/// One more connection during a first import: it stays in one folder and fetches that folder's part of each window, one
/// part ahead of who needs it.
struct FetchLane: Sendable {
    /// Runs a body with a connection of its own to the same account.
    typealias Connect = @Sendable (_ body: @Sendable (IMAPConnection) async throws -> Void) async throws -> Void

    /// Lanes at most; more would hold more in memory than they win.
    static let most = 3
    /// A folder with fewer mails to fetch is not worth a connection.
    static let worth = 50

    let folder: FolderRecord
    /// What it fetched and nobody took yet, or why it cannot; ends when there is no lane.
    let parts = BoundedQueue<Result<WindowPart, any Error>>(capacity: 1)

    /// The fullest folders but one, which the pass's own connection fetches.
    static func lanes(for windows: [FetchWindow], of folders: [FolderRecord], limit: Int) -> [FetchLane] {
        var counts: [Identifier<Folder>: Int] = [:]
        for window in windows { for (folder, uids) in window.uids { counts[folder, default: 0] += uids.count } }
        return folders.filter { counts[$0.id, default: 0] >= self.worth }
            .sorted { (counts[$0.id, default: 0], $1.id) > (counts[$1.id, default: 0], $0.id) }
            .dropFirst().prefix(min(limit, self.most))
            .map(FetchLane.init(folder:))
    }

    /// The next part, which is that of these UIDs; nil when there is no connection to be had for the lane.
    func part(_ uids: [UInt32]) async throws -> WindowPart? {
        guard let result = await self.parts.next() else {
            try Task.checkCancellation()
            return nil
        }
        let part = try result.get()
        precondition(part.asked == uids, "a lane and its windows are out of step")
        return part
    }

    /// Fetches the folder's part of each window until nobody takes them any more.
    func run(_ windows: [FetchWindow], with fetcher: Fetcher) async throws {
        defer { self.parts.finish() }
        do {
            try await fetcher.connect { connection in
                do {
                    let number = try await fetcher.open(self.folder, connection)
                    for window in windows where !Task.isShuttingDownGracefully {
                        guard let uids = window.uids[self.folder.id] else { continue }
                        try await self.parts.waitForRoom()
                        let part = try await fetcher.part(self.folder, uids, number: number, connection)
                        try await self.parts.send(.success(part))
                    }
                } catch let error as CancellationError {
                    throw error
                } catch {
                    try await self.parts.send(.failure(error))
                }
            }
        } catch is CancellationError {
            return
        } catch {
            // The account may have as many connections as its server allows: it goes without the lane.
            fetcher.logger.notice("no further connection for an import", metadata: ["error": "\(error)"])
        }
    }
}
