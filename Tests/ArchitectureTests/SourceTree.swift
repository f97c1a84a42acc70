import Foundation
import Testing

/// The repository's Swift files, read from where this file lies.
enum SourceTree {
    struct File {
        /// The path from the repository's root.
        let path: String
        /// The target's name: the folder below `Sources`, `Migrations`, or one of ``SourceTree/nested``.
        let target: String
        let text: String
        let lines: [String]
        let source: SourceText

        /// The line numbers, counted from 1, whose code the expression matches.
        func lines(matching pattern: String) throws -> [String] {
            let expression = try Regex(pattern)
            return self.source.code.split(separator: "\n", omittingEmptySubsequences: false).enumerated()
                .filter { $0.element.contains(expression) }
                .map { "\(self.path):\($0.offset + 1)" }
        }
    }

    static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    /// Targets that lie in the folder of another, by that folder.
    static let nested = ["Sources/Ingestion/Plan/": "IngestionPlan"]

    /// The targets there are, by name.
    static func targets() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: self.root.appending(path: "Sources").path).sorted()
            + ["Migrations"] + self.nested.values
    }

    /// All Swift files of the program; an empty answer would let every check pass, so it is an error.
    static func files() throws -> [File] {
        let files = try ["Sources", "Migrations"].flatMap { folder in
            try FileManager.default.subpathsOfDirectory(atPath: self.root.appending(path: folder).path)
                .filter { $0.hasSuffix(".swift") }
                .sorted()
                .map { try self.file("\(folder)/\($0)") }
        }
        try #require(files.count > 10)
        return files
    }

    static func file(_ path: String) throws -> File {
        let text = try String(contentsOf: self.root.appending(path: path), encoding: .utf8)
        let parts = path.split(separator: "/").map(String.init)
        return File(
            path: path,
            target: self.nested.first { path.hasPrefix($0.key) }?.value
                ?? (parts[0] == "Sources" ? parts[1] : parts[0]),
            text: text,
            lines: text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init),
            source: SourceText(text)
        )
    }
}
