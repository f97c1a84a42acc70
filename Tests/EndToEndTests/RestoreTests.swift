import LocalServers
import TestSupport
import Testing

@Suite("Turning marks on, and the way back", .timeLimit(.minutes(10)))
struct RestoreTests {
    private static let subjects = ["assigned", "pending", "closed", "untouched", "archived", "flagged", "spam"]

    private static func act(_ bench: Workbench) async throws {
        try await bench.ticket("assign", "assigned", "ann")
        try await bench.ticket("assign", "pending", "bob")
        try await bench.ticket("pending", "pending")
        try await bench.ticket("close", "closed")
        let observer = try bench.observer()
        try observer.move(try bench.select("archived", observer), to: "Archive")
        try observer.store(try bench.select("flagged", observer), add: ["\\Flagged"])
        try observer.move(try bench.select("spam", observer), to: "Junk")
        observer.logout()
        try await bench.runOnce()
    }

    /// Messages by kind of change, as `preview` and `restore --dry-run` print them.
    private static func lines(_ bench: Workbench, _ arguments: String...) async throws -> [String: Int] {
        let ending = try await bench.program.run(["mailbox"] + arguments + ["--format", "json"])
        guard ending.status == 0 else { throw TestSupportError(ending.errors) }
        var counts: [String: Int] = [:]
        for row in try ending.json([[String: Any]].self) {
            let words = [row["folder"] as? String ?? "", "->", row["moves_to"] as? String ?? "-"]
            let marks =
                (row["adds"] as? [String] ?? []).map { "+\($0)" } + (row["removes"] as? [String] ?? []).map { "-\($0)" }
            counts[(words + marks).joined(separator: " ")] = row["messages"] as? Int
        }
        return counts
    }

    // Adopted while it was only observed; what changed since then is what marks would show. Of mail that is older than the
    // marks' reach only what an agent moved is written to.
    @Test(arguments: [("36500d", 4), ("90d", 1)])
    func `preview counts what turning marks on then changes, and nothing else`(reach: String, count: Int) async throws {
        try await Workbench.with(options: ["--linger", "0", "--marks-reach", reach]) { bench in
            try bench.append(
                Self.subjects.enumerated().map { SampleMail($1, from: "c\($0)@contact.example", minute: $0) }
            )
            try bench.append([SampleMail("in Archive", from: "d@contact.example", minute: 50)], to: "Archive")
            try await bench.runOnce()
            try await Self.act(bench)
            let before = try bench.marks()
            let preview = try await Self.lines(bench, "preview", "support", "--layout", "both")
            try await bench.program.succeed("mailbox", "edit", "support", "--layout", "both")
            try await bench.runOnce()
            let after = try bench.marks()
            var changed: [String: Int] = [:]
            for (subject, marks) in before where after[subject] != marks {
                changed[Self.change(from: marks, to: after[subject] ?? []), default: 0] += 1
            }
            #expect(preview == changed)
            #expect(preview.values.reduce(0, +) == count, "\(preview)")
            #expect(after["untouched"] == ["INBOX"] && after["in Archive"] == ["Archive"])
            #expect(try await Self.lines(bench, "preview", "support").isEmpty)
        }
    }

    private static func change(from: [String], to: [String]) -> String {
        let old = (from.first ?? "").split(separator: " ").map(String.init)
        let new = (to.first ?? "").split(separator: " ").map(String.init)
        var words = [old[0], "->", new[0] == old[0] ? "-" : new[0]]
        words += new.dropFirst().filter { !old.contains($0) }.map { "+\($0)" }
        words += old.dropFirst().filter { !new.contains($0) }.map { "-\($0)" }
        return words.joined(separator: " ")
    }

