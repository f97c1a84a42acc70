import LocalServers
import TestSupport
import Testing

@Suite("Answers older than our writes", .timeLimit(.minutes(10)))
struct HeldAnswerTests {
    // The gesture that the held answer tells of is applied, what it does not know of our write is no gesture.
    @Test(arguments: [
        ("folders", "Agents/ann", "Agents/ann \\Flagged"),
        ("keywords", "INBOX \\Flagged owner-ann", "INBOX \\Flagged owner-ann"),
        ("both", "Agents/ann \\Flagged owner-ann", "Agents/ann \\Flagged owner-ann"),
    ])
    func `are never read as gestures`(layout: String, written: String, shown: String) async throws {
        try await WireProxy.with(port: try await TestServers.dovecot().imapPort) { proxy in
            try await Workbench.with(layout: layout, proxy: proxy.port) { bench in
                try bench.append([SampleMail("Question")])
                try await bench.runOnce()
                let observer = try bench.observer()
                try observer.store(try bench.select("Question", observer), add: ["\\Flagged"])
                observer.logout()
                proxy.holdAnswer(to: "EXAMINE INBOX")
                try await bench.program.withRunning(["run", "--once", "--only", "ingestion"]) { ingestion in
                    try await eventually("an answer to hold back") { proxy.hasHeldAnswer || ingestion.hasEnded }
                    #expect(!ingestion.hasEnded)
                    try await bench.ticket("assign", "Question", "ann")
                    try await bench.runOnce("--only", "assignment")
                    // Written while ingestion still believes in the mail as it was.
                    #expect(try bench.marks()["Question"]?.first?.hasPrefix(String(written.prefix(5))) == true)
                    #expect(try await bench.history("Question") == ["assigned cli"])
                    proxy.release()
                    #expect(try await ingestion.ending().status == 0)
                }
                try await bench.runOnce()
                #expect(try await bench.ticket("Question") == "ann open high")
                #expect(try await bench.history("Question") == ["assigned cli", "priority_high mail-client"])
                #expect(try bench.marks() == ["Question": [shown]])
                #expect(try await bench.verify().figures["marks_out_of_step"] == 0)
            }
        }
    }
}
