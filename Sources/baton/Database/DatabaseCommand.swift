import ArgumentParser

/// `baton database`.
struct DatabaseCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "database",
        abstract: "Create and look at Baton's database.",
        discussion: "Baton needs PostgreSQL 14 or later and a database of its own, in which it may create tables.",
        subcommands: [DatabaseMigrate.self, DatabaseStatusCommand.self]
    )
}
