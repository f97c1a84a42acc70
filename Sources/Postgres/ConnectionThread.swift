import Glibc
import Synchronization

/// The one OS thread on which everything about one connection happens, as the executor of its actor.
///
/// libpq blocks, so it must not run on the cooperative pool; and a hop to another thread costs more than a statement, so a whole
/// transaction is one job here.
final class ConnectionThread: SerialExecutor {
    private struct Queue: Sendable {
        var jobs: [UnownedJob] = []
        var isStopping = false
    }

    private let queue = Monitor(Queue())
    /// Set by the thread itself before its first job; 0 until then.
    private let thread = Atomic<UInt>(0)

    init() {
        let isStarted = OSThread.start { self.run() }
        precondition(isStarted, "the system has no thread left for a database connection")
    }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        self.queue.update { $0.jobs.append(job) }
    }

    func isIsolatingCurrentContext() -> Bool? {
        self.thread.load(ordering: .relaxed) == UInt(pthread_self())
    }

    func checkIsolated() {
        precondition(self.isIsolatingCurrentContext() == true, "not on the thread of this connection")
    }

    /// Ends the thread once its jobs are done; called by the actor's `deinit`, after which no job can come.
    func stop() {
        self.queue.update { $0.isStopping = true }
    }

    private func run() {
        self.thread.store(UInt(pthread_self()), ordering: .relaxed)
        while true {
            let jobs: [UnownedJob] = self.queue.wait { queue in
                guard queue.jobs.isEmpty else {
                    defer { queue.jobs.removeAll(keepingCapacity: true) }
                    return queue.jobs
                }
                return queue.isStopping ? [] : nil
            }
            guard !jobs.isEmpty else { return }
            for job in jobs {
                unsafe job.runSynchronously(on: self.asUnownedSerialExecutor())
            }
        }
    }
}
