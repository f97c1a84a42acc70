import Glibc
import LocalServers
import TestSupport
import Testing

@Suite("Gestures that meet something else", .timeLimit(.minutes(10)))
struct GestureConflictTests {
    // Once the answer proves that the command was carried out, the later gesture holds; where it was lost, nobody knows
    // whether the agent could see what was commanded, and the command is the one that a person asked for first.
    @Test(arguments: [true, false])
    func `a move behind a command of ours is a gesture, if the command is known to be shown`(
        isAnswered: Bool
    ) async throws {
        try await WireProxy.with(port: try await TestServers.dovecot().imapPort) { proxy in
            try await Workbench.with(layout: "both", proxy: proxy.port) { bench in
                try bench.append([SampleMail("Question")])
                try await bench.runOnce()
                try await bench.ticket("assign", "Question", "ann")
                proxy.holdAnswer(to: "UID MOVE")
                try await bench.program.withRunning(["run", "--once", "--only", "assignment"]) { worker in
                    try await eventually("an answer to hold back") { proxy.hasHeldAnswer || worker.hasEnded }
                    #expect(!worker.hasEnded)
                    let observer = try bench.observer()
                    try observer.move(try bench.select("Question", observer), to: "Agents/bob")
                    observer.logout()
                    if isAnswered { proxy.release() } else { worker.signal(SIGKILL) }
                    _ = try await worker.ending()
                }
                try await bench.runOnce()
                let owner = isAnswered ? "bob" : "ann"
                #expect(try await bench.ticket("Question") == "\(owner) open normal")
                #expect(
                    try await bench.history("Question")
                        == ["assigned cli", isAnswered ? "assigned mail-client" : "overridden mail-client"]
                )
                #expect(try bench.marks() == ["Question": ["Agents/\(owner) owner-\(owner)"]])
                #expect(try await bench.verify().figures["marks_out_of_step"] == 0)
            }
        }
    }

    @Test(arguments: PrivateDovecot.Format.allCases)
    func `of two agents who move the same mail one gets the ticket`(format: PrivateDovecot.Format) async throws {
        try await Workbench.with(layout: "both", format: format) { bench in
            try await bench.runOnce()
            try bench.append([SampleMail("Question")])
            try await bench.runOnce()
            let (first, second) = (try bench.observer(), try bench.observer())
            let uid = try bench.select("Question", first)
            _ = try bench.select("Question", second)
            try first.move(uid, to: "Agents/ann")
            // The server may refuse it: the mail is not there any more.
            try? second.move(uid, to: "Agents/bob")
            for observer in [first, second] { observer.logout() }
            try await bench.runOnce()
            let ticket = try #require(try await bench.ticket("Question"))
            let owner = ticket.prefix { $0 != " " }
            #expect(["ann", "bob"].contains(owner) && ticket.hasSuffix(" open normal"))
            #expect(try bench.marks()["Question"]?.contains("Agents/\(owner) owner-\(owner)") == true)
            #expect(try await bench.history("Question") == ["assigned mail-client"])
            let rest = try await bench.database.rowVersions()
            try await bench.runOnce()
            #expect(try await bench.database.rowVersions() == rest)
        }
    }

    @Test func `a ticket closes with its last visible mail, and is what it was when one comes back`() async throws {
        let question = SampleMail("Question")
        let more = SampleMail("More of it", minute: 1, answers: [question.id])
        try await Workbench.with(layout: "both") { bench in
            try await bench.runOnce()
            try bench.append([question, more])
            try await bench.runOnce()
            try await bench.ticket("pending", "Question")
            try await bench.runOnce()
            func move(_ subject: String, to folder: String) async throws -> String? {
                let observer = try bench.observer()
                try observer.move(try bench.select(subject, observer), to: folder)
                observer.logout()
                try await bench.runOnce()
                return try await bench.ticket("Question")
            }
            #expect(try await move("Question", to: "Trash") == "- pending normal")
            #expect(try await move("More of it", to: "Trash") == "- closed normal")
            #expect(try await move("More of it", to: "INBOX") == "- pending normal")
            #expect(try await move("Question", to: "INBOX") == "- pending normal")
            let shown = ["INBOX status-pending"]
            #expect(try bench.marks() == ["Question": shown, "More of it": shown])
            try await bench.program.succeed("mailbox", "edit", "support", "--on-delete", "keep")
            #expect(try await move("Question", to: "Trash") == "- pending normal")
            #expect(try await move("More of it", to: "Trash") == "- pending normal")
            #expect(try await bench.verify().figures["marks_out_of_step"] == 0)
        }
    }

    @Test func `what is refused is put back once, then held, with reason and age`() async throws {
        try await Workbench.with(layout: "both") { bench in
            try await bench.runOnce()
            try bench.append([SampleMail("Question")])
            try await bench.runOnce()
            try await bench.database.execute("UPDATE agent SET disabled_at = now() WHERE handle = 'bob'")
            func give() async throws -> [String: [String]] {
                let observer = try bench.observer()
                try observer.move(try bench.select("Question", observer), to: "Agents/bob")
                observer.logout()
                try await bench.runOnce()
                return try bench.marks()
            }
            func held() async throws -> [[String: Any]] {
                let ending = try await bench.program.succeed("mailbox", "show", "support", "--format", "json")
                return try ending.json([String: Any].self)["held"] as? [[String: Any]] ?? []
            }
            #expect(try await give() == ["Question": ["INBOX"]])
            #expect(try await held().isEmpty)
            #expect(try await give() == ["Question": ["Agents/bob"]])
            let rows = try await held()
            #expect(rows.map { $0["reason"] as? String } == ["agent_disabled"])
            #expect(rows.allSatisfy { $0["since"] is String && $0["messages"] as? Int == 1 })
            #expect(try await bench.verify().figures["marks_out_of_step"] == 0)
            // A command changes the ticket, which ends what is held.
            try await bench.ticket("assign", "Question", "ann")
            try await bench.runOnce()
            #expect(try bench.marks() == ["Question": ["Agents/ann owner-ann"]])
            #expect(try await held().isEmpty)
        }
    }
}
