import Glibc
import LocalServers

/// One ticket assigned while the service runs, and a client that selects, marks and moves one mail, in alternation.
///
/// Baton's time is from the moment the command was committed, by the database's clock on this machine, until an observer
/// sees the mail in the agent's folder; beside it, from the moment the command's transaction began. The client's is from its SELECT
/// until an observer of its own sees the same.
struct SingleMarks {
    let format: PrivateDovecot.Format
    let settings: BenchmarkSettings

    func run() async throws {
        let (own, bare) = (
            PrivateDovecot.User(name: "own", password: "bench-only"),
            PrivateDovecot.User(name: "bare", password: "bench-only")
        )
        try await withServers(format: self.format, extraConfiguration: Machine.mailServer) { servers in
            try await Machine.keepCommitTimes(servers)
            for account in [own, bare] { try await Marks.fill(servers, account, count: Marks.single) }
            let machine = try await Marks.machine("single", self.settings, servers, own)
            let observer = try servers.dovecot.observer(as: own)
            let database = try Database(machine.uri)
            let numbers = try database.rows("SELECT number FROM ticket_v ORDER BY number").map { $0[0] }
            var (hand, baton, begun): ([Double], [Double], [Double]) = ([], [], [])
            try await BareClient.with(servers, bare) { client in
                let service = try machine.child(log: "service").start(["run"])
                let result = Result {
                    // The service is up once it has shown the first.
                    for (index, number) in numbers.enumerated() {
                        let seconds = try client.applyOne(index + 1, seen: index + 1)
                        let seen = try self.assign(number, seen: index + 1, machine, observer)
                        let times = try self.recorded(number, database)
                        guard index > 0 else { continue }
                        hand.append(seconds)
                        baton.append(seen - times.commit)
                        begun.append(seen - times.start)
                    }
                }
                try service.stop()
                try result.get()
            }
            try machine.runOnce()
            try machine.run("mailbox", "verify", machine.mailbox, "--format", "json")
            self.report(Quantiles(hand), Quantiles(baton), since: "commit")
            self.report(Quantiles(hand), Quantiles(begun), since: "the command's first statement")
        }
    }

    /// When a ticket's assignment was begun and committed, in seconds since 1970.
    private func recorded(_ number: String, _ database: Database) throws -> (start: Double, commit: Double) {
        let recorded = try database.rows(
            """
            SELECT extract(epoch FROM recorded_at), extract(epoch FROM pg_xact_commit_timestamp(xmin)) FROM event
            WHERE ticket = \(number) AND kind = 'assigned' ORDER BY seq DESC LIMIT 1
            """
        )
        guard let times = recorded.first?.compactMap(Double.init), times.count == 2 else {
            throw BenchmarkError("no assignment was recorded")
        }
        return (times[0], times[1])
    }

    /// When the mail was seen in its folder, in seconds since 1970.
    private func assign(
        _ number: String,
        seen count: Int,
        _ machine: Machine,
        _ observer: ObserverClient
    ) throws -> Double {
        let command = try machine.child(log: "assign").start(["ticket", "assign", number, Marks.agent])
        try Marks.awaitCount(count, observer, since: .now)
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        try command.wait()
        return Double(now.tv_sec) + Double(now.tv_nsec) / 1e9
    }

    private func report(_ hand: Quantiles, _ baton: Quantiles, since: String) {
        func line(_ name: String, _ part: Double) -> String {
            "\(name) client \(shown(hand.at(part) * 1_000, 1)) ms, baton \(shown(baton.at(part) * 1_000, 1)) ms, "
                + "\(shown(baton.at(part) / hand.at(part), 1)) times"
        }
        say("  \(self.format.rawValue), one by one, since \(since): \(line("p50", 0.5)); \(line("p99", 0.99))")
    }
}
