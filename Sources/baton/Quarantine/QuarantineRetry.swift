import ArgumentParser
import Desk
import DeskStore

/// `baton quarantine retry`.
struct QuarantineRetry: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "retry",
        abstract: "Have mails read again, with all their attempts given back.",
        discussion: """
            For a newer program, or when something else was at fault. The next run files them: each stays on the \
            ticket it has, which learns sender, subject and text; no second ticket begins. One that fails again is \
            back here after three attempts.

              baton quarantine retry 12
              baton quarantine retry --all --mailbox support
            """
    )

    @Argument(help: "The numbers that `baton quarantine list` gives them.", transform: ArgumentReading.message)
    var numbers: [Identifier<Message>] = []

    @Flag(help: "All that are in quarantine.")
    var all = false

    @Option(help: ArgumentHelp("With --all: only those of this mailbox.", valueName: "name"))
    var mailbox: String?

    @OptionGroup var database: DatabaseOptions

    func validate() throws {
        guard self.all != !self.numbers.isEmpty else {
            throw ValidationError("Name mails by their numbers, or say --all.")
        }
        guard self.all || self.mailbox == nil else { throw ValidationError("--mailbox goes with --all.") }
    }

    func run() async throws {
        let count = try await self.database.withDatabase { database in
            try await database.unit { unit in
                try self.mails(unit).filter { try QuarantineQueries.retry(unit, $0) }.count
            }
        }
        Output.line(count == 0 ? "no mail was in quarantine" : "\(count) to be read again by the next run")
    }

    private func mails(_ unit: Unit) throws -> [QuarantinedMail] {
        guard self.all else { return try self.numbers.map { try QuarantinedMailArgument.find(unit, $0) } }
        let name = try self.mailbox.map { try Lookup.mailbox(unit, $0).settings.name }
        return try QuarantineQueries.list(unit, mailbox: name)
    }
}
