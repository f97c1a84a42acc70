import ArgumentParser

/// `baton ticket`.
struct TicketCommandGroup: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ticket",
        abstract: "List, read and change tickets.",
        discussion: """
            A ticket is one conversation: a status, a queue and at most one owner. Every change shows in the mailbox \
            shortly after, when the mailbox has a layout and `baton run` is at work.
            """,
        groupedSubcommands: [
            CommandGroup(name: "Reading", subcommands: [TicketList.self, TicketShow.self, TicketHistory.self]),
            CommandGroup(
                name: "Ownership",
                subcommands: [TicketAssign.self, TicketClaim.self, TicketRelease.self]
            ),
            CommandGroup(
                name: "Status",
                subcommands: [TicketClose.self, TicketReopen.self, TicketPending.self]
            ),
            CommandGroup(name: "Internal", subcommands: [TicketNoteCommand.self]),
        ]
    )
}
