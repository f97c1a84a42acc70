import Desk
import DeskStore
import Foundation
import IMAP
import MailTransport
import Testing

@testable import baton

@Suite("Failures")
struct FailureTests {
    struct Sample: Sendable, CustomTestStringConvertible {
        let error: any Error
        let status: baton.ExitStatus
        let hint: String

        init(_ error: any Error, _ status: baton.ExitStatus, _ hint: String) {
            self.error = error
            self.status = status
            self.hint = hint
        }

        var testDescription: String { "\(self.error)" }
    }

    static func store(_ reason: StoreError.Reason) -> StoreError {
        StoreError(reason: reason, statement: "ticket.find", message: "no route")
    }

    @Test(arguments: [
        Sample(Self.store(.unreachable), .unreachable, "BATON_DATABASE_URL"),
        Sample(Self.store(.connectionLost), .unreachable, "try again"),
        Sample(Self.store(.commitUnknown), .unreachable, "look before you try again"),
        Sample(Self.store(.schemaMissing), .refused, "baton database migrate"),
        Sample(Self.store(.refused(state: "53100")), .unreachable, "ticket.find"),
        Sample(Self.store(.refused(state: "23514")), .refused, "no route"),
        Sample(
            Desk.Refusal(reason: .alreadyOwned(by: Identifier(1), handle: "ann"), ticket: Identifier(7)),
            .refused,
            "ann"
        ),
        Sample(Desk.Refusal(reason: .agentDisabled("bob"), ticket: Identifier(7)), .refused, "bob"),
        Sample(IMAPError(.authenticationFailed("no"), command: "LOGIN"), .refused, "password or token"),
        Sample(IMAPError(.connectionLost, command: "NOOP"), .unreachable, "mail server"),
        Sample(IMAPError(.protocolViolation("x"), command: "LIST"), .refused, "understand"),
        Sample(CancellationError(), .refused, "Interrupted"),
        Sample(CommandFailure.usage("Wrong", "Do it right"), .usage, "Wrong. Do it right."),
    ])
    func `every kind of error has a status and says what to do`(sample: Sample) {
        let report = FailureReport(sample.error)
        #expect(report.status == sample.status)
        #expect(report.text.hasPrefix("baton: "))
        #expect(report.text.contains(sample.hint), "\(report.text)")
    }

    @Test func `a server's words cannot act on the terminal`() {
        let report = FailureReport(IMAPError(.authenticationFailed("\u{1B}[2Jno"), command: "LOGIN"))
        #expect(report.text.unicodeScalars.allSatisfy { $0.value >= 0x20 })
    }

    @Test(arguments: [
        ("anm", ["ann"]), ("an", ["ann", "anna"]), ("bpb", ["bob"]), ("obb", ["bob"]), ("zebra", []),
        ("ANN", ["ann", "anna"]),
        ("x", []),
    ])
    func `similar names are offered, others not`(name: String, similar: [String]) {
        #expect(NameSuggestion.similar(to: name, among: ["ann", "anna", "bob"]) == similar)
    }

    @Test(arguments: [
        ("abc", "abc", 0), ("abc", "abd", 1), ("abc", "acb", 1), ("abc", "ab", 1), ("abc", "abcd", 1), ("ca", "abc", 3),
        ("", "ab", 2), ("kitten", "sitting", 3),
    ])
    func `the distance of names counts single changes`(first: String, second: String, distance: Int) {
        #expect(NameSuggestion.distance(first, second, limit: 9) == distance)
        #expect(NameSuggestion.distance(second, first, limit: 9) == distance)
        #expect(NameSuggestion.distance(first, second, limit: distance - 1) == nil)
    }

    @Test func `an unknown name says which there are`() {
        let unknown = CommandFailure.unknown("agent", "anm", known: ["ann"], listing: "baton agent list")
        #expect(unknown.advice == "Did you mean ann?")
        #expect(
            CommandFailure.unknown("agent", "zzz", known: ["ann"], listing: "baton agent list").advice
                == "See `baton agent list`."
        )
        #expect(
            CommandFailure.unknown("agent", "x", known: [], listing: "baton agent list").advice
                .contains("`baton agent add --help`")
        )
    }
}

@Suite("Where passwords come from")
struct PasswordSourceTests {
    static func read(_ content: [UInt8], mode: Int = 0o600, _ body: (PasswordSource) throws -> Void) throws {
        let file = FileManager.default.temporaryDirectory.appending(path: "password-\(UUID().uuidString)")
        try Data(content).write(to: file)
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: file.path)
        defer {
            // What is left in the temporary folder is swept by the system.
            try? FileManager.default.removeItem(at: file)
        }
        try body(.file(path: file.path))
    }

    @Test(arguments: [
        ("secret", "secret"), ("secret\n", "secret"), ("secret\r\n", "secret"), (" with blanks \n", " with blanks "),
        ("pässword", "pässword"),
    ])
    func `one line end is dropped, nothing else`(content: String, password: String) throws {
        try Self.read(Array(content.utf8)) { source in
            let read = try source.read().reveal()
            #expect(read == password)
        }
    }

    @Test(arguments: [
        [], Array("\n".utf8), Array("one\ntwo\n".utf8), [0xFF, 0xFE], Array("a\0b".utf8),
        Array(repeating: UInt8(ascii: "x"), count: 5_000),
    ])
    func `what is no password is refused, and never quoted`(content: [UInt8]) throws {
        try Self.read(content) { source in
            let failure = #expect(throws: CommandFailure.self) { try source.read() }
            #expect(failure?.status == .refused)
            #expect(failure?.problem.contains("one\ntwo") == false)
        }
    }

    @Test(arguments: [(0o600, false), (0o400, false), (0o640, true), (0o644, true)])
    func `a file that others can read is remarked on`(mode: Int, isExposed: Bool) throws {
        try Self.read([65], mode: mode) { #expect(($0.exposure != nil) == isExposed) }
    }

    @Test func `a missing file and a folder are refused`() {
        #expect(throws: CommandFailure.self) { try PasswordSource.file(path: "/nowhere/at/all").read() }
        #expect(throws: CommandFailure.self) { try PasswordSource.file(path: "/tmp").read() }
    }

    @Test func `a variable must be set`() throws {
        #expect(try PasswordSource.variable("P").read { _ in "secret" }.reveal() == "secret")
        #expect(throws: CommandFailure.self) { try PasswordSource.variable("P").read { _ in nil } }
        #expect(throws: CommandFailure.self) { try PasswordSource.variable("P").read { _ in "" } }
    }

    @Test func `paths are stored absolute, and links are kept`() {
        let folder = FileManager.default.currentDirectoryPath
        #expect(PasswordSource.absolutePath("a/../b") == (folder == "/" ? "/b" : folder + "/b"))
        #expect(PasswordSource.absolutePath("/run/secrets/x") == "/run/secrets/x")
    }
}
