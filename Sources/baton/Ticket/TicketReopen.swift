import ArgumentParser
import Desk

/// `baton ticket reopen`.
struct TicketReopen: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reopen",
        abstract: "Open a closed or pending ticket.",
        discussion: """
            The owner stays. A wait that the close had ended goes on.
            """
    )

    @OptionGroup var change: TicketChangeOptions
    @OptionGroup var acting: ActingAgent

    func run() async throws {
        try await self.change.perform(as: self.acting.handle) { _ in .reopen }
    }
}
