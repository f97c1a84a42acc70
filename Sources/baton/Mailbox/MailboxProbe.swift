import ArgumentParser
import Desk
import DeskStore
import IMAP

/// `baton mailbox probe`.
struct MailboxProbe: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "probe",
        abstract: "Connect to a mailbox and show what its server offers.",
        discussion: """
            Shows what Baton will use and do without, the folders and what they mean to it, and how agents will see \
            who owns a ticket. Nothing is changed: folders are opened read-only. Only a SELECT tells for sure \
            whether keywords may be stored; it takes away the \\Recent mark, so on an observed mailbox it is left \
            out unless you say --select.
            """
    )

    @Argument(help: "The mailbox.")
    var name: String

    @Flag(help: "Open INBOX for writing to learn whether keywords may be stored; writes nothing.")
    var select = false

    @OptionGroup var database: DatabaseOptions
    @OptionGroup var detail: DetailOptions

    func run() async throws {
        let (mailbox, agents) = try await self.database.withDatabase { database in
            try await database.unit { unit in
                (try Lookup.mailbox(unit, self.name), try AgentQueries.list(unit).filter { $0.disabledAt == nil })
            }
        }
        let settings = mailbox.settings
        let configuration = try MailboxConnection.configuration(settings)
        let mayWrite = self.select || settings.layout != nil
        let report = try await IMAPClient.withConnection(configuration, logger: CommandLog.logger) { connection in
            try await ProbeReport.make(over: connection, settings: settings, agents: agents, mayWrite: mayWrite)
        }
        switch self.detail.format {
        case .table: Output.write(report.text(on: .standardOutput()))
        case .json: Output.line(report.json.indented)
        }
    }
}
