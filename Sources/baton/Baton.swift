import ArgumentParser
import CMalloc
import Glibc

/// The program: one noun per folder, one verb per file.
@main
struct Baton: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "baton",
        abstract: "A helpdesk for one shared mailbox, seen in every mail client.",
        discussion: """
            Baton turns the mail of a shared address into tickets with one owner each, and shows the owner in the \
            mailbox itself, as folders and keywords. What agents do in their own mail client, it understands.

            To see it: baton demo. To begin:

              baton database migrate
              baton agent add ann --name "Ann Arbor" --email ann@example.com
              baton queue add support --member ann
              baton mailbox add support --address support@example.com \\
                    --server imaps://mail.example.com --user support@example.com \\
                    --password-file /etc/baton/support.password
              baton mailbox probe support
              baton run

            The database is --database, else BATON_DATABASE_URL, else libpq's environment (PGHOST, PGSERVICE, …). \
            Listings print a table on a terminal and CSV elsewhere; --format table|json|csv decides. Exit status: \
            0 success, 1 refused or not found, 2 usage, 3 database or mail server cannot be reached.
            """,
        version: ProgramVersion.text,
        groupedSubcommands: [
            CommandGroup(name: "Demonstration", subcommands: [DemoCommand.self]),
            CommandGroup(name: "Daily", subcommands: [TicketCommandGroup.self, ReportCommand.self]),
            CommandGroup(
                name: "Setup",
                subcommands: [
                    DatabaseCommand.self, AgentCommand.self, QueueCommand.self, MailboxCommand.self,
                ]
            ),
            CommandGroup(
                name: "Operation",
                subcommands: [RunCommand.self, DoctorCommand.self, QuarantineCommand.self]
            ),
        ]
    )

    static func main() async {
        ProcessSetup.prepare()
        do {
            var command = try Self.parseAsRoot()
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
        } catch {
            let ending = Self.ending(for: error, arguments: Array(CommandLine.arguments.dropFirst()))
            if !ending.output.isEmpty { Output.write(ending.output) }
            if !ending.errorOutput.isEmpty { Output.writeError(ending.errorOutput) }
            Glibc.exit(ending.status)
        }
    }

    /// What the program prints and returns after an error, help and version included.
    static func ending(
        for error: any Error,
        arguments: [String] = []
    ) -> (output: String, errorOutput: String, status: Int32) {
        let code = Self.exitCode(for: error)
        if let status = error as? ExitCode { return ("", "", status.rawValue) }
        if code == .success { return (Self.withLineEnd(Self.fullMessage(for: error)), "", 0) }
        // The parser's own errors have the status of sysexits.h; every other error is one of ours.
        guard code == .validationFailure else {
            let report = FailureReport(error)
            return ("", report.text + "\n", report.status.rawValue)
        }
        if let unknown = VerbSuggestion.failure(for: arguments, below: Self.self) {
            return ("", FailureReport(unknown).text + "\n", unknown.status.rawValue)
        }
        let prefix = "Error: "
        let message = Self.fullMessage(for: error)
        let text = message.hasPrefix(prefix) ? "baton: " + message.dropFirst(prefix.count) : message
        return ("", Self.withLineEnd(text), ExitStatus.usage.rawValue)
    }

    private static func withLineEnd(_ text: String) -> String {
        text.hasSuffix("\n") ? text : text + "\n"
    }
}

/// The version of the program.
enum ProgramVersion {
    static let text = "0.1.0"
}

/// What the process needs before its first line.
enum ProcessSetup {
    static func prepare() {
        // A reader that went away is seen where we write.
        signal(SIGPIPE, SIG_IGN)
        // A core file would hold passwords and mail.
        var none = rlimit(rlim_cur: 0, rlim_max: 0)
        setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &none)
        self.boundMemory()
    }

    /// glibc gives each thread a heap of its own, and raises the size above which a block goes back to the system when it is freed with
    /// every larger one it meets: a worker would keep a third more than it uses.
    private static func boundMemory() {
        for (name, value) in [(M_ARENA_MAX, 2), (M_MMAP_THRESHOLD, 256 * 1024), (M_TRIM_THRESHOLD, 1024 * 1024)] {
            mallopt(name, Int32(value))
        }
    }
}
