import Foundation
import Glibc
import LocalServers
import Testing

@Suite("Private servers end with their owner")
struct LifetimeTests {
    struct Unwell: Error {}

    /// Command lines of all processes that name this path.
    private static func processes(naming path: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: "/proc").filter { Int($0) != nil }.compactMap { number in
            // A process may end while we look.
            let bytes = try? Data(contentsOf: URL(fileURLWithPath: "/proc/\(number)/cmdline"))
            let line = bytes.map { String(decoding: $0, as: UTF8.self) } ?? ""
            return line.contains(path) ? line : nil
        }
    }

    /// Blocks until these processes have ended.
    ///
    /// They are children of the system's first process, so nothing tells us of their end: we look, for half a minute at
    /// most. What has ended and was not yet fetched by its parent has no command line any more.
    private static func waitForEnd(of processes: [Int32]) {
        let end = ContinuousClock.now.advanced(by: .seconds(30))
        for process in processes {
            // The file goes away with the process.
            while (try? Data(contentsOf: URL(fileURLWithPath: "/proc/\(process)/cmdline")))?.isEmpty == false,
                ContinuousClock.now < end
            {
                poll(nil, 0, 10)
            }
        }
    }

    @Test func `both servers are gone after a body that returns`() async throws {
        let path = try await withServers(durable: false) { set in set.folder.path }
        #expect(!FileManager.default.fileExists(atPath: path))
        #expect(try Self.processes(naming: path) == [])
    }

    @Test func `both servers are gone after a body that throws, even when it meant to keep them`() async throws {
        let path = Mailslot()
        await #expect(throws: Unwell.self) {
            try await withServers(durable: false, keep: true) { (set) async throws in
                _ = try set.folder.keep()
                path.put(set.folder.path)
                throw Unwell()
            }
        }
        #expect(!FileManager.default.fileExists(atPath: path.text))
        #expect(try Self.processes(naming: path.text) == [])
    }

    @Test func `a cancelled task stops what it started`() async throws {
        let path = Mailslot()
        await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                try await withServers(durable: false) { (set) async throws in
                    path.put(set.folder.path)
                    withUnsafeCurrentTask { $0?.cancel() }
                    try Task.checkCancellation()
                }
            }
            await #expect(throws: CancellationError.self) { try await group.next() }
        }
        #expect(path.text.hasPrefix("/") && !FileManager.default.fileExists(atPath: path.text))
        #expect(try Self.processes(naming: path.text) == [])
    }

    @Test(arguments: [SIGKILL, SIGTERM, SIGINT])
    func `a killed owner leaves no server and no folder`(signal: Int32) async throws {
        let note = NSTemporaryDirectory() + "baton-note-\(UUID().uuidString)"
        await #expect(processExitsWith: .signal(signal)) { [note = note as String, signal] in
            let folder = try ServerFolder()
            let postgres = try await PrivatePostgres.start(in: folder, durable: false)
            let dovecot = try await PrivateDovecot.start(in: folder)
            let lines = [folder.path, String(postgres.processID), String(dovecot.processID)]
            try lines.joined(separator: "\n").write(toFile: note, atomically: true, encoding: .utf8)
            Glibc.signal(signal, SIG_DFL)
            kill(getpid(), signal)
        }
        let lines = try String(contentsOfFile: note, encoding: .utf8).split(separator: "\n").map(String.init)
        try FileManager.default.removeItem(atPath: note)
        Self.waitForEnd(of: lines.dropFirst().compactMap { Int32($0) })
        #expect(!FileManager.default.fileExists(atPath: lines[0]))
        #expect(try Self.processes(naming: lines[0]) == [])
    }

    @Test func `kept servers outlive their owner until the command it was given`() async throws {
        let note = NSTemporaryDirectory() + "baton-note-\(UUID().uuidString)"
        await #expect(processExitsWith: .success) { [note = note as String] in
            try await withServers(durable: false, keep: true) { (set) async throws in
                let lines = [set.folder.path, try set.folder.keep(), String(set.dovecot.imapPort)]
                try lines.joined(separator: "\n").write(toFile: note, atomically: true, encoding: .utf8)
            }
        }
        let lines = try String(contentsOfFile: note, encoding: .utf8).split(separator: "\n").map(String.init)
        try FileManager.default.removeItem(atPath: note)
        let refusal = #expect(throws: LocalServersError.self) {
            try ObserverClient(port: Int(lines[2]) ?? 0, user: "nobody-here", password: "wrong")
        }
        // It is up: it says no, where a server that ended would not be reached.
        #expect(refusal?.during == "LOGIN")
        let keepers = lines[1].split(separator: " ").dropFirst().compactMap { Int32($0) }
        for keeper in keepers { kill(keeper, SIGTERM) }
        Self.waitForEnd(of: keepers)
        #expect(!FileManager.default.fileExists(atPath: lines[0]))
        #expect(try Self.processes(naming: lines[0]) == [])
    }
}
