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

    @Test func `a mail that was tried three times is in quarantine, with a ticket and a reason, and is accounted for`()
        async throws
    {
        try await Workbench.with { bench in
            try bench.append([SampleMail("Sound"), SampleMail("Broken", minute: 1)])
            // As if the parser had died of the second mail three times.
            try await bench.database.execute(
                """
                CREATE FUNCTION test_tried() RETURNS trigger LANGUAGE plpgsql AS $$
                BEGIN
                    NEW.attempts := CASE WHEN NEW.uid = 2 THEN 3 ELSE 0 END;
                    RETURN NEW;
                END $$;
                CREATE TRIGGER test_tried BEFORE INSERT ON placement FOR EACH ROW EXECUTE FUNCTION test_tried();
                """
            )
            try await bench.runOnce()
            #expect(
                try await bench.database.lines(
                    "SELECT concat_ws(' ', uid, fate, reason IS NOT NULL) FROM placement_v ORDER BY uid"
                ) == ["1 ticket f", "2 quarantined t"]
            )
            #expect(try await bench.ticket("Broken") == "- open normal")
            let verified = try await bench.verify()
            #expect(verified.status == 0 && verified.figures["accounted"] == 2 && verified.figures["quarantined"] == 1)
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

    /// The time ends it wherever the silence begins: while it reads, in a transaction, with the lease, in a COPY.
    @Test(arguments: [1, 2, 3, 5, 8, 13, 21, 34, 55])
    func `a database that falls silent does not keep a round beyond its time`(message: Int) async throws {
        let socket = try await TestServers.databaseSocket()
        try await Workbench.with(layout: "both") { bench in
            try bench.append([SampleMail("One"), SampleMail("Two", minute: 1)])
            try await WireProxy.with(.postgres(socketDirectory: socket)) { proxy in
                proxy.arm(WireFault(.postgres, .toServer, message, .hold))
                let silent = BatonProgram(database: bench.database.uri.replacing(socket, with: proxy.socketDirectory))
                let ending = try await silent.withRunning(["run", "--once", "--timeout", "3"], limit: .seconds(60)) {
                    try await $0.ending()
                }
                #expect(proxy.fired != nil)
                #expect(ending.status == 3, "\(ending.errors)")
                proxy.disconnect()
            }
            try await bench.runOnce()
            #expect(try await bench.verify().status == 0)
        }
    }

    @Test func `a port that speaks no TLS is said to`() async throws {
        try await Workbench.with { bench in
            let server = "imaps://\(bench.dovecot.host):\(bench.dovecot.imapPort)"
            try await bench.program.succeed("mailbox", "edit", "support", "--server", server)
            let ending = try await bench.program.run(["mailbox", "probe", "support"])
            #expect(ending.status == 3 && ending.errors.contains("993") && !ending.errors.contains("sslError"))
        }
    }

    @Test(arguments: ["csv", "json"])
    func `a listing without a schema has no output`(format: String) async throws {
        let uri = try await TestServers.postgres().createDatabase(named: "bare_\(format)")
        let ending = try await BatonProgram(database: uri).run(["ticket", "list", "--format", format])
        #expect(ending.status == 1 && ending.output.isEmpty && ending.errors.contains("baton database migrate"))
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
                #expect(ending.errors.contains("Mailbox support on imap://127.0.0.1:\(proxy.port)"))
                #expect(ContinuousClock.now - start < .seconds(10))
            }
        }
    }

    @Test func `a signal ends a round between two units of work, and nobody is at work any more`() async throws {
        try await Workbench.with { bench in
            try bench.append((0..<3).map { SampleMail("Topic \($0)", minute: $0) })
            try await bench.database.execute(
                """
                CREATE FUNCTION test_halt() RETURNS trigger LANGUAGE plpgsql AS $$
                BEGIN
                    PERFORM pg_advisory_xact_lock_shared(4711);
                    RETURN NULL;
                END $$;
                CREATE TRIGGER test_halt AFTER INSERT ON message FOR EACH STATEMENT EXECUTE FUNCTION test_halt();
                SELECT pg_advisory_lock(4711);
                """
            )
            try await bench.program.withRunning(["run", "--once"]) { worker in
                try await eventually("it files") {
                    try await bench.database.number(
                        """
                        SELECT count(*) FROM pg_stat_activity
                        WHERE datname = current_database() AND wait_event_type = 'Lock' AND wait_event = 'advisory'
                        """
                    ) == 1
                }
                worker.signal(SIGTERM)
                try await bench.database.execute("SELECT pg_advisory_unlock(4711)")
                let ending = try await worker.ending()
                #expect(ending.status == 1 && ending.errors.hasPrefix("baton: Stopped by a signal"))
            }
            #expect(try await bench.database.number("SELECT count(*) FROM placement WHERE fate = 'fetched'") == 0)
            #expect(try await bench.database.number("SELECT count(*) FROM lease WHERE expires_at > now()") == 0)
            try await bench.runOnce()
            #expect(try await bench.verify().status == 0)
        }
    }

    @Test func `a mailbox that another worker holds until the time is over is 3`() async throws {
        try await Workbench.with { bench in
            try await bench.program.withRunning(["run"]) { worker in
                try await eventually("the other holds it") {
                    try await bench.database.number("SELECT count(*) FROM lease") == 2
                }
                let ending = try await bench.program.run(["run", "--once", "--timeout", "2"])
                #expect(ending.status == 3)
                #expect(ending.errors.hasPrefix("baton: Another worker held mailbox support"))
                worker.signal(SIGTERM)
                #expect(try await worker.ending().status == 0)
            }
            #expect(try await bench.program.run(["run", "--once", "--timeout", "20"]).status == 0)
        }
    }
}
