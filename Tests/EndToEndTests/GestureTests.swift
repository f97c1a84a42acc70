import LocalServers
import TestSupport
import Testing

@Suite("What agents do in their own client", .timeLimit(.minutes(10)))
struct GestureTests {
    typealias Act = @Sendable (ObserverClient, UInt32) throws -> Void

    /// One mail on a ticket of its own; all rows share a mailbox, so that they also must not disturb each other.
    struct Row: Sendable {
        let subject: String
        var layouts: Set<String> = ["folders", "keywords", "both"]
        /// Flags it arrives with.
        var flags: [String] = []
        /// `baton ticket` commands before the gestures.
        var commands: [[String]] = []
        /// Each done on the mail's present copy, with a run after it.
        var acts: [Act] = []
        /// Owner, status and priority in the end: for all layouts, or by layout.
        let ticket: [String: String]
        /// Where the mail lies in the end, with its marks; nil where it is gone.
        let marks: [String: String?]
        /// A folder that shows an extra copy in the end, without marks.
        var extra: String?
        /// What happened to the ticket, without its opening and mails.
        let history: [String: [String]]
    }

    private static func all<Value>(_ value: Value) -> [String: Value] {
        ["folders": value, "keywords": value, "both": value]
    }

    private static func owned(by handle: String) -> [String: String?] {
        [
            "folders": "Agents/\(handle)", "keywords": "INBOX owner-\(handle)",
            "both": "Agents/\(handle) owner-\(handle)",
        ]
    }

    private static func move(_ folder: String) -> Act { { try $0.move($1, to: folder) } }
    private static func add(_ flag: String) -> Act { { try $0.store($1, add: [flag]) } }
    private static func remove(_ flag: String) -> Act { { try $0.store($1, remove: [flag]) } }

