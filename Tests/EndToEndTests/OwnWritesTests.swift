import TestSupport
import Testing

@Suite("What Baton writes while it watches", .timeLimit(.minutes(10)))
struct OwnWritesTests {
    private static func shown(_ layout: String, _ handle: String) -> [String] {
        switch layout {
        case "folders": ["Agents/\(handle)"]
        case "keywords": ["INBOX owner-\(handle)"]
        default: ["Agents/\(handle) owner-\(handle)"]
        }
    }

    // Both services run, so that observations and writes meet at any moment; every round changes every mail.
    @Test(arguments: ["folders", "keywords", "both"])
    func `is never a gesture, however often owners change`(layout: String) async throws {
        let subjects = (0..<6).map { "Topic \($0)" }
        let rounds = ["ann", "bob", "ann", "bob", "ann"]
        try await Workbench.with(layout: layout) { bench in
            try bench.append(subjects.enumerated().map { SampleMail($1, from: "c\($0)@contact.example", minute: $0) })
            try await bench.program.withRunning(["run"]) { worker in
                try await eventually("the import") {
                    try await bench.database.number("SELECT count(*) FROM ticket") == subjects.count
                }
                for handle in rounds {
                    for subject in subjects { try await bench.ticket("assign", subject, handle) }
                    let marks = Self.shown(layout, handle)
                    try await eventually("all show \(handle)") {
                        if worker.hasEnded { throw TestSupportError("it ended: \(try worker.errors())") }
                        let seen = try bench.marks()
                        return subjects.allSatisfy { seen[$0] == marks }
                    }
                }
            }
            try await bench.runOnce()
            for subject in subjects {
                #expect(try await bench.history(subject) == rounds.map { _ in "assigned cli" }, "\(subject)")
            }
            let last = Self.shown(layout, rounds.last ?? "")
            #expect(try bench.marks() == Dictionary(uniqueKeysWithValues: subjects.map { ($0, last) }))
        }
    }
}
