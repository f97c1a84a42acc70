import Foundation
import Testing

@Suite("House rules that no compiler checks")
struct HouseRuleTests {
    struct Ban: Sendable, CustomTestStringConvertible {
        let testDescription: String
        /// What code must not match.
        let pattern: String
        var allowedIn: Set<String> = []
        /// Code that the pattern must find, and code that it must leave alone.
        let offender: String
        let innocent: String
    }

    static let bans: [Ban] = [
        Ban(
            testDescription: "nothing is public or open",
            pattern: #"\bpublic\b|\bopen\s+(class|func|var|subscript|override|static)\b"#,
            offender: "    public static func run()",
            innocent: "    package func open(_ port: Int)"
        ),
        Ban(
            testDescription: "no task without a parent",
            pattern: #"\bTask\s*(<[^>]*>)?\s*(\([^)]*\))?\s*\{|\bTask\s*\.\s*(detached|immediate)\b"#,
            offender: "Task(priority: .low) { await run() }",
            innocent: "group.addTask { try await Task.sleep(for: pause) }"
        ),
        Ban(testDescription: "no try!", pattern: #"\btry!"#, offender: "let a = try! f()", innocent: "try f(!a)"),
        Ban(
            testDescription: "no promise about concurrency that the compiler does not check, but in Postgres",
            pattern: #"@unchecked\s+Sendable|nonisolated\(unsafe\)"#,
            allowedIn: ["Postgres"],
            offender: "final class Box: @unchecked Sendable {}",
            innocent: "nonisolated func f()"
        ),
        Ban(
            testDescription: "only the program prints",
            pattern: #"(^|[^.\w])(print|debugPrint|dump)\("#,
            allowedIn: ["baton"],
            offender: "        print(ticket)",
            innocent: "        self.print(ticket)"
        ),
    ]

    @Test(arguments: Self.bans)
    func `code holds none of what is banned`(ban: Ban) throws {
        let offences = try SourceTree.files().filter { !ban.allowedIn.contains($0.target) }
            .flatMap { try $0.lines(matching: ban.pattern) }
        #expect(offences == [])
    }

    @Test(arguments: Self.bans)
    func `each ban finds an offender and leaves an innocent alone`(ban: Ban) throws {
        let pattern = try Regex(ban.pattern)
        #expect(ban.offender.contains(pattern))
        #expect(!ban.innocent.contains(pattern))
    }

    /// The lines of declarations with package access that no `///` comment stands above.
    static func undocumented(_ text: String) throws -> [Int] {
        let declaration = try Regex(#"^\s*(?:[@\w]\S*\s+)*?package\s+(?!import\b)[a-z@]"#)
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        let code = SourceText(text).code.split(separator: "\n", omittingEmptySubsequences: false)
        return code.indices.filter { number in
            guard code[number].contains(declaration) else { return false }
            var above = number - 1
            while above >= 0, lines[above].trimmingCharacters(in: .whitespaces).hasPrefix("@") { above -= 1 }
            return above < 0 || !lines[above].trimmingCharacters(in: .whitespaces).hasPrefix("///")
        }
    }

    @Test func `every package declaration says what it is`() throws {
        let offences = try SourceTree.files().flatMap { file in
            try Self.undocumented(file.text).map { "\(file.path):\($0 + 1)" }
        }
        #expect(offences == [])
    }

    @Test(arguments: [
        ("/// Says it.\npackage let a = 1", []), ("package let a = 1", [0]),
        ("/// Says it.\n@inlinable\npackage func f() {}", []), ("// no\npackage static func f() {}", [1]),
        ("/// Says it.\n\npackage struct A {}", [2]), ("package import Desk\nlet package = 1", []),
        ("let a = \"\"\"\n  package let\n\"\"\"", []), ("@discardableResult package func f() {}", [0]),
    ])
    func `a missing comment is found`(text: String, lines: [Int]) throws {
        #expect(try Self.undocumented(text) == lines)
    }

    @Test func `no file is longer than 500 lines`() throws {
        let long = try SourceTree.files().filter { $0.lines.count > 501 }.map { "\($0.path): \($0.lines.count)" }
        #expect(long == [])
    }

    @Test func `a module and a type never share a name`() throws {
        let names = try SourceTree.targets().joined(separator: "|")
        let pattern = #"\b(struct|class|enum|actor|protocol|typealias)\s+("# + names + #")\b"#
        #expect(try SourceTree.files().flatMap { try $0.lines(matching: pattern) } == [])
    }
}
