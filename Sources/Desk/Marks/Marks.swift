/// What agents see of a ticket in the mailbox, and what a difference between that and the ticket means.
package enum Marks {
    /// What a message shall show, by its ticket and the layout; fields that are not Baton's to write are as observed.
    package static func desired(
        layout: Layout?,
        ticket: Ticket,
        isAnsweredByUs: Bool,
        isMutedInJunk: Bool,
        observed: MarkState
    ) -> MarkState {
        guard let layout, !isMutedInJunk else { return observed }
        var desired = observed
        desired.place = self.place(layout, ticket)
        desired.isFlagged = ticket.priority == .high
        desired.isAnswered = isAnsweredByUs
        if layout.writesKeywords {
            desired.owners = self.owners(layout, ticket)
            desired.isPending = ticket.status == .pending
        }
        return desired
    }

    /// What the filer settles on when it files a placement; nil in folders without marks.
    ///
    /// What is filed from All lies in no other watched folder: it was archived.
    package static func first(_ placement: MarkPlacement) -> Settled? {
        guard !placement.flags.isDeleted else { return nil }
        if placement.role == .all {
            let state = MarkState(place: .archive, flags: placement.flags)
            return Settled(state: state, placement: placement.id, isGone: true)
        }
        return placement.state.map { Settled(state: $0, placement: placement.id) }
    }

    /// What a deletion does, when this many inbound messages of the ticket are still visible.
    package static func deletion(visibleInbound: Int, onDelete: OnDelete, ticket: Ticket) -> [TicketCommand] {
        guard visibleInbound == 0, ticket.statusBeforeDeletion == nil else { return [] }
        switch onDelete {
        case .close: return [.deletedInMailbox]
        case .keep: return []
        }
    }

    private static func place(_ layout: Layout, _ ticket: Ticket) -> Place {
        switch ticket.status {
        case .closed:
            return .closed
        case .spam:
            return .junk
        case .open, .pending:
            switch layout {
            case .keywords: return .inbox
            case .folders, .both: return ticket.owner.map { .agent($0) } ?? .inbox
            }
        }
    }

    private static func owners(_ layout: Layout, _ ticket: Ticket) -> Set<Agent.ID> {
        guard let owner = ticket.owner else { return [] }
        switch ticket.status {
        case .open, .pending: return [owner]
        case .closed: return layout == .both ? [owner] : []
        case .spam: return []
        }
    }
}
