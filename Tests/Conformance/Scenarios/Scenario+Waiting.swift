import IMAP
import LocalServers

extension Scenario {
    static let waiting: [Scenario] = [
        Scenario(
            "new mail ends the wait",
            given: [GivenFolder("a", [GivenMail(.plain(1))])],
            expected: [FolderState("a", [MailState(1, .plain(1)), MailState(2, .plain(2))])]
        ) { stage in
            try await Self.wake(stage, by: { try stage.append(.plain(2), to: "a", $0) }) { events in
                events.contains(.exists(2))
            }
        },
        Scenario(
            "another client's expunge ends the wait",
            given: [GivenFolder("a", [GivenMail(.plain(1)), GivenMail(.plain(2))])],
            expected: [FolderState("a", [MailState(2, .plain(2))])]
        ) { stage in
            try await Self.wake(stage, by: { try $0.observer.expunge(stage.uid(1)) }) { events in
                events.contains(.expunged(sequence: 1)) || events.contains(.vanished(stage.uids(1)))
            }
        },
        Scenario(
            "another client's flag ends the wait",
            given: [GivenFolder("a", [GivenMail(.plain(1))])],
            expected: [FolderState("a", [MailState(1, .plain(1), ["\\Flagged"])])]
        ) { stage in
            // A server need not say which mail it is by UID.
            try await Self.wake(stage, by: { try $0.observer.store(stage.uid(1), add: ["\\Flagged"]) }) { _ in true }
        },
        Scenario(
            "an interrupted wait leaves the connection in order",
            given: [GivenFolder("a", [GivenMail(.plain(1))])],
            expected: [FolderState("a", [MailState(1, .plain(1), ["\\Seen"])])]
        ) { stage in
            try await stage.client { connection in
                _ = try await connection.select(stage.folder("a"), readOnly: false)
                guard connection.capabilities.hasIdle else { return .instead("there is no waiting, but looking") }
                let end = try await connection.idle(upTo: .seconds(20), until: {})
                try check(end == .interrupted || end == .serverActivity, "\(end)")
                try await confirm(connection.store(stage.uids(1), adding: ["\\Seen"]))
                return .asOffered
            }
        },
        Scenario(
            "news of a folder that is not open are heard",
            given: [GivenFolder("a"), GivenFolder("b", [GivenMail(.plain(1))])],
            expected: [FolderState("a"), FolderState("b", [MailState(1, .plain(1)), MailState(2, .plain(2))])]
        ) { stage in
            try await stage.client { connection in
                _ = try await connection.select(stage.folder("a"), readOnly: true)
                let outside = try stage.outside()
                guard connection.profile.waiting == .notify else {
                    let before = try await connection.status(stage.folder("b"))
                    try stage.append(.plain(2), to: "b", outside)
                    let after = try await connection.status(stage.folder("b"))
                    try check(before.messages == 1 && after.messages == 2, "\(before), then \(after)")
                    try check(after.uidNext == stage.uid(3), "UIDNEXT \(after.uidNext ?? 0)")
                    return .instead("STATUS from time to time")
                }
                try check(try await connection.notify(of: [stage.folder("b")]), "NOTIFY was refused")
                try stage.append(.plain(2), to: "b", outside)
                let end = try await connection.idle(upTo: .seconds(20))
                try check(end == .serverActivity, "\(end)")
                return .asOffered
            }
        },
    ]

    /// Waits in the open folder "a" until what `change` does from outside is told; `isTold` looks at what was said.
    ///
    /// The change may come before the wait has begun: a server has to tell of it all the same.
    private static func wake(
        _ stage: Stage,
        by change: @escaping @Sendable (OutsideView) throws -> Void,
        isTold: ([UnsolicitedEvent]) -> Bool
    ) async throws -> Way {
        try await stage.client { connection in
            _ = try await connection.select(stage.folder("a"), readOnly: true)
            async let changing: Void = Self.change(stage, change)
            var events: [UnsolicitedEvent] = []
            let deadline = ContinuousClock.now + .seconds(30)
            repeat {
                if connection.capabilities.hasIdle {
                    let end = try await connection.idle(upTo: .seconds(5))
                    try check(end == .serverActivity || end == .timeout, "\(end)")
                }
                // pymap tells in IDLE of nothing that came before it: looking remains, as in the product.
                try await connection.noop()
                events += connection.takeUnsolicited()
                try check(ContinuousClock.now < deadline, "not told; heard \(events)")
            } while !isTold(events)
            try await changing
            return connection.capabilities.hasIdle ? .asOffered : .instead("NOOP from time to time")
        }
    }

    private static func change(_ stage: Stage, _ change: @Sendable (OutsideView) throws -> Void) async throws {
        let outside = try stage.outside()
        try outside.open(stage.wire("a"))
        try change(outside)
        outside.observer.logout()
    }
}
