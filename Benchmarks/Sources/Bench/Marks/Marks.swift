import Glibc
import LocalServers

/// Showing owners in the mailbox, beside one mail client that does the same by hand.
///
/// Two accounts hold the same mail. In one a bare client marks and moves it; in the other tickets are assigned and Baton
/// does. Both layouts at once: the keyword and the agent's folder. Of both the time is that at which another connection sees it.
enum Marks {
    static let agent = "mia"
    static let keyword = "owner-mia"
    static let folder = "Agents/mia"
    /// Tickets assigned at once.
    static let many = 1_000
    /// Tickets assigned one by one, in alternation with the client.
    static let single = 100

    static func run(_ settings: BenchmarkSettings) async throws {
        say("\(self.many) tickets at once, rounds alternate; then \(self.single) one by one, alternating.\n")
        for format in PrivateDovecot.Format.allCases {
            var ratios: [Double] = []
            for round in 0..<settings.rounds {
                ratios.append(try await self.bulk(format, round, settings))
            }
            say("  \(format.rawValue), at once: baton's rate as a part of the client's: \(shown(Quantiles(ratios), 2))")
            try await SingleMarks(format: format, settings: settings).run()
        }
    }

    /// Asks until so many mails are in the agent's folder.
    ///
    /// A thousand times a second: who asks without a pause takes half a core from those who are measured.
    static func awaitCount(
        _ count: Int,
        _ observer: ObserverClient,
        since start: ContinuousClock.Instant
    ) throws {
        let expected = "(MESSAGES \(count))"
        while true {
            let answer = try observer.command("STATUS \"\(self.folder)\" (MESSAGES)")
            if answer.contains(where: { $0.hasSuffix(expected) }) { return }
            guard ContinuousClock.now - start < .seconds(120) else { throw BenchmarkError("the marks do not come") }
            usleep(1_000)
        }
    }

    /// Waits until so many mails are in the agent's folder, then checks that all have the keyword; how long it took.
    static func awaitMarks(
        _ count: Int,
        _ observer: ObserverClient,
        since start: ContinuousClock.Instant
    ) throws -> Double {
        try self.awaitCount(count, observer, since: start)
        while true {
            let elapsed = (ContinuousClock.now - start).seconds
            _ = try observer.select(self.folder, readOnly: true)
            let found = try observer.command("UID SEARCH KEYWORD \(self.keyword)")
            _ = try observer.command("UNSELECT")
            let uids = found.first { $0.hasPrefix("SEARCH") }?.split(separator: " ").count ?? 1
            if uids - 1 == count { return elapsed }
            guard elapsed < 120 else { throw BenchmarkError("the keywords do not come") }
        }
    }

    /// One account whose INBOX holds mails of as many senders, arrived within the last days.
    static func fill(_ servers: ServerSet, _ account: PrivateDovecot.User, count: Int) async throws {
        try await servers.dovecot.addUser(account)
        let observer = try servers.dovecot.observer(as: account)
        defer { observer.logout() }
        let first = time(nil) - 3 * 86_400
        for index in 0..<count {
            let mail = """
                From: Contact \(index) <c\(index)@contact.example>\r
                To: Support <\(Vocabulary.shop.address)>\r
                Subject: Question \(index)\r
                Date: \(MailDate.header(first + index))\r
                Message-ID: <\(index)@contact.example>\r
                \r
                \(String(repeating: "Could you look into this? ", count: 60))\r

                """
            _ = try observer.append(Array(mail.utf8), to: "INBOX", internalDate: MailDate.internalDate(first + index))
        }
    }

    /// A Baton that has imported the account and shows owners in it.
    static func machine(
        _ name: String,
        _ settings: BenchmarkSettings,
        _ servers: ServerSet,
        _ account: PrivateDovecot.User
    ) async throws -> Machine {
        let machine = try await Machine(name, settings, servers, account: account)
        try machine.runOnce()
        try machine.run("mailbox", "edit", machine.mailbox, "--layout", "both", "--linger", "0s")
        try machine.runOnce()
        return machine
    }

    /// One round: the rate of Baton as a part of the client's.
    private static func bulk(
        _ format: PrivateDovecot.Format,
        _ round: Int,
        _ settings: BenchmarkSettings
    ) async throws -> Double {
        let (own, bare) = (
            PrivateDovecot.User(name: "own", password: "bench-only"),
            PrivateDovecot.User(name: "bare", password: "bench-only")
        )
        return try await withServers(format: format, extraConfiguration: Machine.mailServer) { servers in
            for account in [own, bare] { try await self.fill(servers, account, count: self.many) }
            let machine = try await self.machine("marks", settings, servers, own)
            let byHand = {
                try await BareClient.with(servers, bare) { client in try client.apply("1:*", seen: self.many) }
            }
            var hand = round.isMultiple(of: 2) ? try await byHand() : 0
            let observer = try servers.dovecot.observer(as: own)
            let numbers = try Database(machine.uri).rows("SELECT number FROM ticket_v ORDER BY number").map { $0[0] }
            guard numbers.count == self.many else { throw BenchmarkError("\(numbers.count) tickets") }
            // What starting the program and looking at the mailbox takes is measured with one ticket.
            let one = try self.service(machine, assigning: numbers.prefix(1), total: 1, observer)
            let all = try self.service(machine, assigning: numbers.dropFirst(), total: self.many, observer)
            if hand == 0 { hand = try await byHand() }
            try machine.runOnce()
            try machine.run("mailbox", "verify", machine.mailbox, "--format", "json")
            let rates = (Double(self.many - 1) / (all - one), Double(self.many) / hand)
            say(
                "  \(format.rawValue), round \(round + 1): client \(shown(rates.1, 0)) tickets/s, "
                    + "baton \(shown(rates.0, 0))/s (\(shown(all * 1_000, 0)) ms from its start, of which "
                    + "\(shown(one * 1_000, 0)) for the first)"
            )
            return rates.0 / rates.1
        }
    }

    /// Assigns while nobody works, then starts the service; seconds until all is in step.
    private static func service(
        _ machine: Machine,
        assigning numbers: ArraySlice<String>,
        total: Int,
        _ observer: ObserverClient
    ) throws -> Double {
        for number in numbers { try machine.run("ticket", "assign", number, self.agent) }
        let start = ContinuousClock.now
        let service = try machine.child(log: "service").start(["run"])
        let result = Result { try self.awaitMarks(total, observer, since: start) }
        try service.stop()
        return try result.get()
    }
}
