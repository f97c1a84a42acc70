import Synchronization

/// What the clients of a hammer did, by the subject of the mail it was done to.
final class HammerJournal: Sendable {
    /// What counts as one operation.
    enum Kind: String, Sendable, CaseIterable {
        case flag
        case keyword
        case copy
        case delete
        case deliver
        case move
    }

    private struct State {
        var counts: [Kind: Int] = [:]
        var bySubject: [String: Int] = [:]
        var delivered = 0
    }

    private let state = Mutex(State())
    /// Operations after which the clients stop.
    let goal: Int

    init(goal: Int) {
        self.goal = goal
    }

    /// Notes an operation that the server has confirmed.
    func note(_ kind: Kind, _ subject: String) {
        self.state.withLock { state in
            state.counts[kind, default: 0] += 1
            state.bySubject[subject, default: 0] += 1
        }
    }

    /// A number for the next mail.
    func nextDelivery() -> Int {
        self.state.withLock { state in
            state.delivered += 1
            return state.delivered
        }
    }

    /// Operations so far.
    var total: Int { self.state.withLock { $0.counts.values.reduce(0, +) } }

    /// Whether the goal is reached.
    var isDone: Bool { self.total >= self.goal }

    /// How many moves there may be: a fifth of all.
    var allowsMove: Bool {
        self.state.withLock { state in
            (state.counts[.move] ?? 0) * 5 <= state.counts.values.reduce(0, +)
        }
    }

    /// Operations on the mails of a subject.
    func operations(on subject: String) -> Int {
        self.state.withLock { $0.bySubject[subject] ?? 0 }
    }

    /// Mails that were delivered.
    var delivered: Int { self.state.withLock { $0.delivered } }

    /// All kinds with their counts.
    var summary: String {
        let counts = self.state.withLock { $0.counts }
        return Kind.allCases.map { "\($0) \(counts[$0] ?? 0)" }.joined(separator: ", ")
    }
}
