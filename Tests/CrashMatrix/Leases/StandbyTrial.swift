import Glibc
package import LocalServers
package import TestSupport

/// Two workers, two people who claim the same ticket at once, and a worker that is paused in the middle of showing who won (S3).
///
/// The paused one still has its connections; the other takes over when the lease runs out. Then the paused one wakes: what it
/// was about to do gets out at last, and nothing more of it counts.
package struct StandbyTrial: Sendable {
    /// What came of it.
    package struct Verdict: Sendable {
        /// The message at which the worker was paused; nil when the run had no such message.
        package var fired: WireEntry?
        /// What passed from the claim on, on the links of the worker that is paused.
        package var entries: [WireLink: [WireEntry]] = [:]
        /// From the pause until the other worker had taken over both services.
        package var takeOver: Duration?
        /// What is wrong; empty when all is well.
        package var violations: [String] = []
    }

    private let servers: CrashServers
    private let format: PrivateDovecot.Format
    private let layout: String
    private let fault: WireFault?

    /// `layout` is how owners show; `fault` is where the worker is paused, nil is nowhere.
    package init(servers: CrashServers, format: PrivateDovecot.Format, layout: String, fault: WireFault?) {
        self.servers = servers
        self.format = format
        self.layout = layout
        self.fault = fault
    }

    private var scenario: Scenario {
        Scenario(
            name: "S3-\(self.layout)",
            title: "two workers, a claim race, one is paused",
            layout: self.layout,
            prepare: { stage in
                let mails = ["One", "Two"].enumerated().map { number, subject in
                    SampleMail(subject, from: "c\(number)@contact.example", minute: number)
                }
                try stage.append(mails)
                try await stage.rest()
            },
            chapters: []
        )
    }

    /// Plays it and judges.
    package func run() async throws -> Verdict {
        let template = try await self.servers.template(of: self.scenario, self.format)
        return try await WirePair.with(self.servers) { wires in
            let target = WireProxy.Target.postgres(socketDirectory: self.servers.postgres.socketDirectory)
            return try await WireProxy.with(target) { base in
                try await self.servers.withStage(template, behind: wires) { stage in
                    let verdict = try await self.play(stage, wires, standby: base)
                    wires.disconnect()
                    base.disconnect()
                    return verdict
                }
            }
        }
    }

    private func play(_ stage: CrashStage, _ wires: WirePair, standby base: WireProxy) async throws -> Verdict {
        let victim = Victim(SIGSTOP)
        let uri = "postgresql:///\(stage.database)?host=\(base.socketDirectory)&port=5432&user=baton"
        var verdict = Verdict()
        var race = Race(winner: "", loser: "")
        try await stage.worker.withRunning(["run"]) { worker in
            var quiet = Quiet(wires)
            try await self.until("the first worker idles", worker) {
                wires.idles && quiet.lasts(.milliseconds(300))
            }
            try await BatonProgram(database: uri).withRunning(["run"]) { other in
                // It looks again and again whether it can have one of the leases.
                try await self.until("the second stands by", other) {
                    base.entries.filter { $0.summary == "B lease.kept" }.count >= 2
                }
                victim.set(worker)
                wires.arm(self.fault, victim)
                race = try await Race.run(stage)
                try stage.append(Self.arrivals)
                if self.fault == nil {
                    quiet = Quiet(wires)
                    try await self.until("the marks are written, and what came is filed", worker) {
                        try quiet.lasts(.milliseconds(700)) && self.shows(race.winner, stage)
                    }
                    verdict.entries = wires.entries
                } else {
                    verdict.violations += try await self.pauseAndWake(stage, wires, &race, worker, other, &verdict)
                }
                for process in [worker, other] {
                    process.signal(SIGTERM)
                    let ending = try await process.ending()
                    if ending.status != 0 { verdict.violations.append("SIGTERM: \(ending.status) \(ending.errors)") }
                }
            }
        }
        verdict.fired = wires.fired
        verdict.violations += try await self.judge(stage, race)
        return verdict
    }

    private func pauseAndWake(
        _ stage: CrashStage,
        _ wires: WirePair,
        _ race: inout Race,
        _ worker: RunningProgram,
        _ other: RunningProgram,
        _ verdict: inout Verdict
    ) async throws -> [String] {
        let winner = race.winner
        var quiet = Quiet(wires)
        try await self.until("the pause, or the end", worker) {
            try wires.fired != nil || quiet.lasts(.milliseconds(700)) && self.shows(winner, stage)
        }
        guard wires.fired != nil else {
            // Nor shall it come to a stop while it shuts down.
            wires.arm(nil, Victim())
            return []
        }
        let start = ContinuousClock.now
        let last = wires.mail.openConnections.max() ?? 0
        try await eventually("the other takes over both services", within: .seconds(90)) {
            let log = try other.errors()
            return log.contains("ingestion begins") && log.contains("assignment begins")
        }
        verdict.takeOver = ContinuousClock.now - start
        try await eventually("the other shows who won", within: .seconds(60)) { try self.shows(winner, stage) }
        try await stage.ticket("release", "One")
        try await stage.ticket("claim", "One", "--as", race.loser)
        race.isHandedOver = true
        let next = race.loser
        try await eventually("the other shows the next owner", within: .seconds(60)) { try self.shows(next, stage) }
        let before = wires.mail.entries.count
        wires.mail.release()
        wires.base.release()
        worker.signal(SIGCONT)
        try await eventually("the one that was paused has hung up", within: .seconds(90)) {
            wires.mail.openConnections.allSatisfy { $0 > last }
        }
        let late = ServerWrites.all(wires.mail.entries.dropFirst(before).filter { $0.connection <= last })
        return late.count > 1 ? ["after its lease it sent \(late)"] : []
    }

    private func judge(_ stage: CrashStage, _ race: Race) async throws -> [String] {
        try await stage.rest()
        let verified = try await stage.program.run(["mailbox", "verify", "support", "--format", "json"])
        let figures: [String: Int] = verified.output.isEmpty ? [:] : try verified.json()
        var violations: [String] = []
        if verified.status != 0 || figures["marks_out_of_step"] != 0 || figures["held"] != 0 {
            violations.append("verify: \(verified.status) \(figures) \(verified.errors)")
        }
        let (server, ledger) = try await stage.look()
        violations += Oracle.differences(server, ledger)
        let owner = race.isHandedOver ? race.loser : race.winner
        let expected = Expectation([
            "One": Expectation.Ticket(
                "\(owner) open normal",
                history: ["assigned cli \(race.winner)"]
                    + (race.isHandedOver ? ["released cli \(race.winner)", "assigned cli \(race.loser)"] : []),
                places: [self.place(of: owner)]
            ),
            "Two": Expectation.Ticket("- open normal", places: ["INBOX"]),
            "New 1": Expectation.Ticket("- open normal", places: ["INBOX"]),
            "New 2": Expectation.Ticket("- open normal", places: ["INBOX"]),
        ])
        violations += expected.differences(server, ledger)
        try await stage.rest()
        let (serverAfter, ledgerAfter) = try await stage.look()
        if serverAfter != server || ledgerAfter != ledger { violations.append("once more changed something") }
        return violations
    }

    /// What comes in meanwhile, so that there is something to copy and to file.
    private static let arrivals = (1...2).map { number in
        SampleMail("New \(number)", from: "n\(number)@contact.example", minute: 10 + number)
    }

    private func place(of owner: String) -> String {
        switch self.layout {
        case "folders": "Agents/\(owner)"
        case "keywords": "INBOX owner-\(owner)"
        default: "Agents/\(owner) owner-\(owner)"
        }
    }

    private func shows(_ owner: String, _ stage: CrashStage) throws -> Bool {
        let words = self.place(of: owner).split(separator: " ").map(String.init)
        let observer = try stage.observer()
        defer { observer.logout() }
        guard try observer.select(words[0], readOnly: true).exists > 0 else { return false }
        return try observer.messages().contains {
            $0.headers["subject"] == "One" && $0.flags == Array(words.dropFirst())
        }
    }

    private func until(_ what: String, _ worker: RunningProgram, _ condition: () throws -> Bool) async throws {
        try await eventually(what) {
            if worker.hasEnded { throw CrashError("it ended: \(try worker.errors())") }
            return try condition()
        }
    }
}

/// Two people who claim the same ticket at the same time.
struct Race: Sendable {
    /// Who got it.
    var winner: String
    /// Who was told so.
    var loser: String
    /// Whether the loser got it afterwards.
    var isHandedOver = false

    init(winner: String, loser: String) {
        self.winner = winner
        self.loser = loser
    }

    /// Runs it; exactly one may win.
    static func run(_ stage: CrashStage) async throws -> Race {
        let number = try await stage.number(of: "One")
        async let ann = stage.program.run(["ticket", "claim", number, "--as", "ann"])
        async let bob = stage.program.run(["ticket", "claim", number, "--as", "bob"])
        switch (try await ann.status, try await bob.status) {
        case (0, 1): return Race(winner: "ann", loser: "bob")
        case (1, 0): return Race(winner: "bob", loser: "ann")
        case (let ann, let bob): throw CrashError("of two who claimed at once: \(ann), \(bob)")
        }
    }
}
