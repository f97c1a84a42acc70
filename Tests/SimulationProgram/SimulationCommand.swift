import ArgumentParser
import Simulation

#if canImport(Glibc)
    import Glibc
#endif

/// Runs simulations by hand: many seeds, one with everything that happened, or the planted mistakes.
@main
struct SimulationCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "simulation",
        abstract: "Run the pure core against a model mail server, a model of the database and people, by chance.",
        subcommands: [Seeds.self, One.self, Bugs.self, Crash.self]
    )
}

/// Seconds that never go back.
func seconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}

struct Seeds: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Run many seeds, for a time or a number of them.")

    @Option(help: "The first seed.") var from: UInt64 = 1
    @Option(help: "For so many seconds; 0: no bound.") var seconds: Double = 60
    @Option(help: "At least so many, however long it takes.") var minimum = 0
    @Option(help: "No more than so many; 0: no bound.") var maximum = 0
    @Option(help: "On so many threads.") var threads = 2

    func run() async throws {
        let start = SimulationProgram.seconds()
        let (minimum, maximum, limit) = (self.minimum, self.maximum, self.seconds)
        let summary = await Campaign.run(from: self.from, threads: self.threads) { summary in
            if summary.seeds < minimum { return true }
            if maximum > 0, summary.seeds >= maximum { return false }
            return limit == 0 || SimulationProgram.seconds() - start < limit
        }
        let took = Int(SimulationProgram.seconds() - start)
        print(
            """
            \(summary.seeds) seeds, \(summary.steps) steps, \(summary.gestures) gestures, \(summary.recovered) intents \
            recovered, in \(took) s: \(summary.failures.count) broke a law.
            """
        )
        for failure in summary.failures.sorted(by: { $0.seed < $1.seed }) {
            print("seed \(failure.seed): \(failure.law)")
            print("    to keep: \(Campaign.shrink(SimulationOptions(seed: failure.seed)).name)")
        }
        guard summary.failures.isEmpty, summary.seeds >= minimum else { throw ExitCode.failure }
    }
}

struct One: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Run one seed and print what happened.")

    @Argument(help: "The seed, with what is left out of it, if anything: '314 steps=120 -clients'.") var seed: String
    @Option(help: "A planted mistake, by its name.") var bug: String?
    @Option(help: "End the workers before this step.") var crashAt = 0
    @Flag(help: "Print every turn.") var trace = false

    func run() async throws {
        let bug = PlantedBug.allCases.first { "\($0)" == self.bug }
        guard var options = SimulationOptions(name: self.seed) else {
            throw ValidationError("'\(self.seed)' is no seed")
        }
        if bug != nil { options = SimulationOptions(seed: options.seed, bug: bug) }
        if self.crashAt > 0 { options = options.crashing(before: self.crashAt) }
        let outcome = Simulation.run(options, isTracing: self.trace)
        for line in outcome.trace { print(line) }
        print(options.summary)
        print("\(outcome.steps) steps: \(outcome.violation ?? "no law is broken")")
        if outcome.violation != nil { throw ExitCode.failure }
    }
}

struct Bugs: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Look for every planted mistake; the score is printed.")

    @Option(help: "Seeds to try for each.") var limit: UInt64 = 3000
    @Option(help: "On so many threads.") var threads = 2
    @Argument(help: "Only these, by name.") var names: [String] = []

    func run() async throws {
        let bugs = PlantedBug.allCases.filter { self.names.isEmpty || self.names.contains("\($0)") }
        var found = 0
        for (bug, what) in await Campaign.find(bugs, limit: self.limit, threads: self.threads) {
            guard let (seed, law) = what else {
                print("not found  \(bug): \(bug.rawValue)")
                continue
            }
            found += 1
            print("seed \(seed)  \(bug): \(bug.rawValue)\n    \(law.prefix(160))")
        }
        print("\(found) of \(bugs.count) planted mistakes were found.")
        if found < bugs.count { throw ExitCode.failure }
    }
}

struct Crash: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "End the workers before every step of seeds.")

    @Option(help: "The first seed.") var from: UInt64 = 1
    @Option(help: "How many.") var seeds: UInt64 = 10

    func run() async throws {
        var points = 0
        for seed in self.from..<(self.from + self.seeds) {
            let (count, failure) = Campaign.crashEverywhere(seed)
            points += count
            if let failure {
                print("seed \(seed), before step \(failure.step): \(failure.law)")
                throw ExitCode.failure
            }
        }
        print("\(self.seeds) seeds ended before each of \(points) steps: no law is broken.")
    }
}
