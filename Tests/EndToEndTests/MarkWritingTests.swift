import Desk
import DeskCommands
import Glibc
import LocalServers
import TestSupport
import Testing

@Suite("How marks are written", .timeLimit(.minutes(10)))
struct MarkWritingTests {
    @Test func `a thousand tickets assigned at once are a handful of commands`() async throws {
        let size = 1000
        try await Workbench.with(layout: "both") { bench in
            try await bench.runOnce()  // adopted, while it is empty
            try bench.dovecot.store(count: size, for: bench.user) { number in
                let mail = SampleMail("Topic \(number)", from: "c\(number)@contact.example", minute: number)
                return .init(folder: "INBOX", bytes: mail.bytes, arrived: 1_767_607_200 + number)
            }
            try await bench.runOnce()
            let numbers = try await bench.database.lines("SELECT number::text FROM ticket ORDER BY number")
            #expect(numbers.count == size)
            let actor = Actor(name: "administrator", origin: .cli)
            for number in numbers.compactMap({ Int64($0) }) {
                _ = try await TicketCommands.perform(
                    .assign(Identifier(1)),
                    on: Identifier(number),
                    by: actor,
                    in: bench.database.desk
                )
            }
            var traced = bench
            traced.program.environment["BATON_LOG_LEVEL"] = "trace"
            let ending = try await traced.runOnce("--only", "assignment")
            let commands = Workbench.commands(in: ending.errors)
            func count(_ verb: String) -> Int { commands.filter { $0.hasPrefix(verb) }.count }
            #expect((1...4).contains(count("UID MOVE")) && (1...4).contains(count("UID STORE")))
            // Logging in, the folders that marks need, and SELECT or NOOP and a look for each batch.
            #expect(commands.count <= 40, "\(commands)")
            #expect(!commands.contains { $0.hasPrefix("EXPUNGE") || $0.hasPrefix("CLOSE") })
            #expect(try bench.marks().values.allSatisfy { $0 == ["Agents/ann owner-ann"] })
            try await bench.runOnce()
            let verified = try await bench.verify()
            #expect(verified.status == 0 && verified.figures["marks_out_of_step"] == 0)
        }
    }

    @Test func `what people are told of and what is about to be written reach the disk at once, what came of it later`()
        async throws
    {
        try await Workbench.with(layout: "both") { bench in
            try bench.append([SampleMail("Claimed"), SampleMail("Moved", minute: 1)])
            try await bench.runOnce()
            // What each transaction commits with.
            try await bench.database.execute(
                """
                DO $$ BEGIN
                    EXECUTE format('ALTER DATABASE %I SET synchronous_commit = local', current_database());
                END $$;
                CREATE TABLE test_commit (what text, setting text);
                CREATE FUNCTION test_commit() RETURNS trigger LANGUAGE plpgsql AS $$
                BEGIN
                    INSERT INTO test_commit VALUES (TG_ARGV[0], current_setting('synchronous_commit'));
                    RETURN NULL;
                END $$;
                CREATE CONSTRAINT TRIGGER test_commit AFTER INSERT ON event DEFERRABLE INITIALLY DEFERRED
                    FOR EACH ROW EXECUTE FUNCTION test_commit('event');
                CREATE CONSTRAINT TRIGGER test_commit AFTER INSERT ON intent DEFERRABLE INITIALLY DEFERRED
                    FOR EACH ROW EXECUTE FUNCTION test_commit('intent');
                CREATE CONSTRAINT TRIGGER test_commit AFTER INSERT OR UPDATE ON placement DEFERRABLE INITIALLY DEFERRED
                    FOR EACH ROW EXECUTE FUNCTION test_commit('placement');
                """
            )
            let commits = "SELECT DISTINCT what || ' ' || setting FROM test_commit ORDER BY 1"
            try await bench.ticket("assign", "Claimed", "ann")
            try await bench.runOnce()
            let first = try await bench.database.lines(commits)
            #expect(first == ["event local", "intent local", "placement off"])
            let observer = try bench.observer()
            _ = try observer.select("INBOX")
            try observer.move(2, to: "Agents/bob")
            observer.logout()
            try await bench.runOnce()
            #expect(try await bench.history("Moved").contains("assigned mail-client"))
            let unwaited = try await bench.database.lines(commits).filter { $0.hasSuffix(" off") }
            #expect(unwaited == ["placement off"])
        }
    }

