package import Desk

/// What one look found and is to write when it ends, after what locks the mailbox's row.
package struct MarkFindings: Sendable {
    /// The mailbox's number when the look was read: what a person commanded since is not in it.
    package let number: Int64
    /// What both sides agree on: the last agreement on each message.
    package private(set) var settled: [Identifier<Message>: Settled] = [:]
    /// What was looked at, with when to look again.
    package var looked: [MarkLook] = []
    /// Messages in step whose holds are over.
    package var released: [Identifier<Message>] = []

    /// Nothing yet.
    package init(number: Int64) {
        self.number = number
    }

    /// Adds an agreement; that an earlier one on the message was about everything stays so.
    package mutating func settle(_ message: Identifier<Message>, _ settled: Settled) {
        var settled = settled
        if self.settled[message]?.isComplete == true { settled.isComplete = true }
        self.settled[message] = settled
    }

    /// The agreements are written.
    package mutating func removeSettled() {
        self.settled = [:]
    }

    /// What writes all of it.
    func statements(_ mailbox: Identifier<Mailbox>) -> [BoundStatement] {
        MarkQueries.settling(mailbox, self) + MarkQueries.clearing(mailbox, self.looked)
            + HoldQueries.forgetting(mailbox, self.released)
    }
}
