import Synchronization

/// Says when a first import has grown so much that plans made before no longer fit.
final class ImportGrowth: Sendable {
    /// After so many mails the first time; then each time there are four times as many.
    private static let first = 200

    private struct State {
        var filed = 0
        var next = ImportGrowth.first
    }

    private let state = Mutex(State())

    /// Counts mails that were filed; how many there are, when the planner should hear of it.
    func filed(_ count: Int) -> Int? {
        self.state.withLock { state in
            state.filed += count
            guard state.filed >= state.next else { return nil }
            while state.filed >= state.next { state.next *= 4 }
            return state.filed
        }
    }
}
