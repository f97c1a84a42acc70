import Desk
import LocalServers

/// The story in eight chapters, each really happening.
///
/// Every `$ baton …` line is a process of its own; the mailbox is only ever looked at, and touched, over a separate IMAP
/// connection that shares no code with Baton's.
struct DemoStory {
    private static let newMailLimit = Duration.seconds(30)

    private let servers: ServerSet
    private let account: PrivateDovecot.User
    private let seed: UInt64
    private let stage: DemoStage
    private let baton: DemoProgram

    init(servers: ServerSet, account: PrivateDovecot.User, seed: UInt64, stage: DemoStage) throws {
        self.servers = servers
        self.account = account
        self.seed = seed
        self.stage = stage
        self.baton = try DemoProgram(databaseURL: servers.postgres.uri, folder: servers.folder.path, stage: stage)
    }

    /// Everything, from the empty servers to the report.
    func tell() async throws {
        let now = Self.now()
        try self.fillMailbox(at: now)
        try await self.setUp()
        try await self.importMail()
        let first = try await self.assign()
        try self.showMailbox(first)
        try await self.moveAsAnAgentWould()
        try await self.receiveNewMail()
        try await self.report(now)
    }

    private static func now() -> Timestamp {
        // Whole seconds: mail knows no others.
        Timestamp(microseconds: WallClock.now().microseconds / 1_000_000 * 1_000_000)
    }
}

// MARK: - Chapters

extension DemoStory {
    private func fillMailbox(at now: Timestamp) throws {
        self.stage.heading(1, "A mailbox as a team has it")
        let mailbox = SampleMailbox(seed: self.seed, now: now)
        let observer = try self.servers.dovecot.observer(as: self.account)
        defer { observer.logout() }
        for message in mailbox.messages {
            _ = try observer.append(
                message.bytes,
                to: message.folder,
                flags: message.flags,
                internalDate: SampleDate.internalDate(message.arrived)
            )
        }
        self.stage.say(
            """
            Nordlicht Bikes, a shop, gets its mail at support@nordlicht.example. Ann and Bob answer it, each in a mail
            client of their own. Six weeks of it now lie on the server: \(mailbox.messages.count) messages.
            """
        )
        try self.printFolders(observer, details: [])
    }

    private func setUp() async throws {
        self.stage.heading(2, "Tell Baton who is who")
        try await self.baton.run("database", "migrate")
        try await self.baton.run("agent", "add", "ann", "--name", "Ann Arbor", "--email", "ann@nordlicht.example")
        try await self.baton.run("agent", "add", "bob", "--name", "Bob Berg", "--email", "bob@nordlicht.example")
        try await self.baton.run("queue", "add", "support", "--member", "ann", "--member", "bob")
        let dovecot = self.servers.dovecot
        try await self.baton.run(
            "mailbox",
            "add",
            "support",
            "--address",
            "support@nordlicht.example",
            "--server",
            "imaps://\(dovecot.host):\(dovecot.imapsPort)",
            "--user",
            self.account.name,
            "--password-file",
            try dovecot.passwordFile(of: self.account),
            "--ca-file",
            dovecot.caFile,
            "--queue",
            "support",
            "--layout",
            "both"
        )
    }

    private func importMail() async throws {
        self.stage.heading(3, "Import what is there")
        self.stage.say(
            "Every mail is stored and becomes part of a ticket, with its real dates. Nothing is moved or sent."
        )
        try await self.baton.run("run", "--once")
        self.stage.say("\nAnswers were found in Sent: who was answered waits no more. These tickets are open:")
        try await self.baton.list("ticket", "list", "--status", "open", "--limit", "8")
    }

    /// Gives two tickets an owner.
    ///
    /// - Returns: the folders to look into.
    private func assign() async throws -> [String] {
        self.stage.heading(4, "Give tickets an owner")
        let tickets = try await self.unowned()
        guard tickets.count >= 3 else { throw DemoError(.missing("three open tickets without an owner")) }
        try await self.baton.run("ticket", "assign", "\(tickets[0].number)", "ann")
        try await self.baton.run("ticket", "assign", "\(tickets[1].number)", "bob")
        try await self.baton.run("run", "--once")
        return ["Agents/ann", "Agents/bob"]
    }

    private func showMailbox(_ folders: [String]) throws {
        self.stage.heading(5, "Every mail client shows who")
        self.stage.say("The same account, as another IMAP connection lists it (this is not Baton looking):\n")
        let observer = try self.servers.dovecot.observer(as: self.account)
        defer { observer.logout() }
        try self.printFolders(observer, details: folders)
    }

    private func moveAsAnAgentWould() async throws {
        self.stage.heading(6, "An agent moves a mail in a mail client")
        guard let ticket = try await self.unowned().first else {
            throw DemoError(.missing("open ticket without an owner"))
        }
        let before = try await self.baton.read(DemoTicketDetail.self, "ticket", "show", "\(ticket.number)")
        guard let uid = before.uid(in: "INBOX") else {
            throw DemoError(.missing("mail of ticket \(ticket.number) in INBOX"))
        }
        self.stage.say("Bob drags the mail of ticket \(ticket.number) from INBOX to Agents/bob. Over IMAP that is:")
        self.stage.say("  SELECT INBOX\n  UID MOVE \(uid) Agents/bob")
        let observer = try self.servers.dovecot.observer(as: self.account)
        _ = try observer.select("INBOX")
        try observer.move(uid, to: "Agents/bob")
        observer.logout()
        try await self.baton.run("run", "--once")
        self.stage.say("\nThe move was a command. The owner is Bob, and the history says where that came from:")
        try await self.baton.list("ticket", "show", "\(ticket.number)")
        try await self.baton.list("ticket", "history", "\(ticket.number)")
        let after = try await self.baton.read(DemoTicketDetail.self, "ticket", "show", "\(ticket.number)")
        guard after.owner == "bob" else { throw DemoError(.missing("new owner of ticket \(ticket.number)")) }
    }

