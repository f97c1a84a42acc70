import Synchronization

/// A queue between two tasks: one sends and waits while it is full, one receives and waits while it is empty.
///
/// What is in it is bounded by its capacity, so memory is too, however much faster one side is.
final class BoundedQueue<Element: Sendable>: Sendable {
    private typealias Waiter = CheckedContinuation<Void, Never>

    private enum Side { case sender, receiver }

    private struct State {
        var elements: [Element] = []
        var isFinished = false
        var isAbandoned = false
        var sender: Waiter?
        var receiver: Waiter?

        mutating func takeWaiter(_ side: Side) -> Waiter? {
            switch side {
            case .sender:
                defer { self.sender = nil }
                return self.sender
            case .receiver:
                defer { self.receiver = nil }
                return self.receiver
            }
        }
    }

    private let capacity: Int
    private let state = Mutex(State())

    /// Holds `capacity` elements at most, not counting the one that each side has in hand.
    init(capacity: Int) {
        self.capacity = capacity
    }

    /// Adds an element once there is room.
    ///
    /// - Throws: `CancellationError` when the task is cancelled or the receiver has left.
    func send(_ element: Element) async throws {
        while true {
            try Task.checkCancellation()
            let (isSent, waiter) = try self.state.withLock { state in
                guard !state.isAbandoned else { throw CancellationError() }
                guard state.elements.count < self.capacity else { return (false, Waiter?.none) }
                state.elements.append(element)
                return (true, state.takeWaiter(.receiver))
            }
            waiter?.resume()
            if isSent { return }
            await self.wait(as: .sender) { $0.isAbandoned || $0.elements.count < self.capacity }
        }
    }

    /// Waits until an element can be sent without waiting, so that it need not be made before.
    ///
    /// - Throws: As ``send(_:)``.
    func waitForRoom() async throws {
        while true {
            try Task.checkCancellation()
            let hasRoom = try self.state.withLock { state in
                guard !state.isAbandoned else { throw CancellationError() }
                return state.elements.count < self.capacity
            }
            if hasRoom { return }
            await self.wait(as: .sender) { $0.isAbandoned || $0.elements.count < self.capacity }
        }
    }

    /// The next element; nil when nothing more will come, or the task is cancelled.
    func next() async -> Element? {
        while !Task.isCancelled {
            let (element, isOver, waiter) = self.state.withLock { state in
                guard !state.elements.isEmpty else { return (Element?.none, state.isFinished, Waiter?.none) }
                return (state.elements.removeFirst(), false, state.takeWaiter(.sender))
            }
            waiter?.resume()
            if element != nil || isOver { return element }
            await self.wait(as: .receiver) { $0.isFinished || !$0.elements.isEmpty }
        }
        return nil
    }

    /// The next element if it is there already and `isWanted`; nil where it would have to be waited for.
    func takeReady(if isWanted: (Element) -> Bool) -> Element? {
        let (element, waiter) = self.state.withLock { state in
            guard let first = state.elements.first, isWanted(first) else { return (Element?.none, Waiter?.none) }
            return (state.elements.removeFirst(), state.takeWaiter(.sender))
        }
        waiter?.resume()
        return element
    }

    /// Nothing more will be sent; what is there is still received.
    func finish() {
        self.state.withLock { state in
            state.isFinished = true
            return state.takeWaiter(.receiver)
        }?.resume()
    }

    /// Nothing more will be received: a sender does not wait for ever.
    func abandon() {
        self.state.withLock { state in
            state.isAbandoned = true
            state.elements = []
            return state.takeWaiter(.sender)
        }?.resume()
    }

    private func wait(as side: Side, unless isReady: @Sendable (borrowing State) -> Bool) async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { (waiter: Waiter) in
                let isReady = self.state.withLock { state in
                    // A cancellation from here on finds the waiter in its place.
                    guard !isReady(state), !Task.isCancelled else { return true }
                    switch side {
                    case .sender: state.sender = waiter
                    case .receiver: state.receiver = waiter
                    }
                    return false
                }
                if isReady { waiter.resume() }
            }
        } onCancel: {
            self.state.withLock { $0.takeWaiter(side) }?.resume()
        }
    }
}
