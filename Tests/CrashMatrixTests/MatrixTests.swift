import CrashMatrix
import Foundation
import LocalServers
import TestSupport
import Testing

@Suite("Real processes that are broken in the middle", .timeLimit(.minutes(15)))
struct MatrixTests {
    private static func servers() async throws -> CrashServers {
        CrashServers(postgres: try await TestServers.postgres(), dovecot: try await TestServers.dovecot())
    }

    /// `make crash` runs all of them; another seed chooses others.
    private static var seed: UInt64 {
        ProcessInfo.processInfo.environment["BATON_CRASH_SEED"].flatMap { UInt64($0) } ?? 1
    }

    @Test func `at sixty points of the matrix, nothing is lost, repeated or invented`() async throws {
        let servers = try await Self.servers()
        try await TestServers.slots.run {
            let matrix = MatrixRun(servers: servers, lanes: 3) { print("crash matrix: \($0)") }
            var summary = MatrixRun.Summary()
            let points = try await matrix.points(of: Scenario.all, formats: [.maildir], &summary)
            // A scenario that shrinks needs a reason.
            #expect(points.count > 4000)
            try await matrix.run(points.sample(60, seed: Self.seed), of: Scenario.all, state: nil, into: &summary)
            print("crash matrix: \(points.count) points, of which \(summary.ran) ran and \(summary.fired) were reached")
            #expect(summary.violations == [])
            #expect(summary.ran == 60 && summary.fired >= 50)
        }
    }
}
