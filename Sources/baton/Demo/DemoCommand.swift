import ArgumentParser
import Desk
import LocalServers

/// `baton demo`: the whole story on private servers.
struct DemoCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo",
        abstract: "Show the whole story on private servers, in half a minute.",
        discussion: """
            Starts a PostgreSQL and a Dovecot of its own in a temporary folder, fills a mailbox with six weeks of a \
            shop's mail, and takes it through import, ownership, a move in a mail client, new mail and a report. Every \
            command it shows is one you can type, and every answer is the program's own. At the end, and on Ctrl-C, both \
            servers and the folder are gone. Nothing outside that folder is touched.

            EXAMPLES
              baton demo
              baton demo --keep      # leaves both servers up, and says how to connect Thunderbird, mutt and psql
            """
    )

    @Flag(help: "Leave both servers up afterwards, and say how to connect to them and how to stop them.")
    var keep = false

    @Option(help: ArgumentHelp("The same number gives the same mail, relative to now.", valueName: "number"))
    var seed: UInt64 = 1

    mutating func run() async throws {
        let stage = DemoStage(terminal: .standardOutput())
        stage.say("A PostgreSQL and a Dovecot of their own start in a temporary folder …")
        let account = PrivateDovecot.User(name: "support", password: Self.password())
        let (seed, keep) = (self.seed, self.keep)
        try await withServers(users: [account], keep: keep) { servers in
            let story = try DemoStory(servers: servers, account: account, seed: seed, stage: stage)
            try await story.tell()
            if keep { story.explainHowToConnect(stop: try servers.folder.keep()) }
        }
        if !keep { stage.say("\nBoth servers and their folder are gone. `baton demo --keep` leaves them up.") }
    }

    /// A password that other users of this machine cannot guess: the ports are open to them too.
    private static func password() -> String {
        var random = SystemRandomNumberGenerator()
        return String(random.next(), radix: 36)
    }
}
