import ArgumentParser
import DeskStore

/// `baton queue add`.
struct QueueAdd: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "add",
        abstract: "Add a queue.",
        discussion: """
              baton queue add support --member ann --member bob
            """
    )

    @Argument(help: "Its name, of a-z, 0-9 and -.", transform: ArgumentReading.name)
    var name: String

    @Option(
        name: .customLong("member"),
        parsing: .singleValue,
        help: ArgumentHelp("An agent who works on it; may be repeated.", valueName: "agent")
    )
    var members: [String] = []

    @OptionGroup var database: DatabaseOptions

    func run() async throws {
        try await self.database.withDatabase { database in
            try await database.unit { unit in
                guard let queue = try QueueQueries.add(unit, name: self.name) else {
                    throw CommandFailure.refused(
                        "There is a queue \(self.name) already",
                        "Add members with `baton queue join \(self.name) AGENT`"
                    )
                }
                for member in self.members { _ = try QueueQueries.join(unit, queue, Lookup.agent(unit, member)) }
            }
        }
        Output.line("queue \(self.name) added")
    }
}
