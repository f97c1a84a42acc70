package import LocalServers
import TestSupport

/// The matrix: every scenario with every fault at every message, or a sample of it.
package struct MatrixRun: Sendable {
    /// What came of it.
    package struct Summary: Sendable {
        /// Points of each scenario, in order of the scenarios.
        package var points: [(scenario: String, count: Int)] = []
        /// Points that were run now.
        package var ran = 0
        /// Points that had passed before.
        package var skipped = 0
        /// Of those run: the fault found its message.
        package var fired = 0
        /// What is wrong: the point, and each difference.
        package var violations: [String] = []

        /// Nothing was run yet.
        package init() {}
    }

    /// The servers.
    package let servers: CrashServers
    /// Points at once.
    package let lanes: Int
    /// Told about each scenario and each violation as it is found.
    package let report: @Sendable (String) -> Void

    /// Runs on these servers.
    package init(servers: CrashServers, lanes: Int, report: @escaping @Sendable (String) -> Void) {
        self.servers = servers
        self.lanes = lanes
        self.report = report
    }

    /// All points of these scenarios: each is run undisturbed, once for each of the formats, and its messages are counted.
    package func points(
        of scenarios: [Scenario],
        formats: [PrivateDovecot.Format] = PrivateDovecot.Format.allCases,
        _ summary: inout Summary
    ) async throws -> [CrashPoint] {
        var points: [CrashPoint] = []
        for scenario in scenarios {
            var entries: [WireLink: [WireEntry]] = [:]
            for format in formats {
                let verdict = try await PointRun(
                    servers: self.servers,
                    scenario: scenario,
                    format: format,
                    fault: nil
                ).run()
                summary.violations += verdict.violations.map { "\(scenario.name) \(format) undisturbed: \($0)" }
                for (link, found) in verdict.entries where found.count > entries[link]?.count ?? 0 {
                    entries[link] = found
                }
            }
            let own = CrashPoint.all(of: scenario, entries)
            let counts = WireLink.allCases.flatMap { link in
                WireDirection.allCases.map { direction in
                    "\(link) \(direction.rawValue) \((entries[link] ?? []).filter { $0.direction == direction }.count)"
                }
            }
            self.report("\(scenario.name) (\(scenario.title)): \(own.count) points; \(counts.joined(separator: ", "))")
            summary.points.append((scenario.name, own.count))
            points += own
        }
        return points
    }

    /// Runs points side by side, each of them at most once.
    package func run(
        _ points: [CrashPoint],
        of scenarios: [Scenario],
        state path: String?,
        into summary: inout Summary
    ) async throws {
        let state = try MatrixState(path: path, program: BatonProgram.executable())
        let due = points.filter { !state.hasPassed($0) }
        summary.skipped += points.count - due.count
        var rest = due[...]
        try await withThrowingTaskGroup(of: (CrashPoint, PointRun.Verdict).self) { group in
            for _ in 0..<self.lanes {
                if let point = rest.popFirst() { self.add(point, scenarios, to: &group) }
            }
            while let (point, verdict) = try await group.next() {
                if let point = rest.popFirst() { self.add(point, scenarios, to: &group) }
                try state.note(point, isGood: verdict.violations.isEmpty)
                summary.ran += 1
                if verdict.fired != nil { summary.fired += 1 }
                for violation in verdict.violations {
                    let line = "\(point) [\(verdict.fired?.summary ?? "not reached")]: \(violation)"
                    summary.violations.append(line)
                    self.report(line)
                }
                if summary.ran.isMultiple(of: 200) { self.report("\(summary.ran) of \(due.count) points") }
            }
        }
    }

    private func add(
        _ point: CrashPoint,
        _ scenarios: [Scenario],
        to group: inout ThrowingTaskGroup<(CrashPoint, PointRun.Verdict), any Error>
    ) {
        group.addTask {
            guard let scenario = scenarios.first(where: { $0.name == point.scenario }) else {
                throw CrashError("there is no scenario \(point.scenario)")
            }
            let run = PointRun(servers: self.servers, scenario: scenario, format: point.format, fault: point.fault)
            do {
                return (point, try await run.run())
            } catch {
                // A step that could not be taken is a finding like another, and the rest goes on.
                return (point, PointRun.Verdict(fired: nil, entries: [:], violations: ["\(error)"]))
            }
        }
    }
}
