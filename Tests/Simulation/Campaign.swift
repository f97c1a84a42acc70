import Synchronization

/// Many simulations, on several threads.
package enum Campaign {
    /// What came of them together.
    package struct Summary: Sendable {
        /// Simulations that ended.
        package var seeds = 0
        /// Their turns.
        package var steps = 0
        /// Events that came of what people did in mail clients.
        package var gestures = 0
        /// Intents without an answer that were understood by looking.
        package var recovered = 0
        /// Seeds that broke a law, each with the law; at most ``limit``.
        package var failures: [(seed: UInt64, law: String)] = []
        /// So many failures end a campaign.
        package static let limit = 20

        mutating func add(_ outcome: Simulation.Outcome) {
            self.seeds += 1
            self.steps += outcome.steps
            self.gestures += outcome.gestures
            self.recovered += outcome.recovered
            if let law = outcome.violation { self.failures.append((outcome.options.seed, law)) }
        }
    }

    /// Runs the seeds from `first` on while `goesOn` of what was done so far says so.
    package static func run(
        from first: UInt64,
        threads: Int,
        bug: PlantedBug? = nil,
        while goesOn: @escaping @Sendable (Summary) -> Bool
    ) async -> Summary {
        let tally = Tally(from: first)
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<threads {
                group.addTask {
                    while let seed = tally.next(while: goesOn) {
                        tally.add(Simulation.run(SimulationOptions(seed: seed, bug: bug)))
                    }
                }
            }
        }
        return tally.summary
    }

    /// What several threads count together.
    private final class Tally: Sendable {
        private let state: Mutex<(next: UInt64, summary: Summary)>

        init(from first: UInt64) {
            self.state = Mutex((first, Summary()))
        }

        var summary: Summary { self.state.withLock { $0.summary } }

        func next(while goesOn: (Summary) -> Bool) -> UInt64? {
            self.state.withLock { state in
                guard goesOn(state.summary), state.summary.failures.count < Summary.limit else { return nil }
                defer { state.next += 1 }
                return state.next
            }
        }

        func add(_ outcome: Simulation.Outcome) { self.state.withLock { $0.summary.add(outcome) } }
    }

    /// For each planted mistake the first seed that finds it, with the law that it breaks; nil: none of the first `limit` does.
    package static func find(
        _ bugs: [PlantedBug],
        limit: UInt64,
        threads: Int
    ) async -> [(bug: PlantedBug, found: (seed: UInt64, law: String)?)] {
        // The hard ones are spread over the threads.
        let shares = (0..<threads).map { thread in bugs.indices.filter { $0 % threads == thread }.map { bugs[$0] } }
        return await withTaskGroup(of: [(PlantedBug, (UInt64, String)?)].self) { group in
            for share in shares { group.addTask { share.map { ($0, self.find($0, limit: limit)) } } }
            var all: [(bug: PlantedBug, found: (seed: UInt64, law: String)?)] = []
            for await some in group { all += some.map { ($0.0, $0.1) } }
            return all
        }
    }

    private static func find(_ bug: PlantedBug, limit: UInt64) -> (UInt64, String)? {
        for seed in 1...limit {
            if let law = Simulation.run(SimulationOptions(seed: seed, bug: bug)).violation { return (seed, law) }
        }
        return nil
    }

    /// The smallest simulation found that breaks a law as this one does: without what is not needed for it, and ended early.
    package static func shrink(_ options: SimulationOptions) -> SimulationOptions {
        var smallest = options
        for part in SimulationOptions.Part.allCases {
            let smaller = smallest.without(part)
            if Simulation.run(smaller).violation != nil { smallest = smaller }
        }
        for steps in [10, 20, 40, 80, 160, 240, 320, 400] where steps < smallest.steps {
            var shorter = smallest
            shorter.steps = steps
            if Simulation.run(shorter).violation != nil { return shorter }
        }
        return smallest
    }

    /// Ends the workers before step 1, 2, … of a seed until a run is over before it could be; the first violation.
    package static func crashEverywhere(_ seed: UInt64) -> (points: Int, failure: (step: Int, law: String)?) {
        var step = 1
        while true {
            let outcome = Simulation.run(SimulationOptions(seed: seed).crashing(before: step))
            if let law = outcome.violation { return (step, (step, law)) }
            guard outcome.wasCrashed else { return (step - 1, nil) }
            step += 1
        }
    }
}
