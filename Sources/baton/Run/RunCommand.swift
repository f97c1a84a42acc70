import ArgumentParser
import Desk
import DeskStore
import Glibc
import Logging
import ServiceLifecycle
import UnixSignals

/// `baton run`: the services, until a signal, or once until nothing is due.
struct RunCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Bring mail in and show owners in the mailbox, until a signal.",
        discussion: """
            Works on every mailbox that is not paused; mailboxes added meanwhile join by themselves. Several workers, \
            also on several machines, share the work: each mailbox has one holder at a time, the others stand by and \
            take over when it ends.

            SIGTERM and SIGINT end it within ten seconds, between two units of work.

            With --once: synchronise, apply gestures, write marks, synchronise again, until nothing is due; what is \
            held or lingers is counted, not waited for. Exit status 0, or 3 when a server cannot be reached or the \
            time is over. A signal ends it like the services; what was done is kept.

            EXAMPLES
              baton run
              baton run --only ingestion
              baton run --once --timeout 60
            """
    )

    /// How long `--once` may take where nobody says, in seconds.
    static let standardTimeout = 300

    @OptionGroup var database: DatabaseOptions

    @Option(help: "Run one of the two services: ingestion or assignment.")
    var only: LeasedService?

    @Flag(help: "Stop as soon as nothing is due.")
    var once = false

    @Option(help: ArgumentHelp("With --once: give up after so many seconds (default 300).", valueName: "seconds"))
    var timeout: Int?

    @Option(help: ArgumentHelp("Work on this mailbox alone; may be repeated.", valueName: "name"))
    var mailbox: [String] = []

    func validate() throws {
        guard let timeout = self.timeout else { return }
        guard timeout > 0 else { throw ValidationError("--timeout takes a number of seconds above 0.") }
        guard self.once else { throw ValidationError("--timeout is for --once: without it the services run on.") }
    }

    func run() async throws {
        if self.once {
            try await self.database.withDatabase(connections: 8) { database in
                let round = RunOnce(
                    database: database,
                    only: self.only,
                    names: self.mailbox,
                    timeout: .seconds(self.timeout ?? Self.standardTimeout),
                    holder: Self.holder,
                    logger: CommandLog.logger
                )
                // The end of the round is the end of the group.
                let service = ServiceGroupConfiguration.ServiceConfiguration(
                    service: round,
                    successTerminationBehavior: .gracefullyShutdownGroup
                )
                try await Self.run([service], logger: CommandLog.logger)
            }
            return
        }
        var logger = CommandLog.logger
        if Environment.variable(CommandLog.variable) == nil { logger.logLevel = .info }
        let log = logger
        CredentialSource.noteStart()
        try await self.database.withDatabase(connections: 12) { database in
            _ = try await database.unit { try MailboxQueries.loadAll($0) }  // a wrong database ends it here
            let workers = WorkerSet(
                database: database,
                only: self.only,
                names: Set(self.mailbox),
                holder: Self.holder,
                logger: log
            )
            try await Self.run([.init(service: workers)], logger: log)
        }
    }

    /// Runs services until they end or a signal comes; then between two units of work, and not for long.
    private static func run(
        _ services: [ServiceGroupConfiguration.ServiceConfiguration],
        logger: Logger
    ) async throws {
        var configuration = ServiceGroupConfiguration(
            services: services,
            gracefulShutdownSignals: [.sigterm, .sigint],
            logger: logger
        )
        configuration.maximumGracefulShutdownDuration = .seconds(8)
        try await ServiceGroup(configuration: configuration).run()
    }

    /// Host and process, for people who look who holds a lease.
    static var holder: String {
        var name = [CChar](repeating: 0, count: 256)
        let host =
            gethostname(&name, name.count) == 0
            ? String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self) : "host"
        return "\(host):\(getpid())"
    }
}

extension LeasedService: ExpressibleByArgument {}
