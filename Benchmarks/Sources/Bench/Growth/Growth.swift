import LocalServers

/// How the costs grow with the mailbox: importing it, and finding nothing new in it.
///
/// Mailboxes of a thousand, ten thousand and so on are imported, each beside a raw fetch that discards, then asked once
/// more through a proxy that counts commands and bytes. Peak memory, CPU for each message, and what a quiet look costs
/// should not depend on the size. At the end the server gives all mails other UIDs, and all must be recognised.
enum Growth {
    /// What comes before and after the looks themselves.
    private static let session: Set<String> = [
        "CAPABILITY", "LOGIN", "AUTHENTICATE", "ID", "ENABLE", "NAMESPACE", "LOGOUT", "NOOP", "UNSELECT",
    ]

    static func run(_ settings: BenchmarkSettings) async throws {
        var sizes: [Int] = []
        var size = min(1_000, settings.largest)
        while size < settings.largest {
            sizes.append(size)
            size *= 10
        }
        sizes.append(settings.largest)
        say("Each size once; ratios are of the speed of a raw fetch that discards, just before.\n")
        for size in sizes { try await self.measure(size, settings) }
    }

    private static func measure(_ size: Int, _ settings: BenchmarkSettings) async throws {
        let corpus = Corpus(count: size, seed: settings.seed)
        let account = PrivateDovecot.User(name: "bench", password: "bench-only")
        try await withServers(users: [account]) { servers in
            _ = try Mailbox.fill(servers.dovecot, account, from: corpus)
            let start = ContinuousClock.now
            _ = try RawFetch.run(
                port: servers.dovecot.imapPort,
                user: account.name,
                password: account.password,
                folders: ["INBOX", "Sent"]
            )
            let raw = (ContinuousClock.now - start).seconds
            let proxy = try CountingProxy(to: servers.dovecot.imapPort)
            defer { proxy.close() }
            let machine = try await Machine("growth", settings, servers, account: account, port: proxy.port)
            // The import goes through the proxy too: who measures speed alone looks at `first-import`.
            let usage = try machine.runOnce()
            try machine.verifyImport(of: size)
            try machine.runOnce()
            _ = proxy.take()
            let quiet = try machine.runOnce()
            try self.report(size, raw: raw, usage, quiet, proxy.take(), folders: try self.folders(servers, account))
            try self.renumber(size, usage, machine, servers, account, proxy)
        }
    }

    /// Tickets that somebody owns when the UIDs change.
    private static let owned = 100

    /// Other UIDs, as after a restored backup: no new ticket, no lost owner, and no longer than a first import.
    private static func renumber(
        _ size: Int,
        _ first: Child.Usage,
        _ machine: Machine,
        _ servers: ServerSet,
        _ account: PrivateDovecot.User,
        _ proxy: CountingProxy
    ) throws {
        let database = try Database(machine.uri)
        for row in try database.rows("SELECT number FROM ticket_v ORDER BY number DESC LIMIT \(self.owned)") {
            try machine.run("ticket", "assign", row[0], Marks.agent)
        }
        try machine.runOnce()
        let tickets = "SELECT number, version, subject, owner, status, priority FROM ticket_v ORDER BY number"
        let messages = "SELECT digest, ticket FROM message_v ORDER BY digest"
        let before = (try database.rows(tickets), try database.rows(messages))
        try servers.dovecot.forgetUIDs(of: account)
        _ = proxy.take()
        let usage = try machine.runOnce()
        let bytes = proxy.take().flatMap(\.self).reduce(0) { $0 + $1.received }
        guard try database.rows(tickets) == before.0, try database.rows(messages) == before.1 else {
            throw BenchmarkError("a changed UIDVALIDITY changed tickets or messages")
        }
        let counts = try database.numbers(
            """
            SELECT count(*) FILTER (WHERE gone_at IS NULL), count(*) FILTER (WHERE gone_at IS NOT NULL) FROM placement_v
            """
        )
        guard counts == [size, size] else { throw BenchmarkError("placements after a changed UIDVALIDITY: \(counts)") }
        say(
            "  UIDVALIDITY changed: \(shown(usage.wall.seconds / first.wall.seconds, 2)) of the import's time, "
                + "\(bytes / size) bytes a message, peak \(shown(usage.peak, 0)) MiB; no new ticket, no lost owner"
        )
    }

    private static func folders(_ servers: ServerSet, _ account: PrivateDovecot.User) throws -> Int {
        let observer = try servers.dovecot.observer(as: account)
        defer { observer.logout() }
        return try observer.list().count
    }

    private static func report(
        _ size: Int,
        raw: Double,
        _ usage: Child.Usage,
        _ quiet: Child.Usage,
        _ connections: [[CountingProxy.Exchange]],
        folders: Int
    ) throws {
        let rate = Double(size) / usage.wall.seconds
        say(
            "\(size) messages: import \(shown(rate, 0))/s, \(shown(raw / usage.wall.seconds, 2)) of the raw fetch, "
                + "CPU \(shown(usage.cpu * 1_000 / Double(size), 2)) ms a message, peak \(shown(usage.peak, 0)) MiB"
        )
        let looks = connections.flatMap(\.self).filter { !self.session.contains($0.verb) }
        // Every look of a run that finds nothing; a run looks more than once.
        let passes = looks.filter { $0.verb == "LIST" && $0.received > 0 }
        guard !passes.isEmpty else { throw BenchmarkError("no look was seen on the wire") }
        let bytes = looks.reduce(0) { $0 + $1.sent + $1.received }
        say(
            "  nothing new: \(shown(Double(looks.count) / Double(passes.count), 1)) round trips a look at \(folders) folders, "
                + "\(bytes / passes.count / folders) bytes a folder; \(passes.count) looks and the program's start "
                + "\(shown(quiet.wall.seconds * 1_000, 0)) ms (\(Set(looks.map(\.verb)).sorted().joined(separator: ", ")))"
        )
    }
}
