import NIOCore

/// What ends a reader's wait.
enum StreamOutcome: Equatable, Sendable {
    case ready
    case bytes(ByteBuffer)
    case endOfStream
    case failed(TransportError)
    case timedOut
    case woken
    case cancelled
}

/// The hand-over of bytes from an event loop to the one task that reads a connection, free of I/O.
///
/// Bytes queue up to a high-water mark; above it no more is read from the socket until the reader took them.
/// At most one reader waits. `Waiter` is a continuation in the program and a name in tests.
struct StreamStateMachine<Waiter> {
    /// To do outside the lock.
    struct Actions {
        var resume: (waiter: Waiter, outcome: StreamOutcome)?
        var scheduleTimer: NIODeadline?
        var readMore = false
    }

    /// Bytes queued above which reading stops: two full socket buffers behind a slow consumer.
    static var highWaterMark: Int { 256 * 1024 }
    /// Bytes queued below which reading starts again.
    static var lowWaterMark: Int { 64 * 1024 }

    private var queue: [ByteBuffer] = []
    private var queueHead = 0
    private var queuedBytes = 0
    private var isReadHeld = false
    private var isReady = false
    private var isCancelled = false
    private var isWakePending = false
    private var end: StreamOutcome?
    private var waiting: (waiter: Waiter, deadline: NIODeadline?, forReady: Bool)?
    private var timer: NIODeadline?

    // MARK: - The reader

    /// Whether a reader waits: it has taken all that came.
    var hasWaitingReader: Bool { self.waiting != nil }

    /// Takes what is there without waiting, or nil.
    mutating func takeImmediate(forReady: Bool) -> (StreamOutcome, readMore: Bool)? {
        if forReady {
            if let end = self.end { return (end, false) }
            return self.isReady ? (.ready, false) : self.takeCancelled()
        }
        if self.queueHead < self.queue.count {
            let bytes = self.queue[self.queueHead]
            self.queueHead += 1
            self.queuedBytes -= bytes.readableBytes
            if self.queueHead == self.queue.count {
                self.queue.removeAll(keepingCapacity: true)
                self.queueHead = 0
            }
            guard self.isReadHeld, self.queuedBytes <= Self.lowWaterMark else { return (.bytes(bytes), false) }
            self.isReadHeld = false
            return (.bytes(bytes), true)
        }
        if let end = self.end { return (end, false) }
        if self.isWakePending {
            self.isWakePending = false
            return (.woken, false)
        }
        return self.takeCancelled()
    }

    private func takeCancelled() -> (StreamOutcome, readMore: Bool)? {
        self.isCancelled ? (.cancelled, false) : nil
    }

    /// Waits for bytes (or readiness); resumes at once where something came meanwhile.
    mutating func waitBegan(_ waiter: Waiter, deadline: NIODeadline?, forReady: Bool) -> Actions {
        var actions = Actions()
        if let (outcome, readMore) = self.takeImmediate(forReady: forReady) {
            actions.resume = (waiter, outcome)
            actions.readMore = readMore
            return actions
        }
        self.waiting = (waiter, deadline, forReady)
        if let deadline, self.timer.map({ deadline < $0 }) ?? true {
            self.timer = deadline
            actions.scheduleTimer = deadline
        }
        return actions
    }

    /// The reader's task was cancelled.
    ///
    /// Sticky: the connection is of no use after it.
    mutating func cancelled() -> Actions {
        self.isCancelled = true
        return self.resumeWaiter(.cancelled)
    }

    /// Somebody wants the reader to look up from its wait.
    mutating func woken() -> Actions {
        guard let waiting, !waiting.forReady else {
            self.isWakePending = true
            return Actions()
        }
        return self.resumeWaiter(.woken)
    }

    // MARK: - The event loop

    mutating func becameReady() -> Actions {
        self.isReady = true
        guard let waiting, waiting.forReady else { return Actions() }
        return self.resumeWaiter(.ready)
    }

    mutating func received(_ bytes: ByteBuffer) -> Actions {
        guard self.end == nil, bytes.readableBytes > 0 else { return Actions() }
        if let waiting, !waiting.forReady { return self.resumeWaiter(.bytes(bytes)) }
        self.queue.append(bytes)
        self.queuedBytes += bytes.readableBytes
        return Actions()
    }

    /// True where the socket may be read; false holds the read back until the reader caught up.
    mutating func mayRead() -> Bool {
        if self.queuedBytes < Self.highWaterMark { return true }
        self.isReadHeld = true
        return false
    }

    mutating func ended(_ error: TransportError?) -> Actions {
        guard self.end == nil else { return Actions() }
        let outcome = error.map { StreamOutcome.failed($0) } ?? .endOfStream
        self.end = outcome
        return self.resumeWaiter(outcome)
    }

    /// A timer fired.
    ///
    /// Timers are not cancelled when a wait ends, so most find nothing to do.
    mutating func timerFired(at fired: NIODeadline, now: NIODeadline) -> Actions {
        if self.timer == fired { self.timer = nil }
        guard let waiting, let deadline = waiting.deadline else { return Actions() }
        if deadline <= now { return self.resumeWaiter(.timedOut) }
        guard self.timer.map({ deadline < $0 }) ?? true else { return Actions() }
        self.timer = deadline
        var actions = Actions()
        actions.scheduleTimer = deadline
        return actions
    }

    private mutating func resumeWaiter(_ outcome: StreamOutcome) -> Actions {
        var actions = Actions()
        if let waiting {
            self.waiting = nil
            actions.resume = (waiting.waiter, outcome)
        }
        return actions
    }
}
