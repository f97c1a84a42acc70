import ArgumentParser
import Desk

/// `baton ticket close`.
struct TicketClose: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "close",
        abstract: "Close a ticket.",
        discussion: """
            A mail of the contact that arrived after the newest one here opens it again at once.
            """
    )

    @OptionGroup var change: TicketChangeOptions
    @OptionGroup var acting: ActingAgent

    func run() async throws {
        try await self.change.perform(as: self.acting.handle) { _ in .close(seen: nil) }
    }
}
