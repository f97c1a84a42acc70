import ArgumentParser

/// `baton agent`.
struct AgentCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "agent",
        abstract: "The people who answer.",
        discussion: """
            An agent has a handle, which names the folder (Agents/ann) and the keyword (owner-ann) that show in the \
            mailbox, and the addresses they write from, by which Baton knows their answers.
            """,
        subcommands: [AgentAdd.self, AgentList.self]
    )
}
