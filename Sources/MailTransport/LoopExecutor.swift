import NIOCore

/// Runs a task on the thread of an event loop, among the loop's own work.
///
/// So what comes in bulk is read where it arrives: no thread is woken for each portion, and buffers stay in that core's cache.
final class LoopExecutor: TaskExecutor {
    private let loop: any EventLoop

    init(_ loop: any EventLoop) {
        self.loop = loop
    }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        self.loop.execute { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}
