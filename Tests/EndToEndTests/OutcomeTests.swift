import Glibc
import LocalServers
import TestSupport
import Testing

@Suite("Exit statuses", .timeLimit(.minutes(10)))
struct OutcomeTests {
    @Test func `verify says 1 while a mail is unaccounted for, and 0 afterwards`() async throws {
        try await Workbench.with { bench in
            try bench.append([SampleMail("One")])
            try await bench.runOnce()
            #expect(try await bench.verify().status == 0)
            try bench.append([SampleMail("Two", minute: 1)])
            let before = try await bench.verify()
            #expect(before.status == 1 && before.figures["unaccounted"] == 1 && before.figures["accounted"] == 1)
            try await bench.runOnce()
            let after = try await bench.verify()
            #expect(after.status == 0 && after.figures["unaccounted"] == 0 && after.figures["accounted"] == 2)
        }
    }

    @Test func `a server that cannot be reached is 3`() async throws {
        // A port that nobody listens on any more.
        let port = try await WireProxy.with(port: 1) { $0.port }
        try await Workbench.with(proxy: port) { bench in
            let ending = try await bench.program.run(["run", "--once"])
            #expect(ending.status == 3 && ending.errors.hasPrefix("baton: "))
            #expect(try await bench.program.run(["mailbox", "verify", "support"]).status == 3)
        }
    }

    @Test func `a database that cannot be reached is 3`() async throws {
        let program = BatonProgram(database: "postgresql:///nowhere?host=/nonexistent")
        #expect(try await program.run(["run", "--once"]).status == 3)
    }

    @Test func `a server that never answers is 3 when the time is over`() async throws {
        try await WireProxy.with(port: try await TestServers.dovecot().imapPort) { proxy in
            try await Workbench.with(proxy: proxy.port) { bench in
                proxy.freeze(afterLines: 0)
                let start = ContinuousClock.now
                let ending = try await bench.program.run(["run", "--once", "--timeout", "2"])
                #expect(ending.status == 3)
                #expect(ContinuousClock.now - start < .seconds(10))
            }
        }
    }

    @Test func `a mailbox that another worker holds until the time is over is 3`() async throws {
        try await Workbench.with { bench in
            try await bench.program.withRunning(["run"]) { worker in
                try await eventually("the other holds it") {
                    try await bench.database.number("SELECT count(*) FROM lease") == 2
                }
                let ending = try await bench.program.run(["run", "--once", "--timeout", "2"])
                #expect(ending.status == 3 && ending.errors.hasPrefix("baton: "))
                worker.signal(SIGTERM)
                #expect(try await worker.ending().status == 0)
            }
            #expect(try await bench.program.run(["run", "--once", "--timeout", "20"]).status == 0)
        }
    }
}