    static let rows: [Row] = [
        Row(
            subject: "assigned by command",
            commands: [["assign", "ann"]],
            ticket: all("ann open normal"),
            marks: owned(by: "ann"),
            history: all(["assigned cli"])
        ),
        Row(
            subject: "pending by command",
            commands: [["assign", "ann"], ["pending"]],
            ticket: all("ann pending normal"),
            marks: [
                "folders": "Agents/ann", "keywords": "INBOX owner-ann status-pending",
                "both": "Agents/ann owner-ann status-pending",
            ],
            history: all(["assigned cli", "pending cli"])
        ),
        Row(
            subject: "closed by command",
            commands: [["assign", "ann"], ["close"]],
            ticket: all("ann closed normal"),
            marks: ["folders": "Closed", "keywords": "Closed", "both": "Closed owner-ann"],
            history: all(["assigned cli", "closed cli"])
        ),
        Row(
            subject: "moved to bob",
            acts: [move("Agents/bob")],
            ticket: all("bob open normal"),
            marks: owned(by: "bob"),
            history: all(["assigned mail-client"])
        ),
        Row(
            subject: "handed over to bob",
            commands: [["assign", "ann"]],
            acts: [move("Agents/bob")],
            ticket: all("bob open normal"),
            marks: owned(by: "bob"),
            history: all(["assigned cli", "assigned mail-client"])
        ),
        Row(
            subject: "released",
            layouts: ["folders", "both"],
            commands: [["assign", "ann"]],
            acts: [move("INBOX")],
            ticket: all("- open normal"),
            marks: all("INBOX"),
            history: all(["assigned cli", "released mail-client"])
        ),
        Row(
            subject: "keyword added",
            layouts: ["keywords", "both"],
            acts: [add("owner-bob")],
            ticket: all("bob open normal"),
            marks: owned(by: "bob"),
            history: all(["assigned mail-client"])
        ),
        Row(
            subject: "keyword removed",
            layouts: ["keywords", "both"],
            commands: [["assign", "ann"]],
            acts: [remove("owner-ann")],
            ticket: ["keywords": "- open normal", "both": "ann open normal"],
            marks: ["keywords": "INBOX", "both": "Agents/ann owner-ann"],
            history: ["keywords": ["assigned cli", "released mail-client"], "both": ["assigned cli"]]
        ),
        Row(
            subject: "moved to Closed",
            acts: [move("Closed")],
            ticket: all("- closed normal"),
            marks: all("Closed"),
            history: all(["closed mail-client"])
        ),
        Row(
            subject: "several moves before anybody looks",
            acts: [
                { observer, uid in
                    // A client that was offline for a day plays back what was done: the last place counts.
                    try observer.move(uid, to: "Agents/ann")
                    for folder in ["Agents/bob", "Closed"] {
                        let here = folder == "Closed" ? "Agents/bob" : "Agents/ann"
                        _ = try observer.select(here)
                        let own = "several moves before anybody looks"
                        for mail in try observer.messages() where mail.headers["subject"] == own {
                            if folder == "Closed" { try observer.store(mail.uid, add: ["\\Flagged"]) }
                            try observer.move(mail.uid, to: folder)
                        }
                    }
                }
            ],
            ticket: all("- closed high"),
            marks: all("Closed \\Flagged"),
            history: all(["closed mail-client", "priority_high mail-client"])
        ),
        Row(
            subject: "copied to bob",
            acts: [{ try $0.copy($1, to: "Agents/bob") }],
            ticket: all("- open normal"),
            marks: all("INBOX"),
            extra: "Agents/bob",
            history: all([])
        ),
        Row(
            subject: "copied to bob and deleted",
            acts: [
                { observer, uid in
                    try observer.copy(uid, to: "Agents/bob")
                    try observer.expunge(uid)
                }
            ],
            ticket: all("bob open normal"),
            marks: owned(by: "bob"),
            history: all(["assigned mail-client"])
        ),
        Row(
            subject: "marked as deleted, then copied",
            acts: [
                { observer, uid in
                    try observer.store(uid, add: ["\\Deleted"])
                    try observer.copy(uid, to: "Agents/bob")
                    // The copy of a mail marked as deleted is marked too; clients clear it.
                    _ = try observer.select("Agents/bob")
                    let own = "marked as deleted, then copied"
                    for mail in try observer.messages() where mail.headers["subject"] == own {
                        try observer.store(mail.uid, remove: ["\\Deleted"])
                    }
                }
            ],
            ticket: all("bob open normal"),
            marks: owned(by: "bob"),
            extra: "INBOX",
            history: all(["assigned mail-client"])
        ),
        Row(
            subject: "folder and keyword together",
            layouts: ["keywords", "both"],
            acts: [
                { observer, uid in
                    try observer.store(uid, add: ["owner-ann"])
                    try observer.move(uid, to: "Agents/bob")
                }
            ],
            ticket: all("bob open normal"),
            marks: owned(by: "bob"),
            history: all(["assigned mail-client"])
        ),
        Row(
            subject: "given to two at once",
            layouts: ["keywords"],
            acts: [
                { observer, uid in try observer.store(uid, add: ["owner-ann", "owner-bob"]) }
            ],
            ticket: all("- open normal"),
            marks: all("INBOX"),
            history: all(["gesture_refused mail-client"])
        ),
        Row(
            subject: "out of Trash to bob",
            acts: [move("Trash"), move("Agents/bob")],
            ticket: all("bob open normal"),
            marks: owned(by: "bob"),
            history: all([
                "deleted_in_mailbox mail-client", "restored_in_mailbox mail-client", "assigned mail-client",
            ])
        ),
        Row(
            subject: "muted in Junk, and out again",
            commands: [["assign", "ann"]],
            acts: [move("Junk"), move("INBOX")],
            ticket: all("ann open normal"),
            marks: owned(by: "ann"),
            history: all(["assigned cli", "muted_in_junk mail-client"])
        ),
        Row(
            subject: "moved to Archive",
            acts: [move("Archive")],
            ticket: all("- closed normal"),
            marks: all("Closed"),
            history: all(["closed mail-client"])
        ),
        Row(
            subject: "moved from Closed",
            commands: [["close"]],
            acts: [move("INBOX")],
            ticket: all("- open normal"),
            marks: all("INBOX"),
            history: all(["closed cli", "reopened mail-client"])
        ),
        Row(
            subject: "pending added",
            layouts: ["keywords", "both"],
            acts: [add("status-pending")],
            ticket: all("- pending normal"),
            marks: all("INBOX status-pending"),
            history: all(["pending mail-client"])
        ),
        Row(
            subject: "pending removed",
            layouts: ["keywords", "both"],
            commands: [["pending"]],
            acts: [remove("status-pending")],
            ticket: all("- open normal"),
            marks: all("INBOX"),
            history: all(["pending cli", "reopened mail-client"])
        ),
        Row(
            subject: "flag added",
            acts: [add("\\Flagged")],
            ticket: all("- open high"),
            marks: all("INBOX \\Flagged"),
            history: all(["priority_high mail-client"])
        ),
        Row(
            subject: "flag removed",
            flags: ["\\Flagged"],
            acts: [remove("\\Flagged")],
            ticket: all("- open normal"),
            marks: all("INBOX"),
            history: all(["priority_high ingestion", "priority_normal mail-client"])
        ),
        Row(
            subject: "read, and a flag of their own",
            acts: [add("\\Seen"), add("$MyLabel")],
            ticket: all("- open normal"),
            marks: all("INBOX"),
            history: all([])
        ),
        Row(
            subject: "answered alone",
            acts: [add("\\Answered")],
            ticket: all("- pending normal"),
            marks: [
                "folders": "INBOX \\Answered", "keywords": "INBOX \\Answered status-pending",
                "both": "INBOX \\Answered status-pending",
            ],
            history: all(["answered_unseen mail-client", "pending mail-client"])
        ),
        Row(
            subject: "moved to Junk",
            acts: [move("Junk")],
            ticket: all("- spam normal"),
            marks: all("Junk"),
            history: all(["marked_spam mail-client"])
        ),
        Row(
            subject: "moved from Junk",
            acts: [move("Junk"), move("INBOX")],
            ticket: all("- open normal"),
            marks: all("INBOX"),
            history: all(["marked_spam mail-client", "not_spam mail-client"])
        ),
        Row(
            subject: "moved to Junk though owned",
            commands: [["assign", "ann"]],
            acts: [move("Junk")],
            ticket: all("ann open normal"),
            marks: ["folders": "Junk", "keywords": "Junk owner-ann", "both": "Junk owner-ann"],
            history: all(["assigned cli", "muted_in_junk mail-client"])
        ),
        Row(
            subject: "expunged",
            acts: [{ try $0.expunge($1) }],
            ticket: all("- closed normal"),
            marks: all(nil),
            history: all(["deleted_in_mailbox mail-client"])
        ),
        Row(
            subject: "moved to Trash",
            acts: [move("Trash")],
            ticket: all("- closed normal"),
            marks: all("Trash"),
            history: all(["deleted_in_mailbox mail-client"])
        ),
        Row(
            subject: "moved from Trash",
            acts: [move("Trash"), move("INBOX")],
            ticket: all("- open normal"),
            marks: all("INBOX"),
            history: all(["deleted_in_mailbox mail-client", "restored_in_mailbox mail-client"])
        ),
    ]

