import Foundation
import Testing

@Suite("SQL lives where it belongs")
struct SQLTests {
    /// Statements, not words: IMAP has a SELECT of its own, and prose has updates.
    static let statement =
        #"(?s)\b(SELECT\s.{1,400}?\sFROM\s|INSERT\s+INTO\s|UPDATE\s+\w+\s+SET\s|DELETE\s+FROM\s|"#
        + #"(CREATE|ALTER|DROP)\s+(TABLE|INDEX|VIEW|SEQUENCE|FUNCTION|TYPE)\s)"#

    @Test func `no text outside the three SQL targets is a statement`() throws {
        let pattern = try Regex(Self.statement)
        let offences = try SourceTree.files()
            .filter { !["DeskStore", "Postgres", "Migrations"].contains($0.target) }
            .flatMap { file in
                file.source.literals.filter { $0.contains(pattern) }.map { "\(file.path): \($0.prefix(60))" }
            }
        #expect(offences == [])
    }

    @Test(arguments: [
        ("SELECT a,\n b FROM ticket WHERE x", true), ("INSERT INTO ticket (a)", true),
        ("UPDATE ticket SET a = 1", true), ("DELETE FROM lease WHERE a", true), ("CREATE TABLE a (", true),
        ("SELECT INBOX (CONDSTORE)", false), ("Select one from the list", false), ("UPDATE the set", false),
    ])
    func `a statement is told from other text`(text: String, isStatement: Bool) throws {
        let pattern = try Regex(Self.statement)
        #expect(text.contains(pattern) == isStatement)
    }

    @Test func `migrations are numbered without a gap, and each is embedded and applied in order`() throws {
        let folder = SourceTree.root.appending(path: "Migrations").path
        let names = try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasSuffix(".sql") }.sorted()
        try #require(!names.isEmpty)
        for (number, name) in names.enumerated() {
            let isNamed = try #/([0-9]{4})_[a-z0-9_]+\.sql/#.wholeMatch(in: name)
            #expect(isNamed.flatMap { Int($0.output.1) } == number + 1, "\(name)")
        }
        let manifest = try String(contentsOf: SourceTree.root.appending(path: "Package.swift"), encoding: .utf8)
        let embedded = manifest.matches(of: #/embedInCode\("([^"]+\.sql)"\)/#).map { String($0.output.1) }
        #expect(embedded == names)
        let list = try String(contentsOfFile: "\(folder)/BatonMigrations.swift", encoding: .utf8)
        let applied = list.matches(of: #/File\(version: ([0-9]+), name: "([^"]+)"/#)
            .map { "\(String(repeating: "0", count: 4 - $0.output.1.count))\($0.output.1)_\($0.output.2).sql" }
        #expect(applied == names)
    }
}
