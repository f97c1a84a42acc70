import Desk
import DeskStore
import Foundation
import LocalServers
import Postgres
import Testing

@Suite("Administration from the command line", .privateServer)
struct AdministrationTests {
    @Test func `an empty database is migrated once and says how it stands`() async throws {
        let server = try #require(PrivateServerTrait.server)
        let program = Program(uri: try await server.createDatabase(named: "admin_migrate"))
        let before = try program.run(["database", "status", "--format", "json"])
        #expect(before.status == 1)
        #expect(try before.json([String: Any].self)["current"] as? Bool == false)
        let early = try program.run(["agent", "list"])
        #expect(early.status == 1 && early.errors.contains("baton database migrate"))
        #expect(try program.succeed("database", "migrate").output.contains("applied"))
        #expect(try program.succeed("database", "migrate").output == "the schema is current\n")
        let after = try program.succeed("database", "status", "--format", "json").json([String: Any].self)
        #expect(after["current"] as? Bool == true)
        #expect(after["tickets"] as? Int == 0)
    }

    @Test func `agents and queues are added, listed and protected from doubles`() async throws {
        try await Desktop.with("admin_people") { desktop in
            let program = desktop.program
            try program.succeed("agent", "add", "ann", "--name", "Ann Arbor", "--email", "Ann@Example.com")
            try program.succeed("agent", "add", "bob", "--name", "Bob")
            try program.succeed("queue", "add", "support", "--member", "ann")
            #expect(try program.succeed("queue", "join", "support", "ann", "bob").output.contains("bob joined support"))
            let agents = try program.succeed("agent", "list", "--format", "json").json([[String: Any]].self)
            #expect(agents.map { $0["handle"] as? String } == ["ann", "bob"])
            #expect(agents[0]["emails"] as? [String] == ["Ann@Example.com"])
            #expect(agents[0]["queues"] as? [String] == ["support"])
            let queues = try program.succeed("queue", "list", "--format", "json").json([[String: Any]].self)
            #expect(queues[0]["members"] as? [String] == ["ann", "bob"])
            for (line, hint) in [
                (["agent", "add", "ann", "--name", "Other"], "taken"),
                (["agent", "add", "eve", "--name", "Eve", "--email", "ann@example.com"], "address of agent ann"),
                (["queue", "add", "support"], "already"),
                (["queue", "join", "suport", "ann"], "Did you mean support?"),
                (["queue", "add", "sales", "--member", "anm"], "Did you mean ann?"),
            ] {
                let ending = try program.run(line)
                #expect(ending.status == 1 && ending.errors.contains(hint), "\(line): \(ending.errors)")
            }
            // What was refused left nothing behind.
            #expect(try program.succeed("queue", "list", "--format", "json").json([Any].self).count == 1)
            #expect(try program.succeed("agent", "list", "--format", "json").json([Any].self).count == 2)
        }
    }

    /// Settings as JSON shows them after a line of options.
    private func show(_ program: Program, _ name: String) throws -> [String: Any] {
        try program.succeed("mailbox", "show", name, "--format", "json").json([String: Any].self)
    }

