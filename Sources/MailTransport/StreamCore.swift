import NIOCore
import Synchronization

/// The shared part of a connection: the state machine under a lock, and the timer that serves it.
///
/// Why not an `NIOAsyncChannel`: cancelling a task that waits in one closes the channel, so IDLE could not say DONE, and its
/// iterator cannot stop waiting at a deadline. The measured design is the same: whole buffers go to the reader's task.
final class StreamCore: Sendable {
    /// Not a checked one: the machine gives each waiter one outcome, and its tests watch over that.
    ///
    /// A checked one's size is unknown before the program runs, so that each copy of a value around it would be an interpreter's work.
    typealias Waiter = UnsafeContinuation<StreamOutcome, Never>

    private let machine = Mutex(StreamStateMachine<Waiter>())
    private let timer = Mutex<Scheduled<Void>?>(nil)
    let channel: any Channel

    init(channel: any Channel) {
        self.channel = channel
    }

    // MARK: - The reader

    /// Whether a reader waits, having taken all that came; for a clock that is moved by hand.
    var hasWaitingReader: Bool { self.machine.withLock { $0.hasWaitingReader } }

    /// Waits for bytes, or for the stream to be ready to carry any.
    func wait(deadline: NIODeadline?, forReady: Bool) async -> StreamOutcome {
        if let (outcome, readMore) = self.machine.withLock({ $0.takeImmediate(forReady: forReady) }) {
            if readMore { self.channel.read() }
            return outcome
        }
        return await withTaskCancellationHandler {
            await withUnsafeContinuation { continuation in
                self.perform(
                    self.machine.withLock { $0.waitBegan(continuation, deadline: deadline, forReady: forReady) }
                )
            }
        } onCancel: {
            self.perform(self.machine.withLock { $0.cancelled() })
        }
    }

    /// Makes the reader look up; if it does not wait, its next wait ends at once.
    func wake() {
        self.perform(self.machine.withLock { $0.woken() })
    }

    // MARK: - The event loop

    func becameReady() {
        self.perform(self.machine.withLock { $0.becameReady() })
    }

    func received(_ bytes: ByteBuffer) {
        self.perform(self.machine.withLock { $0.received(bytes) })
    }

    func mayRead() -> Bool {
        self.machine.withLock { $0.mayRead() }
    }

    /// The first error wins; nil is the peer's orderly close.
    func ended(_ error: TransportError?) {
        self.perform(self.machine.withLock { $0.ended(error) })
        self.timer.withLock { timer in
            timer?.cancel()
            timer = nil
        }
    }

    private func perform(_ actions: StreamStateMachine<Waiter>.Actions) {
        if let resume = actions.resume { resume.waiter.resume(returning: resume.outcome) }
        if actions.readMore { self.channel.read() }
        guard let deadline = actions.scheduleTimer else { return }
        let scheduled = self.channel.eventLoop.scheduleTask(deadline: deadline) {
            self.perform(self.machine.withLock { $0.timerFired(at: deadline, now: self.channel.eventLoop.now) })
        }
        self.timer.withLock { timer in
            timer?.cancel()
            timer = scheduled
        }
    }
}
