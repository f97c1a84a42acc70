import Synchronization

/// A value that is made once by one side and awaited once by the other, in either order.
final class OneShot<Value: Sendable>: Sendable {
    private enum State {
        case empty
        case awaited(CheckedContinuation<Value, Never>)
        case made(Value)
        case used
    }

    private let state = Mutex(State.empty)

    /// Makes the value; what comes after the first is dropped.
    func resolve(_ value: Value) {
        let waiting: CheckedContinuation<Value, Never>? = self.state.withLock { state in
            switch state {
            case .empty:
                state = .made(value)
                return nil
            case .awaited(let continuation):
                state = .used
                return continuation
            case .made, .used:
                return nil
            }
        }
        waiting?.resume(returning: value)
    }

    /// Waits for the value; to be called once, and to be ended by ``resolve(_:)`` on cancellation.
    func value() async -> Value {
        await withCheckedContinuation { continuation in
            let made: Value? = self.state.withLock { state in
                switch state {
                case .made(let value):
                    state = .used
                    return value
                case .empty:
                    state = .awaited(continuation)
                    return nil
                case .awaited, .used:
                    preconditionFailure("awaited twice")
                }
            }
            if let made { continuation.resume(returning: made) }
        }
    }
}
