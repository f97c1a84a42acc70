import Foundation
import Glibc
package import LocalServers
import TestSupport

/// Twenty mail clients on one mailbox while two workers run: afterwards server and database must tell one story.
package struct HammerRun: Sendable {
    /// What came of it.
    package struct Summary: Sendable {
        /// Operations that the server confirmed.
        package let operations: Int
        /// By kind, with what was delivered and how long it took.
        package let text: String
        /// What is wrong; empty when all is well.
        package let differences: [String]
    }

    private let servers: CrashServers
    private let format: PrivateDovecot.Format
    private let goal: Int
    private let seed: UInt64
    private let clients: Int

    /// `goal` is how many operations there are at least.
    package init(
        servers: CrashServers,
        format: PrivateDovecot.Format,
        goal: Int,
        seed: UInt64 = 1,
        clients: Int = 20
    ) {
        self.servers = servers
        self.format = format
        self.goal = goal
        self.seed = seed
        self.clients = clients
    }

    private static let scenario = Scenario(
        name: "hammer",
        title: "a mailbox with some mail",
        layout: "both",
        prepare: { stage in
            try stage.append((1...100).map { HammerClient.mail(-$0) })
            try await stage.rest()
            try await stage.program.succeed("mailbox", "edit", "support", "--breaker", "0")
        },
        chapters: []
    )

    /// Runs it to its end.
    package func run() async throws -> Summary {
        let start = ContinuousClock.now
        let template = try await self.servers.template(of: Self.scenario, self.format)
        let journal = HammerJournal(goal: self.goal)
        return try await self.servers.withStage(template) { stage in
            try await self.hammer(stage, journal)
            let clientsEnded = ContinuousClock.now
            try await self.settle(stage)
            let atRest = ContinuousClock.now
            let differences = try await self.judge(stage, journal)
            return Summary(
                operations: journal.total,
                text: """
                    \(self.format.rawValue): \(journal.total) operations by \(self.clients) clients (\(journal.summary)) in \
                    \(clientsEnded - start), at rest \(atRest - clientsEnded) later, \(differences.count) differences
                    """,
                differences: differences
            )
        }
    }

    /// Until nothing is due, and nothing is held for a while because somebody changed it while it was written.
    private func settle(_ stage: CrashStage) async throws {
        for _ in 0..<5 {
            try await stage.program.withRunning(["run", "--once", "--timeout", "900"], limit: .seconds(960)) { worker in
                let ending = try await worker.ending()
                guard ending.status == 0 else { throw CrashError("run --once: \(ending.status) \(ending.errors)") }
            }
            let held = "SELECT count(*) FROM hold WHERE until > now()"
            guard try await stage.ask(held) != "0" else { return }
            try await self.shorten(stage)
            try await eventually("holds end", within: .seconds(600)) { try await stage.ask(held) == "0" }
        }
    }

    /// What is held for an hour, as gestures are that were refused twice, is held for a few seconds more: nobody waits for that here.
    private func shorten(_ stage: CrashStage) async throws {
        let reasons = try await stage.lines(
            """
            WITH long AS (
                UPDATE hold SET until = now() + interval '5 seconds' WHERE until > now() + interval '5 minutes'
                RETURNING mailbox_id, message_id, field, reason, times, until),
            moved AS (
                UPDATE message g SET look_at = long.until FROM long
                WHERE g.mailbox_id = long.mailbox_id AND g.id = long.message_id AND g.look_at > long.until)
            SELECT message_id, field, reason, times FROM long
            """
        )
        for reason in reasons { print("\(self.format.rawValue): held for long: \(reason)") }
    }

    /// The clients on their threads, and the workers: one is killed on the way and another one takes its place.
    private func hammer(_ stage: CrashStage, _ journal: HammerJournal) async throws {
        try await stage.program.withRunning(["run"], limit: .seconds(3600)) { first in
            try await stage.program.withRunning(["run"], limit: .seconds(3600)) { second in
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for number in 0..<self.clients { group.addTask { try await self.client(number, stage, journal) } }
                    group.addTask {
                        try await eventually("half of it", within: .seconds(3600)) { journal.total * 2 >= self.goal }
                        first.signal(SIGKILL)
                    }
                    try await group.waitForAll()
                }
                guard !second.hasEnded else { throw CrashError("a worker ended: \(try second.errors())") }
                second.signal(SIGTERM)
                let ending = try await second.ending()
                guard ending.status == 0 else { throw CrashError("SIGTERM: \(ending.status) \(ending.errors)") }
            }
        }
    }

    private func client(_ number: Int, _ stage: CrashStage, _ journal: HammerJournal) async throws {
        let habit: HammerClient.Habit =
            switch number {
            case 0: .rival("Agents/ann")
            case 1: .rival("Agents/bob")
            case 2: .offline
            default: .any
            }
        let seed = self.seed &* 1000 &+ UInt64(number)
        try await onThread {
            var client = HammerClient(habit, seed: seed, journal, try stage.observer())
            try client.run()
        }
    }

    private func judge(_ stage: CrashStage, _ journal: HammerJournal) async throws -> [String] {
        let verified = try await stage.program.run(["mailbox", "verify", "support", "--format", "json"])
        let figures: [String: Int] = verified.output.isEmpty ? [:] : try verified.json()
        var differences: [String] = []
        if verified.status != 0 || figures["marks_out_of_step"] != 0 || figures["held"] != 0 {
            differences.append("verify: \(verified.status) \(figures) \(verified.errors.prefix(2000))")
        }
        // For people: the views do not tell why something waits.
        let reasons = try await stage.lines("SELECT message_id, field, reason, times FROM hold WHERE until IS NOT NULL")
        differences += reasons.prefix(20).map { "held: \($0)" }
        let (server, ledger) = try await stage.look()
        differences += Oracle.differences(server, ledger)
        differences += ShownMarks.differences(server, ledger).prefix(20)
        differences += self.unexplained(ledger, journal).prefix(20)
        let inbound = ledger.messages.filter { $0.direction == "inbound" && $0.fate == "ticket" }.count
        if ledger.tickets.count != inbound {
            differences.append("\(ledger.tickets.count) tickets for \(inbound) mails of as many contacts")
        }
        try await stage.rest()
        let (serverAfter, ledgerAfter) = try await stage.look()
        if serverAfter != server { differences.append("once more changed the server") }
        if ledgerAfter != ledger { differences.append("once more changed the database") }
        return differences
    }

    /// Gestures that nobody made: more of them on a ticket than its mails were touched by clients.
    ///
    /// A gesture that lost is recorded as such; what it lost to is one that is counted.
    private func unexplained(_ ledger: LedgerPicture, _ journal: HammerJournal) -> [String] {
        let gestures = Dictionary(
            grouping: ledger.events.filter { $0.origin == "mail-client" && $0.kind != "overridden" },
            by: \.ticket
        )
        return ledger.tickets.compactMap { ticket in
            let events = gestures[ticket.number] ?? []
            let done = journal.operations(on: ticket.subject)
            guard events.count > done else { return nil }
            return "#\(ticket.number) \(ticket.subject): \(done) operations, but \(events.map(\.kind))"
        }
    }
}

/// Runs blocking work on a thread of its own.
func onThread<Value: Sendable>(_ work: @escaping @Sendable () throws -> Value) async throws -> Value {
    try await withCheckedThrowingContinuation { continuation in
        Thread.detachNewThread { continuation.resume(with: Result { try work() }) }
    }
}
