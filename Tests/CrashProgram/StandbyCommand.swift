import ArgumentParser
import CrashMatrix
import Foundation
import LocalServers
import TestSupport

/// The scenario with two workers, each time paused at another message.
struct StandbyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "standby",
        abstract: "Two workers, one of which is paused at each message in turn for longer than its lease."
    )

    @Option(help: "Points at once; most of the time each of them waits.") var lanes = 24
    @Option(help: "Only so many points, chosen by the seed.") var sample: Int?
    @Option(help: "The seed of the sample.") var seed: UInt64 = 1
    @Option(help: "How owners show: folders, keywords, both; all three by turns when not given.") var layout: String?
    @Option(help: "One fault alone, as a violation names it.") var fault: String?

    func run() async throws {
        let start = ContinuousClock.now
        try await withServers(durable: false, extraConfiguration: "mail_fsync = never\n") { set in
            let run = StandbyRun(
                servers: CrashServers(postgres: set.postgres, dovecot: set.dovecot),
                lanes: self.lanes,
                layouts: self.layout.map { [$0] } ?? ["both", "keywords", "folders"]
            ) { line in FileHandle.standardError.write(Data("\(line)\n".utf8)) }
            var summary = StandbyRun.Summary()
            var points = try await run.points(&summary)
            if let fault = self.fault { points = points.filter { $0.fault.description == fault } }
            if let sample = self.sample {
                var generator = SeededGenerator(seed: self.seed)
                points = Array(points.shuffled(using: &generator).prefix(sample))
            }
            try await run.run(points, into: &summary)
            for violation in summary.violations { print(violation) }
            print(
                """
                S3: \(summary.points) points; ran \(summary.ran), reached \(summary.fired), longest take-over \
                \(summary.longest), violations \(summary.violations.count), \(ContinuousClock.now - start)
                """
            )
            if !summary.violations.isEmpty { throw ExitCode.failure }
        }
    }
}
