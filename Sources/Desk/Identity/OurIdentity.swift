/// Which addresses and names are ours.
package struct OurIdentity: Hashable, Sendable {
    /// Keys of the mailbox's own addresses.
    package let mailboxKeys: Set<String>
    /// Keys of the agents' addresses.
    package let agentKeys: [String: Agent.ID]
    /// Who bears a name, by ``nameKey(_:)``; several bear it where it is ambiguous.
    package let agentNames: [String: Set<Agent.ID>]

    /// Collects what is ours.
    package init(mailboxKeys: Set<String>, agentKeys: [String: Agent.ID], names: [(name: String, agent: Agent.ID)]) {
        self.mailboxKeys = mailboxKeys
        self.agentKeys = agentKeys
        var agentNames: [String: Set<Agent.ID>] = [:]
        for entry in names {
            let key = Self.nameKey(entry.name)
            if !key.isEmpty { agentNames[key, default: []].insert(entry.agent) }
        }
        self.agentNames = agentNames
    }

    /// A display name as it is compared: lower case, runs of white space as one space, no outer quotes.
    package static func nameKey(_ name: String) -> String {
        let words = name.lowercased().split(whereSeparator: \.isWhitespace).joined(separator: " ")
        guard words.count > 1, let first = words.first, first == words.last, first == "\"" || first == "'" else {
            return words
        }
        return String(words.dropFirst().dropLast())
    }

    /// Whether an address is the mailbox's or an agent's.
    package func isOurs(_ key: String) -> Bool {
        self.mailboxKeys.contains(key) || self.agentKeys[key] != nil
    }
}
