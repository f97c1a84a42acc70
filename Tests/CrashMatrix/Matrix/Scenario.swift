import LocalServers
import TestSupport

/// A short story with known ends, told again and again while one thing goes wrong at another place of its first chapter each time.
package struct Scenario: Sendable {
    /// How the worker runs during a step.
    enum Mode: Sendable {
        /// `baton run --once`, after the step's act.
        case once
        /// `baton run`, idling before the act; the step is over when there are so many tickets.
        case live(tickets: Int)
    }

    /// What somebody does, and how the worker runs then.
    struct Step: Sendable {
        let mode: Mode
        let act: @Sendable (CrashStage) async throws -> Void

        init(_ mode: Mode = .once, _ act: @escaping @Sendable (CrashStage) async throws -> Void = { _ in }) {
            self.mode = mode
            self.act = act
        }

        var isLive: Bool {
            if case .live = self.mode { true } else { false }
        }
    }

    /// A step, and how everything must look when it is over.
    struct Chapter: Sendable {
        let step: Step
        let expected: Expectation

        init(_ step: Step, _ expected: Expectation) {
            self.step = step
            self.expected = expected
        }
    }

    /// As the threat model numbers it.
    package let name: String
    /// What happens, in a sentence.
    package let title: String
    /// How owners show.
    let layout: String
    /// Makes the state it begins with; no fault happens here.
    let prepare: @Sendable (CrashStage) async throws -> Void
    /// The one in which something goes wrong, and what follows it.
    let chapters: [Chapter]
}

extension Scenario {
    /// All of the matrix.
    package static let all = [imported, live] + marks + [epoch]

    /// Three mails, one of several parts, one that is damaged wherever it can be.
    static let mails: [SampleMail] = {
        let plain = SampleMail("Plain", from: "Eve <eve@contact.example>")
        var parts = SampleMail("Parts", from: "Carl <carl@contact.example>", minute: 1)
        parts.fields = ["MIME-Version: 1.0", "Content-Type: multipart/alternative; boundary=\"=b\""]
        parts.text = [
            "--=b", "Content-Type: text/plain; charset=utf-8", "Content-Transfer-Encoding: quoted-printable", "",
            "Gr=C3=BC=C3=9Fe", "--=b", "Content-Type: text/html", "", "<p>Gr&uuml;&szlig;e</p>", "--=b--", "",
        ].joined(separator: "\r\n")
        var poison = SampleMail("Poison", from: "\"a\\", minute: 2)
        poison.fields = [
            "Content-Type: multipart/mixed; boundary", "Content-Type: text/plain; charset=no-such", ": nameless",
            "Content-Transfer-Encoding: base64", "From: (((((", "X-Raw: \u{1}\u{FF}",
        ]
        poison.text = "--\r\n=?utf-8?q?=ZZ?=\r\n" + String(repeating: "(", count: 500) + "\r\n."
        return [plain, parts, poison]
    }()

    private static let imported = Scenario(
        name: "S1",
        title: "three mails are imported",
        layout: "both",
        prepare: { try $0.append(Self.mails) },
        chapters: [Chapter(Step(), Self.arrived)]
    )

    private static let live = Scenario(
        name: "S1L",
        title: "three mails come in while the worker idles",
        layout: "both",
        prepare: { try await $0.rest() },
        chapters: [Chapter(Step(.live(tickets: 3)) { try $0.append(Self.mails) }, Self.arrived)]
    )

    private static let arrived = Expectation(
        Dictionary(
            uniqueKeysWithValues: Self.mails.map {
                ($0.subject, Expectation.Ticket("- open normal", places: ["INBOX"]))
            }
        )
    )

    /// One is claimed, shown, released, shown; one goes by gesture and comes back by command; one is nobody's business.
    ///
    /// In the end a mail that was never moved by us comes to lie where ours went: its UID may be one that a lie named. Each chapter is a
    /// scenario that begins where the ones before it ended.
    private static let marks: [Scenario] = {
        let names = [
            ("S2", "a ticket is claimed, another is moved by its agent"),
            ("S2R", "a ticket is released, another is closed"),
            ("S2N", "mails come to lie where marks were written"),
        ]
        return names.enumerated().map { number, name in
            Scenario(
                name: name.0,
                title: name.1,
                layout: "both",
                prepare: { stage in
                    try await Self.prepareMarks(stage)
                    for chapter in Self.marked.prefix(number) {
                        try await chapter.step.act(stage)
                        try await stage.rest()
                    }
                },
                chapters: Array(Self.marked[number...])
            )
        }
    }()

