/// Why a command or a gesture is not carried out.
package struct Refusal: Error, Hashable, Sendable, CustomStringConvertible {
    /// The reason.
    package enum Reason: Hashable, Sendable {
        /// Somebody else has the ticket.
        case alreadyOwned(by: Agent.ID, handle: String)
        /// The agent of this handle takes no tickets.
        case agentDisabled(String)
        /// There is no such agent.
        case unknownAgent(Agent.ID)
        /// Spam is neither owned nor closed.
        case isSpam
        /// The folder a mail was moved to stands for nothing.
        case folderWithoutMeaning
        /// A mail was given several owners at once.
        case severalOwners
    }

    /// The reason.
    package let reason: Reason
    /// The ticket it is about.
    package let ticket: Ticket.ID

    /// Names the reason and the ticket.
    package init(reason: Reason, ticket: Ticket.ID) {
        self.reason = reason
        self.ticket = ticket
    }

    /// The same command is refused again until the ticket or the agent changes.
    package var isTransient: Bool { false }

    /// One word for the history.
    package var code: String { self.reason.code }

    /// What is wrong and what to do, as one or two sentences.
    package var description: String {
        switch self.reason {
        case .alreadyOwned(_, let handle): "Ticket \(self.ticket) is already owned by \(handle)."
        case .agentDisabled(let handle): "Agent \(handle) is disabled and takes no tickets."
        case .unknownAgent(let agent): "There is no agent number \(agent)."
        case .isSpam: "Ticket \(self.ticket) is spam. Mark it as not spam first: reopen it."
        case .folderWithoutMeaning: "The folder stands for no owner and no status."
        case .severalOwners: "A ticket has at most one owner, and several were named at once."
        }
    }
}

extension Refusal.Reason {
    /// One word for the history.
    package var code: String {
        switch self {
        case .alreadyOwned: "already_owned"
        case .agentDisabled: "agent_disabled"
        case .unknownAgent: "unknown_agent"
        case .isSpam: "is_spam"
        case .folderWithoutMeaning: "folder_without_meaning"
        case .severalOwners: "several_owners"
        }
    }
}
