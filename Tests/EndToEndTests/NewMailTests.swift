import LocalServers
import TestSupport
import Testing

@Suite("Mail that the server tells of", .timeLimit(.minutes(10)))
struct NewMailTests {
    private static func commands(_ entries: [WireEntry]) -> [WireEntry] {
        entries.filter { $0.direction == .toServer }
    }

    /// Whether everything is looked at and the folder of news is open, the last command but IDLE.
    private static func isDone(_ entries: [WireEntry]) -> Bool {
        guard let last = self.commands(entries).last(where: { $0.summary != "IDLE" }) else { return false }
        return last.summary == "EXAMINE INBOX (CONDSTORE)" && self.isAnswered(last, entries)
    }

    private static func isIdling(_ entries: [WireEntry]) -> Bool {
        entries.contains { $0.direction == .fromServer && $0.summary.hasPrefix("+ idling") }
    }

    private static func isAnswered(_ command: WireEntry, _ entries: [WireEntry]) -> Bool {
        entries.drop { $0 != command }
            .contains { $0.connection == command.connection && $0.summary.hasPrefix("tagged OK") }
    }

    private static func isFiled(_ count: Int, _ bench: Workbench) async throws {
        try await eventually("\(count) tickets") {
            try await bench.database.number("SELECT count(*) FROM ticket") == count
        }
    }

    @Test func `is fetched at once, before anything else is asked for, and listening goes on`() async throws {
        try await WireProxy.with(port: try await TestServers.dovecot().imapPort) { proxy in
            try await Workbench.with(proxy: proxy.port) { bench in
                proxy.arm(nil)
                try bench.append([SampleMail("One")])
                try await bench.program.withRunning(["run", "--only", "ingestion"]) { _ in
                    try await eventually("it waits") { Self.isIdling(proxy.entries) && Self.isDone(proxy.entries) }
                    // The first news may find the program still looking at everything because it began to listen.
                    proxy.arm(nil)
                    try bench.append([SampleMail("Two", minute: 1)])
                    try await Self.isFiled(2, bench)
                    try await eventually("it waits again") { Self.isDone(proxy.entries) }
                    proxy.arm(nil)
                    try bench.append([SampleMail("Three", minute: 2)])
                    try await Self.isFiled(3, bench)
                    let entries = proxy.entries
                    let told = try #require(entries.firstIndex { $0.summary == "* 3 EXISTS" })
                    let listener = entries[told].connection
                    #expect(Self.commands(entries).allSatisfy { $0.connection != listener })
                    // Nothing before the news.
                    let asked = Self.commands(entries).map(\.summary)
                    #expect(asked == Self.commands(Array(entries[told...])).map(\.summary))
                    #expect(asked.first == "NOOP")
                    let fetch = asked.dropFirst().first ?? ""
                    #expect(fetch.hasPrefix("UID FETCH 3:10 (") && fetch.hasSuffix("BODY.PEEK[])"), "\(asked)")
                    // The first answer has it: Dovecot looks for new mail after both where they are sent together.
                    let given = try #require(
                        entries.firstIndex { $0.summary.hasPrefix("* 3 FETCH (UID 3 ") && $0.summary.hasSuffix("}") }
                    )
                    #expect(Self.commands(Array(entries[..<given])).map(\.summary) == ["NOOP", fetch])
                    // The flags and the cursor are for the pass that follows.
                    try await eventually("everything is looked at") { Self.isDone(proxy.entries) }
                }
                try await bench.runOnce()
                #expect(try await bench.verify().status == 0)
            }
        }
    }
}
