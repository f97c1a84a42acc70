import Desk
import DeskStore
import Foundation
import Testing

@Suite("Tickets from the command line", .privateServer)
struct TicketTests {
    @Test func `the list has exactly the members that programs rely on`() async throws {
        try await Desktop.with("ticket_list") { desktop in
            try await desktop.populate(tickets: 4)
            let ending = try desktop.program.succeed("ticket", "list", "--format", "json")
            let tickets = try ending.json([[String: Any]].self)
            #expect(tickets.map { $0["number"] as? Int } == [4, 3, 2, 1])
            let third = tickets[1]
            #expect(
                Set(third.keys) == [
                    "number", "subject", "status", "owner", "queue", "mailbox", "contact", "created_at", "updated_at",
                    "message_count",
                ]
            )
            #expect(third["owner"] as? String == "ann" && tickets[0]["owner"] is NSNull)
            #expect(third["queue"] as? String == "support" && third["mailbox"] as? String == "main")
            #expect(third["contact"] as? String == "eve@y.example" && third["message_count"] as? Int == 1)
            #expect(third["created_at"] as? String == "2026-01-31T12:00:00Z")
            #expect(third["updated_at"] as? String == "2026-01-31T12:34:56.500000Z")
        }
    }

    @Test func `filters choose, and all must hold`() async throws {
        try await Desktop.with("ticket_filter") { desktop in
            try await desktop.populate(tickets: 30)
            for (line, numbers) in [
                (["--owner", "ann"], [30, 27, 24, 21, 18, 15, 12, 9, 6, 3]), (["--owner", "bob"], []),
                (["--owner", "ann", "--status", "closed"], [30, 15]),
                (["--unowned", "--status", "closed"], [25, 20, 10, 5]), (["--queue", "sales"], []),
                (["--mailbox", "main", "--limit", "2"], [30, 29]), (["--status", "spam"], []),
            ] {
                let ending = try desktop.program.run(["ticket", "list", "--format", "json"] + line)
                #expect(try ending.json([[String: Any]].self).map { $0["number"] as? Int } == numbers, "\(line)")
            }
            for (line, hint) in [(["--owner", "anm"], "Did you mean ann?"), (["--queue", "x"], "baton queue list")] {
                let ending = try desktop.program.run(["ticket", "list"] + line)
                #expect(ending.status == 1 && ending.errors.contains(hint))
            }
        }
    }

    @Test func `twenty thousand tickets are listed whole and soon`() async throws {
        try await Desktop.with("ticket_many") { desktop in
            try await desktop.populate(tickets: 20_000)
            try await desktop.execute("ANALYZE")
            let start = ContinuousClock.now
            let ending = try desktop.program.succeed("ticket", "list", "--format", "json")
            let elapsed = start.duration(to: .now)
            print("20,000 tickets as JSON in \(elapsed), debug build")
            let tickets = try ending.json([[String: Any]].self)
            #expect(Set(tickets.compactMap { $0["number"] as? Int }).count == 20_000)
            // Generous: the build is for debugging and other tests run beside it.
            #expect(elapsed < .seconds(20))
            let csv = try desktop.program.succeed("ticket", "list")
            #expect(
                csv.output.hasPrefix("number,subject,status,") && csv.output.split(separator: "\r\n").count == 20_001
            )
            let table = try desktop.program.succeed("ticket", "list", "--format", "table")
            #expect(table.output.split(separator: "\n").count == 51 && table.errors.contains("more than these 50"))
        }
    }

    @Test func `a ticket is shown with mails, live placements, events and notes`() async throws {
        try await Desktop.with("ticket_show") { desktop in
            try await desktop.populate(tickets: 2)
            try desktop.program.succeed("ticket", "note", "1", "-", "--as", "ann", input: "  Waits for the part.\n")
            let ticket = try desktop.program.succeed("ticket", "show", "1", "--format", "json").json([String: Any].self)
            #expect(ticket["number"] as? Int == 1 && ticket["message_count"] as? Int == 1)
            let message = try #require((ticket["messages"] as? [[String: Any]])?.first)
            #expect(
                Set(message.keys) == [
                    "message_id", "direction", "kind", "from", "subject", "received_at", "text", "placements",
                ]
            )
            #expect(message["message_id"] as? String == "<1@y.example>" && message["text"] as? String == "Hello\nworld")
            let placements = try #require(message["placements"] as? [[String: Any]])
            #expect(placements.map { $0["folder"] as? String } == ["INBOX", "Archive"])
            #expect(
                placements[0]["uid"] as? Int == 41 && placements[0]["flags"] as? [String] == ["\\Seen", "owner-ann"]
            )
            let events = try #require(ticket["events"] as? [[String: Any]])
            #expect(events.map { $0["kind"] as? String } == ["opened", "noted"])
            #expect(Set(events[0].keys) == ["at", "recorded_at", "kind", "actor", "origin", "agent", "details"])
            #expect(events[0]["details"] as? [String: String] == ["queue": "1"])
            #expect(events[1]["actor"] as? String == "ann" && events[1]["origin"] as? String == "cli")
            let note = try #require((ticket["notes"] as? [[String: Any]])?.first)
            #expect(note["text"] as? String == "Waits for the part." && note["author"] as? String == "ann")
        }
    }

    @Test func `what strangers wrote cannot act on the terminal`() async throws {
        try await Desktop.with("ticket_escape") { desktop in
            try await desktop.populate(tickets: 1)
            try await desktop.execute(
                """
                UPDATE ticket SET subject = E'=1+1\\x1b[2J\\u202e';
                UPDATE message SET text = E'a\\x1b]52;c;x\\x07\\n#2 not a ticket', from_text = E'\\u009b31m';
                """
            )
            for line in [["ticket", "list"], ["ticket", "show", "1"], ["ticket", "history", "1"]] {
                let output = try desktop.program.run(line + ["--format", "table"]).output
                #expect(!output.unicodeScalars.contains { ($0.value < 0x20 && $0 != "\n") || $0.value == 0x9B })
                #expect(!output.contains("\u{202E}") && !output.contains("\n#2"))
            }
            #expect(try desktop.program.succeed("ticket", "list", "--format", "csv").output.contains(",'=1+1"))
        }
    }

    @Test func `owners and statuses change by command, and the history says who`() async throws {
        try await Desktop.with("ticket_change") { desktop in
            try await desktop.populate(tickets: 3)
            let program = desktop.program
            for (line, status, owner) in [
                (["assign", "1", "ann"], "open", "ann" as String?),
                (["assign", "1", "bob", "--as", "ann"], "open", "bob"),
                (["release", "1"], "open", nil), (["claim", "1", "--as", "bob"], "open", "bob"),
                (["pending", "1"], "pending", "bob"), (["reopen", "1"], "open", "bob"),
                (["close", "1"], "closed", "bob"),
                (["close", "1"], "closed", "bob"), (["reopen", "1", "--as", "ann"], "open", "bob"),
            ] {
                let ending = try program.run(["ticket"] + line)
                #expect(ending.status == 0, "\(line): \(ending.errors)")
                let ticket = try program.succeed("ticket", "show", "1", "--format", "json").json([String: Any].self)
                #expect(ticket["status"] as? String == status, "\(line)")
                #expect(ticket["owner"] as? String == owner, "\(line)")
            }
            let history = try program.succeed("ticket", "history", "1", "--format", "json").json([[String: Any]].self)
            #expect(
                history.map { "\($0["kind"] ?? "") \($0["actor"] ?? "")" } == [
                    "opened baton", "assigned administrator", "assigned ann", "released administrator", "assigned bob",
                    "pending administrator", "reopened administrator", "closed administrator", "reopened ann",
                ]
            )
        }
    }

    @Test func `what cannot be changed is refused with a reason`() async throws {
        try await Desktop.with("ticket_refused") { desktop in
            try await desktop.populate(tickets: 3)
            try await desktop.execute("UPDATE agent SET disabled_at = now() WHERE handle = 'bob'")
            for (line, hint) in [
                (["claim", "3", "--as", "bob"], "bob"), (["assign", "1", "bob"], "disabled"),
                (["assign", "9", "ann"], "There is no ticket 9. Numbers go from 1 to 3"),
                (["assign", "1", "anm"], "Did you mean ann?"), (["show", "77"], "There is no ticket 77"),
                (["history", "77"], "There is no ticket 77"), (["release", "1", "--as", "nobody"], "no agent nobody"),
            ] {
                let ending = try desktop.program.run(["ticket"] + line)
                #expect(ending.status == 1 && ending.errors.contains(hint), "\(line): \(ending.errors)")
                #expect(ending.output.isEmpty)
            }
            #expect(try desktop.program.run(["ticket", "note", "1", "  "]).status == 2)
        }
    }

    @Test func `of many who claim at once one wins, and the others are told who`() async throws {
        try await Desktop.with("ticket_race") { desktop in
            try await desktop.populate(tickets: 1)
            let program = desktop.program
            let endings = try await withThrowingTaskGroup(of: Program.Ending.self) { group in
                for index in 0..<8 {
                    group.addTask {
                        try program.run(["ticket", "claim", "1", "--as", index.isMultiple(of: 2) ? "ann" : "bob"])
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            let history = try program.succeed("ticket", "history", "1", "--format", "json").json([[String: Any]].self)
            #expect(history.filter { $0["kind"] as? String == "assigned" }.count == 1)
            let winner = try #require(history.last?["agent"] as? String)
            // Who has it already and claims it again is told that there is nothing to do.
            #expect(endings.allSatisfy { $0.status == 0 || $0.errors.contains("owned by \(winner)") })
            #expect(endings.contains { $0.status == 0 } && endings.contains { $0.status == 1 })
        }
    }
}
