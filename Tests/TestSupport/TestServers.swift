package import LocalServers
package import Logging

/// One private PostgreSQL and one private Dovecot for all tests of a process, started when first asked for.
///
/// They end with the process, however it ends: their keeper sees to that.
package enum TestServers {
    private static let folders = (postgres: Once<ServerFolder>(), dovecot: Once<ServerFolder>())
    private static let databases = Once<PrivatePostgres>()
    private static let mail = Once<PrivateDovecot>()

    /// How many tests may work with servers at once.
    package static let slots = Slots(3)

    /// The database server; what is in it is not safe from power cuts.
    package static func postgres() async throws -> PrivatePostgres {
        try await self.databases.value {
            let folder = try await self.folders.postgres.value { try ServerFolder() }
            return try await PrivatePostgres.start(in: folder, durable: false)
        }
    }

    /// The folder of the database server's unix socket, for a proxy before it.
    package static func databaseSocket() async throws -> String {
        try await self.postgres().socketDirectory
    }

    /// The mail server, with users of each format.
    package static func dovecot() async throws -> PrivateDovecot {
        try await self.mail.value {
            let folder = try await self.folders.dovecot.value { try ServerFolder() }
            return try await PrivateDovecot.start(in: folder, extraConfiguration: "mail_fsync = never\n")
        }
    }

    /// The log of what has no reader.
    package static var silent: Logger {
        Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    }
}
