import CPostgres
import Glibc

/// What it takes to stop a statement from any thread, while the connection is busy: by asking the server, or without it.
@safe
final class CancelHandle: @unchecked Sendable {
    // Unchecked because of the pointer: libpq documents PQcancel as safe to call from any thread with an object that nobody
    // changes, and this one is only freed when no reference is left.
    private let handle: OpaquePointer
    // A second descriptor of the connection's socket: when libpq closes its own, the number of that may be another one's at once.
    private let socket: Int32

    init?(connection: OpaquePointer) {
        guard let handle = unsafe PQgetCancel(connection) else { return nil }
        unsafe self.handle = handle
        self.socket = fcntl(unsafe PQsocket(connection), F_DUPFD_CLOEXEC, 0)
    }

    deinit {
        unsafe PQfreeCancel(self.handle)
        if self.socket >= 0 { close(self.socket) }
    }

    /// Ends the connection under libpq's feet: whatever it waits for, it finds the end of it.
    ///
    /// Returns at once.
    func abort() {
        if self.socket >= 0 { shutdown(self.socket, Int32(SHUT_RDWR)) }
    }

    /// Blocks for a connection of its own to the server; a failure means that there is nothing left to stop.
    func send() {
        unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256) { buffer in
            _ = unsafe PQcancel(self.handle, buffer.baseAddress, Int32(buffer.count))
        }
    }
}

/// One unit of work on a connection, as far as its end before its time is concerned.
///
/// The request is sent again while the unit runs, since one that arrives between two statements is forgotten by the server. When
/// ``finish()`` has said yes, no request of this unit can hit the next one. A server that does not do what it is asked, because
/// the link is silent or because it is, loses the connection.
final class CancelScope: Sendable {
    private struct State: Sendable {
        var isRequested = false
        var isFinished = false
        var isSending = false
        var isAborted = false
        var hasThread = false
        var handle: CancelHandle?
    }

    private static let repeatInterval = Duration.milliseconds(200)
    /// How long the server has for ending what it was asked to end; with it, a stop that takes eight seconds takes no more than ten.
    private static let patience = Duration.seconds(2)
    private let state = Monitor(State())

    /// Whether the task was cancelled.
    var isRequested: Bool { self.state.update { $0.isRequested } }

    /// Gives what there is to cancel, once the connection is made; nil when there is nothing any more.
    func begin(_ handle: CancelHandle?) {
        self.state.update { state in
            state.handle = handle
            if state.isAborted { handle?.abort() }
        }
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
        // One of its own, since to ask is to wait as well.
        self.limit(to: Self.patience)
    }

    /// Gives the unit so much time from now; then its connection is lost.
    ///
    /// Returns at once.
    func limit(to duration: Duration) {
        // Without a thread the unit ends by the server's timeouts.
        _ = OSThread.start {
            guard self.state.wait(atMost: duration, { $0.isFinished ? true : nil }) == nil else { return }
            self.state.update { state in
                guard !state.isFinished else { return }
                state.isAborted = true
                state.handle?.abort()
            }
        }
    }

    /// The unit is over; waits for a request that is just being sent.
    ///
    /// - Returns: Whether the connection can be used again: no request of this unit is on its way.
    @discardableResult
    func finish() -> Bool {
        self.state.update { $0.isFinished = true }
        let isSent = self.state.wait(atMost: Self.patience) { $0.isAborted || !$0.isSending ? true : nil } ?? false
        // Asked a second time, it does not wait a second time.
        return self.state.update { state in
            if !isSent { state.isAborted = true }
            return !state.isAborted
        }
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
