package import IMAP
import LocalServers
import ModelMailServer

/// What the steps of a scenario work with: one server, and names of folders that no other run uses.
package struct Stage: Sendable {
    /// The server.
    package let server: ConformanceServer
    /// What this run's names of folders begin with.
    private let mark: String

    /// A run of a scenario; `number` is used by no other run on this server.
    package init(server: ConformanceServer, number: Int) {
        self.server = server
        self.mark = "c\(number)-"
    }

    /// The full name of a folder of this scenario; levels of `name` are separated by `/`.
    package func folder(_ name: String) -> FolderName {
        let local = self.mark + name.split(separator: "/").joined(separator: self.server.delimiter)
        return FolderName(raw: Array(self.server.prefix.utf8) + FolderName(encoding: local).raw)
    }

    /// The same name as text on the wire.
    package func wire(_ name: String) -> String {
        String(decoding: self.folder(name).raw, as: UTF8.self)
    }

    /// The n-th UID that a new folder gives out.
    package func uid(_ order: Int) -> UInt32 { self.server.firstUID + UInt32(order) - 1 }

    /// The set of such UIDs.
    package func uids(_ orders: Int...) -> UIDSet { UIDSet(orders.map(self.uid)) }

    /// Runs `body` with a connection of the client, logged in.
    package func client<R>(
        off: [IMAPExtension] = [],
        _ body: (IMAPConnection) async throws -> R
    ) async throws -> R {
        let configuration = self.server.configuration(off: off)
        return try await IMAPClient.withConnection(configuration, logger: ConformanceServer.silent, body)
    }

    /// A connection that is not the client's.
    package func outside() throws -> OutsideView { try OutsideView(self.server) }

    /// Makes the folders that are there before.
    func prepare(_ given: [GivenFolder]) throws {
        guard !given.isEmpty else { return }
        let outside = try self.outside()
        for folder in given {
            try outside.observer.create(self.wire(folder.name))
            for mail in folder.mails { try self.append(mail.mail, to: folder.name, flags: mail.flags, outside) }
        }
        outside.observer.logout()
    }

    /// Puts a mail into a folder from outside.
    package func append(
        _ mail: SampleMail,
        to folder: String,
        flags: [String] = [],
        _ outside: OutsideView
    ) throws {
        try outside.observer.append(
            mail.bytes,
            to: self.wire(folder),
            flags: flags,
            internalDate: WireDate.text(mail.arrived)
        )
    }

    /// This scenario's folders as they are now, by name.
    func observed() throws -> [FolderState] {
        let outside = try self.outside()
        let start = self.server.prefix + self.mark
        let states = try outside.observer.list().filter { folder in
            folder.name.hasPrefix(start)
                && !folder.attributes.contains { ["\\noselect", "\\nonexistent"].contains($0.lowercased()) }
        }
        .map { folder in
            let raw = Array(folder.name.dropFirst(self.server.prefix.count).utf8)
            let name = FolderName(raw: raw).display.dropFirst(self.mark.count)
                .split(separator: self.server.delimiter).joined(separator: "/")
            return try outside.state(of: folder.name, called: name, on: self.server)
        }
        outside.observer.logout()
        return states.sorted { $0.name < $1.name }
    }

    /// Takes this scenario's folders away, so that lists stay short; what cannot be taken away stays.
    func clearUp() throws {
        let outside = try self.outside()
        let start = self.server.prefix + self.mark
        let names = try outside.observer.list().map(\.name).filter { $0.hasPrefix(start) }
        // A parent's name may stay as long as it has children, so the longest come first.
        for name in names.sorted(by: { $0.count > $1.count }) { try? outside.observer.delete(name) }
        outside.observer.logout()
    }
}

/// How a scenario went on a server.
package struct ScenarioResult: Sendable {
    /// What happened.
    package enum Verdict: Equatable, Sendable {
        /// It went as it should, in this way, and the end state is the expected one.
        case passed(Way)
        /// It did not; what was seen.
        case failed(String)
    }

    /// The scenario's name.
    package let scenario: String
    /// The server's.
    package let server: String
    /// How it went.
    package let verdict: Verdict

    /// A result from its parts.
    package init(scenario: String, server: String, verdict: Verdict) {
        self.scenario = scenario
        self.server = server
        self.verdict = verdict
    }
}

extension Scenario {
    /// Runs the scenario on a server; `number` is used by no other run there.
    package func run(on server: ConformanceServer, number: Int) async -> ScenarioResult {
        let stage = Stage(server: server, number: number)
        var verdict: ScenarioResult.Verdict
        do {
            try stage.prepare(self.given)
            let way = try await self.steps(stage)
            let observed = try stage.observed()
            let expected = self.expected.map { server.keepsKeywords ? $0 : $0.withoutKeywords }
                .sorted { $0.name < $1.name }
            verdict =
                observed == expected
                ? .passed(way) : .failed("ended with \(observed), not with \(expected)")
            try stage.clearUp()
        } catch {
            verdict = .failed("\(error)")
        }
        return ScenarioResult(scenario: self.name, server: server.name, verdict: verdict)
    }
}
