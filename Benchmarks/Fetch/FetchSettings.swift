import Foundation

/// What the environment asks for.
struct FetchSettings {
    /// Messages in the mailbox (`BENCH_MESSAGES`).
    let messages: Int
    /// Rounds (`BENCH_ROUNDS`).
    let rounds: Int
    /// The corpus's seed (`BENCH_SEED`).
    let seed: UInt64

    init() throws {
        let values = ProcessInfo.processInfo.environment
        func number(_ name: String, _ standard: Int) throws -> Int {
            guard let text = values[name], !text.isEmpty else { return standard }
            guard let number = Int(text), number > 0 else {
                throw BenchmarkError("\(name) is not a number above 0: \(text)")
            }
            return number
        }
        self.messages = try number("BENCH_MESSAGES", 20_000)
        self.rounds = try number("BENCH_ROUNDS", 5)
        self.seed = UInt64(try number("BENCH_SEED", 1))
    }
}