    /// What a server may lack, and what is seen of the mail on it afterwards.
    struct Server: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let lacks: [String]
        /// Whether single messages can be expunged; else they stay, marked as deleted.
        let expunges: Bool
    }

    static let servers = [
        Server(testDescription: "without MOVE", lacks: ["MOVE"], expunges: true),
        Server(testDescription: "without MOVE and UIDPLUS", lacks: ["MOVE", "UIDPLUS", "COPYUID"], expunges: false),
    ]

    @Test(arguments: servers, PrivateDovecot.Format.allCases)
    func `where there is no MOVE a mail is copied, and goes where it was`(
        server: Server,
        format: PrivateDovecot.Format
    ) async throws {
        try await WireProxy.with(port: try await TestServers.dovecot().imapPort) { proxy in
            for word in server.lacks { proxy.hide(word) }
            try await Workbench.with(layout: "both", format: format, proxy: proxy.port) { bench in
                try bench.append((0..<3).map { SampleMail("Topic \($0)", from: "c\($0)@contact.example", minute: $0) })
                try await bench.runOnce()
                try await bench.ticket("assign", "Topic 1", "ann")
                var traced = bench
                traced.program.environment["BATON_LOG_LEVEL"] = "trace"
                let commands = Workbench.commands(in: try await traced.runOnce().errors)
                #expect(commands.filter { $0.hasPrefix("UID COPY") }.count == 1)
                #expect(!commands.contains { $0.hasPrefix("EXPUNGE") || $0.hasPrefix("CLOSE") })
                #expect(commands.contains { $0.hasPrefix("UID EXPUNGE") } == server.expunges)
                try Self.expectMoved(bench, expunges: server.expunges)
                #expect(try await bench.history("Topic 1") == ["assigned cli"])
                #expect(try await bench.verify().figures["marks_out_of_step"] == 0)
                let rest = try await bench.database.rowVersions()
                try await bench.runOnce()
                #expect(try await bench.database.rowVersions() == rest)
            }
        }
    }

    /// The one copy that clients show lies in Ann's folder; its source is gone or marked as deleted.
    private static func expectMoved(_ bench: Workbench, expunges: Bool) throws {
        let observer = try bench.observer()
        defer { observer.logout() }
        _ = try observer.select("Agents/ann", readOnly: true)
        #expect(try observer.messages().map { $0.headers["subject"] } == ["Topic 1"])
        _ = try observer.select("INBOX", readOnly: true)
        let left = try observer.messages().filter { $0.headers["subject"] == "Topic 1" }
        #expect(left.map { $0.flags.contains("\\Deleted") } == (expunges ? [] : [true]))
    }

    // The answer to the n-th command of the copy is lost, and the program with it.
    @Test(arguments: ["UID COPY", "+FLAGS.SILENT (\\Deleted)", "UID EXPUNGE"])
    func `a worker that dies on the way leaves no second copy`(command: String) async throws {
        try await WireProxy.with(port: try await TestServers.dovecot().imapPort) { proxy in
            proxy.hide("MOVE")
            try await Workbench.with(layout: "folders", proxy: proxy.port) { bench in
                try bench.append([SampleMail("Topic 1")])
                try await bench.runOnce()
                try await bench.ticket("assign", "Topic 1", "ann")
                proxy.holdAnswer(to: command)
                try await bench.program.withRunning(["run", "--once", "--only", "assignment"]) { worker in
                    try await eventually("an answer to hold back") { proxy.hasHeldAnswer || worker.hasEnded }
                    #expect(!worker.hasEnded)
                    worker.signal(SIGKILL)
                    _ = try await worker.ending()
                }
                try await bench.runOnce()
                try Self.expectMoved(bench, expunges: true)
                #expect(try await bench.history("Topic 1") == ["assigned cli"])
                #expect(try await bench.verify().figures["marks_out_of_step"] == 0)
            }
        }
    }

    @Test func `what the server says it stored and did not is held, with the reason, and written when it can be`()
        async throws
    {
        try await WireProxy.with(port: try await TestServers.dovecot().imapPort) { proxy in
            try await Workbench.with(layout: "both", proxy: proxy.port) { bench in
                try await bench.runOnce()
                try bench.append([SampleMail("Topic 1")])
                try await bench.runOnce()
                // The server gets a keyword for the flag, and says that it is stored.
                proxy.mangle("\\Flagged")
                let number = try #require(Int64(try await bench.number(of: "Topic 1")))
                _ = try await TicketCommands.perform(
                    .priority(.high),
                    on: Identifier(number),
                    by: Actor(name: "administrator", origin: .cli),
                    in: bench.database.desk
                )
                try await bench.runOnce()
                #expect(try bench.marks() == ["Topic 1": ["INBOX"]])
                let shown = try await bench.program.succeed("mailbox", "show", "support")
                #expect(shown.output.contains("does not keep what it was told to store"))
                let examined = try await bench.program.run(["doctor"])
                #expect(examined.output.contains("1 marks are held"))
                #expect(try await bench.verify().figures["marks_out_of_step"] == 0)
                #expect(try await bench.history("Topic 1") == ["priority_high cli"])
                proxy.mangle()
                try await bench.ticket("assign", "Topic 1", "ann")
                try await bench.runOnce()
                #expect(try bench.marks() == ["Topic 1": ["Agents/ann \\Flagged owner-ann"]])
                #expect(try await bench.verify().figures["marks_out_of_step"] == 0)
            }
        }
    }

    @Test func `new mail of an owned ticket stays in INBOX until it was seen or its ticket changes`() async throws {
        let question = SampleMail("Question")
        let options = ["--linger", "1h", "--marks-reach", "36500d"]
        try await Workbench.with(layout: "both", options: options) { bench in
            try await bench.runOnce()
            try bench.append([question])
            try await bench.runOnce()
            try await bench.ticket("assign", "Question", "ann")
            try await bench.runOnce()
            var shown = ["Question": ["Agents/ann owner-ann"]]
            try bench.append([SampleMail("More of it", minute: 1, answers: [question.id])])
            try await bench.runOnce()
            shown["More of it"] = ["INBOX owner-ann"]
            #expect(try bench.marks() == shown)
            #expect(try await bench.verify().figures["marks_out_of_step"] == 0)
            let observer = try bench.observer()
            try observer.store(try bench.select("More of it", observer), add: ["\\Seen"])
            observer.logout()
            try bench.append([SampleMail("Still more", minute: 2, answers: [question.id])])
            try await bench.runOnce()
            shown["More of it"] = ["Agents/ann owner-ann"]
            shown["Still more"] = ["INBOX owner-ann"]
            #expect(try bench.marks() == shown)
            try await bench.ticket("pending", "Question")
            try await bench.runOnce()
            #expect(try bench.marks() == shown.mapValues { _ in ["Agents/ann owner-ann status-pending"] })
            #expect(try await bench.history("Question") == ["assigned cli", "pending cli"])
        }
    }
}
