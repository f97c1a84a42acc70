import Foundation
import Testing

@testable import IMAP

/// Every command that changes the server, whatever becomes of it.
@Suite("What became of a change")
struct OutcomeTableTests {
    /// The three outcomes, without their receipts.
    enum Fate: Equatable, Sendable {
        case confirmed
        case refused(ResponseCode?)
        case ambiguous(IMAPError.Reason)

        init(_ outcome: ChangeOutcome) {
            switch outcome {
            case .confirmed: self = .confirmed
            case .refused(let refusal): self = .refused(refusal.code)
            case .ambiguous(let error): self = .ambiguous(error.reason)
            }
        }

        init(_ outcome: MoveOutcome) {
            switch outcome {
            case .confirmed: self = .confirmed
            case .refused(let refusal): self = .refused(refusal.code)
            case .ambiguous(let error): self = .ambiguous(error.reason)
            }
        }

        init(_ outcome: AppendOutcome) {
            switch outcome {
            case .confirmed: self = .confirmed
            case .refused(let refusal): self = .refused(refusal.code)
            case .ambiguous(let error): self = .ambiguous(error.reason)
            }
        }
    }

    /// A call, and the command in it whose answer is varied.
    struct Command: Sendable, CustomTestStringConvertible {
        let function: String
        let verb: String
        /// The code that proves it; empty where OK is all the proof there is.
        var proof = ""
        /// What a refusal of this command means for the call, where the call has already done something.
        var halfDone: String?
        /// Whether BAD makes the call try another way.
        var hasAnotherWay = false
        let run: @Sendable (IMAPConnection) async throws -> Fate

        var testDescription: String { "\(self.function), \(self.verb)" }
    }

    private static let set = UIDSet([1])
    private static let done = FolderName(encoding: "Done")
    private static let copied = "[COPYUID 9 1 11] "

    static let commands: [Command] = [
        Command(function: "store", verb: "UID STORE") { Fate(try await $0.store(set, adding: ["\\Seen"])) },
        Command(function: "store", verb: "UID STORE") { Fate(try await $0.store(set, removing: ["$a"])) },
        Command(function: "markDeleted", verb: "UID STORE") { Fate(try await $0.markDeleted(set)) },
        Command(function: "uidExpunge", verb: "UID EXPUNGE") { Fate(try await $0.uidExpunge(set)) },
        Command(function: "create", verb: "CREATE") { Fate(try await $0.create(done)) },
        Command(function: "subscribe", verb: "SUBSCRIBE") { Fate(try await $0.subscribe(done)) },
        Command(function: "append", verb: "APPEND", proof: "[APPENDUID 9 77] ") {
            Fate(try await $0.append(Array("x".utf8), to: done))
        },
        Command(function: "move", verb: "UID MOVE", proof: copied) { Fate(try await $0.move(set, to: done)) },
        Command(function: "copy", verb: "UID COPY", proof: copied) { Fate(try await $0.copy(set, to: done)) },
        Command(function: "moveAsOffered", verb: "UID MOVE", proof: copied, hasAnotherWay: true) {
            Fate(try await $0.moveAsOffered(set, to: done))
        },
        Command(function: "moveByCopy", verb: "UID COPY", proof: copied) {
            Fate(try await $0.moveByCopy(set, to: done))
        },
        Command(function: "moveByCopy", verb: "UID STORE", halfDone: "copied, not marked as deleted") {
            Fate(try await $0.moveByCopy(set, to: done))
        },
        Command(function: "moveByCopy", verb: "UID EXPUNGE", halfDone: "copied and marked, not expunged") {
            Fate(try await $0.moveByCopy(set, to: done))
        },
    ]

    /// What the server does with the command.
    enum Answer: CaseIterable, Sendable {
        case ok, okWithoutProof, noWithCode, noForNow, noWithoutCode, bad, cut, cutInTheAnswer, silence, bye, foreignTag

        func steps(proof: String) -> [ScriptedServer.Step] {
            switch self {
            case .ok: [.send("<tag> OK \(proof)done\r\n")]
            case .okWithoutProof: [.send("<tag> OK done\r\n")]
            case .noWithCode: [.send("<tag> NO [NOPERM] never\r\n")]
            case .noForNow: [.send("<tag> NO [OVERQUOTA] full\r\n")]
            case .noWithoutCode: [.send("<tag> NO never\r\n")]
            case .bad: [.send("<tag> BAD what\r\n")]
            case .cut: [.close]
            // Not even a whole OK: the line's end is missing.
            case .cutInTheAnswer: [.send("<tag> OK \(proof)done"), .close]
            case .silence: []
            case .bye: [.send("* BYE gone\r\n"), .close]
            case .foreignTag: [.send("ZZZ OK done\r\n")]
            }
        }

        /// What must become of it, and whether the connection can be used further.
        func fate(of command: Command) -> (Fate, isUsable: Bool) {
            func refused(_ code: ResponseCode?) -> (Fate, isUsable: Bool) {
                (command.halfDone.map { .ambiguous(.unproven($0)) } ?? .refused(code), true)
            }
            return switch self {
            case .ok: (.confirmed, true)
            case .okWithoutProof:
                switch command.proof {
                case "": (.confirmed, true)
                case OutcomeTableTests.copied: (.ambiguous(.unproven("no usable COPYUID")), true)
                default: (.ambiguous(.unproven("no APPENDUID")), true)
                }
            case .noWithCode: refused(.noPerm)
            case .noForNow: refused(.overQuota)
            case .noWithoutCode: refused(nil)
            case .bad: command.hasAnotherWay ? (.confirmed, true) : refused(nil)
            case .cut, .cutInTheAnswer: (.ambiguous(.connectionLost), false)
            case .silence: (.ambiguous(.timedOut(after: OutcomeTableTests.patience)), false)
            case .bye: (.ambiguous(.closedByServer("gone")), false)
            case .foreignTag:
                (.ambiguous(.protocolViolation("an answer to a command that was not sent")), false)
            }
        }
    }

    private static let patience = Duration.milliseconds(50)

    @Test(arguments: Self.commands, Answer.allCases)
    func `no outcome is taken for another`(command: Command, answer: Answer) async throws {
        var server = ScriptedServer()
        server.on("UID COPY", .send("<tag> OK \(Self.copied)done\r\n"))
        server.reactions[command.verb] = { _, _, _ in answer.steps(proof: command.proof) }
        try await Connecting.with(server) { connection, record in
            _ = try await connection.select(.inbox, readOnly: false)
            if answer == .silence { connection.timeouts.inactivity = Self.patience }
            let expected = answer.fate(of: command)
            #expect(try await command.run(connection) == expected.0)
            #expect(connection.isUsable == expected.isUsable)
            guard !expected.isUsable else { return }
            // What is thrown was not sent: that is the difference from an outcome.
            let sent = record.verbs.count
            let second = await Connecting.failure { _ = try await command.run(connection) }
            #expect(second != nil && record.verbs.count == sent)
        }
    }

    @Test func `every call that has an outcome is in the table`() throws {
        let folder = Playable.folder.deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "Sources/IMAP/Client")
        var functions: Set<String> = []
        for file in try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil) {
            let text = try String(contentsOf: file, encoding: .utf8)
            for match in text.matches(
                of: #/package func (\w+)\([^{]*?\)\s+async throws\(IMAPError\) -> (?:Change|Move|Append)Outcome/#
            ) { functions.insert(String(match.output.1)) }
        }
        #expect(functions == Set(Self.commands.map(\.function)))
    }
}
