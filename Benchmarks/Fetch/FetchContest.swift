import Foundation
import IMAP
import LocalServers
import Logging
import MailTransport

/// Fetching a mailbox and throwing it away: through IMAP, and by a raw reader of the socket.
struct FetchContest {
    let settings: FetchSettings
    let count: Int
    let dovecot: PrivateDovecot
    let account: PrivateDovecot.User

    /// UIDs in one FETCH.
    private static let batch: UInt32 = 250

    private struct Result {
        let wall: Double
        let cpu: Double
    }

    /// Rounds in rotating order, then medians and the ratios within rounds.
    func hold() async throws {
        var raw: [Result] = []
        var client: [Result] = []
        for round in 0..<self.settings.rounds {
            for turn in 0..<2 {
                let isClient = (turn + round) % 2 == 1
                let result = try await self.measured { isClient ? try await self.fetch() : try self.fetchRaw() }
                if isClient { client.append(result) } else { raw.append(result) }
                say("  round \(round + 1), \(isClient ? "through IMAP" : "raw socket  "): \(self.line(result))")
            }
        }
        let pairs = zip(raw, client)
        say("  through IMAP, of the raw socket in the same round: min / median / max")
        say(
            "    messages per second  \(shown(Quantiles(pairs.map { $0.wall / $1.wall }), 2))  (at least 0.85 is asked for)"
        )
        say("    CPU of the client    \(shown(Quantiles(pairs.map { $1.cpu / $0.cpu }), 2))  (at most 3 is asked for)")
    }

    private func measured(_ work: () async throws -> Int) async throws -> Result {
        let (start, before) = (ContinuousClock.now, CPUClock.process)
        let count = try await work()
        guard count == self.count else { throw BenchmarkError("\(count) of \(self.count) messages came") }
        return Result(wall: (ContinuousClock.now - start).seconds, cpu: CPUClock.process - before)
    }

    private func fetchRaw() throws -> Int {
        try RawFetch.run(
            port: self.dovecot.imapPort,
            user: self.account.name,
            password: self.account.password,
            folders: ["INBOX", "Sent"]
        )
    }

    private func fetch() async throws -> Int {
        let configuration = IMAPConfiguration(
            endpoint: MailEndpoint(
                host: "127.0.0.1",
                port: self.dovecot.imapPort,
                security: .plaintext(forced: false),
                caFile: nil
            ),
            user: self.account.name,
            credential: .password(Secret(self.account.password))
        )
        let silent = Logger(label: "bench", factory: { _ in SwiftLogNoOpLogHandler() })
        return try await IMAPClient.withConnection(configuration, logger: silent) { connection in
            var count = 0
            for folder in [FolderName.inbox, FolderName(encoding: "Sent")] {
                let selected = try await connection.select(folder, readOnly: true)
                guard let next = selected.uidNext, next > 1 else { continue }
                let sets = stride(from: 1, to: next, by: Int(Self.batch)).map {
                    UIDSet($0...min($0 + Self.batch - 1, next - 1))
                }
                try await connection.fetchBodies(sets) { event in
                    if case .end(_, .complete) = event { count += 1 }
                }
            }
            return count
        }
    }

    private func line(_ result: Result) -> String {
        String(
            format: "%6.0f messages/s, CPU %.4f ms a message",
            Double(self.count) / result.wall,
            result.cpu * 1000 / Double(self.count)
        )
    }
}