    private func receiveNewMail() async throws {
        self.stage.heading(7, "New mail, while Baton runs")
        let service = try self.baton.start("run")
        // The first one shows that the service is up; only the second is timed.
        let elapsed: Duration
        do {
            _ = try await self.deliver("Can I come by today?", from: 2)
            elapsed = try await self.deliver("One more thing about my bike", from: 6)
        } catch {
            self.stage.say("What the service said last:\n\(service.lastWords)")
            throw error
        }
        self.stage.say(
            "\nA mail is delivered; \(Self.milliseconds(elapsed)) ms later `baton ticket list` shows its ticket:"
        )
        try await self.baton.list("ticket", "list", "--status", "open", "--limit", "3")
        let stopped = try await service.stop()
        self.stage.say("\nSIGTERM: the service ended \(Self.milliseconds(stopped)) ms later.")
    }

    private func report(_ now: Timestamp) async throws {
        self.stage.heading(8, "How long do people wait for us?")
        self.stage.say("First, is everything on the server accounted for?")
        try await self.baton.list("mailbox", "verify", "support")
        let today = now.civilDate.daysSinceEpoch
        let from = CivilDate(daysSinceEpoch: today - 42).description
        let to = CivilDate(daysSinceEpoch: today + 1).description
        try await self.baton.list("report", "first-response", "--from", from, "--to", to, "--by", "week")
        try await self.baton.list("report", "first-response", "--from", from, "--to", to, "--by", "agent")
    }
}

// MARK: - Steps

extension DemoStory {
    /// Open tickets that nobody owns, newest first.
    private func unowned() async throws -> [DemoTicket] {
        try await self.baton.read([DemoTicket].self, "ticket", "list", "--status", "open", "--unowned")
            .sorted { $0.createdAt > $1.createdAt }
    }

    /// Delivers a mail over LMTP, as a mail server would, and waits for its ticket.
    ///
    /// - Returns: from the delivery to the ticket in a listing, the listing's own time included.
    private func deliver(_ subject: String, from contact: Int) async throws -> Duration {
        let message = SampleMailbox.newcomer(subject: subject, from: contact, at: Self.now(), seed: self.seed)
        try await self.servers.dovecot.deliver(message.bytes, to: self.account.name, from: message.from.address)
        let start = ContinuousClock.now
        while true {
            let tickets = try await self.baton.read([DemoTicket].self, "ticket", "list", "--status", "open")
            let elapsed = ContinuousClock.now - start
            if tickets.contains(where: { $0.subject == subject }) { return elapsed }
            guard elapsed < Self.newMailLimit else {
                throw DemoError(.timedOut("a delivered mail did not become a ticket", seconds: 30))
            }
            try await Task.sleep(for: .milliseconds(20))
        }
    }

    /// Lists every folder with its number of messages, and of some folders each message with its keywords.
    private func printFolders(_ observer: ObserverClient, details: [String]) throws {
        let unselectable: Set = ["\\nonexistent", "\\noselect"]
        for folder in try observer.list() where unselectable.isDisjoint(with: folder.attributes.map { $0.lowercased() })
        {
            let count = try observer.select(folder.name, readOnly: true).exists
            self.stage.say("  \(folder.name.padded(to: 14)) \(count == 0 ? "-" : "\(count)")")
            guard details.contains(folder.name), count > 0 else { continue }
            for message in try observer.messages() {
                let flags = message.flags.joined(separator: " ")
                self.stage.say("      UID \(message.uid)  (\(flags))  \(message.headers["subject"] ?? "")")
            }
        }
    }

    /// INBOX first, then by name.
    private static func place(of folder: String) -> String {
        folder == "INBOX" ? "" : folder
    }

    private static func milliseconds(_ duration: Duration) -> Int64 {
        let (seconds, attoseconds) = duration.components
        return seconds * 1_000 + attoseconds / 1_000_000_000_000_000
    }
}

// MARK: - Staying up

extension DemoStory {
    /// Says how to look at both servers from outside, and how to end them.
    func explainHowToConnect(stop: String) {
        let dovecot = self.servers.dovecot
        let uri = self.servers.postgres.uri
        self.stage.heading(9, "Both servers stay up")
        self.stage.say(
            """
            Thunderbird   Account Settings → Add Mail Account → Configure manually. IMAP, host \(dovecot.host),
                          port \(dovecot.imapsPort), SSL/TLS, user \(self.account.name), password \(self.account.password).
                          Import its authority first (Settings → Certificates → Authorities → Import):
                          \(dovecot.caFile)
            mutt          mutt -e 'set ssl_ca_certificates_file="\(dovecot.caFile)"' \\
                               -f imaps://\(self.account.name):\(self.account.password)@\(dovecot.host):\(dovecot.imapsPort)/INBOX
            psql          psql '\(uri)'
            baton         export BATON_DATABASE_URL='\(uri)'
                          baton run        # then move mail in your client, and: baton ticket list

            To stop both and remove \(self.servers.folder.path):
                          \(stop)
            """
        )
    }
}

extension String {
    /// The text with spaces behind it.
    fileprivate func padded(to width: Int) -> String {
        self + String(repeating: " ", count: max(0, width - self.count))
    }
}
