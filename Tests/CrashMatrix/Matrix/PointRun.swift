import Glibc
import LocalServers
import TestSupport

/// Plays one scenario with one fault, or none, and judges what is left.
struct PointRun: Sendable {
    /// What came of it.
    struct Verdict: Sendable {
        /// The message at which the fault acted; nil when the run had no such message.
        let fired: WireEntry?
        /// What passed on each link, up to the end of the last step.
        let entries: [WireLink: [WireEntry]]
        /// What is wrong; empty when all is well.
        var violations: [String]
    }

    let servers: CrashServers
    let scenario: Scenario
    let format: PrivateDovecot.Format
    let fault: WireFault?

    func run() async throws -> Verdict {
        let template = try await self.servers.template(of: self.scenario, self.format)
        return try await WirePair.with(self.servers) { wires in
            try await self.servers.withStage(template, behind: wires) { stage in
                let verdict = try await self.play(stage, wires)
                wires.disconnect()
                return verdict
            }
        }
    }

    private func play(_ stage: CrashStage, _ wires: WirePair) async throws -> Verdict {
        var violations: [String] = []
        let victim = Victim()
        var live: [WireLink: [WireEntry]]?
        wires.arm(self.fault, victim)
        var expected = Expectation([:])
        for (number, chapter) in self.scenario.chapters.enumerated() where number == 0 || self.tellsLater(wires) {
            let step = chapter.step
            expected = chapter.expected
            let wasFired = wires.fired != nil
            switch step.mode {
            case .once:
                try await step.act(stage)
                violations += try await self.runOnce(stage, wires, victim)
            case .live(let tickets):
                try await self.runLive(step, tickets, stage, wires, victim)
                // Killed in the middle of nothing: that no fault was met until then is for the next run no reason to meet one.
                live = wires.entries
                if wires.fired == nil { wires.arm(nil, victim) }
            }
            if !wasFired, wires.fired != nil || step.isLive {
                let ending = try await stage.worker.run(Self.words)
                if ending.status != 0 { violations.append("restarted: \(ending.status) \(Self.line(ending.errors))") }
                if self.fault?.action == .drop { violations += try await self.afterPause(stage) }
            }
        }
        let entries = live ?? wires.entries
        violations += ServerWrites.forbidden(wires.mail.entries).map { "sent \($0)" }
        let fired = wires.fired
        violations += try await self.judge(stage, wires, expected)
        return Verdict(fired: fired, entries: entries, violations: violations)
    }

    /// Whether what came of the fault may show in a later chapter: a lie, or a write that was cut short.
    ///
    /// What else was lost is there again with the next run.
    private func tellsLater(_ wires: WirePair) -> Bool {
        guard let fault = self.fault, !fault.isLie else { return self.fault != nil }
        return wires.fired.map { entry in
            ["UID STORE", "UID MOVE", "UID COPY", "UID EXPUNGE"].contains { entry.summary.hasPrefix($0) }
        } ?? false
    }

    /// What the server did not give is asked for again when it has had a minute; nobody waits for that here.
    private func afterPause(_ stage: CrashStage) async throws -> [String] {
        let parked = try await stage.ask(
            """
            WITH due AS (UPDATE placement SET retry_at = now() WHERE retry_at > now() AND gone_at IS NULL RETURNING 1)
            SELECT count(*) FROM due
            """
        )
        guard parked != "0" else { return [] }
        let ending = try await stage.worker.run(Self.words)
        return ending.status == 0 ? [] : ["after the pause: \(ending.status) \(Self.line(ending.errors))"]
    }

    private static let words = ["run", "--once", "--timeout", "60"]

    private func runOnce(_ stage: CrashStage, _ wires: WirePair, _ victim: Victim) async throws -> [String] {
        let wasFired = wires.fired != nil
        let ending = try await stage.worker.withRunning(Self.words) { worker in
            victim.set(worker)
            return try await worker.ending()
        }
        victim.clear()
        let isFired = !wasFired && wires.fired != nil
        let isKilled = isFired && self.fault?.kills == true
        let allowed: Set<Int32> = isKilled ? [128 + SIGKILL] : isFired ? [0, 1, 3] : [0]
        return allowed.contains(ending.status) ? [] : ["the worker: \(ending.status) \(Self.line(ending.errors))"]
    }

    private func runLive(
        _ step: Scenario.Step,
        _ tickets: Int,
        _ stage: CrashStage,
        _ wires: WirePair,
        _ victim: Victim
    ) async throws {
        wires.arm(nil, victim)
        try await stage.worker.withRunning(["run"]) { worker in
            victim.set(worker)
            var quiet = Quiet(wires)
            try await eventually("the worker idles") {
                if worker.hasEnded { throw CrashError("it ended: \(try worker.errors())") }
                return wires.idles && quiet.lasts(.milliseconds(200))
            }
            wires.arm(self.fault, victim)
            try await step.act(stage)
            quiet = Quiet(wires)
            try await eventually("the fault, or the end") {
                if wires.fired != nil || worker.hasEnded { return true }
                guard quiet.lasts(.milliseconds(100)) else { return false }
                return try await stage.ask("SELECT count(*) FROM ticket_v") == "\(tickets)"
                    && quiet.lasts(.milliseconds(300))
            }
            // What it does about it by itself, as far as it does so at once.
            quiet = Quiet(wires)
            try await eventually("the worker has come to rest, or waits") { quiet.lasts(.milliseconds(300)) }
            worker.signal(SIGKILL)
        }
        victim.clear()
    }

    private func judge(
        _ stage: CrashStage,
        _ wires: WirePair,
        _ expected: Expectation
    ) async throws -> [String] {
        let verified = try await stage.program.run(["mailbox", "verify", "support", "--format", "json"])
        let figures: [String: Int] = verified.output.isEmpty ? [:] : try verified.json()
        var violations = verified.status == 0 ? [] : ["verify: \(verified.status) \(Self.line(verified.errors))"]
        let isHeld = (figures["held"] ?? 0) > 0
        if isHeld, self.fault?.isRefusal != true { violations.append("\(figures["held"] ?? 0) held") }
        if figures["marks_out_of_step"] != 0 { violations.append("marks out of step: \(figures)") }
        let (server, ledger) = try await stage.look()
        violations += Oracle.differences(server, ledger)
        violations += expected.differences(server, ledger, allowsHeldMarks: isHeld)
        wires.arm(nil, Victim())
        let again = try await stage.worker.run(Self.words)
        if again.status != 0 { violations.append("once more: \(again.status) \(Self.line(again.errors))") }
        violations += ServerWrites.all(wires.mail.entries).map { "once more wrote: \($0)" }
        let (serverAfter, ledgerAfter) = try await stage.look()
        if serverAfter != server { violations.append("once more changed the server") }
        if ledgerAfter != ledger { violations.append("once more changed the database") }
        return violations
    }

    private static func line(_ text: String) -> String {
        String(text.suffix(400).replacing("\n", with: " "))
    }
}