    private func prepare(_ bench: Workbench, _ rows: [Row]) async throws {
        try bench.append([SampleMail("first")])
        try await bench.runOnce()  // the mailbox is adopted: what comes now is live
        for (number, row) in rows.enumerated() {
            let mail = SampleMail(row.subject, from: "c\(number)@contact.example", minute: number + 1)
            try bench.append([mail], flags: row.flags)
        }
        try await bench.runOnce()
        for row in rows {
            for command in row.commands {
                let words = ["ticket", command[0], try await bench.number(of: row.subject)] + command.dropFirst()
                let ending = try await bench.program.run(words)
                #expect(ending.status == 0, "\(words): \(ending.errors)")
            }
        }
        try await bench.runOnce()
    }

    @Test(arguments: ["folders", "keywords", "both"], PrivateDovecot.Format.allCases)
    func `becomes a command by the table, and own moves never do`(
        layout: String,
        format: PrivateDovecot.Format
    ) async throws {
        let rows = Self.rows.filter { $0.layouts.contains(layout) }
        try await Workbench.with(layout: layout, format: format) { bench in
            try await self.prepare(bench, rows)
            for round in 0..<2 {
                let observer = try bench.observer()
                for row in rows where row.acts.count > round {
                    try row.acts[round](observer, try bench.select(row.subject, observer))
                }
                observer.logout()
                try await bench.runOnce()
            }
            let marks = try bench.marks()
            for row in rows {
                #expect(try await bench.ticket(row.subject) == row.ticket[layout], "\(row.subject)")
                let shown = ([row.marks[layout] ?? nil, row.extra] as [String?]).compactMap(\.self).sorted()
                #expect(marks[row.subject] ?? [] == shown, "\(row.subject)")
                #expect(try await bench.history(row.subject) == row.history[layout], "\(row.subject)")
            }
            let verified = try await bench.verify()
            #expect(verified.status == 0 && verified.figures["marks_out_of_step"] == 0)
            let rest = try await bench.database.rowVersions()
            try await bench.runOnce()
            #expect(try await bench.database.rowVersions() == rest)
        }
    }

