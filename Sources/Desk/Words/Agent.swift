/// A person who answers.
package struct Agent: Hashable, Sendable {
    /// Names an agent.
    package typealias ID = Identifier<Agent>

    /// The agent's number.
    package let id: ID
    /// The current handle.
    package let handle: Handle
    /// The name as people write it.
    package let name: String
    /// Whether tickets may be given to this agent.
    package let isActive: Bool

    /// Describes an agent.
    package init(id: ID, handle: Handle, name: String, isActive: Bool) {
        self.id = id
        self.handle = handle
        self.name = name
        self.isActive = isActive
    }
}
