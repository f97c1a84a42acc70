import Glibc

/// Baton beside what the machine, the mail server and the database allow, each benchmark in rounds on servers of its own.
///
/// Without arguments all of them run; with the names of some, those.
@main
enum Bench: String, CaseIterable {
    case firstImport = "first-import"
    case growth
    case marks
    case newMail = "new-mail"

    static func main() async {
        do {
            let settings = try BenchmarkSettings(environment: .current)
            let wanted = try CommandLine.arguments.dropFirst().map { name in
                guard let benchmark = Self(rawValue: name) else {
                    throw BenchmarkError("the benchmarks are \(Self.allCases.map(\.rawValue).joined(separator: ", "))")
                }
                return benchmark
            }
            for benchmark in Self.allCases where wanted.isEmpty || wanted.contains(benchmark) {
                say("== \(benchmark.rawValue)\n")
                try await benchmark.run(settings)
                say("")
            }
        } catch {
            say("no result: \(error)")
            exit(1)
        }
    }

    private func run(_ settings: BenchmarkSettings) async throws {
        switch self {
        case .firstImport: try await FirstImport.run(settings)
        case .growth: try await Growth.run(settings)
        case .marks: try await Marks.run(settings)
        case .newMail: try await NewMail.run(settings)
        }
    }
}
