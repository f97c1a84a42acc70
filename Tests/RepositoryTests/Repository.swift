import Foundation
import Testing

/// The repository's own files, and the program built from it.
enum Repository {
    static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    static func text(_ path: String) throws -> String {
        try String(contentsOf: self.root.appending(path: path), encoding: .utf8)
    }

    /// Whether any source file of the program holds this text.
    static func sourcesMention(_ text: String) throws -> Bool {
        try FileManager.default.subpathsOfDirectory(atPath: self.root.appending(path: "Sources").path)
            .filter { $0.hasSuffix(".swift") }
            .contains { try self.text("Sources/\($0)").contains(text) }
    }

    /// The targets the Makefile can make.
    static func makeTargets() throws -> Set<String> {
        Set(try self.text("Makefile").matches(of: #/(?m)^([a-z]+):/#).map { String($0.output.1) })
    }

    /// What the program says to `--help` after these words.
    static func help(_ words: [String]) throws -> String {
        // The program lies beside the tests' own, wherever the build folder is.
        let tests = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        let arguments = [tests] + CommandLine.arguments
        let folders = arguments.filter { $0.contains(".xctest") }.map { argument in
            URL(
                fileURLWithPath: String(
                    argument.prefix(upTo: argument.range(of: ".xctest")?.upperBound ?? argument.endIndex)
                )
            )
            .deletingLastPathComponent()
        }
        let program = folders.map { $0.appending(path: "baton") }
            .first { FileManager.default.isExecutableFile(atPath: $0.path) }
        let executable: URL = try #require(program, "the program was not built beside the tests")
        let process = Process()
        process.executableURL = executable
        process.arguments = words + ["--help"]
        let output = Pipe()
        process.standardOutput = output
        process.standardError = output
        try process.run()
        let bytes = try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        return String(decoding: bytes, as: UTF8.self)
    }
}
