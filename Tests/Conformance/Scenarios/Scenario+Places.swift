import IMAP
import LocalServers

extension Scenario {
    static let places: [Scenario] = [
        Scenario(
            "a copy is proved, and keeps flags and arrival",
            given: [GivenFolder("a", [GivenMail(.plain(1), ["\\Seen"]), GivenMail(.plain(2))]), GivenFolder("b")],
            expected: [
                FolderState("a", [MailState(1, .plain(1), ["\\Seen"]), MailState(2, .plain(2))]),
                FolderState("b", [MailState(1, .plain(1), ["\\Seen"])]),
            ]
        ) { stage in
            try await stage.client { connection in
                _ = try await connection.select(stage.folder("a"), readOnly: false)
                let outcome = try await connection.copy(stage.uids(1), to: stage.folder("b"))
                try Self.prove(outcome, [(1, 1)], stage)
                return .asOffered
            }
        },
        Scenario(
            "a moved mail is in one place",
            given: [
                GivenFolder("a", [GivenMail(.plain(1)), GivenMail(.plain(2), ["\\Flagged"]), GivenMail(.plain(3))]),
                GivenFolder("b", [GivenMail(.plain(4))]),
            ],
            expected: [
                FolderState("a", [MailState(1, .plain(1)), MailState(3, .plain(3))]),
                FolderState("b", [MailState(1, .plain(4)), MailState(2, .plain(2), ["\\Flagged"])]),
            ]
        ) { stage in
            try await stage.client { connection in
                _ = try await connection.select(stage.folder("a"), readOnly: false)
                let outcome = try await connection.moveAsOffered(stage.uids(2), to: stage.folder("b"))
                try Self.prove(outcome, [(2, 2)], stage)
                return Self.movingWay(connection)
            }
        },
        Scenario(
            "many are moved by one command, those between stay",
            given: [GivenFolder("a", (1...6).map { GivenMail(.plain($0)) }), GivenFolder("b")],
            expected: [
                FolderState("a", [2, 5].map { MailState($0, .plain($0)) }),
                FolderState("b", [(1, 1), (2, 3), (3, 4), (4, 6)].map { MailState($0.0, .plain($0.1)) }),
            ]
        ) { stage in
            try await stage.client { connection in
                _ = try await connection.select(stage.folder("a"), readOnly: false)
                let outcome = try await connection.moveAsOffered(stage.uids(1, 3, 4, 6), to: stage.folder("b"))
                try Self.prove(outcome, [(1, 1), (3, 2), (4, 3), (6, 4)], stage)
                return Self.movingWay(connection)
            }
        },
        Scenario(
            "keywords move with their mail",
            given: [GivenFolder("a", [GivenMail(.plain(1), ["\\Seen"])]), GivenFolder("b")],
            expected: [
                FolderState("a"), FolderState("b", [MailState(1, .plain(1), ["\\Seen", "team-ann"])]),
            ]
        ) { stage in
            try await stage.client { connection in
                _ = try await connection.select(stage.folder("a"), readOnly: false)
                if stage.server.keepsKeywords {
                    try await confirm(connection.store(stage.uids(1), adding: ["team-ann"]))
                }
                let outcome = try await connection.moveAsOffered(stage.uids(1), to: stage.folder("b"))
                try Self.prove(outcome, [(1, 1)], stage)
                return stage.server.keepsKeywords ? .asOffered : .instead("there are none")
            }
        },
        Scenario(
            "a mail that is gone cannot be moved, and the others are",
            given: [GivenFolder("a", [GivenMail(.plain(1)), GivenMail(.plain(2))]), GivenFolder("b")],
            expected: [FolderState("a"), FolderState("b", [MailState(1, .plain(2))])]
        ) { stage in
            try await stage.client { connection in
                _ = try await connection.select(stage.folder("a"), readOnly: false)
                let outside = try stage.outside()
                try outside.open(stage.wire("a"))
                try outside.observer.expunge(stage.uid(1))
                try await connection.noop()
                let outcome = try await connection.moveAsOffered(stage.uids(1, 2), to: stage.folder("b"))
                try Self.prove(outcome, [(2, 1)], stage)
                return Self.movingWay(connection)
            }
        },
        Scenario(
            "UID EXPUNGE takes ours alone",
            given: [
                GivenFolder(
                    "a",
                    [GivenMail(.plain(1), ["\\Deleted"]), GivenMail(.plain(2)), GivenMail(.plain(3), ["\\Deleted"])]
                )
            ],
            expected: [FolderState("a", [MailState(1, .plain(1), ["\\Deleted"])])]
        ) { stage in
            try await stage.client { connection in
                _ = try await connection.select(stage.folder("a"), readOnly: false)
                try await confirm(connection.markDeleted(stage.uids(2)))
                try await confirm(connection.uidExpunge(stage.uids(2, 3)))
                return .asOffered
            }
        },
    ]

    /// Throws unless the server proved which mail became which, as orders of UIDs.
    private static func prove(_ outcome: MoveOutcome, _ pairs: [(from: Int, to: Int)], _ stage: Stage) throws {
        guard case .confirmed(let receipt) = outcome else { throw ConformanceError("\(outcome)") }
        let expected = Set(
            pairs.map { MoveReceipt.Pair(source: stage.uid($0.from), destination: stage.uid($0.to)) }
        )
        try check(Set(receipt.pairs) == expected, "\(receipt.pairs)")
    }

    private static func movingWay(_ connection: IMAPConnection) -> Way {
        switch connection.profile.moving {
        case .move: .asOffered
        case .copyAndExpunge: .instead("COPY, \\Deleted, UID EXPUNGE")
        case .copyAndMark: .instead("COPY, \\Deleted")
        }
    }
}
