import ArgumentParser

/// `baton quarantine`.
struct QuarantineCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "quarantine",
        abstract: "Mails that Baton could not read.",
        discussion: """
            A mail that stopped the program or defeated it three times is set aside, whole, and delays no other; a \
            ticket with what could be read of its header shows it to a person. It is named here by the number that \
            `baton quarantine list` gives it.
            """,
        subcommands: [
            QuarantineList.self, QuarantineShow.self, QuarantineRetry.self, QuarantineExport.self,
            QuarantineDiscard.self,
        ]
    )
}
