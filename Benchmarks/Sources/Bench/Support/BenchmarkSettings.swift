import Foundation

/// What the environment asks for.
struct BenchmarkSettings {
    /// Messages in the mailbox (`BENCH_MESSAGES`).
    let messages: Int
    /// Rounds (`BENCH_ROUNDS`).
    let rounds: Int
    /// Messages in the largest mailbox of `growth` (`BENCH_LARGEST`).
    let largest: Int
    /// The corpus's seed (`BENCH_SEED`).
    let seed: UInt64
    /// The release build of Baton (`BENCH_BATON`).
    let baton: String
    /// mbsync, where there is one on the path.
    let mbsync: String?

    /// The environment of a process.
    struct Environment {
        let values: [String: String]

        static var current: Environment { Environment(values: ProcessInfo.processInfo.environment) }
    }

    init(environment: Environment) throws {
        let values = environment.values
        self.messages = try Self.number(values, "BENCH_MESSAGES", 20_000)
        self.rounds = try Self.number(values, "BENCH_ROUNDS", 3)
        self.largest = try Self.number(values, "BENCH_LARGEST", 100_000)
        self.seed = UInt64(try Self.number(values, "BENCH_SEED", 1))
        let files = FileManager.default
        let candidates = [".build/release/baton", "../.build/release/baton"]
        let found = values["BENCH_BATON"] ?? candidates.first(where: files.isExecutableFile(atPath:))
        guard let found, files.isExecutableFile(atPath: found) else {
            throw BenchmarkError("there is no release build of baton: swift build -c release --product baton")
        }
        self.baton = URL(fileURLWithPath: found).path
        let folders = (values["PATH"] ?? "").split(separator: ":")
        self.mbsync = folders.map { "\($0)/mbsync" }.first(where: files.isExecutableFile(atPath:))
    }

    private static func number(_ values: [String: String], _ name: String, _ standard: Int) throws -> Int {
        guard let text = values[name], !text.isEmpty else { return standard }
        guard let number = Int(text), number > 0 else {
            throw BenchmarkError("\(name) is not a number above 0: \(text)")
        }
        return number
    }
}