    @Test(arguments: ["folders", "keywords", "both"], PrivateDovecot.Format.allCases)
    func `restore puts back what Baton moved, and tickets keep what they are`(
        layout: String,
        format: PrivateDovecot.Format
    ) async throws {
        try await Workbench.with(layout: layout, format: format) { bench in
            try await bench.runOnce()
            try bench.append(
                Self.subjects.enumerated().map { SampleMail($1, from: "c\($0)@contact.example", minute: $0) }
            )
            try await bench.runOnce()
            let before = try bench.marks()
            try await Self.act(bench)
            let tickets = try await bench.database.lines("SELECT to_jsonb(t)::text FROM ticket_v t ORDER BY number")
            let dry = try await Self.lines(bench, "restore", "support", "--dry-run")
            let shown = try bench.marks()
            // Without a terminal it does not turn marks off by itself.
            let refused = try await bench.program.run(["mailbox", "restore", "support"])
            #expect(refused.status == 2 && refused.errors.contains("--yes"))
            #expect(try bench.marks() == shown)
            let ending = try await bench.program.succeed("mailbox", "restore", "support", "--yes")
            let after = try bench.marks()
            let changed = shown.filter { after[$0.key] != $0.value }
            #expect(changed.count == dry.values.reduce(0, +))
            #expect(ending.output.hasPrefix("\(changed.count) of \(changed.count) put back"))
            // What agents put away themselves stays: Junk is theirs, Archive became Baton's Closed.
            var expected = before
            expected["flagged"] = ["INBOX \\Flagged"]
            expected["spam"] = ["Junk"]
            #expect(after == expected)
            #expect(
                try await bench.database.lines("SELECT to_jsonb(t)::text FROM ticket_v t ORDER BY number") == tickets
            )
            let rest = try await bench.database.rowVersions()
            try await bench.runOnce()
            #expect(try await bench.database.rowVersions() == rest)
            #expect(try await bench.verify().status == 0)
        }
    }

    @Test func `a running worker puts back, and agents' own moves meanwhile are their commands`() async throws {
        let subjects = (0..<30).map { "Topic \($0)" }
        try await Workbench.with(layout: "both") { bench in
            try await bench.runOnce()
            try bench.append(subjects.enumerated().map { SampleMail($1, from: "c\($0)@contact.example", minute: $0) })
            try await bench.runOnce()
            for subject in subjects { try await bench.ticket("assign", subject, "ann") }
            try await bench.runOnce()
            try await bench.program.withRunning(["run"]) { worker in
                try await eventually("it holds both leases") {
                    try await bench.database.number("SELECT count(*) FROM lease") == 2
                }
                let ending = try await bench.program.succeed("mailbox", "restore", "support", "--yes")
                #expect(ending.output.hasPrefix("30 of 30 put back"))
                #expect(try bench.marks().values.allSatisfy { $0 == ["INBOX"] })
                #expect(!worker.hasEnded)
            }
            #expect(try await bench.database.number("SELECT count(*) FROM ticket WHERE owner_id = 1") == 30)
        }
    }

    // A worker that had the lease back just then did all of it, while this one waited for the lease.
    @Test func `who cannot have the lease sees what its holder has done, and ends`() async throws {
        try await Workbench.with(layout: "both") { bench in
            try await bench.runOnce()
            try bench.append([SampleMail("taken", from: "c@contact.example", minute: 1)])
            try await bench.runOnce()
            try await bench.ticket("assign", "taken", "ann")
            try await bench.runOnce()
            // The locks of the next fences: free by the look of the rows, and yet not to be had.
            try await bench.database.execute(
                """
                SELECT pg_advisory_lock(
                    x'4261000000000000'::bigint | (mailbox_id << 24)
                        | CASE service WHEN 'assignment' THEN x'800000'::bigint ELSE 0 END | (fence + 1)
                ) FROM lease
                """
            )
            try await bench.program.withRunning(["mailbox", "restore", "support", "--yes"]) { restore in
                try await eventually("it asked for a lease, in vain") {
                    try await bench.database.number(
                        """
                        SELECT count(*) FROM pg_stat_activity, message
                        WHERE query LIKE 'SELECT pg_advisory_unlock%' AND datname = current_database()
                            AND pid <> pg_backend_pid() AND restoring
                        """
                    ) > 0
                }
                try await bench.database.execute("UPDATE message SET restoring = false")
                try await eventually("it ended") { restore.hasEnded }
            }
            try await bench.database.execute("SELECT pg_advisory_unlock_all()")
        }
    }
}
