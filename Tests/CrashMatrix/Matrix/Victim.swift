import Glibc
import Synchronization
import TestSupport

/// The process that a fault kills or stops; the fault may come before the process is known here.
final class Victim: Sendable {
    private struct State {
        var process: RunningProgram?
        var isDue = false
    }

    private let signal: Int32
    private let state = Mutex(State())

    /// Nobody yet; `signal` is what the fault sends.
    init(_ signal: Int32 = SIGKILL) {
        self.signal = signal
    }

    /// From now on this process is meant.
    func set(_ process: RunningProgram) {
        let isDue = self.state.withLock { state in
            defer { state.isDue = false }
            state.process = process
            return state.isDue
        }
        if isDue { process.signal(self.signal) }
    }

    /// The process has ended.
    func clear() {
        self.state.withLock { $0.process = nil }
    }

    /// Sends the signal now, or as soon as the process is known.
    func strike() {
        let process = self.state.withLock { state in
            // A fault strikes once: whoever comes after a restart is spared.
            state.isDue = state.process == nil
            return state.process
        }
        process?.signal(self.signal)
    }
}
