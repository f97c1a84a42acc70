package import Desk

/// What one look found both sides to agree on, to be written when it ends.
package struct MarkAgreements: Sendable {
    /// The mailbox's number when the look was read: what a person commanded since is not in it.
    package let number: Int64
    /// The last agreement on each message.
    package private(set) var settled: [Identifier<Message>: Settled] = [:]

    /// None yet.
    package init(number: Int64) {
        self.number = number
    }

    /// Nothing is to be written.
    package var isEmpty: Bool { self.settled.isEmpty }

    /// Adds one; that an earlier one on the message was about everything stays so.
    package mutating func add(_ message: Identifier<Message>, _ settled: Settled) {
        var settled = settled
        if self.settled[message]?.isComplete == true { settled.isComplete = true }
        self.settled[message] = settled
    }

    /// They are written.
    package mutating func removeAll() {
        self.settled = [:]
    }
}
