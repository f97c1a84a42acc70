import Foundation

/// The memory that is this process's alone.
enum Memory {
    /// Private pages, clean and dirty, in bytes (proc(5), smaps_rollup).
    static func privateBytes() throws -> Int {
        let text = try String(contentsOfFile: "/proc/self/smaps_rollup", encoding: .utf8)
        let lines = text.split(separator: "\n").filter { $0.hasPrefix("Private_") }
        let kilobytes = lines.compactMap { line in line.split(separator: " ").dropFirst().first.flatMap { Int($0) } }
        guard kilobytes.count >= 2 else { throw BenchmarkError("smaps_rollup cannot be read") }
        return kilobytes.reduce(0, +) * 1024
    }
}
