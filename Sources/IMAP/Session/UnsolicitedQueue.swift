/// Events of the selected folder that wait for the connection's owner; bounded, so a flood costs nothing but the detail.
struct UnsolicitedQueue: Equatable, Sendable {
    private let limit: Int
    private var events: [UnsolicitedEvent] = []

    init(limit: Int) {
        self.limit = limit
    }

    /// Keeps what matters of a response.
    ///
    /// True where it was an event of the folder.
    mutating func note(_ response: Response) -> Bool {
        switch response {
        case .exists(let count):
            // Only the latest count says anything.
            if case .exists = self.events.last { self.events.removeLast() }
            self.append(.exists(count))
        case .expunge(let sequence):
            self.append(.expunged(sequence: sequence))
        case .vanished(let set, _):
            self.append(.vanished(set))
        case .fetch(let items):
            guard let uid = items.uid, let flags = items.flags else { return false }
            self.append(.flags(MessageFlags(uid: uid, flags: flags, modSeq: items.modSeq)))
        case .continuation, .tagged, .condition, .preauthenticated, .bye, .capability, .enabled, .recent,
            .flags, .list, .subscribed, .status, .search, .quota, .quotaRoots, .namespace, .identity, .ignored,
            .unreadable:
            return false
        }
        return true
    }

    /// All events so far, in wire order; none are left.
    mutating func take() -> [UnsolicitedEvent] {
        defer { self.events.removeAll() }
        return self.events
    }

    private mutating func append(_ event: UnsolicitedEvent) {
        if self.events.count < self.limit {
            self.events.append(event)
        } else if self.events.last != .overflowed {
            self.events[self.events.count - 1] = .overflowed
        }
    }
}
