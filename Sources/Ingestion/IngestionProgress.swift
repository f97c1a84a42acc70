import Synchronization

/// How far a long import is, for whoever shows it to a person.
package final class IngestionProgress: Sendable {
    /// One state of it.
    package struct State: Equatable, Sendable {
        /// Messages to fetch; 0 while that is not known.
        package var total = 0
        /// Messages whose bytes are committed.
        package var fetched = 0
        /// Messages that were filed.
        package var filed = 0
    }

    private let state = Mutex(State())
    private let report: @Sendable (State) -> Void

    /// - Parameter report: called on every change, from any task.
    package init(report: @escaping @Sendable (State) -> Void = { _ in }) {
        self.report = report
    }

    func began(total: Int) {
        self.change { $0 = State(total: total) }
    }

    func fetched(_ count: Int) {
        self.change { $0.fetched += count }
    }

    func filed(_ count: Int) {
        self.change { $0.filed += count }
    }

    private func change(_ body: (inout State) -> Void) {
        let now = self.state.withLock { state in
            body(&state)
            return state
        }
        self.report(now)
    }
}
