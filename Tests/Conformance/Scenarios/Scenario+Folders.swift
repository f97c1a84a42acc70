import Glibc
import IMAP
import LocalServers

extension Scenario {
    static let folders: [Scenario] = [
        Scenario(
            "folders are listed with their roles",
            given: [GivenFolder("a"), GivenFolder("b")],
            expected: [FolderState("a"), FolderState("b")]
        ) { stage in
            try await stage.client { connection in
                let folders = try await connection.list()
                for name in [FolderName.inbox, stage.folder("a"), stage.folder("b")] {
                    let folder = folders.first { $0.name == name }
                    try check(folder?.isSelectable == true, "\(name) is not listed: \(folders.map(\.name))")
                    try check(folder?.delimiter == stage.server.delimiter, "delimiter \(folder?.delimiter ?? "none")")
                }
                guard connection.profile.folderRoles == .specialUse else { return .instead("names") }
                try check(folders.contains { $0.specialUse == "\\Sent" }, "no folder is \\Sent")
                return .asOffered
            }
        },
        Scenario(
            "a folder and one below it are made and subscribed to",
            expected: [FolderState("a"), FolderState("a/b")]
        ) { stage in
            let names = ["a", "a/b"]
            let way: Way = try await stage.client { connection in
                for name in names {
                    try await confirm(connection.create(stage.folder(name)))
                    try await confirm(connection.subscribe(stage.folder(name)))
                }
                return connection.capabilities.contains(.namespace)
                    ? .asOffered : .instead("the place is inferred from LIST")
            }
            let outside = try stage.outside()
            let subscribed = try outside.subscribed()
            try check(names.allSatisfy { subscribed.contains(stage.wire($0)) }, "subscribed are \(subscribed)")
            return way
        },
        Scenario(
            "a folder that is there already counts as made",
            given: [GivenFolder("a")],
            expected: [FolderState("a")]
        ) { stage in
            let outcome = try await stage.client { try await $0.create(stage.folder("a")) }
            if case .refused(let refusal) = outcome {
                // Nothing in the protocol tells a machine so without a code; LIST does.
                let isListed = try await stage.client { connection in
                    try await connection.list().contains { $0.name == stage.folder("a") }
                }
                try check(isListed && refusal.code == nil, "\(outcome)")
                return .instead("it is looked for in LIST: the refusal has no code")
            }
            try confirm(outcome)
            return .asOffered
        },
        Scenario(
            "names in every script go there and back",
            expected: Self.international.sorted().map { FolderState($0, [MailState(1, .plain(1))]) }
        ) { stage in
            try await stage.client { connection in
                for name in Self.international {
                    try await confirm(connection.create(stage.folder(name)))
                    _ = try await connection.append(
                        SampleMail.plain(1).bytes,
                        to: stage.folder(name),
                        date: SampleMail.plain(1).arrived * 1_000_000
                    )
                }
                let listed = try await connection.list().map(\.name)
                for name in Self.international {
                    try check(listed.contains { $0.display == stage.folder(name).display }, "\(name) is not listed")
                    let selected = try await connection.select(stage.folder(name), readOnly: true)
                    try check(selected.exists == 1, "\(name) holds \(selected.exists) mails")
                }
            }
            return .asOffered
        },
        Scenario(
            "a folder that another client renames is found under its new name",
            given: [GivenFolder("a", [GivenMail(.plain(1)), GivenMail(.plain(2))])],
            expected: [FolderState("b", [MailState(1, .plain(1)), MailState(2, .plain(2))])]
        ) { stage in
            let before = try await stage.client { try await $0.select(stage.folder("a"), readOnly: true) }
            let outside = try stage.outside()
            try outside.observer.rename(stage.wire("a"), to: stage.wire("b"))
            return try await stage.client { connection in
                let names = try await connection.list().map(\.name)
                try check(names.contains(stage.folder("b")) && !names.contains(stage.folder("a")), "\(names)")
                let after = try await connection.select(stage.folder("b"), readOnly: true)
                try check(after.exists == 2, "\(after.exists) mails")
                return after.uidValidity == before.uidValidity
                    ? .asOffered : .instead("a new UIDVALIDITY: the mails are recognised by their bytes")
            }
        },
        Scenario(
            "a folder deleted and made anew has another UIDVALIDITY",
            given: [GivenFolder("a", [GivenMail(.plain(1)), GivenMail(.plain(2))])],
            expected: [FolderState("a", [MailState(1, .plain(3))])]
        ) { stage in
            let before = try await stage.client { try await $0.select(stage.folder("a"), readOnly: true) }
            let outside = try stage.outside()
            try outside.observer.delete(stage.wire("a"))
            // Where UIDVALIDITY is a clock of seconds, the same second would give the same one.
            let second = time(nil)
            while time(nil) <= second + 1 { _ = try outside.observer.command("NOOP") }
            try outside.observer.create(stage.wire("a"))
            try stage.append(.plain(3), to: "a", outside)
            return try await stage.client { connection in
                let known = before.highestModSeq.map { QResync(uidValidity: before.uidValidity, modSeq: $0) }
                let after = try await connection.select(stage.folder("a"), readOnly: true, resync: known)
                try check(after.uidValidity != before.uidValidity && after.uidValidity > 0, "\(after.uidValidity)")
                try check(after.exists == 1, "\(after.exists) mails")
                return .asOffered
            }
        },
        Scenario(
            "a folder that is not there is refused, and nothing changes",
            given: [GivenFolder("a", [GivenMail(.plain(1))])],
            expected: [FolderState("a", [MailState(1, .plain(1))])]
        ) { stage in
            try await stage.client { connection in
                do {
                    _ = try await connection.select(stage.folder("none"), readOnly: true)
                    throw ConformanceError("it was opened")
                } catch let error as IMAPError {
                    guard case .refused = error.reason else { throw error }
                }
                _ = try await connection.select(stage.folder("a"), readOnly: false)
                let outcome = try await connection.moveAsOffered(stage.uids(1), to: stage.folder("none"))
                guard case .refused = outcome else { throw ConformanceError("\(outcome)") }
                return .asOffered
            }
        },
        Scenario(
            "all folders are counted",
            given: [
                GivenFolder("a", [GivenMail(.plain(1)), GivenMail(.plain(2), ["\\Seen"])]), GivenFolder("b"),
                GivenFolder("c", [GivenMail(.plain(3))]),
            ],
            expected: [
                FolderState("a", [MailState(1, .plain(1)), MailState(2, .plain(2), ["\\Seen"])]), FolderState("b"),
                FolderState("c", [MailState(1, .plain(3))]),
            ]
        ) { stage in
            try await stage.client { connection in
                let names = ["a", "b", "c"].map(stage.folder)
                let listed = try await connection.listWithStatus(names)
                let status = names.map { name in listed.first { $0.name == name }?.status }
                try check(status.map { $0?.messages } == [2, 0, 1], "\(status)")
                try check(status.map { $0?.unseen } == [1, 0, 1], "\(status)")
                try check(status.map { $0?.uidNext } == [3, 1, 2].map { stage.uid($0) }, "\(status)")
                try check(status.allSatisfy { ($0?.uidValidity ?? 0) > 0 }, "\(status)")
                return connection.profile.sweep == .listStatus ? .asOffered : .instead("STATUS of each")
            }
        },
    ]

    private static let international = ["Entwürfe", "Fragen & Antworten", "with space", "受信箱", "Ωmega ~ 1"]
}