    private func passwordFile(_ text: String = "s3cret\n") throws -> String {
        let file = FileManager.default.temporaryDirectory.appending(path: "mailbox-\(UUID().uuidString)")
        try Data(text.utf8).write(to: file)
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: file.path)
        return file.path
    }

    @Test func `a mailbox is added with its defaults, observed only, and makes its queue`() async throws {
        try await Desktop.with("admin_mailbox") { desktop in
            let program = desktop.program
            let file = try self.passwordFile()
            let added = try program.succeed(
                "mailbox",
                "add",
                "support",
                "--address",
                "support@example.com",
                "--server",
                "imaps://mail.example.com",
                "--user",
                "u",
                "--password-file",
                file
            )
            #expect(added.output == "queue support added\nmailbox support added, observed only\n")
            let settings = try self.show(program, "support")
            #expect(settings["server"] as? String == "imaps://mail.example.com:993")
            #expect(settings["password_file"] as? String == file)
            #expect(settings["layout"] as? String == "none")
            #expect(settings["breaker"] as? Int == 20)
            #expect(settings["linger_seconds"] as? Int == 600)
            #expect(settings["marks_reach_seconds"] as? Int == 7_776_000)
            #expect(settings["on_delete"] as? String == "close")
            #expect(!"\(added)\(settings)".contains("s3cret"))
            let again = try program.run([
                "mailbox", "add", "support", "--address", "s@example.com", "--server", "imaps://h", "--user", "u",
                "--password-file", file,
            ])
            #expect(again.status == 1 && again.errors.contains("already"))
        }
    }

    @Test func `edit changes what is given and nothing else`() async throws {
        try await Desktop.with("admin_edit") { desktop in
            let program = desktop.program
            try await desktop.populate(tickets: 3)
            let file = try self.passwordFile()
            try program.succeed(
                "mailbox",
                "edit",
                "main",
                "--password-file",
                file,
                "--layout",
                "both",
                "--linger",
                "0",
                "--breaker",
                "0",
                "--marks-reach",
                "30d",
                "--on-delete",
                "keep",
                "--queue",
                "sales",
                "--authserv-id",
                "mx.example"
            )
            var settings = try self.show(program, "main")
            #expect(settings["layout"] as? String == "both" && settings["queue"] as? String == "sales")
            #expect(settings["linger_seconds"] as? Int == 0 && settings["breaker"] as? Int == 0)
            #expect(settings["authserv_id"] as? String == "mx.example")
            #expect(settings["address"] as? String == "help@x.example" && settings["user"] as? String == "u")
            try program.succeed("mailbox", "edit", "main", "--layout", "none", "--no-authserv-id")
            settings = try self.show(program, "main")
            #expect(settings["layout"] as? String == "none" && settings["authserv_id"] is NSNull)
            #expect(settings["on_delete"] as? String == "keep")
        }
    }

    @Test func `a change of layout has the marks of every ticket looked at`() async throws {
        try await Desktop.with("admin_touch") { desktop in
            try await desktop.populate(tickets: 7)
            try desktop.program.succeed("mailbox", "edit", "main", "--linger", "5m")
            try await desktop.execute("DO $$ BEGIN ASSERT (SELECT count(touched) = 0 FROM message); END $$")
            try desktop.program.succeed("mailbox", "edit", "main", "--layout", "folders")
            try await desktop.execute("DO $$ BEGIN ASSERT (SELECT count(touched) = 7 FROM message); END $$")
        }
    }

    @Test func `touching goes on where it stopped until the end`() async throws {
        try await Desktop.with("admin_touch_pages") { desktop in
            try await desktop.populate(tickets: 7)
            var last = Identifier<Message>(0)
            var stops: [Int64] = []
            while let next = try await desktop.database.unit({ [last] unit in
                try MailboxSettingsQueries.touch(unit, Identifier(1), after: last, count: 3)
            }) {
                stops.append(next.rawValue)
                last = next
            }
            #expect(stops == [3, 6, 7])
        }
    }

    @Test func `what cannot be is refused before anything is written`() async throws {
        try await Desktop.with("admin_refused") { desktop in
            try await desktop.populate(tickets: 1)
            let file = try self.passwordFile()
            let add = ["mailbox", "add", "new", "--server", "imaps://h", "--user", "u", "--address"]
            for (line, status, hint) in [
                (add + ["a@x.example", "--password-file", "/nowhere/p"], Int32(1), "Cannot read the password file"),
                (add + ["a@x.example", "--password-file", file, "--queue", "suport"], 1, "Did you mean support?"),
                (add + ["a@x.example", "--password-file", file], 1, "several queues"),
                (add + ["ANN@x.example", "--password-file", file, "--queue", "support"], 1, "address of agent ann"),
                (["mailbox", "edit", "mian", "--layout", "both"], 1, "Did you mean main?"),
                (["mailbox", "edit", "main", "--closed-folder", "agents"], 2, "must differ"),
                (["mailbox", "edit", "main", "--plaintext"], 2, "imap"),
                (["agent", "add", "eve", "--name", "Eve", "--email", "HELP@x.example"], 1, "mailbox main"),
                (["mailbox", "show", "nothing"], 1, "There is no mailbox nothing"),
            ] {
                let ending = try desktop.program.run(line)
                #expect(ending.status == status && ending.errors.contains(hint), "\(line): \(ending.errors)")
                #expect(ending.output.isEmpty)
            }
            #expect(try desktop.program.succeed("mailbox", "list", "--format", "json").json([Any].self).count == 1)
        }
    }

    @Test func `keywords are for twenty agents at most`() async throws {
        try await Desktop.with("admin_keywords") { desktop in
            try await desktop.populate(tickets: 1)
            try await desktop.execute(
                "INSERT INTO agent (handle, name) SELECT 'a' || n, 'A' FROM generate_series(1, 18) n"
            )
            try desktop.program.succeed("mailbox", "edit", "main", "--layout", "keywords", "--password-variable", "P")
            try desktop.program.succeed("agent", "add", "last", "--name", "Last")
            let refused = try desktop.program.run(["mailbox", "edit", "main", "--layout", "keywords"])
            #expect(refused.status == 1 && refused.errors.contains("--layout folders or both"))
            try desktop.program.succeed("mailbox", "edit", "main", "--layout", "both")
        }
    }

    @Test func `the doctor finds what is wrong, and fails for it`() async throws {
        try await Desktop.with("admin_doctor") { desktop in
            try await desktop.populate(tickets: 1)
            try await desktop.execute(
                """
                UPDATE mailbox SET adopted_at = now(), complete_sync_at = now();
                INSERT INTO lease VALUES (1, 'ingestion', 3, 'host 77', now() + interval '20 s'),
                                         (1, 'assignment', 4, 'host 78', now() - interval '1 s');
                """
            )
            let ill = try desktop.program.run(["doctor", "--format", "json"])
            #expect(ill.status == 1)
            let findings = try ill.json([[String: Any]].self).map { "\($0["status"] ?? "") \($0["message"] ?? "")" }
            #expect(findings.contains { $0.hasPrefix("fail Cannot read the password file /nowhere/password") })
            #expect(findings.contains("ok at work: host 77") && findings.contains("warn nobody is at work"))
            try desktop.program.succeed("mailbox", "edit", "main", "--password-file", try self.passwordFile())
            #expect(try desktop.program.succeed("doctor", "--format", "table").output.contains("ok    schema: current"))
        }
    }

    @Test func `who cannot reach the database is told so with status 3`() throws {
        let program = Program(uri: "postgresql:///baton?host=/nowhere/at/all")
        let ending = try program.run(["ticket", "list"])
        #expect(ending.status == 3)
        #expect(ending.errors.hasPrefix("baton: Cannot reach the database") && ending.output.isEmpty)
    }

    @Test func `a password in the arguments is refused and not repeated`() throws {
        let ending = try Program(uri: nil).run(["agent", "list", "--database", "postgresql://u:s3cret@h/d"])
        #expect(ending.status == 2 && ending.errors.contains("BATON_DATABASE_URL"))
        #expect(!ending.errors.contains("s3cret"))
    }
}
