import ArgumentParser
import Desk
import DeskStore

/// `baton quarantine discard`.
struct QuarantineDiscard: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "discard",
        abstract: "Let a mail be: it is not tried again.",
        discussion: """
            It stays in the ledger, ignored, with the reason, and on the server; its bytes are kept. Its ticket stays \
            as it is: close it if nothing is to be done.

              baton quarantine discard 12 --yes
            """
    )

    @OptionGroup var mail: QuarantinedMailArgument

    @Flag(help: "Do it without asking.")
    var yes = false

    @OptionGroup var database: DatabaseOptions

    func run() async throws {
        try await self.database.withDatabase { database in
            let mail = try await database.unit { unit in try self.mail.find(unit) }
            let subject = SafeText.line(mail.subject)
            try Confirmation.require(self.yes, "Mail \(mail.id) (\(subject)) is not tried again.")
            guard try await database.unit({ unit in try QuarantineQueries.discard(unit, mail) }) else {
                throw CommandFailure.refused("No mail \(mail.id) is in quarantine any more")
            }
            Output.line("mail \(mail.id) discarded")
            if let ticket = mail.ticket {
                Output.remark("Its ticket stays as it is; if nothing is to be done: baton ticket close \(ticket)")
            }
        }
    }
}
