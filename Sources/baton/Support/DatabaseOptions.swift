import ArgumentParser
import DeskStore
import Glibc
import Logging
import Postgres

/// Which database a command works on.
struct DatabaseOptions: ParsableArguments {
    /// The variable that names the database where no option does.
    static let variable = "BATON_DATABASE_URL"

    @Option(
        help: ArgumentHelp(
            "The database, as a PostgreSQL URI without a password.",
            discussion: """
                Without it: BATON_DATABASE_URL, else libpq's own environment (PGHOST, PGSERVICE, …). Keep passwords \
                in ~/.pgpass or a service file.
                """,
            valueName: "uri"
        )
    )
    var database: String?

    func validate() throws {
        guard let uri = self.database else { return }
        // Everybody on this machine can read the arguments of a process.
        let configuration: PostgresConfiguration
        do {
            configuration = try PostgresConfiguration.parse(uri: uri)
        } catch {
            throw ValidationError("--database is not a URI that PostgreSQL understands: postgresql://host/name.")
        }
        guard !configuration.hasPassword else {
            throw ValidationError(
                """
                --database contains a password, which everybody on this machine could read. Put it in ~/.pgpass or \
                a service file, or give the whole URI in \(Self.variable).
                """
            )
        }
    }

    /// The URI to use; nil leaves everything to libpq.
    func uri(variable: (String) -> String? = Environment.variable) -> String? {
        self.database ?? variable(Self.variable).flatMap { $0.isEmpty ? nil : $0 }
    }

    /// Opens the database for `body` and closes it afterwards, whatever happens.
    func withDatabase<R>(connections: Int = 2, _ body: (DeskDatabase) async throws -> R) async throws -> R {
        let database = DeskDatabase(uri: self.uri(), connections: connections, logger: CommandLog.logger)
        let result: R
        do {
            result = try await body(database)
        } catch {
            await database.shutdown()
            throw error
        }
        await database.shutdown()
        return result
    }
}

/// Reads this process's environment.
enum Environment {
    /// The value of a variable, or nil when it is not set.
    static func variable(_ name: String) -> String? {
        getenv(name).map { String(cString: $0) }
    }
}

/// The log of a command: quiet, because its results are its output.
enum CommandLog {
    /// The variable that sets the level: trace, debug, info, notice, warning, error, critical.
    static let variable = "BATON_LOG_LEVEL"

    /// Writes to standard error, from errors upwards unless the environment asks for more.
    static var logger: Logger {
        var logger = Logger(label: "baton") { label in StreamLogHandler.standardError(label: label) }
        logger.logLevel = Environment.variable(Self.variable).flatMap { Logger.Level(rawValue: $0) } ?? .error
        return logger
    }
}