    @Sendable private static func prepareMarks(_ stage: CrashStage) async throws {
        try stage.append(
            ["One", "Two", "Three"].enumerated().map { number, subject in
                SampleMail(subject, from: "c\(number)@contact.example", minute: number)
            }
        )
        try await stage.rest()
        // Something for a false COPYUID to point at.
        try stage.append([SampleMail("Older", from: "o@contact.example", minute: 9)], to: "Agents/ann")
        try await stage.rest()
    }

    private static let marked: [Chapter] = {
        let untouched = [
            "Three": Expectation.Ticket("- open normal", places: ["INBOX"]),
            "Older": seen,
        ]
        let ended = untouched.merging([
            "One": Expectation.Ticket(
                "- open normal",
                history: ["assigned cli ann", "released cli ann"],
                places: ["INBOX"]
            ),
            "Two": Expectation.Ticket(
                "bob closed normal",
                history: ["assigned mail-client bob", "closed cli -"],
                turns: ["closed"],
                places: ["Closed owner-bob"]
            ),
        ]) { $1 }
        return [
            Chapter(
                Step { stage in
                    try await stage.ticket("claim", "One", "--as", "ann")
                    try stage.move("Two", from: "INBOX", to: "Agents/bob")
                },
                Expectation(
                    untouched.merging([
                        "One": Expectation.Ticket(
                            "ann open normal",
                            history: ["assigned cli ann"],
                            places: ["Agents/ann owner-ann"]
                        ),
                        "Two": Expectation.Ticket(
                            "bob open normal",
                            history: ["assigned mail-client bob"],
                            places: ["Agents/bob owner-bob"]
                        ),
                    ]) { $1 }
                )
            ),
            Chapter(
                Step { stage in
                    try await stage.ticket("release", "One")
                    try await stage.ticket("close", "Two")
                },
                Expectation(ended)
            ),
            Chapter(
                Step { stage in
                    let mails = (0..<2).map {
                        SampleMail("Later \($0)", from: "l\($0)@contact.example", minute: 20 + $0)
                    }
                    try stage.append(mails, to: "Agents/ann")
                },
                Expectation(ended.merging(["Later 0": seen, "Later 1": seen]) { $1 })
            ),
        ]
    }()

    /// A mail that was first seen in Ann's folder.
    private static let seen = Expectation.Ticket(
        "ann open normal",
        history: ["assigned ingestion ann"],
        places: ["Agents/ann owner-ann"]
    )

    /// The agents' folder is made anew, as from a backup: the same bytes under other UIDs.
    private static let epoch = Scenario(
        name: "S5",
        title: "UIDVALIDITY changes under five claimed mails",
        layout: "both",
        prepare: { stage in
            try stage.append(
                Self.claimed.enumerated().map { number, subject in
                    SampleMail(subject, from: "c\(number)@contact.example", minute: number)
                }
            )
            try await stage.rest()
            for subject in Self.claimed { try await stage.ticket("claim", subject, "--as", "ann") }
            try await stage.rest()
            let observer = try stage.observer()
            defer { observer.logout() }
            _ = try observer.select("Agents/ann")
            let mails = try observer.mails()
            _ = try observer.command("CLOSE")
            try observer.delete("Agents/ann")
            try observer.create("Agents/ann")
            for mail in mails.reversed() {
                _ = try observer.append(
                    mail.bytes,
                    to: "Agents/ann",
                    flags: mail.message.flags,
                    internalDate: mail.message.internalDate
                )
            }
        },
        chapters: [
            Chapter(
                Step(),
                Expectation(
                    Dictionary(
                        uniqueKeysWithValues: Self.claimed.map { subject in
                            (
                                subject,
                                Expectation.Ticket(
                                    "ann open normal",
                                    history: ["assigned cli ann"],
                                    places: ["Agents/ann owner-ann"]
                                )
                            )
                        }
                    )
                )
            )
        ]
    )

    private static let claimed = (1...5).map { "Claimed \($0)" }
}
