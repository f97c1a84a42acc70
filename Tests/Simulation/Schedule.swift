import Synchronization

/// Numbers by chance that a seed decides (SplitMix64).
package struct Chance: RandomNumberGenerator, Sendable {
    private var state: UInt64

    /// Numbers of this seed.
    package init(seed: UInt64) {
        self.state = seed &* 0x9E37_79B9_7F4A_7C15 &+ 0xD1B5_4A32_D192_ED03
    }

    /// The next number.
    package mutating func next() -> UInt64 {
        self.state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = self.state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// True so often in a thousand.
    mutating func happens(_ perMille: Int) -> Bool { perMille > 0 && Int(self.next() % 1000) < perMille }

    /// A number below `count`.
    mutating func below(_ count: Int) -> Int { Int(self.next() % UInt64(max(1, count))) }

    /// One of these; nil where there is none.
    mutating func one<Element>(of elements: [Element]) -> Element? {
        elements.isEmpty ? nil : elements[self.below(elements.count)]
    }
}

/// Runs everything of a simulation on the thread that drives it, one job after the other, so that a seed decides all.
final class Schedule: SerialExecutor, TaskExecutor {
    private let jobs = Mutex<[UnownedJob]>([])

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        self.jobs.withLock { $0.append(job) }
    }

    /// Runs until everybody waits for a turn.
    func runJobs() {
        while true {
            let jobs = self.jobs.withLock { jobs in
                defer { jobs.removeAll(keepingCapacity: true) }
                return jobs
            }
            if jobs.isEmpty { return }
            for job in jobs {
                job.runSynchronously(
                    isolatedTo: self.asUnownedSerialExecutor(),
                    taskExecutor: self.asUnownedTaskExecutor()
                )
            }
        }
    }

    /// Only the driving thread ever runs anything.
    func checkIsolated() {}
}
