import Foundation
import LocalServers
import TestSupport
import Testing

@Suite("What Baton knows of a mail server", .timeLimit(.minutes(5)))
struct MailServerTests {
    private static func probe(_ bench: Workbench, _ more: String...) async throws -> [String: Any] {
        let ending = try await bench.program.run(["mailbox", "probe", "support", "--format", "json"] + more)
        guard ending.status == 0 else { throw TestSupportError(ending.errors) }
        let parsed = try JSONSerialization.jsonObject(with: Data(ending.output.utf8))
        return try #require(parsed as? [String: Any])
    }

    private static func flags(_ bench: Workbench) throws -> [[String]] {
        let observer = try bench.observer()
        defer { observer.logout() }
        _ = try observer.select("INBOX", readOnly: true)
        return try observer.messages().map { $0.flags.filter { $0 != "\\Recent" }.sorted() }
    }

    @Test func `the probe explains a server, and writes to an observed mailbox only with consent`() async throws {
        try await Workbench.with { bench in
            try bench.append([SampleMail("One", from: "c@contact.example", minute: 1)], flags: ["\\Seen", "theirs"])
            let before = try Self.flags(bench)
            let plain = try await Self.probe(bench)
            #expect(plain["tier"] as? String == "qresync")
            #expect(plain["keywords_allowed"] is NSNull)
            #expect((plain["off"] as? [Any])?.isEmpty == true)
            let asked = try await Self.probe(bench, "--select")
            #expect(asked["keywords_allowed"] as? Bool == true)
            #expect(try Self.flags(bench) == before)
            let tried = try await Self.probe(bench, "--try-keywords")
            #expect((tried["keywords_finding"] as? String)?.hasPrefix("kept") == true)
            #expect(try Self.flags(bench) == before)
            // One screen.
            let shown = try await bench.program.run(["mailbox", "probe", "support"]).output
            let lines = shown.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
            #expect(lines.count > 15 && lines.count <= 24 && lines.allSatisfy { $0.count <= 100 }, "\(shown)")
            #expect(shown.contains("\nagents see "))
        }
    }

    @Test func `an extension switched off by hand is not used until it is switched on again`() async throws {
        try await Workbench.with { bench in
            try bench.append([SampleMail("One", from: "c@contact.example", minute: 1)])
            var traced = bench
            traced.program.environment["BATON_LOG_LEVEL"] = "trace"
            let edit = try await bench.program.run([
                "mailbox", "edit", "support", "--without", "condstore", "--without", "LIST-STATUS",
            ])
            #expect(edit.status == 0, "\(edit.errors)")
            let without = Workbench.commands(in: try await traced.runOnce().errors)
            #expect(
                !without.contains {
                    $0.contains("ENABLE") || $0.contains("MODSEQ") || $0.contains("RETURN (CHILDREN SPECIAL-USE STATUS")
                }
            )
            #expect(without.contains { $0.hasPrefix("STATUS") })
            #expect(try await Self.probe(bench)["tier"] as? String == "keywords")
            let again = try await bench.program.run(["mailbox", "edit", "support", "--with", "CONDSTORE"])
            #expect(again.output.contains("changed"))
            let with = Workbench.commands(in: try await traced.runOnce().errors)
            #expect(with.contains { $0.hasPrefix("ENABLE QRESYNC") } && with.contains { $0.hasPrefix("STATUS") })
            #expect(try await bench.verify().status == 0)
        }
    }

    @Test func `a log-in refused three times is not tried again before the password changes`() async throws {
        try await Workbench.with { bench in
            let file = try await bench.database.lines("SELECT password_file FROM mailbox").first ?? ""
            try "wrong\n".write(toFile: file, atomically: false, encoding: .utf8)
            var endings: [Int32] = []
            for _ in 0..<5 { endings.append(try await bench.program.run(["run", "--once"]).status) }
            #expect(endings == [3, 3, 3, 3, 3])
            #expect(try await bench.database.number("SELECT log_in_refusals FROM mailbox") == 3)
            let doctor = try await bench.program.run(["doctor", "--format", "csv"])
            #expect(doctor.status == 1 && doctor.output.contains("refused 3 times in a row"))
            _ = try bench.dovecot.passwordFile(of: bench.user)
            try await bench.runOnce()
            #expect(try await bench.database.number("SELECT log_in_refusals FROM mailbox") == 0)
        }
    }
}
