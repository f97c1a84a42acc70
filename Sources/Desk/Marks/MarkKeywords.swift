/// One flag or keyword that is a mark.
package enum Mark: Hashable, Comparable, Sendable {
    /// The keyword of an owner.
    case owner(Agent.ID)
    /// The keyword `status-pending`.
    case pending
    /// `\Flagged`.
    case flagged
    /// `\Answered`.
    case answered

    /// Whose keyword it is.
    package var agent: Agent.ID? {
        guard case .owner(let agent) = self else { return nil }
        return agent
    }

    /// The field that it is of.
    package var field: MarkFields {
        switch self {
        case .owner: .owners
        case .pending: .pending
        case .flagged: .flagged
        case .answered: .answered
        }
    }
}

/// The flags of a placement, as far as they mean something.
package struct MarkFlags: Hashable, Sendable {
    /// Whose owner keywords it has.
    package var owners: Set<Agent.ID>
    /// Whether it has `status-pending`.
    package var isPending: Bool
    /// Whether it has `\Flagged`.
    package var isFlagged: Bool
    /// Whether it has `\Answered`.
    package var isAnswered: Bool
    /// Whether it has `\Deleted`.
    package var isDeleted: Bool
    /// Whether it has `\Seen`.
    package var isSeen: Bool

    /// Describes flags.
    package init(
        owners: Set<Agent.ID> = [],
        isPending: Bool = false,
        isFlagged: Bool = false,
        isAnswered: Bool = false,
        isDeleted: Bool = false,
        isSeen: Bool = false
    ) {
        self.owners = owners
        self.isPending = isPending
        self.isFlagged = isFlagged
        self.isAnswered = isAnswered
        self.isDeleted = isDeleted
        self.isSeen = isSeen
    }
}

/// How marks are spelled as flags and keywords, which IMAP compares without case (RFC 9051 §2.3.2).
package struct MarkKeywords: Hashable, Sendable {
    /// The keyword of pending tickets.
    package static let pending = "status-pending"

    private let handles: [Agent.ID: Handle]
    private let agents: [String: Agent.ID]

    /// Knows the current handles, and former ones that are only read.
    package init(
        agents: [(handle: Handle, agent: Agent.ID)],
        aliases: [(handle: Handle, agent: Agent.ID)] = []
    ) {
        self.handles = Dictionary(agents.map { ($0.agent, $0.handle) }, uniquingKeysWith: { first, _ in first })
        self.agents = Dictionary(
            (agents + aliases).map { (Self.ownerPrefix + $0.handle.text, $0.agent) },
            uniquingKeysWith: { first, _ in first }
        )
    }

    /// The keyword to write for an owner; nil for an agent without a handle.
    package func owner(_ agent: Agent.ID) -> String? {
        self.handles[agent].map { Self.ownerPrefix + $0.text }
    }

    /// The flag or keyword to write for a mark; nil for the owner mark of an unknown agent.
    package func text(_ mark: Mark) -> String? {
        switch mark {
        case .owner(let agent): self.owner(agent)
        case .pending: Self.pending
        case .flagged: "\\Flagged"
        case .answered: "\\Answered"
        }
    }

    /// The marks among flags and keywords.
    package func marks(_ flags: [String]) -> Set<Mark> {
        MarkState(place: .inbox, flags: self.read(flags)).marks
    }

    /// What flags mean, as a server lists them.
    package func read(_ flags: [String]) -> MarkFlags {
        var read = MarkFlags()
        for flag in flags {
            switch flag.lowercased() {
            case "\\flagged": read.isFlagged = true
            case "\\answered": read.isAnswered = true
            case "\\deleted": read.isDeleted = true
            case "\\seen": read.isSeen = true
            case Self.pending: read.isPending = true
            case let keyword:
                if let agent = self.agents[keyword] { read.owners.insert(agent) }
            }
        }
        return read
    }

    /// The keywords among the flags that name an agent, aliases too, as the server spells them: what to remove.
    package func owners(in flags: [String], of agent: Agent.ID) -> [String] {
        flags.filter { self.agents[$0.lowercased()] == agent }
    }

    private static let ownerPrefix = "owner-"
}
