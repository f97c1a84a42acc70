import IMAP
import LocalServers

extension Scenario {
    static let changes: [Scenario] = [
        Scenario(
            "what another client did is found on the next visit",
            given: [GivenFolder("a", (1...5).map { GivenMail(.plain($0)) })],
            expected: [
                FolderState(
                    "a",
                    [
                        MailState(1, .plain(1)), MailState(2, .plain(2), ["\\Seen"]), MailState(4, .plain(4)),
                        MailState(5, .plain(5), ["\\Flagged"]), MailState(6, .plain(6)),
                    ]
                )
            ]
        ) { stage in
            let known = try await stage.client { try await Visit.first($0, stage) }
            let outside = try stage.outside()
            try outside.open(stage.wire("a"))
            try outside.observer.store(stage.uid(2), add: ["\\Seen"])
            try outside.observer.store(stage.uid(5), add: ["\\Flagged"])
            try outside.observer.expunge(stage.uid(3))
            try stage.append(.plain(6), to: "a", outside)
            return try await stage.client { connection in
                let (now, way) = try await known.next(connection, stage)
                let expected: [UInt32: Set<String>] = [
                    stage.uid(1): [], stage.uid(2): ["\\Seen"], stage.uid(4): [], stage.uid(5): ["\\Flagged"],
                    stage.uid(6): [],
                ]
                try check(now.flags == expected, "found \(now.flags)")
                return way
            }
        },
        Scenario(
            "where nothing happened, the next visit finds nothing",
            given: [GivenFolder("a", (1...3).map { GivenMail(.plain($0)) })],
            expected: [FolderState("a", (1...3).map { MailState($0, .plain($0)) })]
        ) { stage in
            let known = try await stage.client { try await Visit.first($0, stage) }
            return try await stage.client { connection in
                let (now, way) = try await known.next(connection, stage)
                try check(now == known, "\(now) after \(known)")
                return way
            }
        },
        Scenario(
            "an expunge of the newest mail is found, and its UID stays used",
            given: [GivenFolder("a", (1...3).map { GivenMail(.plain($0)) })],
            expected: [
                FolderState("a", [MailState(1, .plain(1)), MailState(2, .plain(2)), MailState(4, .plain(4))])
            ]
        ) { stage in
            let known = try await stage.client { try await Visit.first($0, stage) }
            let outside = try stage.outside()
            try outside.open(stage.wire("a"))
            try outside.observer.expunge(stage.uid(3))
            try stage.append(.plain(4), to: "a", outside)
            return try await stage.client { connection in
                let (now, way) = try await known.next(connection, stage)
                try check(now.flags.keys.sorted() == [1, 2, 4].map(stage.uid), "found \(now.flags.keys)")
                return way
            }
        },
    ]

    /// What is known of a folder after it was looked at.
    private struct Visit: Equatable, Sendable {
        var uidValidity: UInt32
        var highestModSeq: UInt64?
        /// Flags by UID, without `\Recent`.
        var flags: [UInt32: Set<String>] = [:]

        /// Everything is asked.
        static func first(_ connection: IMAPConnection, _ stage: Stage) async throws -> Visit {
            let selected = try await connection.select(stage.folder("a"), readOnly: true)
            var visit = Visit(uidValidity: selected.uidValidity, highestModSeq: selected.highestModSeq)
            visit.note(try await connection.fetchFlags(.all).rows)
            try check(visit.flags.count == selected.exists, "\(visit.flags.count) of \(selected.exists) mails")
            return visit
        }

        /// What changed is asked, as far as the server can tell.
        func next(_ connection: IMAPConnection, _ stage: Stage) async throws -> (Visit, Way) {
            var now = self
            let known = self.highestModSeq.map { QResync(uidValidity: self.uidValidity, modSeq: $0) }
            let selected = try await connection.select(stage.folder("a"), readOnly: true, resync: known)
            try check(selected.uidValidity == self.uidValidity, "another UIDVALIDITY")
            now.highestModSeq = selected.highestModSeq
            switch connection.profile.changeDetection(in: selected) {
            case .qresync:
                for uid in selected.vanished.intersection(UIDSet(Array(now.flags.keys))).uids { now.flags[uid] = nil }
                now.note(selected.changed)
                try check(now.flags.count == selected.exists, "\(now.flags.count) of \(selected.exists) mails")
                return (now, .asOffered)
            case .condStore:
                now.note(try await connection.fetchFlags(.all, changedSince: self.highestModSeq).rows)
                if now.flags.count != selected.exists {
                    now.flags = [:]
                    now.note(try await connection.fetchFlags(.all).rows)
                }
                return (now, .instead("CHANGEDSINCE"))
            case .compare:
                now.flags = [:]
                now.note(try await connection.fetchFlags(.all).rows)
                return (now, .instead("everything is compared"))
            }
        }

        private mutating func note(_ rows: [MessageFlags]) {
            for row in rows { self.flags[row.uid] = Set(row.flags).subtracting(["\\Recent"]) }
        }
    }
}
