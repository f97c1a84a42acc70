import LocalServers
import TestSupport
import Testing

@Suite("A changed UIDVALIDITY", .timeLimit(.minutes(10)))
struct EpochTests {
    @Test(arguments: [("folders", 50), ("keywords", 50), ("both", 1_000)])
    func `makes no new ticket and loses no owner`(layout: String, count: Int) async throws {
        try await Workbench.with(layout: layout) { bench in
            let observer = try bench.observer()
            try observer.create("Agents/ann")
            let mails = (0..<count).map { SampleMail("Topic \($0)", from: "c\($0)@contact.example", minute: $0) }
            try bench.append(mails, to: "Agents/ann")
            try await bench.runOnce()
            let tickets = "SELECT concat_ws(' ', number, subject, owner, status, version) FROM ticket_v ORDER BY number"
            let before = try await bench.database.lines(tickets)
            #expect(before.filter { $0.contains(" ann open ") }.count == count)
            let messages = try await bench.database.lines("SELECT id || ' ' || ticket FROM message ORDER BY id")
            let folder = try observer.select("Agents/ann").uidValidity
            // As a restored backup is: the same bytes under other UIDs.
            let bodies = try observer.messages().map { (try observer.body(uid: $0.uid), $0.internalDate) }
            _ = try observer.command("CLOSE")
            try observer.delete("Agents/ann")
            try observer.create("Agents/ann")
            for (body, date) in bodies.reversed() {
                _ = try observer.append(body, to: "Agents/ann", internalDate: date)
            }
            #expect(try observer.select("Agents/ann").uidValidity != folder)
            observer.logout()
            try await bench.runOnce()
            #expect(try await bench.database.lines(tickets) == before)
            #expect(try await bench.database.lines("SELECT id || ' ' || ticket FROM message ORDER BY id") == messages)
            #expect(
                try await bench.database.lines(
                    """
                    SELECT concat_ws(' ', uidvalidity = \(folder), count(*) FILTER (WHERE gone_at IS NULL),
                                     count(*) FILTER (WHERE gone_at IS NOT NULL))
                    FROM placement_v WHERE folder = 'Agents/ann' GROUP BY uidvalidity ORDER BY 1
                    """
                ) == ["f \(count) 0", "t 0 \(count)"]
            )
            let verified = try await bench.verify()
            #expect(verified.status == 0 && verified.figures["marks_out_of_step"] == 0)
            let rest = try await bench.database.rowVersions()
            try await bench.runOnce()
            #expect(try await bench.database.rowVersions() == rest)
        }
    }
}
