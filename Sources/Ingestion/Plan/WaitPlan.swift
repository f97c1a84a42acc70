/// How a mailbox is waited for: what its connections listen to, and how often everything is looked at besides; a pure
/// function of what the server offers, of the folders, and of how many connections it may be asked for.
///
/// What is heard is a hint to look, never data. Looking at everything from time to time remains the safety net, since servers
/// announce much, but not all, and links die in silence (RFC 2177, RFC 5465; imap-field-notes Q74 and Q75).
package struct WaitPlan: Equatable, Sendable {
    /// How the server tells of news.
    package enum Hearing: Equatable, Sendable {
        /// One connection hears of all folders.
        case notify
        /// One connection hears of one folder.
        case idle
        case nothing
    }

    /// What there is to plan with.
    package struct Facts: Equatable, Sendable {
        /// How the server tells of news.
        package var hearing: Hearing
        /// Whether one command asks for the state of all folders.
        package var sweepsAtOnce: Bool
        /// The watched folders as the wire names them, the most important first.
        package var folders: [[UInt8]]
        /// The most connections to the server at once; one of them shows owners, one synchronises.
        package var connections: Int
        /// The server refused a connection because there were too many.
        package var isShort: Bool

        /// Puts the values together.
        package init(hearing: Hearing, sweepsAtOnce: Bool, folders: [[UInt8]], connections: Int, isShort: Bool) {
            self.hearing = hearing
            self.sweepsAtOnce = sweepsAtOnce
            self.folders = folders
            self.connections = connections
            self.isShort = isShort
        }
    }

    /// What one connection of its own listens to.
    package enum Listener: Equatable, Sendable {
        /// To `selected` and to the others, by NOTIFY and IDLE.
        case notify(selected: [UInt8], others: [[UInt8]])
        /// To one folder, by IDLE.
        case idle([UInt8])
    }

    /// One connection each.
    package let listeners: [Listener]
    /// What the synchronising connection listens to between two passes; nil: nothing.
    package let betweenPasses: [UInt8]?
    /// The first folder that is listened to, where most mail comes in; nil: nothing is listened to.
    package var firstHeard: [UInt8]? {
        switch self.listeners.first {
        case .notify(let selected, _): selected
        case .idle(let folder): folder
        case nil: self.betweenPasses
        }
    }
    /// Between two looks at all folders when nothing else is heard.
    package let sweepInterval: Duration

    /// Looks nobody would notice on a server that answers them at once.
    static let quickSweep = Duration.seconds(10)
    /// Where everything is heard, only what the server forgot to tell is found by looking.
    static let rareSweep = Duration.seconds(60)
    /// Each folder that must be asked by itself makes the next look later by this.
    static let perFolder = Duration.seconds(1)

    /// The plan that follows from `facts`.
    package init(_ facts: Facts) {
        // One connection synchronises, one shows owners.
        let free = facts.isShort ? 0 : max(0, facts.connections - 2)
        let first = facts.folders.first
        switch facts.hearing {
        case .notify:
            let listener = first.map { Listener.notify(selected: $0, others: Array(facts.folders.dropFirst())) }
            self.listeners = free > 0 ? [listener].compactMap(\.self) : []
            self.betweenPasses = free > 0 ? nil : first
        case .idle:
            self.listeners = facts.folders.prefix(free).map { .idle($0) }
            self.betweenPasses = free > 0 ? nil : first
        case .nothing:
            self.listeners = []
            self.betweenPasses = nil
        }
        let isAllHeard = facts.hearing == .notify && free > 0
        let sweep = isAllHeard ? Self.rareSweep : Self.quickSweep
        let questions = facts.sweepsAtOnce ? 0 : facts.folders.count
        self.sweepInterval = min(max(sweep, Self.perFolder * questions), Self.rareSweep)
    }

    /// Before anything is known: looking often, listening to nothing.
    package static let none = WaitPlan(
        Facts(hearing: .nothing, sweepsAtOnce: true, folders: [], connections: 2, isShort: false)
    )
}
