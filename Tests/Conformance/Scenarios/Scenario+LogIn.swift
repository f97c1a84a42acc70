import IMAP

extension Scenario {
    static let logIns: [Scenario] = [
        Scenario("log in by each mechanism that is offered") { stage in
            let mechanisms: [IMAPExtension] = [.authScram, .authPlain, .authLogin]
            var ways: [String] = []
            for mechanism in mechanisms {
                do {
                    let way = try await stage.client(off: mechanisms.filter { $0 != mechanism }) { $0.logInName }
                    let name = way ?? "PREAUTH"
                    if !ways.contains(name) { ways.append(name) }
                } catch let error as IMAPError {
                    // Neither the mechanism nor the command is open: another one must be.
                    guard case .unsupported = error.reason else { throw error }
                }
            }
            try check(!ways.isEmpty, "no log-in succeeded")
            // Each was tried with the others switched off, so what is offered was used.
            return ways == ["LOGIN"] ? .instead("the LOGIN command") : .asOffered
        },
        Scenario("a wrong password is refused, and known as such") { stage in
            let configuration = stage.server.configuration(password: "not the password")
            do {
                try await IMAPClient.withConnection(configuration, logger: ConformanceServer.silent) { _ in }
            } catch let error as IMAPError {
                try check(error.isLogInRefusal && !error.isTransient, "\(error)")
                return .asOffered
            }
            throw ConformanceError("the log-in succeeded")
        },
        Scenario(
            "logging out expunges nothing",
            given: [GivenFolder("a", [GivenMail(.plain(1)), GivenMail(.plain(2), ["\\Deleted"])])],
            expected: [
                FolderState("a", [MailState(1, .plain(1), ["\\Deleted"]), MailState(2, .plain(2), ["\\Deleted"])])
            ]
        ) { stage in
            try await stage.client { connection in
                _ = try await connection.select(stage.folder("a"), readOnly: false)
                try await confirm(connection.markDeleted(stage.uids(1)))
            }
            return .asOffered
        },
    ]
}

/// Throws unless a change was confirmed.
func confirm(_ outcome: ChangeOutcome) throws {
    try check(outcome == .confirmed, "\(outcome)")
}
