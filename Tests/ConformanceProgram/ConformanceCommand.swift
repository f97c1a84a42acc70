import ArgumentParser
import Conformance
import Foundation
import LocalServers

/// `make conformance`.
@main
struct ConformanceCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "conformance",
        abstract: "Runs the same scenarios through Baton's IMAP on real servers and on the model of each."
    )

    @Option(help: "Servers, all when none is named: \(ServerKind.allCases.map(\.rawValue).joined(separator: ", ")).")
    var server: [String] = []
    @Option(help: "Only scenarios whose name contains this text.") var only: String?
    @Option(help: "Where servers that are not installed were unpacked.") var programs: String
    @Option(help: "The folder of scripts.") var scripts = "scripts"
    @Option(help: "The document whose table is written when everything was run and passed.") var document: String?

    func validate() throws {
        if let unknown = self.server.first(where: { ServerKind(rawValue: $0) == nil }) {
            throw ValidationError("There is no server '\(unknown)'.")
        }
    }

    func run() async throws {
        let kinds = ServerKind.allCases.filter { self.server.isEmpty || self.server.contains($0.rawValue) }
        let scenarios = Scenario.all.filter { scenario in self.only.map { scenario.name.contains($0) } ?? true }
        let programs = ServerPrograms(folder: Self.absolute(self.programs), scripts: Self.absolute(self.scripts))
        var table = ResultTable()
        for kind in kinds {
            let folder = try ServerFolder()
            do {
                let start = ContinuousClock.now
                let server = try await ConformanceServer.start(kind, in: folder, programs: programs)
                var results: [ScenarioResult] = []
                for (number, scenario) in scenarios.enumerated() {
                    let result = await scenario.run(on: server, number: number)
                    if case .failed(let what) = result.verdict { Self.say("\(kind.title): \(scenario.name): \(what)") }
                    results.append(result)
                }
                table.add(results, of: kind)
                let passed = results.count { if case .passed = $0.verdict { true } else { false } }
                Self.say("\(kind.title): \(passed) of \(results.count) passed, \(ContinuousClock.now - start)")
            } catch {
                Self.say("\(kind.title) did not start: \(error)")
                await folder.remove()
                throw ExitCode.failure
            }
            await folder.remove()
        }
        print(table.markdown)
        let failures = table.failures
        if !failures.isEmpty {
            print("\nWrong, \(failures.count):")
            for failure in failures { print("- \(failure)") }
            throw ExitCode.failure
        }
        if let document = self.document, kinds == ServerKind.allCases, self.only == nil {
            let old = try String(contentsOfFile: document, encoding: .utf8)
            guard let new = table.written(into: old) else {
                Self.say("\(document) has no place for the table.")
                throw ExitCode.failure
            }
            if new != old { try new.write(toFile: document, atomically: true, encoding: .utf8) }
        }
    }

    /// Servers have working folders of their own.
    private static func absolute(_ path: String) -> String { URL(fileURLWithPath: path).path }

    private static func say(_ line: String) { FileHandle.standardError.write(Data("\(line)\n".utf8)) }
}
