import LocalServers
package import TestSupport

/// ``StandbyTrial`` at each message of the worker that is to be paused, many at once: they wait most of the time.
package struct StandbyRun: Sendable {
    /// One pause.
    package struct Point: Sendable, CustomStringConvertible {
        /// How owners show.
        package let layout: String
        /// How the mailbox is stored.
        let format: PrivateDovecot.Format
        /// Where the worker is paused.
        package let fault: WireFault

        /// For people.
        package var description: String { "S3 \(self.layout) \(self.format.rawValue) \(self.fault)" }
    }

    /// What came of it.
    package struct Summary: Sendable {
        /// How many points there are.
        package var points = 0
        /// How many were run.
        package var ran = 0
        /// Of those: the pause found its message.
        package var fired = 0
        /// The longest time until the other worker had taken over.
        package var longest = Duration.zero
        /// What is wrong: the point, and each difference.
        package var violations: [String] = []

        /// Nothing was run yet.
        package init() {}
    }

    private let servers: CrashServers
    private let lanes: Int
    private let layouts: [String]
    private let report: @Sendable (String) -> Void

    /// Runs on these servers; `report` is told about each violation as it is found, and how far it is.
    package init(
        servers: CrashServers,
        lanes: Int,
        layouts: [String],
        report: @escaping @Sendable (String) -> Void
    ) {
        self.servers = servers
        self.lanes = lanes
        self.layouts = layouts
        self.report = report
    }

    /// All points: the commands to the mail server in every layout, the statements in the first one.
    package func points(_ summary: inout Summary) async throws -> [Point] {
        var points: [Point] = []
        for layout in self.layouts {
            let verdict = try await self.trial(layout, .maildir, nil).run()
            summary.violations += verdict.violations.map { "S3 \(layout) undisturbed: \($0)" }
            for link in WireLink.allCases where link == .imap || layout == self.layouts.first {
                let entries = (verdict.entries[link] ?? []).filter { $0.direction == .toServer }
                points += entries.map { entry in
                    Point(
                        layout: layout,
                        format: entry.ordinal.isMultiple(of: 2) ? .sdbox : .maildir,
                        fault: WireFault(link, .toServer, entry.ordinal, .hold)
                    )
                }
            }
        }
        summary.points = points.count
        return points
    }

    private func trial(_ layout: String, _ format: PrivateDovecot.Format, _ fault: WireFault?) -> StandbyTrial {
        StandbyTrial(servers: self.servers, format: format, layout: layout, fault: fault)
    }

    /// Runs points side by side.
    package func run(_ points: [Point], into summary: inout Summary) async throws {
        var rest = points[...]
        try await withThrowingTaskGroup(of: (Point, StandbyTrial.Verdict).self) { group in
            for _ in 0..<self.lanes {
                if let point = rest.popFirst() { group.addTask { await self.play(point) } }
            }
            while let (point, verdict) = try await group.next() {
                if let point = rest.popFirst() { group.addTask { await self.play(point) } }
                summary.ran += 1
                if verdict.fired != nil { summary.fired += 1 }
                summary.longest = max(summary.longest, verdict.takeOver ?? .zero)
                if summary.ran.isMultiple(of: 25) { self.report("S3: \(summary.ran) of \(points.count) points") }
                for violation in verdict.violations {
                    let line = "\(point) [\(verdict.fired?.summary ?? "not reached")]: \(violation)"
                    summary.violations.append(line)
                    self.report(line)
                }
            }
        }
    }

    private func play(_ point: Point) async -> (Point, StandbyTrial.Verdict) {
        do {
            return (point, try await self.trial(point.layout, point.format, point.fault).run())
        } catch {
            // A step that could not be taken is a finding like another, and the rest goes on.
            return (point, StandbyTrial.Verdict(violations: ["\(error)"]))
        }
    }
}
