import TestSupport
import Testing

@Suite("Mail that the database does not take", .timeLimit(.minutes(10)))
struct FilingTroubleTests {
    struct Fault: Sendable, CustomTestStringConvertible {
        /// The SQLSTATE that storing a message fails with.
        let state: String
        /// Of which messages; nil: of all.
        var subject: String?
        /// Attempts that were counted before.
        var attempts = 0
        let status: Int32
        /// UIDs that are on a ticket in spite of it.
        let filed: String

        var testDescription: String { "\(self.state) for \(self.subject ?? "all")" }
    }

    @Test(arguments: [
        Fault(state: "58030", status: 3, filed: ""), Fault(state: "42501", status: 1, filed: ""),
        Fault(state: "58030", subject: "Topic 1", status: 3, filed: "2,3"),
        Fault(state: "22001", subject: "Topic 1", attempts: 32_767, status: 1, filed: "2,3"),
    ])
    func `waits without standing in the way, and is filed as what it is when the database is well`(
        fault: Fault
    ) async throws {
        try await Workbench.with { bench in
            try bench.append((1...3).map { SampleMail("Topic \($0)", from: "c\($0)@contact.example", minute: $0) })
            let condition = fault.subject.map { "NEW.subject = '\($0)'" } ?? "true"
            try await bench.database.execute(
                """
                CREATE FUNCTION test_fault() RETURNS trigger LANGUAGE plpgsql AS $$
                BEGIN
                    IF \(condition) THEN RAISE EXCEPTION USING errcode = '\(fault.state)', message = 'simulated'; END IF;
                    RETURN NEW;
                END $$;
                CREATE TRIGGER test_fault BEFORE INSERT ON message FOR EACH ROW EXECUTE FUNCTION test_fault();
                CREATE FUNCTION test_attempts() RETURNS trigger LANGUAGE plpgsql AS $$
                BEGIN NEW.attempts := \(fault.attempts); RETURN NEW; END $$;
                CREATE TRIGGER test_attempts BEFORE INSERT ON placement FOR EACH ROW WHEN (NEW.uid = 1)
                EXECUTE FUNCTION test_attempts();
                """
            )
            let ending = try await bench.program.run(["run", "--once", "--timeout", "60"])
            #expect(ending.status == fault.status && ending.errors.contains("in filing.messages"), "\(ending.errors)")
            #expect(ending.errors.split(separator: "\n").count < 20)
            let filed = "SELECT uid::text FROM placement WHERE fate = 'ticket' ORDER BY uid"
            #expect(try await bench.database.lines(filed).joined(separator: ",") == fault.filed)
            let most = try await bench.database.number("SELECT max(attempts) FROM placement WHERE fate = 'fetched'")
            #expect(fault.attempts == 0 ? most == 0 : most <= 100)
            try await bench.database.execute("DROP TRIGGER test_fault ON message")
            try await bench.runOnce()
            let fates = try await bench.database.lines("SELECT fate FROM placement ORDER BY uid")
            #expect(fates == [fault.attempts == 0 ? "ticket" : "quarantined", "ticket", "ticket"])
            #expect(try await bench.verify().status == 0)
        }
    }
}
