import Desk
import Foundation
import MailTransport
import Testing

@testable import baton

@Suite("Where a credential comes from")
struct CredentialTests {
    @Test(arguments: [
        ("/bin/token", ["/bin/token"]), ("  /bin/token  --for   a@b.c ", ["/bin/token", "--for", "a@b.c"]),
        ("/bin/token 'two words' \"and \"more", ["/bin/token", "two words", "and more"]),
        ("'/opt/a b/token' ''", ["/opt/a b/token", ""]), ("/bin/token '$HOME; x'", ["/bin/token", "$HOME; x"]),
    ])
    func `a command is split into words as written`(text: String, words: [String]) throws {
        #expect(try TokenCommand.words(of: text) == words)
    }

    @Test(arguments: [
        "token", "", "/bin/token; rm x", "/bin/token $(x)", "/bin/token `x`", "/bin/token > x", "/bin/token 'a",
        "/bin/token ~/x", "/a=b/token", "/bin/token a\\ b", "/bin/token & x", "/bin/token\nx",
    ])
    func `what only a shell would understand is refused`(text: String) {
        #expect(throws: (any Error).self) { try TokenCommand.words(of: text) }
    }

    private static func script(_ body: String, _ use: (String) async throws -> Void) async throws {
        let file = FileManager.default.temporaryDirectory.appending(path: "token-\(UUID().uuidString)")
        try Data("#!/bin/sh\n\(body)\n".utf8).write(to: file)
        try FileManager.default.setAttributes([.posixPermissions: 0o700], ofItemAtPath: file.path)
        defer {
            // What is left in the temporary folder is swept by the system.
            try? FileManager.default.removeItem(at: file)
        }
        try await use(file.path)
    }

    @Test func `a command gives what it prints, without its line end, and gets its words as they are`() async throws {
        try await Self.script(#"printf '%s-%s\n' "$1" "$#""#) { path in
            let token = try await TokenCommand(words: [path, "$(id)"]).run()
            #expect(token.reveal() == "$(id)-1")
        }
    }

    @Test(arguments: [
        "exit 3", "printf ''", "echo two words", "printf 'a\\nb'", "head -c 20000 /dev/zero | tr '\\0' x",
    ])
    func `what is no token is refused, and never quoted`(body: String) async throws {
        try await Self.script(body) { path in
            do {
                _ = try await TokenCommand(words: [path]).run()
                Issue.record("taken")
            } catch let failure as CommandFailure {
                #expect(failure.status == .refused)
                #expect(!failure.problem.contains("two words") && !failure.problem.contains("xxxx"))
            }
        }
    }

    static let minute: Int64 = 60_000_000

    struct GuardCase: Sendable, CustomTestStringConvertible {
        let testDescription: String
        var refusals = 3
        var refusedAt: Int64? = 10
        var changedAt: Int64? = 5
        let verdict: LogInGuard.Verdict
    }

    @Test(arguments: [
        GuardCase(testDescription: "nothing refused", refusals: 0, refusedAt: nil, verdict: .mayTry),
        GuardCase(testDescription: "two refused", refusals: 2, verdict: .mayTry),
        GuardCase(testDescription: "three refused and nothing changed", verdict: .stopped),
        GuardCase(testDescription: "seven refused", refusals: 7, verdict: .stopped),
        GuardCase(testDescription: "the password file changed since", changedAt: 11, verdict: .startsAnew),
        GuardCase(testDescription: "a command, a short time ago", changedAt: nil, verdict: .stopped),
        GuardCase(testDescription: "a command, an hour ago", refusedAt: -60, changedAt: nil, verdict: .mayTry),
    ])
    func `after three refusals nobody tries again until something changed`(_ sample: GuardCase) {
        let verdict = LogInGuard.verdict(
            refusals: sample.refusals,
            refusedAt: sample.refusedAt.map { Timestamp(microseconds: $0 * Self.minute) },
            changedAt: sample.changedAt.map { Timestamp(microseconds: $0 * Self.minute) },
            now: Timestamp(microseconds: 20 * Self.minute)
        )
        #expect(verdict == sample.verdict)
    }
}
