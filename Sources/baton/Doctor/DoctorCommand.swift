import ArgumentParser
import DeskStore

/// `baton doctor`.
struct DoctorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Check that everything is as it should be, and say what to do where it is not.",
        discussion: """
            Looks at the database, at what the services last wrote there, and at the password files; it connects to \
            no mail server (see `baton mailbox probe`). Exit status 0 when nothing failed, 1 when something did, 3 \
            when the database cannot be reached.
            """
    )

    @OptionGroup var database: DatabaseOptions
    @OptionGroup var listing: ListingOptions

    func run() async throws {
        let findings = try await self.database.withDatabase { database in try await self.examine(database) }
        let terminal = Terminal.standardOutput()
        switch self.listing.format(on: terminal) {
        case .table: Output.write(Finding.text(findings, on: terminal))
        case .json, .csv: Finding.listing(findings).print(self.listing, on: terminal)
        }
        if findings.contains(where: { $0.severity == .fail }) { throw ExitCode(ExitStatus.refused.rawValue) }
    }

    private func examine(_ database: DeskDatabase) async throws -> [Finding] {
        let status = try await database.unit { unit in try DatabaseStatusQueries.status(unit) }
        var findings = Examination.database(status)
        // Asked on the open connection: the first question includes the time to connect.
        let start = WallClock.now()
        let now = try await database.unit { unit in try DoctorQueries.clock(unit) }
        findings.append(Examination.clock(database: now, before: start, after: WallClock.now()))
        guard status.isCurrent else { return findings }
        let (mailboxes, leases) = try await database.unit { unit in
            (try DoctorQueries.mailboxes(unit), try DoctorQueries.leases(unit))
        }
        if mailboxes.isEmpty {
            findings.append(
                Finding(.warn, "mailboxes", "there is none", advice: "baton mailbox add --help")
            )
        }
        for mailbox in mailboxes {
            findings += Examination.credentials(mailbox)
            findings += Examination.server(mailbox, now: now)
            findings += Examination.mailbox(mailbox, now: now)
            findings += Examination.leases(leases.filter { $0.mailbox == mailbox.name }, mailbox: mailbox.name)
        }
        return findings
    }
}
