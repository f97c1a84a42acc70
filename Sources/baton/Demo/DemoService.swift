import Foundation

/// A command of this program that runs beside the demo, and ends with it in whatever way the demo ends.
///
/// A shell stands between: it waits for the end of its input, which the kernel brings about even when the demo is
/// killed, and then sends the command SIGTERM.
final class DemoService {
    private static let script = """
        trap '' INT
        "$@" </dev/null &
        service=$!
        cat >/dev/null
        kill -s TERM "$service" 2>/dev/null
        wait "$service"
        """
    /// `baton run` promises to end within ten seconds of SIGTERM.
    private static let stopLimit = Duration.seconds(10)

    private let process = Process()
    private let input = Pipe()
    private let command: String
    private let log: String

    /// Starts it; what it says goes to the file `log`.
    init(executable: String, arguments: [String], environment: [String: String], log: String) throws {
        _ = FileManager.default.createFile(atPath: log, contents: nil, attributes: [.posixPermissions: 0o600])
        let file = try FileHandle(forWritingTo: URL(fileURLWithPath: log))
        self.log = log
        self.command = "baton " + arguments.joined(separator: " ")
        self.process.executableURL = URL(fileURLWithPath: "/bin/sh")
        self.process.arguments = ["-c", Self.script, "sh", executable] + arguments
        self.process.environment = environment
        self.process.standardInput = self.input
        self.process.standardOutput = file
        self.process.standardError = file
        try self.process.run()
        try file.close()
    }

    /// The end of what it said so far.
    var lastWords: String {
        // Where there is no log, nothing was said.
        let text = (try? String(contentsOfFile: self.log, encoding: .utf8)) ?? ""
        return String(text.suffix(1_000))
    }

    /// Sends SIGTERM and waits for the end.
    ///
    /// - Returns: how long that took.
    func stop() async throws -> Duration {
        let start = ContinuousClock.now
        try self.input.fileHandleForWriting.close()
        while self.process.isRunning {
            guard ContinuousClock.now - start < Self.stopLimit else {
                throw DemoError(.timedOut("`\(self.command)` did not end", seconds: 10))
            }
            try await Task.sleep(for: .milliseconds(10))
        }
        guard self.process.terminationStatus == 0 else {
            throw DemoError(.commandFailed(self.command, status: self.process.terminationStatus))
        }
        return ContinuousClock.now - start
    }
}
