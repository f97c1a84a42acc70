import Foundation
import LocalServers
import ModelMailServer
import TestSupport
import Testing

/// Gmail as the model mail server has it, listening on loopback: folders are labels on one store, and All holds every mail.
@Suite("Archiving where folders are labels", .timeLimit(.minutes(5)))
struct ArchiveIntoAllTests {
    /// A mailbox on the model, with what an agent does in it.
    struct Labels: Sendable {
        let bench: Workbench
        let listener: ModelListener

        /// A mail arrives now, or so many days ago.
        func deliver(
            _ mail: SampleMail,
            to folder: String = "INBOX",
            flags: ModelFlags = [],
            daysAgo: Int64 = 0
        ) {
            self.listener.withServer { server in
                server.now = Int64(Date().timeIntervalSince1970)
                guard let id = server.folder(named: folder) else { return }
                let content = server.content(mail.bytes)
                server.deliver(content, to: id, flags: flags, date: server.now - daysAgo * 86_400)
            }
        }

        /// A client's command on the mail with this subject, wherever it lies in `folder`.
        func act(in folder: String, on subject: String, _ command: @Sendable (UIDRequest) -> ModelCommand) {
            self.listener.withServer { server in
                let session = server.connectLoggedIn()
                defer { server.disconnect(session) }
                _ = server.perform(.select(folder: folder, readOnly: false, parameter: .none), in: session)
                for uid in Self.uids(of: subject, in: folder, server) {
                    _ = server.perform(command(UIDRequest(uid)), in: session)
                }
            }
        }

        /// What Gmail's own archive does: the label goes.
        func archive(_ subject: String, from folder: String) {
            self.listener.withServer { server in
                guard let id = server.folder(named: folder) else { return }
                for uid in Self.uids(of: subject, in: folder, server) { server.expunge(uid, from: id) }
            }
        }

        func move(_ subject: String, from folder: String, to target: String) {
            self.act(in: folder, on: subject) { .move($0, to: target) }
        }

        /// The folders that hold a mail of this subject.
        func places(_ subject: String) -> [String] {
            self.listener.withServer { server in
                server.folderIDs.compactMap { server.folder($0)?.name }
                    .filter { !Self.uids(of: subject, in: $0, server).isEmpty }.sorted()
            }
        }

        private static func uids(of subject: String, in folder: String, _ server: ModelServer) -> [UInt32] {
            let messages = server.folder(named: folder).flatMap { server.folder($0) }?.messages ?? []
            return messages.filter { message in
                String(decoding: server.contents[message.content.number], as: UTF8.self)
                    .contains("Subject: \(subject)\r\n")
            }.map(\.uid)
        }
    }

    static func with(
        layout: String? = "both",
        options: [String] = [],
        before prepare: @Sendable (Labels) -> Void = { _ in },
        _ body: @Sendable (Labels) async throws -> Void
    ) async throws {
        let user = try await Workbench.freshUser()
        var profile = ServerProfile.gmail
        // What is done at once is seen at once here; the simulation does without.
        profile.lies.hidesNewChanges = false
        var server = ModelServer(profile: profile)
        let uses: [(String, SpecialUse)] = [
            ("All Mail", .all), ("Drafts", .drafts), ("Sent Mail", .sent), ("Spam", .junk), ("Trash", .trash),
        ]
        for (name, use) in uses { server.addFolder("[Gmail]/\(name)", specialUse: use, isSubscribed: true) }
        let listener = try ModelListener(
            server,
            account: ModelWire.Account(user: user.name, password: user.password)
        )
        defer { listener.stop() }
        try await Workbench.with(
            layout: layout,
            proxy: listener.port,
            options: ["--linger", "0", "--marks-reach", "36500d"] + options,
            sharing: user
        ) { bench in
            let labels = Labels(bench: bench, listener: listener)
            prepare(labels)
            try await bench.runOnce()
            try await body(labels)
        }
    }

    private static let all = "[Gmail]/All Mail"

