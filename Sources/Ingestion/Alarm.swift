import Synchronization

/// Something to look at: rung by anybody, waited for by one.
///
/// Rings while nobody waits are kept as one, so none is lost and none piles up.
final class Alarm: Sendable {
    private struct State {
        var isRung = false
        /// The folder that the server told of mail in, by its raw name.
        var news: [UInt8]?
        var isOver = false
        var waiter: CheckedContinuation<Void, Never>?
        var newsWaiter: CheckedContinuation<Void, Never>?
    }

    private let state = Mutex(State())

    /// Ends the wait, or the next one; `news` names a folder that the server told of new mail in, by its raw name.
    func ring(newsOf news: [UInt8]? = nil) {
        let waiters = self.state.withLock { state in
            state.isRung = true
            if let news { state.news = news }
            let isUrgent = state.news != nil || state.isOver
            defer {
                state.waiter = nil
                if isUrgent { state.newsWaiter = nil }
            }
            return [state.waiter, isUrgent ? state.newsWaiter : nil]
        }
        for waiter in waiters { waiter?.resume() }
    }

    /// Nobody waits from now on.
    func end() {
        self.state.withLock { $0.isOver = true }
        self.ring()
    }

    /// Whether ``end()`` was called.
    var isOver: Bool { self.state.withLock { $0.isOver } }

    /// Forgets a ring; whether there was one.
    func take() -> Bool {
        self.state.withLock { state in
            defer { state.isRung = false }
            return state.isRung
        }
    }

    /// Forgets which folder there is new mail in; nil where nobody said so.
    func takeNews() -> [UInt8]? {
        self.state.withLock { state in
            defer { state.news = nil }
            return state.news
        }
    }

    /// Waits for a moment, so that what happens at once is looked at once, and forgets what rang meanwhile; news of mail, the end and a
    /// cancellation end it early.
    func gather(for moment: Duration) async {
        await withTaskGroup { group in
            // Cancelled, there is nothing to wait for.
            group.addTask { try? await Task.sleep(for: moment) }
            group.addTask { await self.waitForNews() }
            await group.next()
            group.cancelAll()
        }
        _ = self.take()
    }

    private func waitForNews() async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isOver = self.state.withLock { state in
                    if state.news != nil || state.isOver || Task.isCancelled { return true }
                    state.newsWaiter = continuation
                    return false
                }
                if isOver { continuation.resume() }
            }
        } onCancel: {
            let waiter = self.state.withLock { state in
                defer { state.newsWaiter = nil }
                return state.newsWaiter
            }
            waiter?.resume()
        }
    }

    /// Waits until it rings, without forgetting the ring; returns at once where it has rung, and when the task is cancelled.
    func wait() async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isOver = self.state.withLock { state in
                    if state.isRung || state.isOver || Task.isCancelled { return true }
                    state.waiter = continuation
                    return false
                }
                if isOver { continuation.resume() }
            }
        } onCancel: {
            let waiter = self.state.withLock { state in
                defer { state.waiter = nil }
                return state.waiter
            }
            waiter?.resume()
        }
    }
}
