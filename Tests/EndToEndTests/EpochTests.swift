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

    // Same folder, Message-ID, time and size under new UIDs: taken for the same mail, until there is time to look.
    @Test func `whoever was taken for another mail is a mail of its own once the bytes are compared`() async throws {
        try await Workbench.with { bench in
            try bench.append((0..<3).map { SampleMail("Topic \($0)", from: "c\($0)@contact.example", minute: $0) })
            try await bench.runOnce()
            let observer = try bench.observer()
            _ = try observer.select("INBOX")
            for mail in try observer.messages() { try observer.move(mail.uid, to: "Archive") }
            try await bench.runOnce()
            _ = try observer.select("Archive")
            let bodies = try observer.messages().map { (try observer.body(uid: $0.uid), $0.internalDate) }
            _ = try observer.command("CLOSE")
            try observer.delete("Archive")
            try observer.create("Archive")
            for (number, (body, date)) in bodies.enumerated() {
                var bytes = body
                // The last letter of one mail's text is another one.
                if number == 1, let last = bytes.lastIndex(where: { $0 > 0x60 && $0 < 0x7a }) { bytes[last] += 1 }
                _ = try observer.append(bytes, to: "Archive", internalDate: date)
            }
            observer.logout()
            try await bench.runOnce()
            let presumed = "SELECT count(*) FROM placement WHERE presumed AND gone_at IS NULL"
            #expect(try await bench.database.number(presumed) == 3)
            let old = try await bench.database.lines("SELECT id || ' ' || ticket FROM message ORDER BY id")
            #expect(old.count == 3)
            try await bench.program.withRunning(["run"]) { _ in
                try await eventually("all are compared, and the new one is filed") {
                    let left = try await bench.database.number(presumed)
                    let messages = try await bench.database.number("SELECT count(*) FROM message")
                    return left == 0 && messages == 4
                }
            }
            #expect(
                try await bench.database.lines("SELECT id || ' ' || ticket FROM message ORDER BY id LIMIT 3") == old
            )
            #expect(try await bench.verify().status == 0)
        }
    }
}
