import ArgumentParser
import Desk
import DeskCommands
import DeskStore

/// What every command that changes a ticket has in common.
struct TicketChangeOptions: ParsableArguments {
    @Argument(help: "The ticket's number.", transform: ArgumentReading.ticket)
    var number: Identifier<Ticket>

    @OptionGroup var database: DatabaseOptions

    /// The name in the history where no agent is named.
    static let administrator = "administrator"

    /// Who acts: the agent named by `--as`, or an administrator.
    static func actor(_ handle: String?) -> Actor {
        Actor(name: handle ?? Self.administrator, origin: .cli)
    }

    /// Performs a command and prints how the ticket stands.
    ///
    /// `handle` is the agent who acts, `target` the one the command is about; both must exist. The command is made from the
    /// target's id.
    func perform(
        as handle: String? = nil,
        about target: String? = nil,
        _ command: (Agent.ID?) throws -> TicketCommand
    ) async throws {
        try await self.database.withDatabase { database in
            let agent = try await Self.agents(database, acting: handle, about: target).target
            try await Self.report(database, self.number) {
                try await TicketCommands.perform(
                    try command(agent),
                    on: self.number,
                    by: Self.actor(handle),
                    in: database
                )
            }
        }
    }

    /// Finds the agents that are named, or says who there is.
    static func agents(
        _ database: DeskDatabase,
        acting: String?,
        about: String?
    ) async throws -> (acting: Agent.ID?, target: Agent.ID?) {
        try await database.unit { unit in
            (try acting.map { try Lookup.agent(unit, $0) }, try about.map { try Lookup.agent(unit, $0) })
        }
    }

    /// Prints what came of a command.
    static func report(
        _ database: DeskDatabase,
        _ number: Identifier<Ticket>,
        _ body: () async throws -> TicketCommands.Outcome
    ) async throws {
        let outcome: TicketCommands.Outcome
        do {
            outcome = try await body()
        } catch is TicketCommands.NoSuchTicket {
            throw try await database.unit { unit in try Lookup.unknownTicket(unit, number) }
        }
        let ticket = try await database.unit { unit in try TicketDetailQueries.ticket(unit, number) }
        if case .unchanged(_, let why) = outcome { Output.remark("Nothing to do: \(SafeText.line(why))") }
        guard let ticket else { return }
        let owner = ticket.owner.map { "owner \($0)" } ?? "no owner"
        Output.line("#\(number.rawValue) \(ticket.status.rawValue), \(owner): \(SafeText.line(ticket.subject))")
    }
}

/// Names the agent who acts, for the history.
struct ActingAgent: ParsableArguments {
    @Option(
        name: .customLong("as"),
        help: ArgumentHelp("The agent who does it, for the history.", valueName: "agent")
    )
    var handle: String?
}