    @Test func `a mail in INBOX and All is one message, fetched once`() async throws {
        try await Self.with { labels in
            var bench = labels.bench
            bench.program.environment["BATON_LOG_LEVEL"] = "trace"
            labels.deliver(SampleMail("Once"))
            let log = try await bench.runOnce().errors
            #expect(Workbench.commands(in: log).count { $0.contains("BODY.PEEK[]") } == 1)
            #expect(
                try await bench.database.lines(
                    """
                    SELECT f.role || ' ' || p.fate || ' ' || p.presumed FROM placement p
                    JOIN folder f ON f.mailbox_id = p.mailbox_id AND f.id = p.folder_id ORDER BY f.role
                    """
                ) == ["all duplicate false", "inbox ticket false"]
            )
            #expect(try await bench.database.lines("SELECT count(*)::text FROM message") == ["1"])
            let (figures, status) = try await bench.verify()
            #expect(status == 0 && figures["accounted"] == 2 && figures["unaccounted"] == 0, "\(figures)")
        }
    }

    @Test func `archiving closes once, and nothing is written back; back in INBOX it is open`() async throws {
        try await Self.with { labels in
            let bench = labels.bench
            labels.deliver(SampleMail("Archived"))
            try await bench.runOnce()
            try await bench.ticket("assign", "Archived", "ann")
            try await bench.runOnce()
            #expect(labels.places("Archived") == ["Agents/ann", Self.all])
            #expect(try await bench.history("Archived") == ["assigned cli"])

            labels.archive("Archived", from: "Agents/ann")
            for _ in 0..<2 {
                try await bench.runOnce()
                #expect(try await bench.ticket("Archived") == "ann closed normal")
                #expect(try await bench.history("Archived") == ["assigned cli", "closed mail-client"])
                #expect(labels.places("Archived") == [Self.all])
            }
            #expect(try await bench.verify().figures["marks_out_of_step"] == 0)

            labels.move("Archived", from: Self.all, to: "INBOX")
            for _ in 0..<2 {
                try await bench.runOnce()
                #expect(try await bench.ticket("Archived") == "- open normal")
                #expect(labels.places("Archived") == ["INBOX", Self.all])
            }
            #expect(
                try await bench.history("Archived") == [
                    "assigned cli", "closed mail-client", "released mail-client", "reopened mail-client",
                ]
            )
        }
    }

    @Test func `Trash deletes, Junk is spam, Closed closes, and All follows`() async throws {
        try await Self.with { labels in
            let bench = labels.bench
            for subject in ["To Trash", "To Spam", "To Closed", "Closed by command"] {
                labels.deliver(SampleMail(subject))
            }
            try await bench.runOnce()
            labels.move("To Trash", from: "INBOX", to: "[Gmail]/Trash")
            labels.move("To Spam", from: "INBOX", to: "[Gmail]/Spam")
            labels.move("To Closed", from: "INBOX", to: "Closed")
            try await bench.ticket("close", "Closed by command")
            for _ in 0..<2 {
                try await bench.runOnce()
                #expect(try await bench.history("To Trash") == ["deleted_in_mailbox mail-client"])
                #expect(try await bench.history("To Spam") == ["marked_spam mail-client"])
                #expect(try await bench.history("To Closed") == ["closed mail-client"])
                #expect(try await bench.history("Closed by command") == ["closed cli"])
                #expect(labels.places("To Trash") == ["[Gmail]/Trash"])
                #expect(labels.places("To Spam") == ["[Gmail]/Spam"])
                #expect(labels.places("To Closed") == ["Closed", Self.all])
                #expect(labels.places("Closed by command") == ["Closed", Self.all])
            }
        }
    }

    @Test func `what is first seen in All alone was archived, and a draft is nobody's mail`() async throws {
        try await Self.with { labels in
            let bench = labels.bench
            labels.deliver(SampleMail("Skips INBOX"), to: Self.all)
            labels.deliver(SampleMail("Draft", from: "support@example.com"), to: "[Gmail]/Drafts", flags: [.draft])
            let question = SampleMail("Answered")
            labels.deliver(question)
            labels.deliver(
                .answer(to: question, from: "Ann Arbor <support@example.com>", minute: 5),
                to: "[Gmail]/Sent Mail"
            )
            try await bench.runOnce()
            #expect(try await bench.ticket("Skips INBOX") == "- closed normal")
            #expect(try await bench.history("Skips INBOX") == ["closed ingestion"])
            #expect(try await bench.ticket("Draft") == nil)
            #expect(try await bench.ticket("Answered") == "ann pending normal")
            #expect(try await bench.database.lines("SELECT count(*)::text FROM ticket_v") == ["2"])

            labels.move("Skips INBOX", from: Self.all, to: "INBOX")
            try await bench.runOnce()
            #expect(try await bench.ticket("Skips INBOX") == "- open normal")
            #expect(labels.places("Skips INBOX") == ["INBOX", Self.all])
        }
    }

    @Test func `a first import takes what was archived in its order, and each body once`() async throws {
        let question = SampleMail("Old")
        let answer = SampleMail.answer(to: question, from: "Ann Arbor <support@example.com>", minute: 5)
        var more = SampleMail("Re: Old", minute: 10, answers: [question.id, answer.id])
        more.id = "more@contact.example"
        let (newer, done) = (more, SampleMail("Done"))
        @Sendable func arrive(_ labels: Labels) {
            labels.deliver(question, to: Self.all, daysAgo: 30)
            labels.deliver(answer, to: "[Gmail]/Sent Mail", daysAgo: 29)
            labels.deliver(newer, daysAgo: 28)
            labels.deliver(done, to: Self.all, daysAgo: 27)
        }
        try await Self.with(before: arrive) { labels in
            let bench = labels.bench
            #expect(try await bench.ticket("Old") == "ann open normal")
            #expect(try await bench.ticket("Done") == "- closed normal")
            #expect(try await bench.database.lines("SELECT count(*)::text FROM ticket_v") == ["2"])
            #expect(
                try await bench.database.lines(
                    """
                    SELECT f.role || ' ' || p.fate || ' ' || p.imported FROM placement p
                    JOIN folder f ON f.mailbox_id = p.mailbox_id AND f.id = p.folder_id ORDER BY 1
                    """
                ) == [
                    "all duplicate false", "all duplicate false", "all ticket true", "all ticket true",
                    "inbox ticket true", "sent reply true",
                ]
            )
            let (_, status) = try await bench.verify()
            #expect(status == 0)
        }
    }

    @Test(arguments: ["accept", "revert"])
    func `what archives much at once is held, and done or left as a person says`(decision: String) async throws {
        try await Self.with(options: ["--breaker", "2"]) { labels in
            let bench = labels.bench
            let subjects = ["One", "Two", "Three", "Four"]
            for subject in subjects { labels.deliver(SampleMail(subject)) }
            try await bench.runOnce()
            for subject in subjects { labels.archive(subject, from: "INBOX") }
            try await bench.runOnce()
            #expect(try await bench.ticket("One") == "- open normal")
            try await bench.program.succeed("mailbox", "gestures", decision, "support")
            for _ in 0..<2 {
                try await bench.runOnce()
                for subject in subjects {
                    let isDone = decision == "accept"
                    #expect(try await bench.ticket(subject) == (isDone ? "- closed normal" : "- open normal"))
                    #expect(
                        try await bench.history(subject) == [
                            isDone ? "closed mail-client" : "gesture_refused mail-client"
                        ]
                    )
                    #expect(labels.places(subject) == [Self.all])
                }
            }
        }
    }

    @Test func `with the extension switched off All says nothing`() async throws {
        try await Self.with(options: ["--without", "X-GM-EXT-1"]) { labels in
            let bench = labels.bench
            labels.deliver(SampleMail("Before"))
            try await bench.runOnce()
            #expect(try await bench.database.lines("SELECT count(*)::text FROM placement") == ["1"])
            labels.archive("Before", from: "INBOX")
            try await bench.runOnce()
            #expect(try await bench.history("Before") == ["deleted_in_mailbox mail-client"])

            try await bench.program.succeed("mailbox", "edit", "support", "--with", "X-GM-EXT-1")
            labels.deliver(SampleMail("After"))
            try await bench.runOnce()
            labels.archive("After", from: "INBOX")
            try await bench.runOnce()
            #expect(try await bench.history("After") == ["closed mail-client"])
            #expect(try await bench.history("Before") == ["deleted_in_mailbox mail-client"])
        }
    }

    @Test func `the probe says what All is watched for`() async throws {
        try await Self.with { labels in
            let said = try await labels.bench.program.succeed("mailbox", "probe", "support").output
            #expect(said.contains("\(Self.all) (all)") && said.contains("its ticket closes"), "\(said)")
        }
    }
}
