import Foundation
import LocalServers

/// Runs the contestants round by round and prints what came out.
struct Contest {
    let settings: BenchmarkSettings
    let corpus: Corpus
    let servers: ServerSet
    let account: PrivateDovecot.User

    /// One contestant in one round.
    struct Result {
        let name: String
        let wall: Double
        /// CPU seconds of the client, Dovecot and PostgreSQL.
        let client: Double
        let dovecot: Double
        let postgres: Double
        /// MiB, where the client is a process of its own.
        let peak: Double?
    }

    private enum Contestant: String, CaseIterable {
        case raw = "raw fetch, discard"
        case floor = "insert floor"
        case mbsync = "mbsync"
        case baton = "baton"
    }

    /// All rounds, then the medians and ratios.
    func hold() async throws {
        let contestants = Contestant.allCases.filter { $0 != .mbsync || self.settings.mbsync != nil }
        var results: [Result] = []
        for round in 0..<self.settings.rounds {
            say("round \(round + 1)")
            for turn in contestants.indices {
                let contestant = contestants[(turn + round) % contestants.count]
                let result = try await self.run(contestant, round: round)
                say("  \(self.line(result))")
                results.append(result)
            }
        }
        self.summarise(results, contestants)
    }

    private func run(_ contestant: Contestant, round: Int) async throws -> Result {
        switch contestant {
        case .raw: try await self.measured(contestant) { try self.fetchRaw() }
        case .floor: try await self.runFloor(round)
        case .mbsync: try await self.measured(contestant) { try self.runMbsync(round) }
        case .baton: try await self.runBaton(round)
        }
    }

    // MARK: Contestants

    private func fetchRaw() throws -> Child.Usage {
        let (start, before) = (ContinuousClock.now, Self.ownSeconds())
        let count = try RawFetch.run(
            port: self.servers.dovecot.imapPort,
            user: self.account.name,
            password: self.account.password,
            folders: ["INBOX", "Sent"]
        )
        guard count == self.corpus.count else { throw BenchmarkError("the raw fetch saw \(count) messages") }
        return Child.Usage(wall: ContinuousClock.now - start, cpu: Self.ownSeconds() - before, peak: 0)
    }

    private func runFloor(_ round: Int) async throws -> Result {
        let uri = try await self.servers.postgres.createDatabase(named: "floor\(round)")
        // Its session is still there when the CPU is counted.
        let floor = try InsertFloor(uri: uri)
        return try await self.measured(.floor) {
            let used = try floor.run(self.corpus)
            guard try floor.count() == self.corpus.count else { throw BenchmarkError("the insert floor lost messages") }
            return Child.Usage(wall: used.wall, cpu: used.cpu, peak: 0)
        }
    }

    private func runMbsync(_ round: Int) throws -> Child.Usage {
        let folder = "\(self.servers.folder.path)/mbsync\(round)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
        defer { try? FileManager.default.removeItem(atPath: folder) }  // The whole folder goes at the end.
        let configuration = """
            IMAPAccount bench
            Host 127.0.0.1
            Port \(self.servers.dovecot.imapPort)
            User \(self.account.name)
            Pass \(self.account.password)
            SSLType None
            AuthMechs LOGIN

            IMAPStore far
            Account bench

            MaildirStore near
            Path \(folder)/
            Inbox \(folder)/INBOX

            Channel bench
            Far :far:
            Near :near:
            Patterns INBOX Sent
            Create Near
            Sync Pull New
            SyncState *
            """
        let file = "\(folder)/mbsyncrc"
        try configuration.write(toFile: file, atomically: false, encoding: .utf8)
        let child = Child(
            executable: self.settings.mbsync ?? "mbsync",
            environment: ["HOME": folder, "PATH": "/usr/bin:/bin"],
            log: "\(self.servers.folder.path)/mbsync.log"
        )
        let usage = try child.run("-c", file, "-q", "bench")
        let count = try ["INBOX", "Sent"].reduce(0) { sum, name in
            try sum + FileManager.default.contentsOfDirectory(atPath: "\(folder)/\(name)/new").count
                + FileManager.default.contentsOfDirectory(atPath: "\(folder)/\(name)/cur").count
        }
        guard count == self.corpus.count else { throw BenchmarkError("mbsync fetched \(count) messages") }
        return usage
    }

    private func runBaton(_ round: Int) async throws -> Result {
        let machine = try await Machine("baton\(round)", self.settings, self.servers, account: self.account)
        let result = try await self.measured(.baton) { try machine.runOnce() }
        try machine.verifyImport(of: self.corpus.count)
        return result
    }

    // MARK: Measuring

    private func measured(_ contestant: Contestant, _ work: () throws -> Child.Usage) async throws -> Result {
        let dovecot = ProcessTree(root: self.servers.dovecot.processID)
        let postgres = ProcessTree(root: self.servers.postgres.processID)
        let before = (try dovecot.seconds(), try postgres.seconds())
        let usage = try work()
        return Result(
            name: contestant.rawValue,
            wall: Self.seconds(usage.wall),
            client: usage.cpu,
            dovecot: try dovecot.seconds() - before.0,
            postgres: try postgres.seconds() - before.1,
            peak: usage.peak > 0 ? usage.peak : nil
        )
    }

    /// CPU seconds that this process has used.
    static func ownSeconds() -> Double {
        var usage = rusage()
        getrusage(Int32(RUSAGE_SELF.rawValue), &usage)
        return Child.seconds(usage)
    }

    private static func seconds(_ duration: Duration) -> Double {
        Double(duration.components.seconds) + Double(duration.components.attoseconds) / 1e18
    }

    // MARK: Printing

    private func line(_ result: Result) -> String {
        let perMessage = [result.client, result.dovecot, result.postgres].map {
            String(format: "%.2f", $0 * 1_000 / Double(self.corpus.count))
        }
        let peak = result.peak.map { String(format: ", peak %.0f MiB", $0) } ?? ""
        let rate = String(format: "%6.0f", Double(self.corpus.count) / result.wall)
        let name = result.name.padding(toLength: 20, withPad: " ", startingAt: 0)
        return
            "\(name)\(rate) messages/s, CPU ms/message client/Dovecot/PostgreSQL \(perMessage.joined(separator: " / "))\(peak)"
    }

    /// Ratios are of speeds within one round.
    private func summarise(_ results: [Result], _ contestants: [Contestant]) {
        say("\nmedian of \(self.settings.rounds) rounds")
        for contestant in contestants {
            let own = results.filter { $0.name == contestant.rawValue }
            let middle = own.sorted { $0.wall < $1.wall }[own.count / 2]
            say("  \(self.line(middle))")
        }
        let baton = results.filter { $0.name == Contestant.baton.rawValue }.map(\.wall)
        say("\nbaton's speed as a part of theirs, in the same round: min / median / max")
        for contestant in contestants where contestant != .baton {
            let other = results.filter { $0.name == contestant.rawValue }.map(\.wall)
            let ratios = zip(other, baton).map { $0 / $1 }.sorted()
            let shown = [ratios.first, ratios[ratios.count / 2], ratios.last].compactMap(\.self)
            let text = shown.map { String(format: "%.2f", $0) }.joined(separator: " / ")
            say("  of \(contestant.rawValue.padding(toLength: 20, withPad: " ", startingAt: 0))\(text)")
        }
        let peak = results.compactMap { $0.name == Contestant.baton.rawValue ? $0.peak : nil }.max() ?? 0
        say(String(format: "\npeak memory of baton: %.0f MiB", peak))
    }
}
