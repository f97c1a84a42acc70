import ArgumentParser
import Desk

/// `baton ticket claim`.
struct TicketClaim: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "claim",
        abstract: "Take a ticket that nobody owns.",
        discussion: """
            Of several who claim at once exactly one gets it, and the others are told who did (exit status 1).

              baton ticket claim 7 --as ann
            """
    )

    @OptionGroup var change: TicketChangeOptions

    @Option(name: .customLong("as"), help: ArgumentHelp("The agent who takes it.", valueName: "agent"))
    var handle: String

    func run() async throws {
        try await self.change.perform(as: self.handle, about: self.handle) { agent in
            guard let agent else { throw CommandFailure.usage("Say who takes the ticket") }
            return .claim(agent)
        }
    }
}
