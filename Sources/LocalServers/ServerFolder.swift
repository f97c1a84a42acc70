import Foundation
import Glibc
import Synchronization

/// A private temporary folder, and the servers started in it.
///
/// The servers live as long as this process at most: they are stopped, and the folder removed, by ``remove()``, and also
/// when the process ends without calling it, be it by SIGKILL. ``keep()`` alone lets them outlive it.
package final class ServerFolder: Sendable {
    private struct State {
        var lock: Int32
        var servers: [String] = []
        var isKept = false
    }

    /// Unix socket paths end at 107 bytes, and the longest name a server adds to the folder's is under 37.
    private static let longestPath = 70
    /// A clean stop takes a tenth of a second; the keeper itself turns to SIGKILL after about ten.
    private static let stopLimit = Duration.seconds(20)

    /// The folder's absolute path: short, without a final slash.
    package let path: String
    private let state: Mutex<State>

    /// Makes a folder under `TMPDIR`, or under `/tmp` where that is too long for socket paths.
    ///
    /// Only its owner can list it; when that is root, other users can pass through it, because the servers run as
    /// users of their own.
    package init() throws {
        let step = "making a temporary folder"
        let wished = ProcessInfo.processInfo.environment["TMPDIR"] ?? "/tmp"
        let tail = "/baton-XXXXXX"
        var base = wished.hasPrefix("/") && wished.utf8.count + tail.utf8.count <= Self.longestPath ? wished : "/tmp"
        while base.hasSuffix("/") { base.removeLast() }
        var template = Array((base + tail).utf8CString)
        guard mkdtemp(&template) != nil else { throw LocalServersError(reason: .system(errno), during: step) }
        let path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        guard chmod(path, geteuid() == 0 ? 0o711 : 0o700) == 0 else {
            throw LocalServersError(reason: .system(errno), during: step)
        }
        try KeeperScript.keeper.write(toFile: path + "/" + KeeperScript.fileName, atomically: false, encoding: .utf8)
        let lock = open(path + "/owner", O_CREAT | O_RDWR | O_CLOEXEC, 0o600)
        guard lock >= 0, flock(lock, LOCK_EX | LOCK_NB) == 0 else {
            throw LocalServersError(reason: .system(errno), during: step)
        }
        self.path = path
        self.state = Mutex(State(lock: lock))
    }

    deinit {
        // Closing gives the lock back: whatever still runs here is stopped by its keeper.
        let lock = self.state.withLock { $0.lock }
        if lock >= 0 { close(lock) }
    }

    /// Lets the servers outlive this process.
    ///
    /// From then on ``remove()`` does nothing.
    ///
    /// - Returns: the shell command that stops the servers and removes the folder, once this process has ended.
    package func keep() throws -> String {
        try Data().write(to: URL(fileURLWithPath: self.path + "/keep"))
        let servers = self.state.withLock { state in
            state.isKept = true
            return state.servers
        }
        return (["kill"] + servers.compactMap { self.keeperProcess(of: $0) }.map(String.init)).joined(separator: " ")
    }

    /// Stops every server started here and removes the folder.
    ///
    /// Runs to its end even in a cancelled task. Calling it again, or after ``keep()``, does nothing.
    package func remove() async {
        guard !self.state.withLock({ $0.isKept }) else { return }
        await self.removeEvenIfKept()
    }

    /// As ``remove()``, also after ``keep()``: for who finds that there is nothing worth keeping.
    func removeEvenIfKept() async {
        let servers = self.state.withLock { state in
            defer { state.servers = [] }
            return state.servers
        }
        for name in servers { self.signalKeeper(of: name) }
        for name in servers { await self.stop(name) }
        let lock = self.state.withLock { state in
            defer { state.lock = -1 }
            return state.lock
        }
        guard lock >= 0 else { return }
        let path = self.path
        await onThread {
            // What cannot be removed is left to the system's own cleaning of temporary files.
            try? FileManager.default.removeItem(atPath: path)
            _ = close(lock)
        }
    }
}

extension ServerFolder {
    /// Starts a server under a keeper of its own; it may not be ready yet when this returns.
    ///
    /// The name is that of its log (`name.log`) and its folder (`name`), which go away with it. The signal, without `SIG`,
    /// ends the server cleanly.
    func start(_ name: String, stopSignal signal: String, command: [String]) async throws {
        self.state.withLock { state in
            if !state.servers.contains(name) { state.servers.append(name) }
        }
        _ = try await runScript(
            KeeperScript.launcher,
            [self.path, name, signal] + command,
            during: "starting \(name)"
        )
    }

    /// Stops one server and waits until it is gone; its data stay.
    func stop(_ name: String) async {
        await onThread {
            let end = ContinuousClock.now.advanced(by: Self.stopLimit)
            var round = 0
            while self.isRunning(name), ContinuousClock.now < end {
                if round % 200 == 0 { self.signalKeeper(of: name) }
                round += 1
                usleep(5_000)
            }
            if self.isRunning(name), let keeper = self.keeperProcess(of: name) { kill(keeper, SIGKILL) }
        }
    }

    /// Whether the keeper, and so perhaps the server, still lives.
    func isRunning(_ name: String) -> Bool {
        let file = open("\(self.path)/\(name).alive", O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return false }
        defer { close(file) }
        return flock(file, LOCK_SH | LOCK_NB) != 0
    }

    /// The keeper's process, once it has written its number.
    func keeperProcess(of name: String) -> Int32? {
        // A missing file means that the keeper has not come so far: the caller looks again.
        let text = try? String(contentsOfFile: "\(self.path)/\(name).keeper", encoding: .utf8)
        return text.flatMap { Int32($0.trimmingCharacters(in: .whitespacesAndNewlines)) }
    }

    /// Waits until `isReady` says so, the server ends, or the time is over.
    ///
    /// - Throws: ``LocalServersError`` with the end of the log when the server ended or never became ready.
    func waitUntilReady(
        _ name: String,
        within limit: Duration,
        isReady: @escaping @Sendable () -> Bool
    ) async throws {
        let end = ContinuousClock.now.advanced(by: limit)
        while !isReady() {
            guard self.isRunning(name), ContinuousClock.now < end else {
                throw LocalServersError(reason: .didNotStart(log: self.logTail(of: name)), during: "starting \(name)")
            }
            try await Task.sleep(for: .milliseconds(10))
        }
    }

    /// The last lines of a server's log.
    func logTail(of name: String) -> String {
        // No log means that nothing was said: the error then shows just that.
        let text = (try? String(contentsOfFile: "\(self.path)/\(name).log", encoding: .utf8)) ?? ""
        return String(text.suffix(2_000))
    }

    private func signalKeeper(of name: String) {
        if self.isRunning(name), let keeper = self.keeperProcess(of: name) { kill(keeper, SIGTERM) }
    }
}
