import Glibc

/// A lock with a condition, for the few places where an OS thread waits for another.
///
/// `Synchronization.Mutex` has no way to wait. Nothing here is ever called from the cooperative pool for longer than the few
/// instructions under the lock; only threads of this module wait.
@safe
final class Monitor<State: Sendable>: @unchecked Sendable {
    // Unchecked because the compiler cannot see that `state` is only touched between lock and unlock of `mutex`, and that the
    // two allocations live exactly as long as this object. Both hold by inspection of this file.
    private let mutex: UnsafeMutablePointer<pthread_mutex_t>
    private let condition: UnsafeMutablePointer<pthread_cond_t>
    private var state: State

    init(_ state: State) {
        self.state = state
        unsafe self.mutex = .allocate(capacity: 1)
        unsafe self.condition = .allocate(capacity: 1)
        unsafe self.mutex.initialize(to: pthread_mutex_t())
        unsafe self.condition.initialize(to: pthread_cond_t())
        unsafe pthread_mutex_init(self.mutex, nil)
        var attributes = pthread_condattr_t()
        unsafe pthread_condattr_init(&attributes)
        unsafe pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
        unsafe pthread_cond_init(self.condition, &attributes)
        unsafe pthread_condattr_destroy(&attributes)
    }

    deinit {
        unsafe pthread_cond_destroy(self.condition)
        unsafe pthread_mutex_destroy(self.mutex)
        unsafe self.condition.deallocate()
        unsafe self.mutex.deallocate()
    }

    /// Changes the state and wakes whoever waits for it.
    func update<Result>(_ body: (inout State) -> Result) -> Result {
        unsafe pthread_mutex_lock(self.mutex)
        defer {
            unsafe pthread_cond_broadcast(self.condition)
            unsafe pthread_mutex_unlock(self.mutex)
        }
        return body(&self.state)
    }

    /// Waits until the body finds what it looks for.
    func wait<Result>(_ body: (inout State) -> Result?) -> Result {
        unsafe pthread_mutex_lock(self.mutex)
        defer { unsafe pthread_mutex_unlock(self.mutex) }
        while true {
            if let result = body(&self.state) { return result }
            unsafe pthread_cond_wait(self.condition, self.mutex)
        }
    }

    /// Waits until the body finds what it looks for, `nil` when that takes too long.
    func wait<Result>(atMost limit: Duration, _ body: (inout State) -> Result?) -> Result? {
        var deadline = timespec()
        unsafe clock_gettime(CLOCK_MONOTONIC, &deadline)
        let (seconds, attoseconds) = limit.components
        let nanoseconds = deadline.tv_nsec + Int(attoseconds / 1_000_000_000)
        deadline.tv_sec += Int(seconds) + nanoseconds / 1_000_000_000
        deadline.tv_nsec = nanoseconds % 1_000_000_000
        unsafe pthread_mutex_lock(self.mutex)
        defer { unsafe pthread_mutex_unlock(self.mutex) }
        while true {
            if let result = body(&self.state) { return result }
            guard unsafe pthread_cond_timedwait(self.condition, self.mutex, &deadline) == 0 else {
                return body(&self.state)
            }
        }
    }
}
