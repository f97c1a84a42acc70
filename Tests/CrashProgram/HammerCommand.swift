import ArgumentParser
import CrashMatrix
import LocalServers

/// The hammer, on both formats of mailboxes.
struct HammerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "hammer",
        abstract: "Twenty mail clients on one mailbox while two workers run."
    )

    @Option(help: "Operations on each format of mailboxes.") var operations = 15_000
    @Option(help: "The seed.") var seed: UInt64 = 1
    @Option(help: "Only this format: maildir or sdbox.") var format: String?

    func run() async throws {
        try await withServers(durable: false, extraConfiguration: "mail_fsync = never\n") { set in
            let servers = CrashServers(postgres: set.postgres, dovecot: set.dovecot)
            var isGood = true
            for format in PrivateDovecot.Format.allCases where self.format == nil || self.format == format.rawValue {
                let summary = try await HammerRun(
                    servers: servers,
                    format: format,
                    goal: self.operations,
                    seed: self.seed
                ).run()
                print(summary.text)
                for difference in summary.differences { print("  \(difference)") }
                isGood = isGood && summary.differences.isEmpty
            }
            if !isGood { throw ExitCode.failure }
        }
    }
}

/// Many mailboxes on a few workers.
struct ManyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "many",
        abstract: "Many mailboxes, a few workers, one of which is killed."
    )

    @Option(help: "Mailboxes.") var mailboxes = 30
    @Option(help: "Workers.") var workers = 3

    func run() async throws {
        try await withServers(durable: false, extraConfiguration: "mail_fsync = never\n") { set in
            let servers = CrashServers(postgres: set.postgres, dovecot: set.dovecot)
            let summary = try await ManyMailboxes(
                servers: servers,
                mailboxes: self.mailboxes,
                workers: self.workers
            ).run()
            print(summary.text)
            for violation in summary.violations { print("  \(violation)") }
            if !summary.violations.isEmpty { throw ExitCode.failure }
        }
    }
}
