/// Decides all that filing one mail changes: its fate, its ticket, the events.
package enum Filing {
    /// Whether a mail can enter a ticket by In-Reply-To and References only if its sender takes part in it.
    ///
    /// Not asked of our own mail, of delivery reports and receipts (programs write them), nor of mail that claims to be from
    /// us: that changes nothing on the ticket it enters.
    package static func asksParticipation(_ identity: MailIdentity, _ kind: MessageKind) -> Bool {
        switch (identity, kind) {
        case (.inbound, .human), (.inbound, .automatic): true
        case (.inbound, .bounce), (.inbound, .receipt): false
        case (.outbound, _), (.internal, _), (.inboundClaimingToBeUs, _): false
        }
    }

    /// Decides.
    package static func decide(_ input: FilingInput) -> FilingDecision {
        var isRefiled = false
        if let stored = input.stored {
            if stored.fate == .fetched { return self.retry(input, on: stored.ticket) }
            guard self.isFiledAgain(stored, in: input.folder) else {
                return FilingDecision(fate: .duplicate, direction: self.direction(of: input), kind: input.kind)
            }
            isRefiled = true
        }
        var decision = input.isQuarantined ? self.quarantine(input) : self.file(input)
        decision.isRefiled = isRefiled
        return decision
    }

    private static func file(_ input: FilingInput) -> FilingDecision {
        if input.folder == .drafts { return self.ignore(input, .drafts) }
        switch input.identity {
        case .outbound:
            if let reason = self.hidden(input.folder) { return self.ignore(input, reason) }
            return OutboundFiling(input: input).decide()
        case .internal:
            if input.folder == .sent { return self.ignore(input, .internal) }
            if let reason = self.hidden(input.folder) { return self.ignore(input, reason) }
            return InboundFiling(input: input).decideFromColleague()
        case .inboundClaimingToBeUs:
            if let reason = self.hidden(input.folder) { return self.ignore(input, reason) }
            return InboundFiling(input: input).decide()
        case .inbound:
            if let reason = self.hidden(input.folder), input.existing == nil { return self.ignore(input, reason) }
            return InboundFiling(input: input).decide()
        }
    }

    /// Ignored mail that was moved out of Junk, Trash or Drafts is filed as new; any other copy is a duplicate.
    private static func isFiledAgain(_ stored: StoredCopy, in folder: FolderRole) -> Bool {
        guard stored.fate == .ignored, self.hidden(folder) == nil, folder != .drafts else { return false }
        switch stored.ignoreReason {
        case .junk, .trash, .drafts: return true
        case .rule, .internal, .discarded, nil: return false
        }
    }

    /// Out of quarantine: it stays on the ticket that it got there, and what is known of it now is added.
    private static func retry(_ input: FilingInput, on ticket: Ticket.ID?) -> FilingDecision {
        var decision = input.isQuarantined ? self.quarantine(input) : self.file(input)
        decision.isRefiled = true
        guard let ticket else { return decision }
        // It was counted as a contact's message when its ticket began.
        decision.events.removeAll { $0.kind != .messageAuto }
        if case .existing(let other) = decision.target, other != ticket {
            decision.events.insert(
                EventDraft(
                    .claimsTicket,
                    at: input.receivedAt,
                    by: .baton(.mail),
                    message: input.message,
                    details: ["claims": other.description]
                ),
                at: 0
            )
        }
        decision.target = .existing(ticket)
        return decision
    }

    /// A person has to see what the parser could not read, unless it lies where nobody looks.
    private static func quarantine(_ input: FilingInput) -> FilingDecision {
        let direction = self.direction(of: input)
        var decision = FilingDecision(fate: .quarantined, direction: direction, kind: input.kind)
        guard self.hidden(input.folder) == nil, input.folder != .drafts else { return decision }
        decision.target = .new
        let kind: TicketEvent.Kind = direction == .inbound ? .messageIn : .messageOut
        decision.events = [
            input.opened(at: input.receivedAt),
            EventDraft(
                kind,
                at: input.receivedAt,
                by: .baton(.mail),
                message: input.message,
                details: ["kind": "quarantined"]
            ),
        ]
        return decision
    }

    private static func ignore(_ input: FilingInput, _ reason: IgnoreReason) -> FilingDecision {
        FilingDecision(fate: .ignored, ignoreReason: reason, direction: self.direction(of: input), kind: input.kind)
    }

    private static func hidden(_ folder: FolderRole) -> IgnoreReason? {
        switch folder {
        case .junk: .junk
        case .trash: .trash
        case .inbox, .agent, .closed, .archive, .sent, .drafts, .all, .other: nil
        }
    }

    private static func direction(of input: FilingInput) -> Direction {
        switch input.identity {
        case .outbound: .outbound
        case .inbound, .inboundClaimingToBeUs: .inbound
        case .internal: .internal
        }
    }
}

extension FilingInput {
    /// The ticket the mail belongs to, if there is one.
    var existing: Ticket? {
        switch self.threading {
        case .existing: self.ticket
        case .new: nil
        }
    }

    /// The first event of a new ticket.
    func opened(at: Timestamp) -> EventDraft {
        EventDraft(
            .opened,
            at: at,
            by: .baton(.mail),
            message: self.message,
            details: ["queue": self.queue.description]
        )
    }

    /// Keys of parties who are not us.
    func foreignKeys(_ parties: [Party]) -> Set<String> {
        Set(parties.lazy.map(\.key).filter { !self.ours.isOurs($0) })
    }

    /// The event by which an answer of ours changes the status of an open ticket.
    func statusAfterAnswer(at: Timestamp) -> EventDraft? {
        switch self.afterAnswer {
        case .open: nil
        case .pending: EventDraft(.pending, at: at, by: .baton(.policy))
        case .closed: EventDraft(.closed, at: at, by: .baton(.policy))
        }
    }
}
