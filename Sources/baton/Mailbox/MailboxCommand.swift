import ArgumentParser

/// `baton mailbox`.
struct MailboxCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "mailbox",
        abstract: "The shared accounts on mail servers.",
        discussion: """
            A new mailbox is observed only: nothing is written to its server until a layout is set. A good order is \
            add, probe, run --once, preview, then edit --layout.
            """,
        groupedSubcommands: [
            CommandGroup(
                name: "Setup",
                subcommands: [MailboxAdd.self, MailboxEdit.self, MailboxList.self, MailboxShow.self]
            ),
            CommandGroup(
                name: "Inspection",
                subcommands: [MailboxProbe.self, MailboxPreview.self, MailboxVerify.self]
            ),
            CommandGroup(
                name: "Deciding",
                subcommands: [MailboxGestures.self, MailboxRestore.self]
            ),
        ]
    )
}
