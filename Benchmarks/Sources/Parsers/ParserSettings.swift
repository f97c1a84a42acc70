import Glibc

/// What the environment asks for.
struct ParserSettings {
    /// Seconds of CPU for each measurement (`BENCH_SECONDS`).
    let seconds: Double

    init() throws {
        let text = getenv("BENCH_SECONDS").map { String(cString: $0) } ?? ""
        guard !text.isEmpty else {
            self.seconds = 2
            return
        }
        guard let seconds = Double(text), seconds > 0 else {
            throw BenchmarkError("BENCH_SECONDS is not a number above 0: \(text)")
        }
        self.seconds = seconds
    }
}
