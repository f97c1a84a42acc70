import ArgumentParser
import Assignment
import Desk
import DeskStore

/// `baton mailbox restore`: the mailbox as it was before Baton.
struct MailboxRestore: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restore",
        abstract: "Put messages back into the folder each was first seen in.",
        discussion: """
            Concerns the messages that Baton wrote to and those in the agents' folders and in the closed folder; what \
            agents put away elsewhere themselves stays there. The owner and pending keywords are taken off. Tickets \
            keep owner and status. Marks must be off, or are turned off first: --layout none.

            A running `baton run` does the work, else this command does; interrupted, the next run goes on.

            EXAMPLES
              baton mailbox restore support --dry-run
              baton mailbox restore support --yes
            """
    )

    @OptionGroup var database: DatabaseOptions
    @OptionGroup var listing: ListingOptions

    @Argument(help: "The mailbox's name.")
    var name: String

    @Flag(help: "Only print what would be done.")
    var dryRun = false

    @Flag(help: "Turn marks off without asking.")
    var yes = false

    @Option(help: ArgumentHelp("Give up waiting after so many seconds.", valueName: "seconds"))
    var timeout = 3600

    func validate() throws {
        guard self.timeout > 0 else { throw ValidationError("--timeout takes a number of seconds above 0.") }
    }

    func run() async throws {
        try await self.database.withDatabase(connections: 8) { database in
            let record = try await database.unit { unit in
                try MailboxQueries.load(unit, name: try Lookup.mailbox(unit, self.name).settings.name)
            }
            guard let record else { throw Lookup.unknownMailbox(self.name, known: []) }
            let plan = try await MarkRestore.plan(database, mailbox: record)
            if plan.homeless > 0 {
                Output.remark(
                    "\(plan.homeless) messages stay: the folder they were first seen in is not there any more."
                )
            }
            if self.dryRun { return self.show(plan) }
            try await self.turnMarksOff(database, record)
            try await MarkRestore.ask(database, mailbox: record.id, plan.messages)
            try await self.finish(database, record)
        }
    }

    private func show(_ plan: MarkRestore.Plan) {
        MailboxPreview.listing(plan.lines, emptyText: "Nothing is to be put back.").print(self.listing)
    }

    private func turnMarksOff(_ database: DeskDatabase, _ record: MailboxRecord) async throws {
        guard !record.isPaused else {
            throw CommandFailure.refused(
                "Mailbox \(self.name) is paused",
                "Nobody would put messages back: resume it first"
            )
        }
        guard let layout = record.layout else { return }
        try Confirmation.require(
            self.yes,
            "Marks are on (layout \(layout.rawValue)); putting messages back turns them off."
        )
        try await database.unit { unit in
            guard let (mailbox, former) = try MailboxSettingsQueries.lock(unit, name: self.name) else { return }
            var settings = former
            settings.layout = nil
            try MailboxSettingsQueries.update(unit, settings)
            for service in LeasedService.allCases { try MailboxQueries.wake(unit, mailbox, service) }
        }
    }

    /// Waits until everything is back, doing it where nobody else does.
    private func finish(_ database: DeskDatabase, _ record: MailboxRecord) async throws {
        let deadline = ContinuousClock.now.advanced(by: .seconds(self.timeout))
        var line = ProgressLine()
        var before: Int?
        let total = try await database.unit { try RestoreQueries.restoring($0, mailbox: record.id).all }
        while true {
            let left = try await database.unit { try RestoreQueries.restoring($0, mailbox: record.id) }
            line.update("\(self.name): \(total - left.all) of \(total) put back")
            guard left.all > left.held else {
                line.clear()
                Output.line("\(total - left.all) of \(total) put back, \(left.held) held")
                guard left.all == 0 else {
                    throw CommandFailure.refused(
                        "\(left.held) messages are held",
                        "See why: baton mailbox show \(self.name); they are tried again by `baton run`"
                    )
                }
                return
            }
            guard ContinuousClock.now < deadline else {
                line.clear()
                throw CommandFailure.unreachable(
                    "The time of \(self.timeout) s is over",
                    "\(total - left.all) of \(total) are back; `baton run` goes on"
                )
            }
            let holders = try await database.unit { unit in
                try DoctorQueries.leases(unit).filter { $0.mailbox == self.name && $0.isHeld }
            }
            guard !holders.contains(where: { $0.service == LeasedService.assignment.rawValue }) else {
                try await Task.sleep(for: .milliseconds(300))
                continue
            }
            // Brings nothing further, or another worker took the lease meanwhile: something else must happen first.
            if left.all == before { try await Task.sleep(for: .seconds(1)) }
            before = left.all
            try await RunOnce(
                database: database,
                only: holders.isEmpty ? nil : .assignment,
                names: [self.name],
                timeout: ContinuousClock.now.duration(to: deadline),
                yields: true,
                holder: RunCommand.holder,
                logger: CommandLog.logger
            ).run()
        }
    }
}