    @Test func `that would take away much is held, and counts as held, not as out of step`() async throws {
        let options = ["--linger", "0", "--marks-reach", "36500d", "--breaker", "2"]
        try await Workbench.with(layout: "both", options: options) { bench in
            try await bench.runOnce()
            let subjects = (0..<3).map { "Topic \($0)" }
            try bench.append(subjects.enumerated().map { SampleMail($1, minute: $0) })
            try await bench.runOnce()
            let observer = try bench.observer()
            for subject in subjects { try observer.move(try bench.select(subject, observer), to: "Trash") }
            observer.logout()
            try await bench.runOnce()
            for subject in subjects { #expect(try await bench.ticket(subject) == "- open normal") }
            let verified = try await bench.verify()
            #expect(verified.figures["held"] == 3 && verified.figures["marks_out_of_step"] == 0)
            // A person who did not mean it gets the mail back, who did gets the tickets closed.
            try await bench.program.succeed("mailbox", "gestures", "revert", "support")
            try await bench.runOnce()
            #expect(try bench.marks() == Dictionary(uniqueKeysWithValues: subjects.map { ($0, ["INBOX"]) }))
            for subject in subjects {
                #expect(try await bench.ticket(subject) == "- open normal")
                #expect(try await bench.history(subject) == ["gesture_refused mail-client"])
            }
            #expect(
                try await bench.verify().figures == [
                    "accounted": 3, "unaccounted": 0, "quarantined": 0, "held": 0, "marks_out_of_step": 0,
                ]
            )
            #expect(try await bench.database.number("SELECT count(*) FROM held_gesture") == 0)
            for (folder, round) in [("Trash", 0), ("Elsewhere", 1)] {
                let observer = try bench.observer()
                if round == 1 { try observer.create(folder) }
                for subject in subjects { try observer.move(try bench.select(subject, observer), to: folder) }
                observer.logout()
                try await bench.runOnce()
                #expect(try await bench.verify().figures["held"] == 3)
                try await bench.program.succeed("mailbox", "gestures", round == 0 ? "revert" : "accept", "support")
                try await bench.runOnce()
            }
            for subject in subjects { #expect(try await bench.ticket(subject) == "- closed normal") }
        }
    }

    @Test func `a folder that was renamed and accepted as gone closes the tickets in it`() async throws {
        try await Workbench.with(layout: "both") { bench in
            try await bench.runOnce()
            try bench.append([SampleMail("Topic")])
            try await bench.runOnce()
            try await bench.ticket("assign", "Topic", "bob")
            try await bench.runOnce()
            let observer = try bench.observer()
            try observer.rename("Agents/bob", to: "Bobby")
            observer.logout()
            try await bench.runOnce()
            #expect(try await bench.verify().figures["held"] == 1)
            try await bench.program.succeed("mailbox", "gestures", "accept", "support")
            try await bench.runOnce()
            #expect(try await bench.ticket("Topic") == "bob closed normal")
            #expect(try await bench.verify().figures["marks_out_of_step"] == 0)
        }
    }

    @Test func `a keyword means something as soon as its agent is there`() async throws {
        try await Workbench.with(layout: "both") { bench in
            try await bench.runOnce()
            try bench.append([SampleMail("Topic")], flags: ["Owner-Zoe"])
            try await bench.runOnce()
            try await bench.program.succeed("agent", "add", "zoe", "--name", "Zoe Zander")
            try await bench.runOnce()
            #expect(try await bench.ticket("Topic") == "zoe open normal")
            #expect(try bench.marks() == ["Topic": ["Agents/zoe Owner-Zoe"]])
            #expect(try await bench.verify().figures["marks_out_of_step"] == 0)
        }
    }
}
