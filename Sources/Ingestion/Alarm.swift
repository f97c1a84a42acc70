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
    }

    private let state = Mutex(State())

    /// Ends the wait, or the next one; `news` names a folder that the server told of new mail in, by its raw name.
    func ring(newsOf news: [UInt8]? = nil) {
        let waiter = self.state.withLock { state in
            state.isRung = true
            if let news { state.news = news }
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?.resume()
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
