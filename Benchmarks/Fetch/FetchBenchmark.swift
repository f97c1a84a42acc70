import Glibc
import LocalServers

/// Fetching and discarding a generated mailbox from a private Dovecot, beside a raw reader of the same socket.
@main
struct FetchBenchmark {
    static func main() async {
        do {
            try await Self.run()
        } catch {
            say("no result: \(error)")
            exit(1)
        }
    }

    private static func run() async throws {
        let settings = try FetchSettings()
        let corpus = Corpus(count: settings.messages, seed: settings.seed)
        let account = PrivateDovecot.User(name: "bench", password: "bench-only")
        let folder = try ServerFolder()
        do {
            let dovecot = try await PrivateDovecot.start(in: folder, users: [account])
            let bytes = try Mailbox.fill(dovecot, account, from: corpus)
            say(
                """
                Fetching and discarding \(corpus.count) generated messages, \(bytes / 1_000_000) MB, Dovecot Maildir, \
                plaintext on loopback, \(settings.rounds) rounds:
                """
            )
            try await FetchContest(settings: settings, count: corpus.count, dovecot: dovecot, account: account).hold()
        } catch {
            await folder.remove()
            throw error
        }
        await folder.remove()
    }
}
