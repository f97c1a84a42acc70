import LocalServers
import TestSupport
import Testing

@Suite("Conversations", .timeLimit(.minutes(10)))
struct ConversationTests {
    private static let ann = "Ann Arbor <ann@example.com>"
    private static let bob = "Bob Berlin <bob@example.com>"

    private static func row(_ report: [String: Any], group: String) -> [String: Int] {
        let rows = report["rows"] as? [[String: Any]] ?? []
        let row = rows.first { "\($0["group"] ?? "")" == group } ?? [:]
        return row.compactMapValues { value in
            if let whole = value as? Int { return whole }
            return (value as? Double).map { Int($0) }
        }
    }

    @Test(arguments: [
        ("folders", "Agents/ann", "Agents/ann \\Answered"),
        ("keywords", "INBOX owner-ann", "INBOX \\Answered owner-ann status-pending"),
        ("both", "Agents/ann owner-ann", "Agents/ann \\Answered owner-ann status-pending"),
    ])
    func `an answer in Sent ends the wait, names the responder and gives them the ticket; new mail opens it again`(
        layout: String,
        unanswered: String,
        answered: String
    ) async throws {
        try await Workbench.with(layout: layout) { bench in
            try await bench.runOnce()
            let question = SampleMail("Question")
            try bench.append([question])
            try await bench.runOnce()
            #expect(try await bench.ticket("Question") == "- open normal")
            let answer = SampleMail.answer(to: question, from: Self.ann, minute: 30)
            try bench.append([answer], to: "Sent")
            try await bench.runOnce()
            #expect(try await bench.ticket("Question") == "ann pending normal")
            #expect(try bench.marks()["Question"] == [answered])
            var again = SampleMail("Again", minute: 60, answers: [question.id, answer.id])
            again.id = "again@contact.example"
            try bench.append([again])
            try await bench.runOnce()
            #expect(try await bench.ticket("Question") == "ann open normal")
            #expect(try bench.marks()["Again"] == [unanswered])
            #expect(
                try await bench.database.lines(
                    """
                    SELECT concat_ws(' ', outcome, responder, to_char(started_at AT TIME ZONE 'UTC', 'HH24:MI'),
                                     to_char(ended_at AT TIME ZONE 'UTC', 'HH24:MI')) FROM turn_v ORDER BY ordinal
                    """
                ) == ["answered ann 10:00 10:30", "waiting 11:00"]
            )
            #expect(try await bench.verify().figures["marks_out_of_step"] == 0)
        }
    }

    @Test func `the report's figures are those of the conversation`() async throws {
        try await Workbench.with { bench in
            let first = SampleMail("First", from: "one@contact.example")
            let answer = SampleMail.answer(to: first, from: Self.ann, minute: 30)
            var again = SampleMail(
                "Re: First",
                from: "one@contact.example",
                minute: 60,
                answers: [first.id, answer.id]
            )
            again.id = "again@contact.example"
            let later = SampleMail.answer(to: again, from: Self.bob, minute: 180)
            let second = SampleMail("Second", from: "two@contact.example", minute: 10)
            let quick = SampleMail.answer(to: second, from: Self.bob, minute: 20)
            try bench.append([first, again, second, SampleMail("Third", from: "three@contact.example", minute: 70)])
            try bench.append([answer, later, quick], to: "Sent")
            try await bench.runOnce()
            let window = ["--from", "2026-01-01", "--to", "2026-02-01", "--format", "json"]
            let total = try await bench.program.run(["report", "first-response"] + window)
            let rows = try total.json([String: Any].self)["rows"] as? [[String: Any]] ?? []
            let group = "\(rows.first?["group"] ?? "")"
            #expect(
                Self.row(try total.json(), group: group) == [
                    "n": 2, "p50_seconds": 1200, "p90_seconds": 1680, "p95_seconds": 1740, "max_seconds": 1800,
                    "still_waiting": 1,
                ],
                "\(total.output)\(total.errors)"
            )
            let byAgent = try await bench.program.run(["report", "first-response", "--by", "agent"] + window)
            #expect(Self.row(try byAgent.json(), group: "ann")["p50_seconds"] == 1800, "\(byAgent.output)")
            #expect(Self.row(try byAgent.json(), group: "bob")["p50_seconds"] == 600)
            let repeated = try await bench.program.run(["report", "first-response", "--by", "agent"] + window)
            #expect(Self.row(try repeated.json(), group: "ann") == Self.row(try byAgent.json(), group: "ann"))
        }
    }

    @Test(arguments: [false, true])
    func `an answer seen before its question, or in the same second, ends the wait`(isSeenBefore: Bool) async throws {
        try await Workbench.with { bench in
            try await bench.runOnce()
            let question = SampleMail("Question", minute: isSeenBefore ? 10 : 30)
            try bench.append([.answer(to: question, from: Self.ann, minute: 30)], to: "Sent")
            if isSeenBefore { try await bench.runOnce() }
            try bench.append([question])
            try await bench.runOnce()
            let tickets = try await bench.program.succeed("ticket", "list", "--format", "json").json(
                [[String: Any]].self
            )
            #expect(tickets.count == 1)
            #expect(tickets.first?["contact"] as? String == "eve@contact.example")
            #expect(tickets.first?["status"] as? String == "pending" && tickets.first?["owner"] as? String == "ann")
            #expect(
                try await bench.database.lines(
                    "SELECT concat_ws(' ', outcome, responder, started_at = ended_at) FROM turn_v"
                )
                    == ["answered ann \(isSeenBefore ? "f" : "t")"]
            )
            // Further mail waits again.
            var more = SampleMail("More", minute: 60, answers: [question.id])
            more.id = "more@contact.example"
            try bench.append([more])
            try await bench.runOnce()
            #expect(try await bench.database.lines("SELECT status FROM ticket_v") == ["open"])
        }
    }

    @Test func `mail in Sent, Junk and Trash is on a ticket only by the rules`() async throws {
        try await Workbench.with { bench in
            let question = SampleMail("Question")
            let answer = SampleMail.answer(to: question, from: Self.ann, minute: 30)
            var reply = SampleMail("In Junk", minute: 60, answers: [question.id, answer.id])
            reply.id = "reply@contact.example"
            try bench.append([question])
            try bench.append(
                [answer, SampleMail("Lunch", from: Self.ann, to: Self.bob, minute: 2)],
                to: "Sent"
            )
            try bench.append([reply, SampleMail("Win now", from: "w@spam.example", minute: 3)], to: "Junk")
            try bench.append([SampleMail("Thrown away", minute: 4)], to: "Trash")
            // Before anybody has looked, all of it is unaccounted for.
            let unseen = try await bench.verify()
            #expect(unseen.status == 1 && unseen.figures["unaccounted"] == 6)
            try await bench.runOnce()
            let fates = """
                SELECT concat_ws(' ', m.subject, m.direction, m.fate, p.reason, (m.ticket IS NOT NULL)::text)
                FROM message_v m JOIN placement_v p ON p.digest = m.digest AND p.gone_at IS NULL ORDER BY 1
                """
            #expect(
                try await bench.database.lines(fates) == [
                    "In Junk inbound ticket true", "Lunch internal ignored internal false",
                    "Question inbound ticket true", "Re: Question outbound reply true",
                    "Thrown away inbound ignored trash false", "Win now inbound ignored junk false",
                ]
            )
            #expect(try await bench.database.lines("SELECT subject FROM message WHERE lies_in_junk") == ["In Junk"])
            let number = try await bench.number(of: "Question")
            let shown = try await bench.program.succeed("ticket", "show", number, "--format", "table").output
            #expect(shown.split(separator: "\n").filter { $0.contains("lies in Junk") }.count == 1)
            // Moved out of Junk it is filed as new.
            let observer = try bench.observer()
            try observer.move(try bench.select("Win now", observer), to: "INBOX")
            observer.logout()
            try await bench.runOnce()
            #expect(try await bench.ticket("Win now") == "- open normal")
            #expect(try await bench.verify().status == 0)
        }
    }

    @Test func `a deleted mail that comes back is the same message on the same ticket`() async throws {
        try await Workbench.with(layout: "both") { bench in
            try await bench.runOnce()
            let question = SampleMail("Question")
            try bench.append([question])
            try await bench.runOnce()
            let number = try await bench.number(of: "Question")
            let observer = try bench.observer()
            try observer.expunge(try bench.select("Question", observer))
            observer.logout()
            try await bench.runOnce()
            #expect(try await bench.ticket("Question") == "- closed normal")
            #expect(try bench.marks() == [:])
            try bench.append([question])
            try await bench.runOnce()
            #expect(try await bench.ticket("Question") == "- open normal")
            #expect(try await bench.number(of: "Question") == number)
            #expect(try await bench.database.number("SELECT count(*) FROM message") == 1)
            #expect(try bench.marks() == ["Question": ["INBOX"]])
            #expect(try await bench.verify().figures["marks_out_of_step"] == 0)
        }
    }

    @Test func `a stranger who names somebody's mail gets a ticket of their own`() async throws {
        try await Workbench.with { bench in
            let question = SampleMail("Question")
            let stranger = SampleMail("Stranger", from: "m@elsewhere.example", minute: 5, answers: [question.id])
            let liar = SampleMail("From ann, it says", from: Self.ann, minute: 6)
            try bench.append([question, stranger, liar])
            try await bench.runOnce()
            #expect(
                try await bench.database.lines(
                    "SELECT concat_ws(' ', number, owner, claims) FROM ticket_v JOIN ticket USING (number) ORDER BY 1"
                ) == ["1", "2 1", "3"]
            )
            let history = try await bench.program.succeed("ticket", "history", "2", "--format", "table").output
            #expect(history.contains("claims_ticket #1"))
            #expect(try await bench.database.number("SELECT count(*) FROM turn_v") == 3)
        }
    }
}
