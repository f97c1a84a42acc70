package import Desk
package import DeskStore

/// What the reports count of one ticket, and why they do not count the rest.
package struct TicketExplanation: Equatable, Sendable {
    /// A turn, and whether it is a first response.
    package struct Turn: Equatable, Sendable {
        /// The turn as it is stored.
        package let row: ReportQueries.TicketTurn
        /// Whether it counts as a first response.
        package let isCounted: Bool
        /// Why it counts, or why not.
        package let why: String
    }

    /// A stretch in which the ticket was open, and whether it is a resolution.
    package struct Interval: Equatable, Sendable {
        /// The interval as the events say.
        package let row: ReportQueries.TicketInterval
        /// Whether it counts as a resolution.
        package let isCounted: Bool
        /// Why it counts, or why not.
        package let why: String
    }

    /// A mail, note or answer that neither started nor ended a turn.
    package struct Bystander: Equatable, Sendable {
        /// The event.
        package let event: ReportQueries.TicketEventLine
        /// Why it changed no turn.
        package let why: String
    }

    /// The ticket's number.
    package let ticket: Identifier<Ticket>
    /// Where it lies, and the database's time of this explanation.
    package let state: ReportQueries.TicketState
    /// Every turn, oldest first.
    package let turns: [Turn]
    /// Every interval in which it was open, oldest first.
    package let intervals: [Interval]
    /// What started and ended nothing, oldest first.
    package let bystanders: [Bystander]

    /// Explains one ticket.
    ///
    /// - Throws: ``ReportError`` when there is none of this number; `StoreError` when the database fails.
    package static func make(
        of ticket: Identifier<Ticket>,
        from database: DeskDatabase
    ) async throws -> TicketExplanation {
        let found = try await database.unit { unit -> TicketExplanation? in
            guard let state = try ReportQueries.state(unit, of: ticket) else { return nil }
            return TicketExplanation(
                of: ticket,
                state: state,
                turns: try ReportQueries.turns(unit, of: ticket),
                intervals: try ReportQueries.intervals(unit, of: ticket),
                events: try ReportQueries.events(unit, of: ticket)
            )
        }
        guard let found else { throw ReportError(.unknownTicket(ticket.rawValue)) }
        return found
    }

    /// Judges what the database says of a ticket.
    package init(
        of ticket: Identifier<Ticket>,
        state: ReportQueries.TicketState,
        turns: [ReportQueries.TicketTurn],
        intervals: [ReportQueries.TicketInterval],
        events: [ReportQueries.TicketEventLine]
    ) {
        self.ticket = ticket
        self.state = state
        self.turns = turns.map(Self.judged)
        self.intervals = intervals.map(Self.judged)
        self.bystanders = events.compactMap { event in
            // What turned out to be an answer is judged as that.
            let isAnswer = event.kind == "message_out" && events.contains { $0.kind == "answered" && $0.at == event.at }
            return isAnswer ? nil : Self.why(event, turns).map { Bystander(event: event, why: $0) }
        }
    }

    private static func judged(_ turn: ReportQueries.TicketTurn) -> Turn {
        let first = turn.isFirst
        return switch turn.outcome {
        case "answered" where first:
            Turn(row: turn, isCounted: true, why: "first response, on the day it was answered")
        case "answered": Turn(row: turn, isCounted: false, why: "not the first turn of a ticket that a contact began")
        case "answered_unseen" where first:
            Turn(
                row: turn,
                isCounted: false,
                why: "\\Answered alone: the answer was not seen (--include-unseen counts it)"
            )
        case "answered_unseen":
            Turn(row: turn, isCounted: false, why: "not the first turn, and the answer was not seen")
        case "waiting" where first: Turn(row: turn, isCounted: false, why: "still waiting, and shown as that")
        case "waiting": Turn(row: turn, isCounted: false, why: "still waiting, but not the first turn")
        case "closed": Turn(row: turn, isCounted: false, why: "closed without an answer")
        case "spam": Turn(row: turn, isCounted: false, why: "marked as spam")
        case "merged": Turn(row: turn, isCounted: false, why: "goes on in the ticket it was merged into")
        default: Turn(row: turn, isCounted: false, why: "outcome \(turn.outcome)")
        }
    }

    private static func judged(_ interval: ReportQueries.TicketInterval) -> Interval {
        switch interval.endedAs {
        case "closed" where interval.endedAtFirstSight:
            Interval(row: interval, isCounted: false, why: "first seen closed: when it was closed is not known")
        case "closed": Interval(row: interval, isCounted: true, why: "resolution, on the day it was closed")
        case nil: Interval(row: interval, isCounted: false, why: "not closed yet, and shown as still waiting")
        case let other?: Interval(row: interval, isCounted: false, why: "ended as \(other), not by a close")
        }
    }

    /// Why an event changed no turn; nil when it started or ended one.
    private static func why(
        _ event: ReportQueries.TicketEventLine,
        _ turns: [ReportQueries.TicketTurn]
    ) -> String? {
        switch event.kind {
        case "message_in":
            if turns.contains(where: { $0.startedAt == event.at }) { return nil }
            return "the contact was waiting already: the wait began with the earlier message"
        case "answered", "answered_unseen":
            let isEnd = turns.contains { turn in
                turn.outcome == event.kind && turn.endedAt.map { $0 == max(event.at, turn.startedAt) } == true
            }
            return isEnd ? nil : "nobody was waiting for an answer then"
        case "message_auto": return "automatic mail neither starts nor ends a wait"
        case "message_unverified": return "claims to come from us and is not vouched for"
        case "message_out": return "not an answer to a contact of this ticket"
        case "noted": return "a note is not an answer"
        default: return "events of this kind are not measured"
        }
    }
}
