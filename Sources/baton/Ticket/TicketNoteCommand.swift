import ArgumentParser
import Desk
import DeskCommands
import DeskStore
import Foundation

/// `baton ticket note`.
struct TicketNoteCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "note",
        abstract: "Write a note for your colleagues on a ticket.",
        discussion: """
            Notes are kept in Baton only: no contact sees them, and nothing shows in the mailbox.

              baton ticket note 7 "Waits for the part from Lyon." --as ann
              baton ticket note 7 - < note.txt
            """
    )

    /// Longer than this is a file by mistake.
    static let longest = 256 * 1_024

    @OptionGroup var change: TicketChangeOptions

    @Argument(help: "The text, or - to read it from standard input.")
    var text: String

    @OptionGroup var acting: ActingAgent

    func run() async throws {
        let text = try Self.checked(self.text == "-" ? try Self.readInput() : self.text)
        try await self.change.database.withDatabase { database in
            let agent = try await TicketChangeOptions.agents(database, acting: self.acting.handle, about: nil).acting
            try await TicketChangeOptions.report(database, self.change.number) {
                try await TicketCommands.note(
                    text,
                    on: self.change.number,
                    agent: agent,
                    by: TicketChangeOptions.actor(self.acting.handle),
                    in: database
                )
            }
        }
    }

    /// The text without blank lines around it.
    static func checked(_ text: String) throws -> String {
        let trimmed = text.trimmingCharacters(in: .whitespacesAndNewlines)
        guard !trimmed.isEmpty else { throw CommandFailure.usage("The note is empty") }
        guard trimmed.utf8.count <= Self.longest else {
            throw CommandFailure.refused(
                "The note is longer than \(Self.longest / 1_024) KiB",
                "Put it in several notes"
            )
        }
        return trimmed
    }

    private static func readInput() throws -> String {
        // One byte more than is allowed, to know that there is more.
        let bytes = try FileHandle.standardInput.read(upToCount: Self.longest + 1) ?? Data()
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw CommandFailure.refused("Standard input is not UTF-8 text")
        }
        return text
    }
}
