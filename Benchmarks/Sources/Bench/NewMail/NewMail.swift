import Glibc
import LocalServers

/// From the server's notification of a new mail to the committed ticket, beside a bare client that fetches the same mail
/// and commits one row.
///
/// Dovecot tells an idling client of a delivery up to half a second late; so time runs from the moment at which a raw
/// client that idles on the same mailbox is told.
enum NewMail {
    static let deliveries = 40

    static func run(_ settings: BenchmarkSettings) async throws {
        let (own, bare) = (
            PrivateDovecot.User(name: "own", password: "bench-only"),
            PrivateDovecot.User(name: "bare", password: "bench-only")
        )
        let corpus = Corpus(count: 500, seed: settings.seed)
        let mails = (0..<500).lazy.map(corpus.mail).filter { $0.folder == "INBOX" && $0.parent == nil }
            .prefix(self.deliveries)
        try await withServers(users: [own, bare], extraConfiguration: Machine.mailServer) { servers in
            try await Machine.keepCommitTimes(servers)
            let machine = try await Machine("news", settings, servers, account: own)
            try machine.runOnce()
            let service = try machine.child(log: "service").start(["run"])
            var (floor, baton): ([Double], [Double]) = ([], [])
            do {
                let floorClient = try IdleClient(servers.dovecot, bare)
                let ownClient = try IdleClient(servers.dovecot, own)
                let database = try Database(machine.uri)
                let other = try Database(try await servers.postgres.createDatabase(named: "newsfloor"))
                try other.rows("CREATE TABLE mail (id bigint GENERATED ALWAYS AS IDENTITY, body text)")
                for mail in mails {
                    try await servers.dovecot.deliver(mail.bytes, to: bare.name)
                    try floorClient.awaitMail()
                    let start = ContinuousClock.now
                    try floorClient.fetchNewest()
                    try other.rows("INSERT INTO mail (body) VALUES ('\(mail.id)')")
                    floor.append((ContinuousClock.now - start).seconds)
                    try floorClient.idle()

                    try await servers.dovecot.deliver(mail.bytes, to: own.name)
                    try ownClient.awaitMail()
                    let told = self.now
                    baton.append(try self.awaitTicket(of: mail, database) - told)
                    try ownClient.idle(isNew: false)
                }
            } catch {
                try service.stop()
                throw error
            }
            try service.stop()
            // The first finds the service still waking up.
            self.report(Quantiles(Array(floor.dropFirst())), Quantiles(Array(baton.dropFirst())))
        }
    }

    /// Seconds since 1970, by the clock that the database goes by, too.
    private static var now: Double {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        return Double(now.tv_sec) + Double(now.tv_nsec) / 1e9
    }

    /// When the ticket was committed, in seconds since 1970; asked for now and then, so that asking takes nothing from who works.
    private static func awaitTicket(of mail: Corpus.Mail, _ database: Database) throws -> Double {
        let start = ContinuousClock.now
        let query = """
            SELECT extract(epoch FROM pg_xact_commit_timestamp(e.xmin)) FROM message g JOIN event e ON e.ticket = g.ticket
            WHERE g.message_id = '\(mail.id)' AND e.kind = 'opened'
            """
        while true {
            if let time = try database.rows(query).first?.first.flatMap({ Double($0) }) { return time }
            guard ContinuousClock.now - start < .seconds(30) else { throw BenchmarkError("the ticket does not come") }
            usleep(20_000)
        }
    }

    private static func report(_ floor: Quantiles, _ baton: Quantiles) {
        for (name, part) in [("p50", 0.5), ("p90", 0.9), ("p99", 0.99)] {
            say(
                "  \(name): FETCH and a commit \(shown(floor.at(part) * 1_000, 1)) ms, notification to ticket "
                    + "\(shown(baton.at(part) * 1_000, 1)) ms, \(shown(baton.at(part) / floor.at(part), 1)) times"
            )
        }
    }
}
