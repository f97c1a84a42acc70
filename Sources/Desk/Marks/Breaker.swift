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
    /// Owner or status, by a keyword that is missing.
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

/// What a person says about gestures that the breaker stopped.
package enum BreakerDecision: String, Sendable {
    /// They are what was meant.
    case accept
    /// Everything goes back to where it was.
    case revert
}

/// Keeps an accident in a mail client (a folder emptied, renamed, filtered) from becoming an accident on all tickets.
package enum Breaker {
    /// One synchronisation of a busy folder comes in pieces: so long the ones applied before are counted with the next.
    package static let window = Duration.seconds(60)

    /// The groups that more than `limit` tickets are in, and that are held therefore; 0 switches it off.
    ///
    /// `recent` were applied within the ``window``.
    package static func held(
        _ entries: [BreakerEntry],
        recent: [BreakerEntry] = [],
        limit: Int
    ) -> Set<BreakerGroup> {
        guard limit > 0 else { return [] }
        let present = Set(entries.map(\.group))
        let tickets = Dictionary(grouping: entries + recent, by: \.group).mapValues { Set($0.map(\.ticket)) }
        return Set(tickets.lazy.filter { $0.value.count > limit && present.contains($0.key) }.map(\.key))
    }
}

extension Gesture {
    /// What it takes away from a ticket; nil where it takes nothing away.
    package func takesAway(from ticket: Ticket, layout: Layout?) -> BreakerKind? {
        switch self {
        case .moved(let from, to: .inbox):
            let releases = from != .junk && layout != .keywords && ticket.owner != nil
            return releases ? .release : nil
        case .moved(_, to: .closed), .moved(_, to: .archive), .seenAgain(.closed), .seenAgain(.archive):
            return ticket.status == .closed ? nil : .close
        case .moved(_, to: .junk), .seenAgain(.junk):
            return ticket.status == .spam ? nil : .spam
        case .ownersRemoved:
            return .keywordLost
        case .pendingChanged(false):
            return ticket.status == .pending ? .keywordLost : nil
        case .deleted:
            return ticket.status == .closed || ticket.status == .spam ? nil : .delete
        case .moved, .ownerAdded, .ownersAdded, .pendingChanged, .flaggedChanged, .answeredSet, .seenAgain:
            return nil
        }
    }
}
