import IMAP
import LocalServers

extension Scenario {
    static let mails: [Scenario] = [
        Scenario(
            "a mail is appended with flags and a date",
            given: [GivenFolder("a")],
            expected: [
                FolderState(
                    "a",
                    [
                        MailState(1, .plain(1), ["\\Seen", "\\Flagged"]), MailState(2, .plain(2)),
                    ]
                )
            ]
        ) { stage in
            try await stage.client { connection in
                for (order, flags) in [(1, ["\\Seen", "\\Flagged"]), (2, [])] {
                    let mail = SampleMail.plain(order)
                    let outcome = try await connection.append(
                        mail.bytes,
                        to: stage.folder("a"),
                        flags: flags,
                        date: mail.arrived * 1_000_000
                    )
                    guard case .confirmed(let receipt) = outcome else { throw ConformanceError("\(outcome)") }
                    try check(receipt.uid == stage.uid(order), "UID \(receipt.uid)")
                }
                return .asOffered
            }
        },
        Scenario(
            "odd mails keep every byte, both ways",
            given: [GivenFolder("a", SampleMail.odd.map { GivenMail($0) }), GivenFolder("b")],
            expected: ["a", "b"].map { name in
                FolderState(name, SampleMail.odd.enumerated().map { MailState($0.offset + 1, $0.element) })
            }
        ) { stage in
            try await stage.client { connection in
                for mail in SampleMail.odd {
                    let outcome = try await connection.append(
                        mail.bytes,
                        to: stage.folder("b"),
                        date: mail.arrived * 1_000_000
                    )
                    guard case .confirmed = outcome else { throw ConformanceError("\(mail.name): \(outcome)") }
                }
                for name in ["a", "b"] {
                    _ = try await connection.select(stage.folder(name), readOnly: false)
                    let bodies = try await Self.bodies([.all], connection)
                    for (index, mail) in SampleMail.odd.enumerated() {
                        try check(bodies[stage.uid(index + 1)] == mail.bytes, "\(mail.name) of \(name) differs")
                    }
                }
                return .asOffered
            }
        },
        Scenario(
            "a mail whose last line has no end is kept",
            given: [GivenFolder("a", [GivenMail(.unended)])],
            expected: [FolderState("a", [MailState(1, .unended)])]
        ) { stage in
            try await stage.client { connection in
                _ = try await connection.select(stage.folder("a"), readOnly: true)
                let bytes = try await Self.bodies([.all], connection)[stage.uid(1)]
                if bytes == SampleMail.unended.bytes { return .asOffered }
                try check(bytes == SampleMail.unended.bytes + [13, 10], "\(bytes?.count ?? 0) bytes")
                return .instead("a line end is added when the mail is stored")
            }
        },
        Scenario(
            "fetching reads no mail",
            given: [GivenFolder("a", [GivenMail(.plain(1)), GivenMail(.plain(2))])],
            expected: [FolderState("a", [MailState(1, .plain(1)), MailState(2, .plain(2))])]
        ) { stage in
            try await stage.client { connection in
                _ = try await connection.select(stage.folder("a"), readOnly: false)
                _ = try await Self.bodies([.all], connection)
                var headers: [UInt32: [UInt8]] = [:]
                try await Self.collect(into: &headers) { try await connection.fetchHeaders(.all, into: $0) }
                for order in 1...2 {
                    let whole = SampleMail.plain(order).bytes
                    let header = headers[stage.uid(order)] ?? []
                    try check(!header.isEmpty && header.count < whole.count, "a header of \(header.count) bytes")
                    try check(whole.starts(with: header), "the header is not the mail's")
                }
                return .asOffered
            }
        },
        Scenario(
            "size and arrival are told without the mail",
            given: [GivenFolder("a", [GivenMail(.plain(1), ["\\Answered"]), GivenMail(.plain(2))])],
            expected: [FolderState("a", [MailState(1, .plain(1), ["\\Answered"]), MailState(2, .plain(2))])]
        ) { stage in
            try await stage.client { connection in
                _ = try await connection.select(stage.folder("a"), readOnly: true)
                let summaries = try await connection.fetchSummaries(.all)
                try check(summaries.map(\.uid).sorted() == [stage.uid(1), stage.uid(2)], "\(summaries)")
                for summary in summaries {
                    let mail = SampleMail.plain(summary.uid == stage.uid(1) ? 1 : 2)
                    try check(summary.size == Int64(mail.bytes.count), "size \(summary.size ?? -1)")
                    try check(summary.internalDate == mail.arrived * 1_000_000, "\(summary.internalDate ?? -1)")
                }
                switch connection.profile.identity {
                case .objectID:
                    try check(summaries.allSatisfy { $0.objectID != nil }, "no EMAILID")
                    return .asOffered
                case .gmail, .digest:
                    return .instead("mails are recognised by their bytes")
                }
            }
        },
        Scenario(
            "a large mail comes whole",
            given: [GivenFolder("a")],
            expected: [FolderState("a", [MailState(1, .large)])]
        ) { stage in
            try await stage.client { connection in
                let outcome = try await connection.append(
                    SampleMail.large.bytes,
                    to: stage.folder("a"),
                    date: SampleMail.large.arrived * 1_000_000
                )
                guard case .confirmed = outcome else { throw ConformanceError("\(outcome)") }
                _ = try await connection.select(stage.folder("a"), readOnly: true)
                let bodies = try await Self.bodies([stage.uids(1)], connection)
                try check(bodies[stage.uid(1)] == SampleMail.large.bytes, "its bytes differ")
                return .asOffered
            }
        },
        Scenario(
            "a mail with NUL is not sent, and the connection goes on",
            given: [GivenFolder("a")],
            expected: [FolderState("a", [MailState(1, .plain(1))])]
        ) { stage in
            try await stage.client { connection in
                let folder = stage.folder("a")
                do {
                    _ = try await connection.append(Array("Subject: a\r\n\r\n\0\r\n".utf8), to: folder)
                    throw ConformanceError("it was sent")
                } catch let error as IMAPError {
                    guard case .invalidArgument = error.reason else { throw error }
                }
                let mail = SampleMail.plain(1)
                let outcome = try await connection.append(mail.bytes, to: folder, date: mail.arrived * 1_000_000)
                guard case .confirmed = outcome else { throw ConformanceError("\(outcome)") }
                return .asOffered
            }
        },
        Scenario(
            "many mails come in several commands at once",
            given: [GivenFolder("a", (1...120).map { GivenMail(.plain($0)) })],
            expected: [FolderState("a", (1...120).map { MailState($0, .plain($0)) })]
        ) { stage in
            try await stage.client { connection in
                _ = try await connection.select(stage.folder("a"), readOnly: true)
                let sets = stride(from: 1, to: 120, by: 30).map { first in
                    UIDSet(stage.uid(first)...stage.uid(first + 29))
                }
                let bodies = try await Self.bodies(sets, connection)
                for number in 1...120 {
                    try check(bodies[stage.uid(number)] == SampleMail.plain(number).bytes, "mail \(number) differs")
                }
                let rows = try await connection.fetchFlags(.all).rows
                try check(Set(rows.map(\.uid)).count == 120, "\(rows.count) rows")
                return .asOffered
            }
        },
        Scenario(
            "a mail that another client expunged is missing, and nothing worse",
            given: [GivenFolder("a", [GivenMail(.plain(1)), GivenMail(.plain(2)), GivenMail(.plain(3))])],
            expected: [FolderState("a", [MailState(1, .plain(1)), MailState(3, .plain(3))])]
        ) { stage in
            try await stage.client { connection in
                _ = try await connection.select(stage.folder("a"), readOnly: true)
                let outside = try stage.outside()
                try outside.open(stage.wire("a"))
                try outside.observer.expunge(stage.uid(2))
                try await connection.noop()
                let bodies = try await Self.bodies([.all], connection)
                try check(Set(bodies.keys) == [stage.uid(1), stage.uid(3)], "\(bodies.keys)")
                return .asOffered
            }
        },
        Scenario(
            "looking with EXAMINE changes nothing",
            given: [GivenFolder("a", [GivenMail(.plain(1))])],
            expected: [FolderState("a", [MailState(1, .plain(1))])]
        ) { stage in
            try await stage.client { connection in
                let selected = try await connection.select(stage.folder("a"), readOnly: true)
                try check(selected.isReadOnly, "not read-only")
                // A STORE is not tried: Courier carries it out all the same.
                let bodies = try await Self.bodies([.all], connection)
                try check(bodies[stage.uid(1)] == SampleMail.plain(1).bytes, "its bytes differ")
                try await connection.noop()
                return .asOffered
            }
        },
    ]

    /// The bytes of mails, by UID.
    private static func bodies(_ sets: [UIDSet], _ connection: IMAPConnection) async throws -> [UInt32: [UInt8]] {
        var bodies: [UInt32: [UInt8]] = [:]
        try await self.collect(into: &bodies) { try await connection.fetchBodies(sets, into: $0) }
        return bodies
    }

    private static func collect(
        into bodies: inout [UInt32: [UInt8]],
        _ fetch: ((BodyEvent) async throws -> Void) async throws -> Void
    ) async throws {
        var found: [UInt32: [UInt8]] = [:]
        var bytes: [UInt8] = []
        try await fetch { event in
            switch event {
            case .begin: bytes = []
            case .bytes(let more): bytes.append(more)
            case .end(let summary, .complete): found[summary.uid] = bytes
            case .end(let summary, let state): throw ConformanceError("the bytes of \(summary.uid) are \(state)")
            case .abandoned: bytes = []
            }
        }
        bodies = found
    }
}
