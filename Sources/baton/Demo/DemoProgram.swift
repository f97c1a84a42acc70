import Foundation

/// This very program, run again as a user would run it, against the demo's database.
///
/// Nothing of what a command prints passes through the demo: what one sees is what one would see.
struct DemoProgram {
    private let executable: String
    private let environment: [String: String]
    /// Where output goes that is read and not shown.
    private let folder: String
    /// Whether a person reads along; else tables are asked for by name, because a file gets CSV.
    private let isOnTerminal: Bool
    private let stage: DemoStage

    init(databaseURL: String, folder: String, stage: DemoStage) throws {
        self.executable = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        // The libpq variables of the caller could lead to another database than the URL says.
        var environment = ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("PG") }
        environment["BATON_DATABASE_URL"] = databaseURL
        self.environment = environment
        self.folder = folder
        self.isOnTerminal = stage.terminal.isTerminal
        self.stage = stage
    }

    /// Shows a command and runs it; its output goes where ours goes.
    func run(_ arguments: String...) async throws {
        self.stage.prompt(Self.line(arguments))
        try await self.finish(arguments, output: nil)
    }

    /// As ``run(_:)``, for a command that prints a table.
    func list(_ arguments: String...) async throws {
        self.stage.prompt(Self.line(arguments))
        try await self.finish(arguments + (self.isOnTerminal ? [] : ["--format", "table"]), output: nil)
    }

    /// Runs a command unseen and reads the JSON it prints.
    func read<Value: Decodable>(_ type: Value.Type, _ arguments: String...) async throws -> Value {
        let path = self.folder + "/demo-answer.json"
        _ = FileManager.default.createFile(atPath: path, contents: nil, attributes: [.posixPermissions: 0o600])
        let command = arguments + ["--format", "json"]
        let file = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
        try await self.finish(command, output: file)
        try file.close()
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        do {
            return try decoder.decode(type, from: Data(contentsOf: URL(fileURLWithPath: path)))
        } catch is DecodingError {
            throw DemoError(.unreadable(Self.line(command)))
        }
    }

    /// Starts a command that goes on until it is told to end.
    func start(_ arguments: String...) throws -> DemoService {
        self.stage.prompt(Self.line(arguments) + " &")
        return try DemoService(
            executable: self.executable,
            arguments: arguments,
            environment: self.environment,
            log: self.folder + "/demo-service.log"
        )
    }

    private func finish(_ arguments: [String], output: FileHandle?) async throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: self.executable)
        process.arguments = arguments
        process.environment = self.environment
        process.standardInput = FileHandle.nullDevice
        if let output { process.standardOutput = output }
        let status = try await withCheckedThrowingContinuation {
            (continuation: CheckedContinuation<Int32, any Error>) in
            process.terminationHandler = { continuation.resume(returning: $0.terminationStatus) }
            do {
                try process.run()
            } catch {
                process.terminationHandler = nil
                continuation.resume(throwing: error)
            }
        }
        guard status == 0 else { throw DemoError(.commandFailed(Self.line(arguments), status: status)) }
    }

    /// The command as it would be typed, with quotes where a shell needs them.
    private static func line(_ arguments: [String]) -> String {
        let words = arguments.map { word in
            let isPlain = word.allSatisfy { $0.isLetter || $0.isNumber || "-_./:@=,".contains($0) }
            return isPlain && !word.isEmpty ? word : "'\(word)'"
        }
        return (["baton"] + words).joined(separator: " ")
    }
}
