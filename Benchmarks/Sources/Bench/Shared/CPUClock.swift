import Glibc

/// CPU seconds used so far.
enum CPUClock {
    /// By this thread.
    static var thread: Double { self.seconds(CLOCK_THREAD_CPUTIME_ID) }
    /// By all threads of this process.
    static var process: Double { self.seconds(CLOCK_PROCESS_CPUTIME_ID) }

    private static func seconds(_ clock: clockid_t) -> Double {
        var time = timespec()
        clock_gettime(clock, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
}
