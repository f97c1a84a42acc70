import Foundation
import LocalServers
import TestSupport
import Testing

@Suite("A server that forgets keywords", .timeLimit(.minutes(10)))
struct KeywordLossTests {
    // Maildir keeps a letter for each keyword in a file of its own; without it and the index all keywords are gone.
    private static func forgetKeywords(_ bench: Workbench) throws {
        let root = URL(fileURLWithPath: bench.dovecot.homeFolder(of: bench.user)).appending(path: "Maildir")
        let folders = [root] + (try FileManager.default.contentsOfDirectory(at: root, includingPropertiesForKeys: nil))
        for folder in folders {
            let files = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []  // a file has none
            for file in files where file.hasPrefix("dovecot.index") || file == "dovecot-keywords" {
                try FileManager.default.removeItem(at: folder.appending(path: file))
            }
        }
    }

    @Test(arguments: ["keywords", "both"])
    func `is no release of every ticket`(layout: String) async throws {
        let subjects = (0..<25).map { "Topic \($0)" }
        try await Workbench.with(layout: layout) { bench in
            try await bench.runOnce()
            try bench.append(subjects.enumerated().map { SampleMail($1, from: "c\($0)@contact.example", minute: $0) })
            try await bench.runOnce()
            for subject in subjects { try await bench.ticket("assign", subject, "ann") }
            try await bench.ticket("pending", "Topic 3")
            try await bench.runOnce()
            let marks = try bench.marks()
            try Self.forgetKeywords(bench)
            #expect(try bench.marks().values.allSatisfy { !$0.joined().contains("owner-ann") })
            try await bench.runOnce()
            let owned = try await bench.database.number("SELECT count(*) FROM ticket WHERE owner_id = 1")
            #expect(owned == subjects.count)
            #expect(try await bench.database.number("SELECT count(*) FROM event WHERE kind = 'released'") == 0)
            guard layout == "keywords" else {
                // The folder says who owns; only the one status that a keyword alone shows can be read as changed.
                return #expect(try bench.marks().filter { $0.key != "Topic 3" } == marks.filter { $0.key != "Topic 3" })
            }
            #expect(try await bench.database.number("SELECT count(*) FROM held_gesture WHERE decision IS NULL") >= 24)
            try await bench.program.succeed("mailbox", "gestures", "revert", "support")
            try await bench.runOnce()
            #expect(try bench.marks() == marks)
            #expect(try await bench.verify().figures["marks_out_of_step"] == 0)
        }
    }
}
