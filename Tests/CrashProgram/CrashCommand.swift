import ArgumentParser
import CrashMatrix
import Foundation
import LocalServers
import TestSupport

/// `make crash` and its parts.
@main
struct CrashCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "crash",
        abstract: "Breaks real processes in every way we can think of, and looks from outside what is left.",
        subcommands: [MatrixCommand.self, StandbyCommand.self, HammerCommand.self, ManyCommand.self]
    )
}

/// The matrix.
struct MatrixCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "matrix",
        abstract: "Each scenario with each fault at each protocol message; goes on where it was interrupted."
    )

    @Option(help: "Scenarios, all when none is named.") var scenario: [String] = []
    @Option(help: "Points at once.") var lanes = 12
    @Option(help: "Where it keeps what was run.") var state: String?
    @Option(help: "Only so many points, chosen by the seed.") var sample: Int?
    @Option(help: "The seed of the sample.") var seed: UInt64 = 1
    @Option(help: "One point alone, as a violation names it.") var point: String?
    @Flag(help: "Only count.") var count = false
    @Flag(help: "List the points.") var list = false
    @Option(help: "Only points that contain this text.") var only: String?

    func run() async throws {
        let start = ContinuousClock.now
        try await withServers(durable: false, extraConfiguration: "service imap {\n  service_count = 100\n}\n") { set in
            let matrix = MatrixRun(
                servers: CrashServers(postgres: set.postgres, dovecot: set.dovecot),
                lanes: self.lanes
            ) { line in FileHandle.standardError.write(Data("\(line)\n".utf8)) }
            let scenarios = Scenario.all.filter { self.scenario.isEmpty || self.scenario.contains($0.name) }
            var summary = MatrixRun.Summary()
            var points = try await matrix.points(of: scenarios, &summary)
            if let point = self.point { points = [CrashPoint(point)].compactMap(\.self) }
            if let only = self.only { points = points.filter { $0.description.contains(only) } }
            if let sample = self.sample { points = points.sample(sample, seed: self.seed) }
            if self.list { for point in points { print(point) } }
            if !self.count {
                try await matrix.run(points, of: scenarios, state: self.state, into: &summary)
            }
            for violation in summary.violations { print(violation) }
            let total = summary.points.map { "\($0.scenario) \($0.count)" }.joined(separator: ", ")
            print(
                """
                points: \(total); ran \(summary.ran), passed before \(summary.skipped), \
                reached \(summary.fired), violations \(summary.violations.count), \(ContinuousClock.now - start)
                """
            )
            if !summary.violations.isEmpty { throw ExitCode.failure }
        }
    }
}
