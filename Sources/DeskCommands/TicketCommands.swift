package import Desk
package import DeskStore
import Logging

/// Every change of a ticket, whoever asks: load, decide (`Desk`), write (`DeskStore`), one event, in one transaction.
///
/// A change names the version it replaces, so of two that meet one is decided again on what the other left.
package enum TicketCommands {
    /// How often a command is decided again when another change came between: of those who meet one wins each time.
    private static let attempts = 64
    /// The longest pause before that, in milliseconds; drawn at random, so that those who met do not meet again.
    private static let longestPause = 100

    /// What a command did.
    package enum Outcome: Sendable, Equatable {
        /// The ticket after it.
        case changed(Ticket)
        /// Nothing was to do; why, as a sentence.
        case unchanged(Ticket, String)
    }

    /// The ticket a command named does not exist.
    package struct NoSuchTicket: Error, Equatable, Sendable, CustomStringConvertible {
        /// Its number.
        package let number: Ticket.ID

        /// Names the number.
        package init(number: Ticket.ID) {
            self.number = number
        }

        /// For people: what happened and, where known, what to do.
        package var description: String { "there is no ticket \(self.number.rawValue)" }
    }

    /// Performs the command of a person or a rule in a unit of its own.
    ///
    /// Throws ``NoSuchTicket``, `Refusal` or `StoreError`. `close` and `pending` that name no message they have seen
    /// name the newest one of the ticket as it is loaded.
    package static func perform(
        _ command: TicketCommand,
        on number: Ticket.ID,
        by actor: Actor,
        in database: DeskDatabase
    ) async throws -> Outcome {
        try await self.repeating(on: number) {
            try await database.unit { unit in try self.attempt(unit, number: number, by: actor) { _ in command } }
        }
    }

    /// Keeps a note on a ticket, written by an agent or, where nil, by an administrator.
    package static func note(
        _ text: String,
        on number: Ticket.ID,
        agent: Agent.ID?,
        by actor: Actor,
        in database: DeskDatabase
    ) async throws -> Outcome {
        try await self.repeating(on: number) {
            try await database.unit { unit in
                try self.attempt(unit, number: number, by: actor) { found in
                    .note(try TicketQueries.insertNote(unit, mailbox: found.mailbox, number, by: agent, text: text))
                }
            }
        }
    }

    /// Another change came between: the unit is rolled back, a note of it too, and decided again.
    private struct Overtaken: Error {}

    /// Others changed the ticket all the time, so that a command found no moment for it; nothing was changed by it.
    package struct Contention: Error, Equatable, Sendable, CustomStringConvertible {
        /// The ticket's number.
        package let number: Ticket.ID

        /// For people: what happened and what to do.
        package var description: String {
            "ticket \(self.number.rawValue) is being changed by others all the time. Nothing was changed; try again"
        }
    }

    private static func repeating(
        on number: Ticket.ID,
        _ attempt: () async throws -> Outcome
    ) async throws -> Outcome {
        for round in 1...self.attempts {
            do {
                return try await attempt()
            } catch is Overtaken {
                // Decided again on what the other left.
            } catch let error as StoreError where error.isContention {
                // Somebody held the row for longer than one waits for it.
            }
            let longest = min(5 * round, self.longestPause)
            if round < self.attempts { try await Task.sleep(for: .milliseconds(Int.random(in: 0...longest))) }
        }
        throw Contention(number: number)
    }

    private static func attempt(
        _ unit: Unit,
        number: Ticket.ID,
        by actor: Actor,
        _ command: (TicketQueries.Found) throws -> TicketCommand
    ) throws -> Outcome {
        guard let (found, agents) = try TicketQueries.find(unit, number) else { throw NoSuchTicket(number: number) }
        let change = TicketChange(
            mailbox: found.mailbox,
            ticket: found.ticket,
            afterAnswer: found.afterAnswer,
            at: found.now,
            agents: Dictionary(agents.map { ($0.id, $0) }) { first, _ in first },
            isLocked: true
        )
        let command = try command(found)
        switch try change.apply(unit, [self.seeing(found.ticket, command)], by: actor) {
        case .changed(let ticket): return .changed(ticket)
        case .unchanged(let why): return .unchanged(found.ticket, why)
        case .refused(let refusal): throw refusal
        case .overtaken: throw Overtaken()
        }
    }

    private static func seeing(_ ticket: Ticket, _ command: TicketCommand) -> TicketCommand {
        switch command {
        case .close(nil): .close(seen: ticket.lastContact)
        case .pending(nil): .pending(seen: ticket.lastContact)
        case .close, .pending, .assign, .claim, .release, .reopen, .note, .spam, .notSpam, .priority, .answeredUnseen,
            .deletedInMailbox, .restoredInMailbox, .muteInJunk:
            command
        }
    }

    /// Every agent by id, for decisions.
    package static func agents(_ unit: Unit) throws -> [Agent.ID: Agent] {
        Dictionary(try TicketQueries.agents(unit).map { ($0.agent.id, $0.agent) }) { first, _ in first }
    }
}
