import ArgumentParser
import DeskStore

/// `baton database migrate`.
struct DatabaseMigrate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "migrate",
        abstract: "Bring the schema to this program's version.",
        discussion: """
            Does nothing when it is there already, so it can run before every start. Two at once wait for each other. \
            Each step is one transaction; there is no way back but a backup.

              createdb baton
              baton database migrate --database postgresql:///baton
            """
    )

    @OptionGroup var database: DatabaseOptions

    func run() async throws {
        try await self.database.withDatabase { database in
            let applied = try await database.migrate()
            for name in applied { Output.line("applied \(SafeText.line(name))") }
            if applied.isEmpty { Output.line("the schema is current") }
        }
    }
}
