import Foundation
import Synchronization

/// What was run already, kept in a file so that a matrix that was interrupted goes on where it was.
///
/// One line a point: `ok` or `bad`, and the point. The first line names the program; another program begins anew.
final class MatrixState: Sendable {
    private let file: FileHandle?
    private let passed: Set<String>
    private let lock = Mutex(())

    /// Goes on with a file, or begins one; nil keeps nothing.
    init(path: String?, program: String) throws {
        guard let path else {
            (self.file, self.passed) = (nil, [])
            return
        }
        let head = "program \(try Self.identity(of: program))"
        // A file that cannot be read is one that is not there yet.
        let lines = ((try? String(contentsOfFile: path, encoding: .utf8)) ?? "").split(separator: "\n").map(String.init)
        let isSame = lines.first == head
        if !isSame { try (head + "\n").write(toFile: path, atomically: true, encoding: .utf8) }
        let file = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
        try file.seekToEnd()
        self.file = file
        self.passed = Set(isSame ? lines.filter { $0.hasPrefix("ok ") }.map { String($0.dropFirst(3)) } : [])
    }

    private static func identity(of program: String) throws -> String {
        let attributes = try FileManager.default.attributesOfItem(atPath: program)
        let date = attributes[.modificationDate] as? Date ?? .distantPast
        return "\(attributes[.size] ?? 0) \(Int(date.timeIntervalSince1970 * 1000))"
    }

    /// Whether a point ended well before.
    func hasPassed(_ point: CrashPoint) -> Bool {
        self.passed.contains(point.description)
    }

    /// Notes how a point ended.
    func note(_ point: CrashPoint, isGood: Bool) throws {
        try self.lock.withLock { _ in
            try self.file?.write(contentsOf: Data("\(isGood ? "ok" : "bad") \(point)\n".utf8))
        }
    }
}
