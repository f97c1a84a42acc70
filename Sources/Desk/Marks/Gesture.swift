/// A change that somebody made in a mail client.
package enum Gesture: Hashable, Sendable {
    /// The message went from one place to another.
    case moved(from: Place, to: Place)
    /// It was given the owner keyword of one agent.
    case ownerAdded(Agent.ID)
    /// It was given the owner keywords of several agents at once.
    case ownersAdded(Set<Agent.ID>)
    /// It lost its owner keyword.
    case ownersRemoved
    /// It got or lost `status-pending`.
    case pendingChanged(Bool)
    /// It got or lost `\Flagged`.
    case flaggedChanged(Bool)
    /// It got `\Answered`.
    case answeredSet
    /// It is gone.
    case deleted
    /// It is there again, after it was gone.
    case seenAgain(Place)

    /// One word for logs and the history.
    package var name: String {
        switch self {
        case .moved(_, let place): "moved_to_\(place.name)"
        case .ownerAdded: "owner_added"
        case .ownersAdded: "owners_added"
        case .ownersRemoved: "owner_removed"
        case .pendingChanged(let isPending): isPending ? "pending_added" : "pending_removed"
        case .flaggedChanged(let isFlagged): isFlagged ? "flagged" : "unflagged"
        case .answeredSet: "answered_set"
        case .deleted: "deleted"
        case .seenAgain: "seen_again"
        }
    }

    /// The fields of the message that are held if the gesture is.
    package var fields: MarkFields {
        switch self {
        case .moved, .deleted, .seenAgain: .place
        case .ownerAdded, .ownersAdded, .ownersRemoved: .owners
        case .pendingChanged: .pending
        case .flaggedChanged: .flagged
        case .answeredSet: .answered
        }
    }

    /// The fields in which a wish of Baton's stands against it.
    var contests: MarkFields {
        switch self {
        case .moved(_, to: .agent): [.place, .owners]
        case .moved, .ownerAdded, .ownersAdded, .ownersRemoved, .pendingChanged, .flaggedChanged, .answeredSet,
            .deleted,
            .seenAgain:
            self.fields
        }
    }
}

/// What a gesture's meaning depends on.
package struct GestureContext: Hashable, Sendable {
    /// The mailbox's layout; nil: observe only.
    package var layout: Layout?
    /// The ticket of the message.
    package var ticket: Ticket
    /// The message.
    package var message: Identifier<Message>
    /// The newest message from a contact that could be seen when the gesture was made; nil: all there are.
    package var seen: ContactMessage?
    /// Whether the ticket has a message of ours.
    package var hasOurMessages: Bool
    /// How many inbound messages of the ticket are visible, after the gesture.
    package var visibleInbound: Int
    /// The mailbox's setting.
    package var onDelete: OnDelete

    /// Collects what the meaning depends on.
    package init(
        layout: Layout?,
        ticket: Ticket,
        message: Identifier<Message>,
        seen: ContactMessage? = nil,
        hasOurMessages: Bool,
        visibleInbound: Int,
        onDelete: OnDelete
    ) {
        self.layout = layout
        self.ticket = ticket
        self.message = message
        self.seen = seen
        self.hasOurMessages = hasOurMessages
        self.visibleInbound = visibleInbound
        self.onDelete = onDelete
    }
}

/// What a gesture asks for.
package enum GestureOutcome: Hashable, Sendable {
    /// These commands, all or none (``TicketCommand/decide(_:on:by:at:agents:afterAnswer:)-([TicketCommand],_,_,_,_,_)``);
    /// empty: nothing.
    case commands([TicketCommand])
    /// Nothing that can be done.
    case refused(Refusal.Reason)
}

extension Gesture {
    /// What the gesture asks for, by the table "Gestures".
    package func outcome(_ context: GestureContext) -> GestureOutcome {
        switch self {
        case .moved(let from, let to): Self.outcome(from: from, to: to, context)
        case .ownerAdded(let agent): .commands([.assign(agent)])
        case .ownersAdded: .refused(.severalOwners)
        case .ownersRemoved: .commands([.release])
        case .pendingChanged(true): .commands([.pending(seen: context.seen)])
        case .pendingChanged(false): .commands(context.ticket.status == .pending ? [.reopen] : [])
        case .flaggedChanged(let isFlagged): .commands([.priority(isFlagged ? .high : .normal)])
        case .answeredSet: .commands([.answeredUnseen(context.message)])
        case .deleted:
            .commands(
                Marks.deletion(
                    visibleInbound: context.visibleInbound,
                    onDelete: context.onDelete,
                    ticket: context.ticket
                )
            )
        case .seenAgain(let place): Self.outcome(seenAgainIn: place, context)
        }
    }

    private static func outcome(from: Place, to: Place, _ context: GestureContext) -> GestureOutcome {
        let taken: [TicketCommand] = context.ticket.status == .spam ? [.notSpam] : []
        switch to {
        case .agent(let agent):
            return .commands(taken + [.assign(agent), .reopen])
        case .inbox:
            if from == .junk { return .commands([.notSpam]) }
            switch context.layout {
            case .keywords: return .commands([.reopen])
            case .folders, .both, nil: return .commands([.release, .reopen])
            }
        case .closed, .archive:
            return .commands(taken + [.close(seen: context.seen)])
        case .junk:
            return .commands(self.junk(context))
        case .folder:
            return .refused(.folderWithoutMeaning)
        }
    }

    private static func outcome(seenAgainIn place: Place, _ context: GestureContext) -> GestureOutcome {
        let taken: [TicketCommand] = context.ticket.status == .spam ? [.notSpam] : []
        return switch place {
        case .agent(let agent): .commands(taken + [.restoredInMailbox, .assign(agent), .reopen])
        case .inbox, .folder: .commands([.restoredInMailbox])
        case .closed, .archive: .commands(taken + [.close(seen: context.seen)])
        case .junk: .commands(self.junk(context))
        }
    }

    /// A conversation that we took part in is no spam because one of its mails is.
    private static func junk(_ context: GestureContext) -> [TicketCommand] {
        let isOurs = context.hasOurMessages || context.ticket.owner != nil
        return isOurs ? [.muteInJunk(context.message)] : [.spam]
    }
}
