import ArgumentParser
import DeskStore

/// `baton queue join`.
struct QueueJoin: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "join",
        abstract: "Make agents members of a queue.",
        discussion: """
            Who is a member already stays one.

              baton queue join support bob carol
            """
    )

    @Argument(help: "The queue.")
    var queue: String

    @Argument(help: "The agents.")
    var agents: [String]

    @OptionGroup var database: DatabaseOptions

    func run() async throws {
        let joined = try await self.database.withDatabase { database in
            try await database.unit { unit in
                let queue = try Lookup.queue(unit, self.queue)
                return try self.agents.map { handle in
                    (handle: handle, isNew: try QueueQueries.join(unit, queue, Lookup.agent(unit, handle)))
                }
            }
        }
        for (handle, isNew) in joined {
            Output.line(isNew ? "\(handle) joined \(self.queue)" : "\(handle) is in \(self.queue) already")
        }
    }
}
