import ArgumentParser
import Desk

/// `baton ticket release`.
struct TicketRelease: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "release",
        abstract: "Give a ticket back: nobody owns it then.",
        discussion: """
            Its mails go back to INBOX, where everybody sees them.
            """
    )

    @OptionGroup var change: TicketChangeOptions
    @OptionGroup var acting: ActingAgent

    func run() async throws {
        try await self.change.perform(as: self.acting.handle) { _ in .release }
    }
}
