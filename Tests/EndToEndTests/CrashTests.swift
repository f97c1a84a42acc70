import Glibc
import LocalServers
import TestSupport
import Testing

@Suite("A worker that is killed during an import", .timeLimit(.minutes(10)))
struct CrashTests {
    /// Where it is killed: the server's n-th line has arrived and no more, or it is about to commit the n-th row.
    enum Moment: Sendable, CustomTestStringConvertible {
        case line(Int)
        case row(String, Int)

        var testDescription: String {
            switch self {
            case .line(let number): "after line \(number) of the server"
            case .row(let table, let number): "with row \(number) of \(table) not committed"
            }
        }
    }

    private static let account = Once<PrivateDovecot.User>()
    private static let undisturbed = Once<[String]>()

    /// Only read by the tests, since the mailbox is observed: filled once.
    private static func user() async throws -> PrivateDovecot.User {
        try await self.account.value {
            let user = try await Workbench.freshUser()
            let observer = try await TestServers.dovecot().observer(as: user)
            for number in 0..<300 {
                let question = SampleMail("Topic \(number)", from: "c\(number)@contact.example", minute: number)
                let folder = number.isMultiple(of: 4) ? "Archive" : "INBOX"
                _ = try observer.append(question.bytes, to: folder, internalDate: question.arrival)
                guard number.isMultiple(of: 3) else { continue }
                let answer = SampleMail.answer(to: question, from: "Ann Arbor <ann@example.com>", minute: number + 2)
                _ = try observer.append(answer.bytes, to: "Sent", internalDate: answer.arrival)
            }
            observer.logout()
            return user
        }
    }

    /// Everything the import leads to, ticket numbers included; ids of rows are nobody's business.
    private static func state(_ bench: Workbench) async throws -> [String] {
        try await bench.database.lines(
            """
            SELECT concat_ws(' ', t.number, t.subject, t.status, t.owner, t.version, (
                SELECT string_agg(m.digest || m.fate, ',' ORDER BY m.digest) FROM message_v m WHERE m.ticket = t.number), (
                SELECT string_agg(concat_ws(' ', u.started_at, u.ended_at, u.outcome, u.responder), ',' ORDER BY u.ordinal)
                FROM turn_v u WHERE u.ticket = t.number))
            FROM ticket_v t ORDER BY t.number
            """
        )
            + (try await bench.database.lines(
                """
                SELECT concat_ws(' ', folder, uid, digest, fate, gone_at) FROM placement_v ORDER BY folder, uid
                """
            ))
            + (try await bench.database.lines(
                """
                SELECT concat_ws(' ', (SELECT count(*) FROM content), (SELECT count(*) FROM content WHERE complete),
                                 (SELECT count(*) FROM message), (SELECT adopted_at IS NOT NULL FROM mailbox))
                """
            ))
    }

    private static func reference() async throws -> [String] {
        let user = try await self.user()
        return try await self.undisturbed.value {
            try await Workbench.with(sharing: user) { bench in
                try await bench.runOnce()
                return try await self.state(bench)
            }
        }
    }

    @Test(arguments: [
        Moment.line(4), .line(30), .line(500), .line(1500), .line(3500), .row("content", 200), .row("placement", 300),
        .row("ticket", 150), .row("event", 400), .row("message", 350),
    ])
    func `leaves nothing that the next run does not put right`(moment: Moment) async throws {
        let expected = try await Self.reference()
        #expect(expected.count == 300 + 400 + 1)
        let user = try await Self.user()
        try await WireProxy.with(port: try await TestServers.dovecot().imapPort) { proxy in
            try await Workbench.with(proxy: proxy.port, sharing: user) { bench in
                try await self.kill(moment, bench, proxy)
                #expect(try await Self.state(bench) != expected, "it was killed after the end")
                try await bench.runOnce()
                #expect(try await Self.state(bench) == expected)
                let verified = try await bench.verify()
                #expect(verified.status == 0 && verified.figures["accounted"] == 400)
            }
        }
    }

    private func kill(_ moment: Moment, _ bench: Workbench, _ proxy: WireProxy) async throws {
        switch moment {
        case .line(let number):
            proxy.freeze(afterLines: number)
        case .row(let table, let number):
            try await bench.database.execute(
                """
                CREATE SEQUENCE test_rows;
                CREATE FUNCTION test_halt() RETURNS trigger LANGUAGE plpgsql AS $$
                BEGIN
                    IF nextval('test_rows') = \(number) THEN PERFORM pg_advisory_xact_lock(4711); END IF;
                    RETURN NULL;
                END $$;
                CREATE TRIGGER test_halt AFTER INSERT ON \(table) FOR EACH ROW EXECUTE FUNCTION test_halt();
                """
            )
            try await bench.database.execute("SELECT pg_advisory_lock(4711)")
        }
        try await bench.program.withRunning(["run", "--once"]) { worker in
            try await eventually("the moment") {
                if worker.hasEnded { throw TestSupportError("it ended before: \(try worker.errors())") }
                switch moment {
                case .line: return proxy.isFrozen
                case .row:
                    return try await bench.database.number(
                        """
                        SELECT count(*) FROM pg_stat_activity
                        WHERE datname = current_database() AND wait_event_type = 'Lock' AND wait_event = 'advisory'
                        """
                    ) == 1
                }
            }
            worker.signal(SIGKILL)
            #expect(try await worker.ending().status == 128 + SIGKILL)
        }
        proxy.release()
        if case .row = moment { try await bench.database.execute("SELECT pg_advisory_unlock(4711)") }
    }
}
