import ArgumentParser
import Desk
import DeskStore
import MIME

/// `baton mailbox add`.
struct MailboxAdd: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "add",
        abstract: "Add a shared mailbox.",
        discussion: """
            Nothing is connected to yet: `baton mailbox probe` does that, `baton run` imports the mail. Without \
            --layout Baton only observes and never writes to the server.

              baton mailbox add support --address support@example.com \\
                    --server imaps://mail.example.com --user support@example.com \\
                    --password-file /etc/baton/support.password

            imaps:// is TLS from the first byte (port 993), imap:// is STARTTLS (port 143), imap:// with --plaintext \
            has no TLS. Without --queue: the only queue there is; where there is none, one of the mailbox's name is \
            made.
            """
    )

    @Argument(help: "Its name, of a-z, 0-9 and -.", transform: ArgumentReading.name)
    var name: String

    @Option(
        help: ArgumentHelp("The shared address.", valueName: "address"),
        transform: ArgumentReading.address
    )
    var address: MailAddress

    @Option(help: ArgumentHelp("imaps://host[:port], or imap://host[:port].", valueName: "url"))
    var server: String

    @Option(
        help: ArgumentHelp("The name to log in with.", valueName: "name"),
        transform: ArgumentReading.label
    )
    var user: String

    @OptionGroup(title: "Settings") var options: MailboxOptions
    @OptionGroup var database: DatabaseOptions

    func validate() throws {
        guard !self.options.credentials.isEmpty else {
            throw ValidationError(
                """
                Say where the password is: --password-file FILE or --password-variable NAME; or the OAuth token: \
                --token-file FILE or --token-command COMMAND.
                """
            )
        }
        _ = try self.serverAddress()
    }

    private func serverAddress() throws -> ServerAddress {
        try ServerAddress(
            url: self.server,
            plaintext: self.options.plaintext ?? false,
            isForced: self.options.forcePlaintext
        )
    }

    func run() async throws {
        let server = try self.serverAddress()
        var draft = MailboxSettings(
            name: self.name,
            address: self.address.address,
            addressKey: self.address.comparisonKey,
            server: server.text,
            username: self.user,
            queue: Identifier(0)
        )
        draft.isPlaintext = server.isPlaintext
        let remarks = try self.options.apply(to: &draft)
        let settings = draft
        let madeQueue = try await self.database.withDatabase { database in
            try await database.unit { unit in try self.add(settings, unit) }
        }
        for remark in remarks { Output.remark(remark) }
        if madeQueue { Output.line("queue \(self.name) added") }
        Output.line("mailbox \(self.name) added\(settings.layout == nil ? ", observed only" : "")")
        Output.remark("See what its server offers: baton mailbox probe \(self.name)")
    }

    /// Adds it; whether a queue was made for it.
    private func add(_ settings: MailboxSettings, _ unit: Unit) throws -> Bool {
        if case .agent(let handle) = try AgentQueries.addressHolder(unit, key: settings.addressKey) {
            throw CommandFailure.refused(
                "\(settings.address) is an address of agent \(handle)",
                "The shared address cannot be one person's"
            )
        }
        try MailboxOptions.checkAgents(unit, settings.layout)
        var settings = settings
        let (queue, isNew) = try self.queue(unit)
        settings.queue = queue
        guard let mailbox = try MailboxSettingsQueries.add(unit, settings) else {
            throw CommandFailure.refused(
                "There is a mailbox \(self.name) already",
                "Change it with `baton mailbox edit \(self.name)`"
            )
        }
        _ = try self.options.applyExtensions(unit, mailbox)
        for service in LeasedService.allCases { try MailboxQueries.wake(unit, mailbox, service) }
        return isNew
    }

    private func queue(_ unit: Unit) throws -> (queue: Identifier<Queue>, isNew: Bool) {
        if let name = self.options.queue { return (try Lookup.queue(unit, name), false) }
        let names = try QueueQueries.names(unit)
        guard let only = names.first else {
            if let queue = try QueueQueries.add(unit, name: self.name) { return (queue, true) }
            // Somebody added it in this very moment.
            return (try Lookup.queue(unit, self.name), false)
        }
        guard names.count == 1 else {
            throw CommandFailure.refused(
                "There are several queues",
                "Say which one new tickets go to: --queue \(names.prefix(5).joined(separator: "|"))"
            )
        }
        return (try Lookup.queue(unit, only), false)
    }
}
