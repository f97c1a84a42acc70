import ArgumentParser
import Desk
import DeskStore
import IMAP
import MIME

/// `baton mailbox edit`.
struct MailboxEdit: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "edit",
        abstract: "Change a mailbox's settings.",
        discussion: """
            What is not given stays as it is. A change of layout takes effect at the next look at the mailbox: \
            `baton mailbox preview` shows beforehand what it would do, --layout none stops all writing at once.

              baton mailbox edit support --layout both
              baton mailbox edit support --linger 0 --breaker 50
            """
    )

    @Argument(help: "The mailbox.")
    var name: String

    @Option(
        help: ArgumentHelp("The shared address.", valueName: "address"),
        transform: ArgumentReading.address
    )
    var address: MailAddress?

    @Option(help: ArgumentHelp("imaps://host[:port], or imap://host[:port].", valueName: "url"))
    var server: String?

    @Option(
        help: ArgumentHelp("The name to log in with.", valueName: "name"),
        transform: ArgumentReading.label
    )
    var user: String?

    @Flag(help: "Trust the system's authorities again, instead of --ca-file.")
    var noCaFile = false

    @Flag(help: "Believe no server's Authentication-Results any more.")
    var noAuthservID = false

    @Option(
        help: ArgumentHelp(
            "Use an extension of IMAP again, whoever switched it off; may be repeated.",
            valueName: "extension"
        ),
        transform: ArgumentReading.imapExtension
    )
    var with: [IMAPExtension] = []

    @OptionGroup(title: "Settings") var options: MailboxOptions
    @OptionGroup var database: DatabaseOptions

    func validate() throws {
        guard !self.noCaFile || self.options.caFile == nil else {
            throw ValidationError("--ca-file and --no-ca-file exclude each other.")
        }
        guard Set(self.with).isDisjoint(with: self.options.without) else {
            throw ValidationError("--with and --without name the same extension.")
        }
        guard !self.noAuthservID || self.options.authservID == nil else {
            throw ValidationError("--authserv-id and --no-authserv-id exclude each other.")
        }
    }

    func run() async throws {
        try await self.database.withDatabase { database in
            let change = try await database.unit { unit in try self.change(unit) }
            for remark in change.remarks { Output.remark(remark) }
            if change.concernsMarks { try await Self.touchAll(database, change.mailbox) }
            Output.line(change.isChanged ? "mailbox \(self.name) changed" : "mailbox \(self.name) is so already")
            if change.turnsMarksOn {
                Output.remark("Marks are written from now on; `--layout none` stops it at once.")
            }
        }
    }

    /// What a change did.
    private struct Change: Sendable {
        let mailbox: Identifier<Mailbox>
        let isChanged: Bool
        /// Whether marks must be looked at again.
        let concernsMarks: Bool
        let turnsMarksOn: Bool
        let remarks: [String]
    }

    private func change(_ unit: Unit) throws -> Change {
        guard let (mailbox, former) = try MailboxSettingsQueries.lock(unit, name: self.name) else {
            throw Lookup.unknownMailbox(self.name, known: try MailboxSettingsQueries.names(unit))
        }
        var settings = former
        let remarks = try self.apply(to: &settings, unit)
        var areExtensionsChanged = try self.options.applyExtensions(unit, mailbox)
        for name in self.with where try ExtensionQueries.switchOn(unit, mailbox, name.rawValue) {
            areExtensionsChanged = true
        }
        if settings != former { try MailboxSettingsQueries.update(unit, settings) }
        if self.concernsLogIn {
            // What was refused before says nothing about what is given now.
            try ServerWaitQueries.logInAccepted(unit, mailbox)
            try ServerWaitQueries.waited(unit, mailbox)
        }
        if settings != former || areExtensionsChanged || self.concernsLogIn {
            for service in LeasedService.allCases { try MailboxQueries.wake(unit, mailbox, service) }
        }
        let isSameOfMarks =
            settings.layout == former.layout && settings.agentsFolder == former.agentsFolder
            && settings.closedFolder == former.closedFolder && settings.marksReach == former.marksReach
            && settings.onDelete == former.onDelete
        return Change(
            mailbox: mailbox,
            isChanged: settings != former || areExtensionsChanged,
            // Asked for by name, it is done again: an interrupted run may have left some messages out.
            concernsMarks: !isSameOfMarks || self.options.layout != nil,
            turnsMarksOn: former.layout == nil && settings.layout != nil,
            remarks: remarks
        )
    }

    /// Whether the next log-in may fare otherwise than the last.
    private var concernsLogIn: Bool {
        !self.options.credentials.isEmpty || self.user != nil || self.server != nil
    }

    private func apply(to settings: inout MailboxSettings, _ unit: Unit) throws -> [String] {
        let remarks = try self.options.apply(to: &settings)
        if let address = self.address {
            if case .agent(let handle) = try AgentQueries.addressHolder(unit, key: address.comparisonKey) {
                throw CommandFailure.refused("\(address.address) is an address of agent \(handle)")
            }
            (settings.address, settings.addressKey) = (address.address, address.comparisonKey)
        }
        if self.server != nil || self.options.plaintext != nil {
            // A new server is asked about TLS anew; the same one keeps what was said.
            let plaintext = self.options.plaintext ?? (self.server == nil && settings.isPlaintext)
            let server = try ServerAddress(
                url: self.server ?? settings.server,
                plaintext: plaintext,
                isForced: self.options.forcePlaintext
            )
            (settings.server, settings.isPlaintext) = (server.text, server.isPlaintext)
        }
        if let user = self.user { settings.username = user }
        if self.noCaFile { settings.caFile = nil }
        if self.noAuthservID { settings.authservID = nil }
        if let queue = self.options.queue { settings.queue = try Lookup.queue(unit, queue) }
        try MailboxOptions.checkAgents(unit, settings.layout)
        return remarks
    }

    /// Has every message looked at, in units that each are short.
    private static func touchAll(_ database: DeskDatabase, _ mailbox: Identifier<Mailbox>) async throws {
        var last = Identifier<Message>(0)
        while true {
            let after = last
            let next = try await database.unit { unit in
                try MailboxSettingsQueries.touch(unit, mailbox, after: after)
            }
            guard let next else { break }
            last = next
        }
        try await database.unit { unit in try MailboxQueries.wake(unit, mailbox, .assignment) }
    }
}
