import Conformance
import LocalServers
import TestSupport
import Testing

@Suite("The same scenarios end alike on every server")
struct ScenarioTests {
    private struct Running: Sendable {
        let folder: ServerFolder
        let server: ConformanceServer
    }

    /// Started when first asked for; they end with the process.
    private static let servers = Dictionary(
        uniqueKeysWithValues: ServerKind.allCases.map { ($0, Once<Running>()) }
    )

    private static func server(_ kind: ServerKind) async throws -> ConformanceServer {
        let once = try #require(self.servers[kind])
        return try await once.value {
            let folder = try ServerFolder()
            return Running(folder: folder, server: try await ConformanceServer.start(kind, in: folder))
        }.server
    }

    private static func run(_ number: Int, on kind: ServerKind) async throws -> ScenarioResult.Verdict {
        await Scenario.all[number].run(on: try await self.server(kind), number: number).verdict
    }

    @Test(arguments: Scenario.all.indices)
    func `Dovecot in both formats and its model go the same way`(number: Int) async throws {
        let sdbox = try await Self.run(number, on: .dovecotSdbox)
        guard case .passed = sdbox else {
            Issue.record("\(Scenario.all[number].name): \(sdbox)")
            return
        }
        #expect(try await Self.run(number, on: .dovecotMaildir) == sdbox, "\(Scenario.all[number].name)")
        #expect(try await Self.run(number, on: .modelOfDovecot) == sdbox, "\(Scenario.all[number].name)")
    }

    @Test(arguments: Scenario.all.indices)
    func `the models of other servers come to the same end`(number: Int) async throws {
        for kind in [ServerKind.modelOfCyrus, .modelOfCourier, .modelOfPymap] {
            let verdict = try await Self.run(number, on: kind)
            guard case .passed = verdict else {
                Issue.record("\(kind.title): \(Scenario.all[number].name): \(verdict)")
                continue
            }
        }
    }

    @Test func `names of scenarios are unique`() {
        #expect(Set(Scenario.all.map(\.name)).count == Scenario.all.count)
    }

    @Test func `a wrong end fails`() async throws {
        let scenario = Scenario(
            "expects what is not there",
            given: [GivenFolder("a", [GivenMail(.plain(1))])],
            expected: [FolderState("a", [MailState(1, .plain(1), ["\\Seen"])])]
        ) { _ in .asOffered }
        let result = await scenario.run(on: try await Self.server(.modelOfDovecot), number: 900)
        guard case .failed = result.verdict else {
            Issue.record("\(result.verdict)")
            return
        }
    }
}

@Suite("The table of results")
struct ResultTableTests {
    private static func table(_ verdicts: [ServerKind: ScenarioResult.Verdict]) -> ResultTable {
        var table = ResultTable()
        for (kind, verdict) in verdicts {
            table.add(
                Scenario.all.map { ScenarioResult(scenario: $0.name, server: kind.title, verdict: verdict) },
                of: kind
            )
        }
        return table
    }

    @Test func `another way has a letter, and what fails is said`() {
        let table = Self.table([
            .dovecotSdbox: .passed(.asOffered), .cyrus: .passed(.instead("by hand")), .courier: .failed("why"),
        ])
        let name = Scenario.all[0].name
        #expect(table.markdown.contains("| \(name) | yes | a | **fails** | – |"))
        #expect(table.markdown.hasSuffix("The same end another way: a: by hand."))
        #expect(table.failures.contains("Courier 5.0: \(name): why"))
    }

    @Test func `a model that goes another way is a failure`() {
        let same = Self.table([.cyrus: .passed(.asOffered), .modelOfCyrus: .passed(.asOffered)])
        #expect(same.failures.isEmpty && same.markdown.contains("| yes | same |"))
        let other = Self.table([.cyrus: .passed(.asOffered), .modelOfCyrus: .passed(.instead("by hand"))])
        #expect(other.failures.count == Scenario.all.count && other.markdown.contains("**differ**"))
    }

    @Test func `the table takes the place of the one before`() {
        let table = Self.table([.cyrus: .passed(.asOffered)])
        let document = "a\n\(ResultTable.begin)\n\nold\n\n\(ResultTable.end)\nb\n"
        let once = table.written(into: document)
        #expect(once == "a\n\(ResultTable.begin)\n\n\(table.markdown)\n\n\(ResultTable.end)\nb\n")
        #expect(once.flatMap { table.written(into: $0) } == once)
        #expect(table.written(into: "no place") == nil)
    }
}
