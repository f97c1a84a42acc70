import LocalServers

/// A first import of a generated mailbox, beside what the machine allows.
///
/// In each round, in rotating order: a raw reader that discards, the insert floor, mbsync where it is installed, and
/// Baton. Every number of a round is from the same minutes on the same servers, so the ratios within a round are what
/// counts; wall times of a shared machine are not comparable between runs.
enum FirstImport {
    static func run(_ settings: BenchmarkSettings) async throws {
        let corpus = Corpus(count: settings.messages, seed: settings.seed)
        let account = PrivateDovecot.User(name: "bench", password: "bench-only")
        try await withServers(users: [account]) { servers in
            let bytes = try Mailbox.fill(servers.dovecot, account, from: corpus)
            say(
                """
                First import: \(corpus.count) generated messages, \(bytes / 1_000_000) MB, \
                \(bytes / corpus.count / 1_000) KB on average; Dovecot Maildir, PostgreSQL with fsync on.
                IMAP is plaintext on loopback for all. \(settings.rounds) rounds, order rotates.

                """
            )
            let contest = Contest(settings: settings, corpus: corpus, servers: servers, account: account)
            try await contest.hold()
        }
    }
}
