import Dispatch
import Foundation
import Glibc
import Synchronization

/// A process of the program that was started and may still run.
package final class RunningProgram: Sendable {
    private enum State {
        case running([CheckedContinuation<Int32, Never>])
        case ended(Int32)
    }

    /// Its process number.
    package let processID: Int32
    private let folder: URL
    private let state = Mutex(State.running([]))

    // Files, not pipes: nobody has to read while it writes.
    init(_ program: String, _ arguments: [String], environment: [String: String], limit: Duration) throws {
        self.folder = FileManager.default.temporaryDirectory.appending(path: "baton-run-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: self.folder, withIntermediateDirectories: true)
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        let created = O_WRONLY | O_CREAT | O_TRUNC
        posix_spawn_file_actions_addopen(&actions, 1, self.folder.appending(path: "output").path, created, 0o600)
        posix_spawn_file_actions_addopen(&actions, 2, self.folder.appending(path: "errors").path, created, 0o600)
        let words: [UnsafeMutablePointer<CChar>?] = ([program] + arguments).map { strdup($0) } + [nil]
        let variables: [UnsafeMutablePointer<CChar>?] = environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for pointer in words + variables { free(pointer) } }
        var processID: pid_t = 0
        let failure = posix_spawn(&processID, program, &actions, nil, words, variables)
        guard failure == 0 else { throw TestSupportError("the program does not start: errno \(failure)") }
        self.processID = processID
        DispatchQueue.global().async { self.waitForEnd() }
        // A program that hangs fails its test by its status, not the whole run by never coming back.
        let seconds = Double(limit.components.seconds)
        DispatchQueue.global().asyncAfter(deadline: .now() + seconds) { [weak self] in self?.signal(SIGKILL) }
    }

    private func waitForEnd() {
        var information = siginfo_t()
        // It stays a zombie until the state says so, so that no signal ever reaches another process of its number.
        while waitid(P_PID, id_t(self.processID), &information, WEXITED | WNOWAIT) != 0, errno == EINTR {}
        let (waiting, status) = self.state.withLock { state in
            var word: Int32 = 0
            waitpid(self.processID, &word, 0)
            let signal = word & 0x7f
            let status = signal == 0 ? (word >> 8) & 0xff : 128 + signal
            guard case .running(let waiting) = state else { return ([CheckedContinuation<Int32, Never>](), status) }
            state = .ended(status)
            return (waiting, status)
        }
        for one in waiting { one.resume(returning: status) }
    }

    /// Sends a signal, if it still runs.
    package func signal(_ signal: Int32) {
        self.state.withLock { state in
            if case .running = state { kill(self.processID, signal) }
        }
    }

    /// Whether it has ended.
    package var hasEnded: Bool {
        self.state.withLock { state in
            if case .ended = state { true } else { false }
        }
    }

    /// What it wrote to standard error so far.
    package func errors() throws -> String {
        String(decoding: try Data(contentsOf: self.folder.appending(path: "errors")), as: UTF8.self)
    }

    /// Waits for its end.
    package func ending() async throws -> BatonProgram.Ending {
        let status = await self.status()
        let output = try Data(contentsOf: self.folder.appending(path: "output"))
        return BatonProgram.Ending(
            status: status,
            output: String(decoding: output, as: UTF8.self),
            errors: try self.errors()
        )
    }

    private func status() async -> Int32 {
        await withCheckedContinuation { continuation in
            let known: Int32? = self.state.withLock { state in
                switch state {
                case .ended(let status): return status
                case .running(let waiting):
                    state = .running(waiting + [continuation])
                    return nil
                }
            }
            if let known { continuation.resume(returning: known) }
        }
    }

    /// Kills it where it still runs, and removes what it wrote.
    func finish() async throws {
        self.signal(SIGKILL)
        _ = await self.status()
        try FileManager.default.removeItem(at: self.folder)
    }
}
