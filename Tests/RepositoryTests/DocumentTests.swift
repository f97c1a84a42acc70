import Foundation
import Testing

@Suite("The documents name only what exists")
struct DocumentTests {
    static let documents = [
        "README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md", "docs/imap.md", "docs/install.md",
        "docs/servers.md",
    ]

    @Test(arguments: Self.documents)
    func `every command line is one that the program understands`(document: String) throws {
        var faults: [String] = []
        for invocation in Invocation.all(inMarkdown: try Repository.text(document)) {
            faults += try invocation.faults(help: Repository.help).map { "\(invocation.testDescription): \($0)" }
        }
        #expect(faults == [])
    }

    @Test(arguments: Self.documents)
    func `every make target is in the Makefile`(document: String) throws {
        let text = try Repository.text(document)
        let named = Set(text.matches(of: #/(?:`|\n\s*)make ([a-z]+)/#).map { String($0.output.1) })
        #expect(named.subtracting(try Repository.makeTargets()) == [])
    }

    @Test(arguments: Self.documents)
    func `every link to a file leads to one`(document: String) throws {
        let folder = Repository.root.appending(path: document).deletingLastPathComponent()
        let links = try Repository.text(document).matches(of: #/\]\(([^)#]+)[^)]*\)/#).map { String($0.output.1) }
        let broken = links.filter { !$0.contains("://") }
            .filter { !FileManager.default.fileExists(atPath: folder.appending(path: $0).path) }
        #expect(broken == [])
    }

    @Test(arguments: Self.documents)
    func `every variable of ours is one that something reads`(document: String) throws {
        let scripts = try ["Makefile", "scripts/setup", "scripts/test"].map(Repository.text).joined()
        let tests = try FileManager.default.subpathsOfDirectory(atPath: Repository.root.appending(path: "Tests").path)
            .filter { $0.hasSuffix(".swift") }
            .map { try Repository.text("Tests/\($0)") }
            .joined()
        let named = Set(try Repository.text(document).matches(of: #/BATON_[A-Z_]+/#).map { String($0.output) })
        for variable in named {
            #expect(try Repository.sourcesMention(variable) || scripts.contains(variable) || tests.contains(variable))
        }
    }

    @Test func `the targets that make help shows are all there are`() throws {
        let makefile = try Repository.text("Makefile")
        let described = Set(makefile.matches(of: #/(?m)^([a-z]+):.*## \S/#).map { String($0.output.1) })
        let targets = try Repository.makeTargets()
        #expect(described == targets)
        #expect(
            described == [
                "help", "setup", "demo", "test", "simulation", "conformance", "crash", "hammer", "fuzz", "bench",
                "lint", "build",
                "clean",
            ]
        )
    }

    @Test func `CI runs the gate that people run, and nothing else`() throws {
        let lines = try Repository.text(".ci/run").split(separator: "\n")
        #expect(lines.last == "exec make test")
        let commands = lines.filter { $0.contains("make ") && !$0.hasPrefix("echo") }
        #expect(commands.count == 1)
    }
}
