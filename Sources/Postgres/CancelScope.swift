import CPostgres

/// What libpq needs to ask the server to stop a statement, from any thread, while the connection is busy.
@safe
final class CancelHandle: @unchecked Sendable {
    // Unchecked because of the pointer: libpq documents PQcancel as safe to call from any thread with an object that nobody
    // changes, and this one is only freed when no reference is left.
    private let handle: OpaquePointer

    init?(connection: OpaquePointer) {
        guard let handle = unsafe PQgetCancel(connection) else { return nil }
        unsafe self.handle = handle
    }

    deinit {
        unsafe PQfreeCancel(self.handle)
    }

    /// Blocks for a connection of its own to the server; a failure means that there is nothing left to stop.
    func send() {
        unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256) { buffer in
            _ = unsafe PQcancel(self.handle, buffer.baseAddress, Int32(buffer.count))
        }
    }
}

/// One unit of work on a connection, as far as the cancellation of its task is concerned.
///
/// The request is sent again while the unit runs, since one that arrives between two statements is forgotten by the server. When
/// ``finish()`` has returned, no request of this unit can hit the next one.
final class CancelScope: Sendable {
    private struct State: Sendable {
        var isRequested = false
        var isFinished = false
        var isSending = false
        var hasThread = false
        var handle: CancelHandle?
    }

    private static let repeatInterval = Duration.milliseconds(200)
    private let state = Monitor(State())

    /// Whether the task was cancelled.
    var isRequested: Bool { self.state.update { $0.isRequested } }

    /// Gives what there is to cancel, once the connection is made.
    func begin(_ handle: CancelHandle?) {
        self.state.update { $0.handle = handle }
    }

    /// The task was cancelled; returns at once.
    func request() {
        let needsThread = self.state.update { state in
            state.isRequested = true
            guard !state.isFinished, !state.hasThread else { return false }
            state.hasThread = true
            return true
        }
        guard needsThread else { return }
        // Without a thread the statement ends by its timeout, and the unit as cancelled all the same.
        _ = OSThread.start { self.sendUntilFinished() }
    }

    /// The unit is over; waits for a request that is just being sent.
    func finish() {
        self.state.update { $0.isFinished = true }
        self.state.wait { $0.isSending ? nil : () }
    }

    private func sendUntilFinished() {
        while true {
            let handle: CancelHandle? = self.state.wait { state in
                if state.isFinished { return .some(nil) }
                guard let handle = state.handle else { return nil }
                state.isSending = true
                return handle
            }
            guard let handle else { return }
            handle.send()
            self.state.update { $0.isSending = false }
            if self.state.wait(atMost: Self.repeatInterval, { $0.isFinished ? true : nil }) == true { return }
        }
    }
}
