import ArgumentParser

/// `baton queue`.
struct QueueCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "queue",
        abstract: "Named streams of tickets.",
        discussion: "New tickets of a mailbox go to its queue. Reports can be made by queue.",
        subcommands: [QueueAdd.self, QueueList.self, QueueJoin.self]
    )
}
