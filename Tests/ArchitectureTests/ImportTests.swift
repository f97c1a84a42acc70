import Foundation
import Testing

@Suite("Imports follow the table of ARCHITECTURE.md")
struct ImportTests {
    /// What a target may import, beside what every target may.
    struct Rule: Sendable, CustomTestStringConvertible {
        let target: String
        let modules: Set<String>
        /// Modules allowed in one folder or file of the target only: module to path prefix.
        var confined: [String: String] = [:]

        var testDescription: String { self.target }
    }

    /// Parts of the language's own library that say nothing about layers.
    private static let always: Set<String> = ["Swift", "Synchronization"]
    private static let system: Set<String> = ["Glibc", "Foundation", "FoundationEssentials", "Dispatch"]
    private static let services: Set<String> = ["ServiceLifecycle", "Logging"]

    static let rules: [Rule] = [
        Rule(target: "Desk", modules: [], confined: ["Foundation": "Sources/Desk/WorkingTime/"]),
        Rule(target: "MIME", modules: ["Glibc", "CXML"]),
        Rule(target: "Rendering", modules: []),
        Rule(target: "CPostgres", modules: []),
        Rule(target: "CXML", modules: []),
        Rule(target: "CZlib", modules: []),
        Rule(target: "CMalloc", modules: []),
        Rule(target: "Migrations", modules: []),
        Rule(
            target: "MailTransport",
            modules: ["NIOCore", "NIOPosix", "NIOTLS", "NIOSSL", "Crypto", "CZlib", "Logging", "Glibc"]
        ),
        Rule(target: "Postgres", modules: ["CPostgres", "Logging", "Glibc"]),
        Rule(target: "IMAP", modules: ["MailTransport", "NIOCore", "Logging"]),
        Rule(target: "DeskStore", modules: ["Desk", "Postgres", "Migrations", "Rendering", "Logging"]),
        Rule(target: "DeskCommands", modules: ["Desk", "DeskStore", "Logging"]),
        Rule(target: "IngestionPlan", modules: ["Desk"]),
        Rule(
            target: "Ingestion",
            modules: services.union([
                "IngestionPlan", "DeskCommands", "DeskStore", "Desk", "MIME", "IMAP", "Crypto", "Postgres",
            ])
        ),
        Rule(
            target: "Assignment",
            modules: services.union(["DeskCommands", "DeskStore", "Desk", "IMAP", "Postgres"])
        ),
        Rule(target: "Reports", modules: ["Desk", "DeskStore", "Rendering"]),
        Rule(target: "LocalServers", modules: system.union(["Subprocess"])),
        Rule(
            target: "baton",
            modules: system.union(services).union([
                "ArgumentParser", "Assignment", "CMalloc", "Desk", "DeskCommands", "DeskStore", "IMAP", "Ingestion",
                "LocalServers",
                "MIME", "MailTransport", "Postgres", "Rendering", "Reports", "Subprocess", "UnixSignals",
            ])
        ),
    ]

    /// The modules a line of code imports; `import struct Foundation.Date` imports Foundation.
    static func modules(importedBy code: String) throws -> [(line: Int, module: String)] {
        let pattern = try Regex(
            #"^\s*(?:@\w+(?:\([^)]*\))?\s+)*(?:(?:package|internal|private|fileprivate|public)\s+)?import\s+"#
                + #"(?:(?:struct|class|enum|func|protocol|var|let|typealias|actor)\s+)?(\w+)"#,
            as: (Substring, Substring).self
        )
        return code.split(separator: "\n", omittingEmptySubsequences: false).enumerated().compactMap { number, line in
            line.firstMatch(of: pattern).map { (line: number + 1, module: String($0.output.1)) }
        }
    }

    @Test(arguments: Self.rules)
    func `a target imports nothing but what its layer allows`(rule: Rule) throws {
        var offences: [String] = []
        for file in try SourceTree.files() where file.target == rule.target {
            for (line, module) in try Self.modules(importedBy: file.source.code) {
                let isConfined = rule.confined[module].map { file.path.hasPrefix($0) } ?? false
                guard !isConfined, !rule.modules.contains(module), !Self.always.contains(module) else { continue }
                offences.append("\(file.path):\(line) imports \(module)")
            }
        }
        #expect(offences == [])
    }

    @Test func `every target has a rule, and every rule a target`() throws {
        #expect(try Set(SourceTree.targets()) == Set(Self.rules.map(\.target)))
    }

    @Test func `libxml2 is used in one file`() throws {
        let users = try SourceTree.files().filter { file in
            try Self.modules(importedBy: file.source.code).contains { $0.module == "CXML" }
        }
        #expect(users.count <= 1, "\(users.map(\.path))")
    }

    @Test(arguments: [
        ("import Desk", ["Desk"]), ("package import Desk", ["Desk"]), ("@testable import Desk", ["Desk"]),
        ("@_spi(A) private import struct Foundation.Date", ["Foundation"]), ("let important = 1", []),
        ("  import Glibc\nimport NIOCore", ["Glibc", "NIOCore"]),
    ])
    func `every way to write an import is seen`(code: String, modules: [String]) throws {
        #expect(try Self.modules(importedBy: code).map(\.module) == modules)
    }
}
