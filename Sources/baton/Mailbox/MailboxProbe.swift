import ArgumentParser
import Desk
import DeskStore
import IMAP
import Rendering

/// `baton mailbox probe`.
struct MailboxProbe: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "probe",
        abstract: "Connect to a mailbox and explain its server in one screen.",
        discussion: """
            Shows what Baton will use and do without, what the folders mean to it, how agents will see who owns a ticket, and what \
            is to be mended. A log-in that was refused before is tried again.

            An observed mailbox (--layout none) is opened read-only and never written, so whether keywords may be stored stays \
            unknown. --select opens INBOX for writing to ask, which takes away the \\Recent mark. --try-keywords is your consent to find \
            out for certain: a keyword is stored on the newest mail in INBOX, read again and removed. A mailbox with a layout is asked, \
            and with --try-keywords tried.
            """
    )

    @Argument(help: "The mailbox.")
    var name: String

    @Flag(help: "Open INBOX for writing to learn whether keywords may be stored; writes nothing.")
    var select = false

    @Flag(help: "Store a keyword on the newest mail in INBOX, read it again and remove it.")
    var tryKeywords = false

    @OptionGroup var database: DatabaseOptions
    @OptionGroup var detail: DetailOptions

    func run() async throws {
        let report = try await self.database.withDatabase { database in
            let (mailbox, record, agents, stored) = try await database.unit { unit in
                let mailbox = try Lookup.mailbox(unit, self.name)
                return (
                    mailbox, try MailboxQueries.load(unit, name: mailbox.settings.name),
                    try AgentQueries.list(unit).filter { $0.disabledAt == nil },
                    try ExtensionQueries.load(unit, mailbox.id)
                )
            }
            guard let record else { throw CommandFailure.refused("There is no mailbox \(self.name)", "") }
            let configuration = try await MailboxConnection.configuration(
                record,
                database: database,
                isAsked: true,
                logger: CommandLog.logger
            )
            let request = ProbeReport.Request(
                settings: mailbox.settings,
                agents: agents,
                stored: stored,
                maySelect: self.select || mailbox.settings.layout != nil,
                mayTryKeywords: self.tryKeywords
            )
            return try await IMAPClient.withConnection(configuration, logger: CommandLog.logger) { connection in
                try await ProbeReport.make(over: connection, request)
            }
        }
        switch self.detail.format {
        case .table: Output.write(report.text(on: .standardOutput()))
        case .json: Output.line(report.json.indented)
        }
    }
}
