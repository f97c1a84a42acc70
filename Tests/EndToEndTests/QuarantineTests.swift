import Foundation
import LocalServers
import TestSupport
import Testing

@Suite("Mails that could not be read", .timeLimit(.minutes(10)))
struct QuarantineTests {
    /// As if the parser had died of every mail with an even UID in INBOX three times.
    private static func breakParser(_ bench: Workbench) async throws {
        try await bench.database.execute(
            """
            CREATE FUNCTION test_tried() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                NEW.attempts := CASE WHEN NEW.uid % 2 = 0 THEN 3 ELSE 0 END;
                RETURN NEW;
            END $$;
            CREATE TRIGGER test_tried BEFORE INSERT ON placement FOR EACH ROW EXECUTE FUNCTION test_tried();
            """
        )
    }

    private static func run(_ bench: Workbench, _ arguments: String...) async throws -> BatonProgram.Ending {
        try await bench.program.run(["quarantine"] + arguments)
    }

    private static func list(_ bench: Workbench) async throws -> [[String: Any]] {
        try await self.run(bench, "list", "--format", "json").json()
    }

    private static func ledger(_ bench: Workbench) async throws -> [String] {
        try await bench.database.lines("SELECT concat_ws(' ', fate, reason) FROM placement_v ORDER BY folder, uid")
    }

    @Test func `are read again onto the ticket they have`() async throws {
        let question = SampleMail("Question", from: "Eve <eve@contact.example>", minute: 1)
        try await Workbench.with(layout: "both") { bench in
            try await Self.breakParser(bench)
            try bench.append([
                SampleMail("Sound"), question, SampleMail("Other", minute: 2), SampleMail("Bad", minute: 3),
            ])
            try await bench.runOnce()
            #expect(try await Self.list(bench).count == 2)
            // A person took the ticket meanwhile, and somebody copied the mail: neither begins a second one.
            try await bench.ticket("assign", "Question", "ann")
            try await bench.runOnce()
            let observer = try bench.observer()
            try observer.copy(try bench.select("Question", observer), to: "Archive")
            observer.logout()
            try await bench.runOnce()
            let tickets = try await bench.database.number("SELECT count(*) FROM ticket")
            #expect(tickets == 4)
            let retried = try await Self.run(bench, "retry", "--all", "--mailbox", "support")
            #expect(retried.status == 0 && retried.output == "2 to be read again by the next run\n")
            try await bench.runOnce()
            #expect(try await Self.list(bench).isEmpty)
            #expect(try await bench.database.number("SELECT count(*) FROM ticket") == tickets)
            #expect(try await bench.ticket("Question") == "ann open normal")
            #expect(try await bench.history("Question") == ["assigned cli"])
            #expect(try bench.marks()["Question"]?.contains("Agents/ann owner-ann") == true)
            // Its sender takes part now, so their next mail comes onto it, and our answer ends their wait.
            try bench.append([SampleMail("Re: Question", from: question.from, minute: 5, answers: [question.id])])
            try bench.append([.answer(to: question, from: "Ann Arbor <ann@example.com>", minute: 6)], to: "Sent")
            try await bench.runOnce()
            #expect(try await bench.database.number("SELECT count(*) FROM ticket") == tickets)
            #expect(try await bench.history("Question").contains("answered mail"))
            #expect(
                try await bench.database.lines("SELECT contact FROM ticket_v WHERE subject = 'Question'")
                    == ["eve@contact.example"]
            )
            let verified = try await bench.verify()
            #expect(verified.status == 0 && verified.figures["quarantined"] == 0)
        }
    }

    @Test func `can be seen, taken out and let be`() async throws {
        var broken = SampleMail("Broken", minute: 1)
        // A name that wants to be a path, and a subject that wants to be a command of the terminal.
        broken.fields = ["Content-Disposition: attachment; filename=\"../../evil.eml\""]
        broken.text = "\u{1B}[2Jgone"
        try await Workbench.with { bench in
            try await Self.breakParser(bench)
            try bench.append([SampleMail("Sound"), broken])
            try await bench.runOnce()
            let rows = try await Self.list(bench)
            let row = try #require(rows.first)
            #expect(rows.count == 1 && row["subject"] as? String == "Broken" && row["mailbox"] as? String == "support")
            let id = "\(try #require(row["id"] as? Int))"
            let shown = try await Self.run(bench, "show", id)
            #expect(shown.status == 0 && shown.output.contains("\\u{1B}[2Jgone") && !shown.output.contains("\u{1B}"))
            let detail = try await Self.run(bench, "show", id, "--format", "json").json([String: Any].self)
            #expect(detail["places"] as? [String] == ["INBOX 2"] && detail["size"] as? Int == broken.bytes.count)

            let folder = FileManager.default.temporaryDirectory.appending(path: "baton-\(UUID().uuidString)")
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: false)
            defer { try? FileManager.default.removeItem(at: folder) }  // a leftover harms nobody
            let exported = try await Self.run(bench, "export", id, folder.path)
            let file = folder.appending(path: "mail-\(id).eml").path
            #expect(exported.status == 0 && exported.output == file + "\n")
            #expect(try Array(Data(contentsOf: URL(fileURLWithPath: file))) == broken.bytes)
            let attributes = try FileManager.default.attributesOfItem(atPath: file)
            #expect(attributes[.posixPermissions] as? Int == 0o600)
            #expect(try await Self.run(bench, "export", id, file).status == 1)
            let link = folder.appending(path: "link").path
            try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: folder.path + "/elsewhere")
            #expect(try await Self.run(bench, "export", id, link).status == 1)
            #expect(
                try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() == ["link", "mail-\(id).eml"]
            )

            #expect(try await Self.run(bench, "discard", id).status == 2)
            #expect(try await Self.ledger(bench).filter { $0.hasPrefix("quarantined") }.count == 1)
            let discarded = try await Self.run(bench, "discard", id, "--yes")
            #expect(discarded.status == 0 && discarded.errors.contains("baton ticket close"))
            #expect(try await Self.ledger(bench) == ["ticket", "ignored discarded"])
            #expect(try await Self.list(bench).isEmpty)
            for verb in ["show", "retry", "discard"] { #expect(try await Self.run(bench, verb, id).status == 1) }
            // It stays so, also when a copy of it comes.
            try bench.append([broken], to: "Archive")
            try await bench.runOnce()
            #expect(try await bench.database.number("SELECT count(*) FROM ticket") == 2)
            let verified = try await bench.verify()
            #expect(verified.status == 0 && verified.figures["accounted"] == 3)
        }
    }
}
