import IMAP
import LocalServers

extension Scenario {
    static let flags: [Scenario] = [
        Scenario(
            "flags are added and taken away, others stay",
            given: [
                GivenFolder("a", [GivenMail(.plain(1), ["\\Seen"]), GivenMail(.plain(2)), GivenMail(.plain(3))])
            ],
            expected: [
                FolderState(
                    "a",
                    [
                        MailState(1, .plain(1), ["\\Answered"]), MailState(2, .plain(2)),
                        MailState(3, .plain(3), ["\\Answered", "\\Flagged"]),
                    ]
                )
            ]
        ) { stage in
            try await stage.client { connection in
                _ = try await connection.select(stage.folder("a"), readOnly: false)
                try await confirm(connection.store(stage.uids(1, 3), adding: ["\\Answered"]))
                try await confirm(connection.store(stage.uids(3), adding: ["\\Flagged"]))
                // Safe to repeat.
                try await confirm(connection.store(stage.uids(3), adding: ["\\Flagged"]))
                try await confirm(connection.store(stage.uids(1, 2), removing: ["\\Seen"]))
                let rows = try await connection.fetchFlags(.all).rows
                let flags = Dictionary(rows.map { ($0.uid, Set($0.flags).subtracting(["\\Recent"])) }) { $1 }
                try check(flags[stage.uid(1)] == ["\\Answered"], "\(flags)")
                try check(flags[stage.uid(3)] == ["\\Answered", "\\Flagged"], "\(flags)")
                return .asOffered
            }
        },
        Scenario(
            "keywords are kept, or refused",
            given: [GivenFolder("a", [GivenMail(.plain(1)), GivenMail(.plain(2), ["\\Seen"])])],
            expected: [
                FolderState(
                    "a",
                    [MailState(1, .plain(1), ["team-ann"]), MailState(2, .plain(2), ["\\Seen", "$Forwarded"])]
                )
            ]
        ) { stage in
            try await stage.client { connection in
                let selected = try await connection.select(stage.folder("a"), readOnly: false)
                try check(selected.allowsKeywords == stage.server.keepsKeywords, "PERMANENTFLAGS differ from INBOX's")
                let first = try await connection.store(stage.uids(1), adding: ["team-ann", "team-old"])
                guard selected.allowsKeywords else {
                    guard case .refused = first else { throw ConformanceError("\(first)") }
                    return .instead("refused; owners show as folders")
                }
                try confirm(first)
                try await confirm(connection.store(stage.uids(2), adding: ["$Forwarded"]))
                try await confirm(connection.store(stage.uids(1), removing: ["TEAM-OLD"]))
                return .asOffered
            }
        },
        Scenario(
            "a keyword that is tried leaves nothing behind",
            given: [GivenFolder("a", [GivenMail(.plain(1)), GivenMail(.plain(2))])],
            expected: [FolderState("a", [MailState(1, .plain(1)), MailState(2, .plain(2))])]
        ) { stage in
            try await stage.client { connection in
                let trial = try await connection.tryKeyword("baton-trial", in: stage.folder("a"))
                switch trial {
                case .kept: return .asOffered
                case .notOffered: return .instead("nothing is tried: PERMANENTFLAGS has no \\*")
                case .noMail, .readOnly, .refused, .dropped, .leftBehind: throw ConformanceError("\(trial)")
                }
            }
        },
        Scenario(
            "another client's flags are seen in the open folder",
            given: [GivenFolder("a", [GivenMail(.plain(1)), GivenMail(.plain(2))])],
            expected: [FolderState("a", [MailState(1, .plain(1)), MailState(2, .plain(2), ["\\Flagged"])])]
        ) { stage in
            try await stage.client { connection in
                _ = try await connection.select(stage.folder("a"), readOnly: true)
                let outside = try stage.outside()
                try outside.open(stage.wire("a"))
                try outside.observer.store(stage.uid(2), add: ["\\Flagged"])
                try await connection.noop()
                let rows = try await connection.fetchFlags(.all).rows
                let flags = rows.last { $0.uid == stage.uid(2) }?.flags ?? []
                try check(flags.contains("\\Flagged"), "\(rows)")
                return .asOffered
            }
        },
        Scenario(
            "a search finds what the flags say",
            given: [
                GivenFolder(
                    "a",
                    [GivenMail(.plain(1), ["\\Seen"]), GivenMail(.plain(2), ["\\Deleted"]), GivenMail(.plain(3))]
                )
            ],
            expected: [
                FolderState(
                    "a",
                    [
                        MailState(1, .plain(1), ["\\Seen"]), MailState(2, .plain(2), ["\\Deleted"]),
                        MailState(3, .plain(3)),
                    ]
                )
            ]
        ) { stage in
            let outside = try stage.outside()
            try outside.open(stage.wire("a"), readOnly: true)
            for (criteria, orders) in [
                ("ALL", [1, 2, 3]), ("UNSEEN", [2, 3]), ("DELETED", [2]), ("UNDELETED", [1, 3]),
                ("UID \(stage.uid(2)):* SEEN", []), ("HEADER Message-ID \"<plain-3@example.org>\"", [3]),
            ] {
                let found = try outside.search(criteria)
                try check(found == orders.map(stage.uid), "\(criteria) finds \(found)")
            }
            return .asOffered
        },
    ]
}
