import ArgumentParser
import Desk

/// `baton ticket pending`.
struct TicketPending: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pending",
        abstract: "Wait for the contact.",
        discussion: """
            The next mail of the contact opens the ticket again; the owner stays.
            """
    )

    @OptionGroup var change: TicketChangeOptions
    @OptionGroup var acting: ActingAgent

    func run() async throws {
        try await self.change.perform(as: self.acting.handle) { _ in .pending(seen: nil) }
    }
}
