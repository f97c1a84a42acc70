import ArgumentParser
import Desk

/// `baton ticket assign`.
struct TicketAssign: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "assign",
        abstract: "Give a ticket to an agent, whoever owns it now.",
        discussion: """
              baton ticket assign 7 ann
              baton ticket assign 7 bob --as ann
            """
    )

    @OptionGroup var change: TicketChangeOptions

    @Argument(help: "The new owner.")
    var agent: String

    @OptionGroup var acting: ActingAgent

    func run() async throws {
        try await self.change.perform(as: self.acting.handle, about: self.agent) { agent in
            guard let agent else { throw CommandFailure.usage("Say who gets the ticket") }
            return .assign(agent)
        }
    }
}
