import Foundation

/// The built program, run as a shell runs it.
package struct BatonProgram: Sendable {
    /// Added to a small environment of its own; nothing is inherited.
    package var environment: [String: String]

    /// What a run left behind.
    package struct Ending: Sendable, Equatable {
        /// The exit status; 128 and the signal when a signal ended it.
        package let status: Int32
        /// Standard output.
        package let output: String
        /// Standard error.
        package let errors: String

        /// The output as a JSON value of this type.
        package func json<Value>(_ type: Value.Type = Value.self) throws -> Value {
            let parsed = try JSONSerialization.jsonObject(with: Data(self.output.utf8), options: [.fragmentsAllowed])
            guard let value = parsed as? Value else {
                throw TestSupportError("not a \(Value.self): \(self.output)\(self.errors)")
            }
            return value
        }
    }

    /// The program on one database.
    package init(database uri: String) {
        self.environment = ["BATON_DATABASE_URL": uri]
    }

    /// Runs it to its end.
    package func run(_ arguments: [String]) async throws -> Ending {
        try await self.withRunning(arguments) { try await $0.ending() }
    }

    /// Runs it, expecting success.
    @discardableResult
    package func succeed(_ arguments: String...) async throws -> Ending {
        let ending = try await self.run(arguments)
        guard ending.status == 0 else {
            throw TestSupportError("baton \(arguments.joined(separator: " ")): \(ending.status) \(ending.errors)")
        }
        return ending
    }

    /// Starts it, hands the process to `body`, and kills what still runs afterwards, or after `limit`.
    package func withRunning<R>(
        _ arguments: [String],
        limit: Duration = .seconds(180),
        _ body: (RunningProgram) async throws -> R
    ) async throws -> R {
        let program = try Self.executable()
        let base = ["PATH": "/usr/bin:/bin", "HOME": "/nonexistent", "PGCONNECT_TIMEOUT": "5"]
        let running = try RunningProgram(
            program,
            arguments,
            environment: base.merging(self.environment) { _, own in own },
            limit: limit
        )
        do {
            let result = try await body(running)
            try await running.finish()
            return result
        } catch {
            try await running.finish()
            throw error
        }
    }

    /// The path of the program under test.
    package static func executable() throws -> String {
        // The program lies beside the tests' own, or beside the program that drives it, wherever the build folder is.
        let own = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        let bundles = ([own] + CommandLine.arguments).compactMap { argument in
            argument.range(of: ".xctest").map { String(argument[..<$0.upperBound]) }
        }
        let candidates = (bundles + [own]).map { path in
            URL(fileURLWithPath: path).deletingLastPathComponent().appending(path: "baton").path
        }
        guard let program = candidates.first(where: { FileManager.default.isExecutableFile(atPath: $0) }) else {
            throw TestSupportError("the program was not built beside the tests")
        }
        return program
    }
}
