import ArgumentParser
import Desk
import DeskStore
import Ingestion
import Rendering

/// `baton mailbox verify`: proves that no mail was lost.
struct MailboxVerify: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Compare server and ledger, UID by UID; changes nothing.",
        discussion: """
            Every message in a watched folder must have one row in the ledger, with its bytes and a final fate. \
            Exit status 0 only when nothing is unaccounted for.

            EXAMPLES
              baton mailbox verify support
              baton mailbox verify support --format json
            """
    )

    @OptionGroup var database: DatabaseOptions
    @OptionGroup var detail: DetailOptions

    @Argument(help: "The mailbox's name.")
    var name: String

    func run() async throws {
        let report = try await self.database.withDatabase { database in
            let record = try await database.unit { unit in
                let name = try Lookup.mailbox(unit, self.name).settings.name
                return try MailboxQueries.load(unit, name: name)
            }
            guard let record else {
                throw CommandFailure.refused("There is no mailbox \(self.name)", "See baton mailbox list")
            }
            return try await MailboxVerification.run(
                database,
                mailbox: record,
                configuration: try await MailboxConnection.configuration(
                    record,
                    database: database,
                    isAsked: true,
                    logger: CommandLog.logger
                ),
                logger: CommandLog.logger
            )
        }
        try self.show(report)
        if report.unaccounted > 0 { throw ExitCode(ExitStatus.refused.rawValue) }
    }

    private func show(_ report: MailboxVerification.Report) throws {
        for line in report.differences { Output.errorLine(SafeText.line(line)) }
        let figures = [
            ("accounted", report.accounted), ("unaccounted", report.unaccounted),
            ("quarantined", report.quarantined), ("held", report.held),
            ("marks_out_of_step", report.marksOutOfStep),
        ]
        switch self.detail.format {
        case .table:
            Output.write(FieldList.text(figures.map { ($0.0.replacing("_", with: " "), "\($0.1)") }))
        case .json:
            let members = figures.map { JSONText.Member(name: $0.0, value: .integer(Int64($0.1))) }
            Output.line(JSONText.object(members).indented)
        }
    }
}
