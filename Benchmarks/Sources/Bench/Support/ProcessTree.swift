import Foundation

/// The CPU time of a server: its process, all below it, and those of them that ended already.
struct ProcessTree {
    let root: Int32

    private struct Process {
        let parent: Int32
        let seconds: Double
    }

    /// User and system time so far, in seconds.
    func seconds() throws -> Double {
        var processes: [Int32: Process] = [:]
        for name in try FileManager.default.contentsOfDirectory(atPath: "/proc") {
            guard let number = Int32(name), let process = Self.read(number) else { continue }
            processes[number] = process
        }
        var children: [Int32: [Int32]] = [:]
        for (number, process) in processes { children[process.parent, default: []].append(number) }
        var (waiting, total) = ([self.root], 0.0)
        while let number = waiting.popLast() {
            total += processes[number]?.seconds ?? 0
            waiting += children[number] ?? []
        }
        return total
    }

    /// proc(5): the fields after the name in brackets, which may hold spaces; 4 is the parent, 14 to 17 are the times.
    private static func read(_ number: Int32) -> Process? {
        // A process may end between the listing and the reading.
        guard let text = try? String(contentsOfFile: "/proc/\(number)/stat", encoding: .utf8),
            let bracket = text.lastIndex(of: ")")
        else { return nil }
        let fields = text[text.index(after: bracket)...].split(separator: " ")
        guard fields.count > 14, let parent = Int32(fields[1]) else { return nil }
        let ticks = fields[11...14].compactMap { Double($0) }.reduce(0, +)
        return Process(parent: parent, seconds: ticks / Double(sysconf(Int32(_SC_CLK_TCK))))
    }
}
