import Desk
import DeskStore

/// Finds what a command names, inside a unit of work, or says what there is instead.
enum Lookup {
    /// The agent of this handle.
    static func agent(_ unit: Unit, _ handle: String) throws -> Identifier<Agent> {
        if let agent = try AgentQueries.find(unit, handle: handle) { return agent.id }
        throw CommandFailure.unknown(
            "agent",
            handle,
            known: try AgentQueries.handles(unit),
            listing: "baton agent list"
        )
    }

    /// The queue of this name.
    static func queue(_ unit: Unit, _ name: String) throws -> Identifier<Queue> {
        if let queue = try QueueQueries.find(unit, name: name) { return queue }
        throw CommandFailure.unknown("queue", name, known: try QueueQueries.names(unit), listing: "baton queue list")
    }

    /// The mailbox of this name.
    static func mailbox(_ unit: Unit, _ name: String) throws -> MailboxListing {
        if let mailbox = try MailboxSettingsQueries.list(unit, name: name).first { return mailbox }
        throw Self.unknownMailbox(name, known: try MailboxSettingsQueries.names(unit))
    }

    /// What to say when there is no mailbox of this name.
    static func unknownMailbox(_ name: String, known: [String]) -> CommandFailure {
        .unknown("mailbox", name, known: known, listing: "baton mailbox list")
    }

    /// What to say when there is no ticket of this number.
    static func unknownTicket(_ unit: Unit, _ number: Identifier<Ticket>) throws -> CommandFailure {
        guard let numbers = try TicketListingQueries.numbers(unit) else {
            return .refused("There is no ticket \(number.rawValue)", "There is none at all yet: see `baton run --help`")
        }
        return .refused(
            "There is no ticket \(number.rawValue)",
            "Numbers go from \(numbers.lowerBound) to \(numbers.upperBound): see `baton ticket list`"
        )
    }
}
