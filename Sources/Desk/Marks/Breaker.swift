/// What a gesture takes away.
package enum BreakerKind: String, CaseIterable, Hashable, Sendable {
    /// The owner.
    case release
    /// The message.
    case delete
    /// Our turn.
    case close
    /// Our interest.
    case spam
    /// The owner, by a keyword that is missing.
    case keywordLost = "keyword_lost"
}

/// Changes that are alike: of one kind, in one folder, in one synchronisation.
package struct BreakerGroup: Hashable, Sendable {
    /// What they take away.
    package let kind: BreakerKind
    /// The folder in which the messages were settled.
    package let folder: Identifier<Folder>

    /// Names a group.
    package init(kind: BreakerKind, folder: Identifier<Folder>) {
        self.kind = kind
        self.folder = folder
    }
}

/// One gesture that takes away.
package struct BreakerEntry: Hashable, Sendable {
    /// The ticket it concerns.
    package let ticket: Ticket.ID
    /// What it is alike to.
    package let group: BreakerGroup

    /// Describes a gesture that takes away.
    package init(ticket: Ticket.ID, kind: BreakerKind, folder: Identifier<Folder>) {
        self.ticket = ticket
        self.group = BreakerGroup(kind: kind, folder: folder)
    }
}

/// Keeps an accident in a mail client (a folder emptied, renamed, filtered) from becoming an accident on all tickets.
package enum Breaker {
    /// The groups that more than `limit` tickets are in, and that are held therefore; 0 switches it off.
    package static func held(_ entries: [BreakerEntry], limit: Int) -> Set<BreakerGroup> {
        guard limit > 0 else { return [] }
        let tickets = Dictionary(grouping: entries, by: \.group).mapValues { Set($0.map(\.ticket)) }
        return Set(tickets.lazy.filter { $0.value.count > limit }.map(\.key))
    }
}
