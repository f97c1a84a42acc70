import ArgumentParser

/// `baton report`: how long people wait.
struct ReportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "report",
        abstract: "Say how long people wait for us.",
        discussion: """
            Figures are made from the ticket's events each time they are asked for, and every report prints the \
            definition it was made by. `baton report explain` shows what was counted of one ticket, and why the rest was \
            not.
            """,
        subcommands: [ReportFirstResponse.self, ReportResolution.self, ReportExplain.self]
    )
}
