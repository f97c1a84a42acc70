import LocalServers
import TestSupport
import Testing

@Suite("A mailbox is imported", .timeLimit(.minutes(10)))
struct ImportTests {
    /// Conversations over a day: a third answered, some asked again, some archived, and unwanted mail.
    private static func fill(_ bench: Workbench, count: Int) throws -> [String] {
        var folders: [String: [SampleMail]] = [:]
        var expected: [String] = []
        for number in 0..<count {
            let subject = "Topic \(number)"
            let contact = "Contact \(number) <c\(number)@contact.example>"
            let question = SampleMail(subject, from: contact, minute: 10 * number)
            let isAnswered = number.isMultiple(of: 3)
            let isAskedAgain = number.isMultiple(of: 6)
            let isArchived = !isAnswered && !number.isMultiple(of: 2)
            folders[isArchived ? "Archive" : "INBOX", default: []].append(question)
            if isAnswered {
                let answer = SampleMail.answer(
                    to: question,
                    from: "Ann Arbor <ann@example.com>",
                    minute: 10 * number + 5
                )
                folders["Sent", default: []].append(answer)
                if isAskedAgain {
                    var again = SampleMail("Re: \(subject)", from: contact, minute: 10 * number + 7)
                    again.id = "again-\(number)@contact.example"
                    again.references = [question.id, answer.id]
                    folders["INBOX", default: []].append(again)
                }
            }
            if number.isMultiple(of: 5) {
                folders["Junk", default: []].append(SampleMail("Win \(number)", minute: 10 * number + 1))
                folders["Trash", default: []].append(SampleMail("Old \(number)", minute: 10 * number + 2))
            }
            let status = isAskedAgain ? "open" : isAnswered ? "pending" : isArchived ? "closed" : "open"
            expected.append("\(subject) \(isAnswered ? "ann" : "-") \(status)")
        }
        // Newest first, so that neither the order of UIDs nor that of folders is the order of arrival.
        for (folder, mails) in folders { try bench.append(mails.reversed(), to: folder) }
        return expected
    }

    @Test(arguments: PrivateDovecot.Format.allCases)
    func `over several folders in order of arrival, and a second run does nothing`(
        format: PrivateDovecot.Format
    ) async throws {
        try await Workbench.with(layout: "both", format: format) { bench in
            let expected = try Self.fill(bench, count: 30)
            let before = try bench.marks()
            try await bench.runOnce()
            #expect(
                try await bench.database.lines(
                    "SELECT subject || ' ' || COALESCE(owner, '-') || ' ' || status FROM ticket_v ORDER BY number"
                ) == expected
            )
            let fates = try await bench.database.lines(
                "SELECT fate || ' ' || COALESCE(reason, '') || count(*) FROM placement_v GROUP BY fate, reason ORDER BY 1"
            )
            #expect(fates == ["ignored junk6", "ignored trash6", "reply 10", "ticket 35"])
            #expect(try bench.marks() == before, "an import moves nothing")
            let verified = try await bench.verify()
            #expect(verified.status == 0 && verified.figures["accounted"] == 57)
            #expect(verified.figures["marks_out_of_step"] == 0)
            try await self.expectRest(bench)
        }
    }

    /// Another run writes no row and asks the server for nothing but its list of folders.
    private func expectRest(_ bench: Workbench) async throws {
        let rows = try await bench.database.rowVersions()
        var traced = bench.program
        traced.environment["BATON_LOG_LEVEL"] = "trace"
        let ending = try await traced.run(["run", "--once"])
        #expect(ending.status == 0)
        #expect(try await bench.database.rowVersions() == rows)
        let verbs = Set(Workbench.commands(in: ending.errors).compactMap { $0.split(separator: " ").first })
        // The mark writer asks once in a session whether INBOX takes keywords.
        #expect(
            verbs.isSubset(of: [
                "AUTHENTICATE", "LOGIN", "CAPABILITY", "ID", "ENABLE", "NAMESPACE", "LIST", "SELECT", "LOGOUT",
            ]),
            "\(verbs)"
        )
    }

    @Test func `the program sends an observed mailbox nothing that could change it`() async throws {
        try await Workbench.with { bench in
            var traced = bench
            traced.program.environment["BATON_LOG_LEVEL"] = "trace"
            let question = SampleMail("Question")
            try bench.append([question, SampleMail("Other", minute: 1), SampleMail("Third", minute: 2)])
            var log = try await traced.runOnce().errors
            // Everything that would be written if it were allowed to: an owner, a status, an answered mail.
            try await bench.ticket("assign", "Question", "ann")
            try await bench.ticket("close", "Other")
            try await bench.ticket("pending", "Third")
            let answer = SampleMail.answer(to: question, from: "Ann Arbor <ann@example.com>", minute: 9)
            try bench.append([answer], to: "Sent")
            let before = try Self.picture(bench)
            log += try await traced.runOnce().errors
            try await traced.program.succeed("mailbox", "verify", "support")
            let commands = Workbench.commands(in: log)
            let verbs = Set(
                commands.map { $0.hasPrefix("UID ") ? String($0.prefix(9)) : String($0.prefix { $0 != " " }) }
            )
            #expect(
                verbs.subtracting([
                    "AUTHENTICATE", "LOGIN", "CAPABILITY", "ID", "ENABLE", "NAMESPACE", "LIST", "STATUS", "NOOP",
                    "EXAMINE", "UNSELECT", "UID FETCH", "LOGOUT",
                ]) == []
            )
            #expect(verbs.isSuperset(of: ["EXAMINE", "UID FETCH"]))
            #expect(commands.filter { $0.contains("BODY[") } == [])
            #expect(try Self.picture(bench) == before)
        }
    }

    /// Every folder, every message with all its flags.
    ///
    /// Without `\Recent` and HIGHESTMODSEQ: the server changes both by itself when a folder is first looked at.
    private static func picture(_ bench: Workbench) throws -> [String] {
        let observer = try bench.observer()
        defer { observer.logout() }
        return try observer.list().sorted { $0.name < $1.name }.flatMap { folder in
            let selected = try observer.select(folder.name, readOnly: true)
            let messages = selected.exists == 0 ? [] : try observer.messages()
            let state = "\(folder.name) \(selected.uidValidity) \(selected.uidNext) \(selected.exists)"
            return [state] + messages.map { "\($0.uid) \($0.flags.filter { $0 != "\\Recent" })" }
        }
    }
}
