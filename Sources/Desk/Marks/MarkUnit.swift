/// What deciding marks reads and writes beside its cases, inside one unit of work: all of it is committed, or none.
package protocol MarkUnit {
    /// What the breaker stopped and nobody decided yet.
    func undecidedGroups() throws -> Set<BreakerGroup>
    /// Stops gestures until a person decides.
    func hold(_ entries: [(message: Identifier<Message>, entry: BreakerEntry)]) throws
    /// What was reverted is so: from now on only a copy in a folder that is still missing counts as gone.
    func accept(_ messages: [Identifier<Message>]) throws
    /// Forgets what was stopped.
    func drop(_ messages: [Identifier<Message>]) throws
    /// Takes away the touches that were seen, and sets when to look again.
    func clear(_ looked: [MarkLook]) throws
    /// These messages are in step, and what was held of them for a time that is over is not counted any more.
    func forgetHolds(_ messages: [Identifier<Message>]) throws
    /// These messages are where they were first seen.
    func endRestore(_ messages: [Identifier<Message>]) throws
    /// Closes the open intent of a message that was understood by looking, under a new number.
    ///
    /// Of a former holder's intent the first command that is `missing` may still come (``BelatedWrite``).
    func close(
        _ message: Identifier<Message>,
        settled: Settled?,
        isWritten: Bool,
        missing: BelatedWrite.Command?
    ) throws
    /// The commands of these intents came late, or cannot come any more.
    func endBelated(_ intents: [Identifier<MarkIntent>]) throws
    /// Writes what both sides agree on now.
    func settle(_ message: Identifier<Message>, _ settled: Settled) throws
    /// Mutes one message that lies in Junk.
    func mute(_ message: Identifier<Message>) throws
    /// Takes that back.
    func unmute(_ message: Identifier<Message>) throws
    /// Brings a message that an agent moved into reach for good.
    func extendReach(_ message: Identifier<Message>) throws
    /// The newest message from a contact that whoever put a placement of a message there, or took it away, could see.
    func seenContact(
        _ ticket: Ticket.ID,
        before placement: Identifier<Placement>,
        of message: Identifier<Message>
    ) throws -> ContactMessage?
    /// What of a ticket people still see in the mailbox.
    func visible(_ ticket: Ticket.ID) throws -> (inbound: Int, hasOurs: Bool)
    /// Carries out commands of a mail client on a ticket as it was read, all or none.
    func apply(_ commands: [TicketCommand], on ticket: Ticket, at: Timestamp) throws -> TicketOutcome
    /// Records events on a ticket as it was read; nil: it changed meanwhile.
    func record(_ events: [EventDraft], on ticket: Ticket, at: Timestamp) throws -> Ticket?
    /// Notes that a gesture in these fields was refused; whether one of them is left as it is and held from now on.
    func refuse(_ message: Identifier<Message>, _ fields: MarkFields, reason: String) throws -> Bool
    /// Tells people what happened.
    func tell(_ note: MarkNote)
}

/// What became of commands on a ticket.
package enum TicketOutcome: Hashable, Sendable {
    /// The ticket is so from now on.
    case changed(Ticket)
    /// It is so already.
    case unchanged
    /// They are not carried out: one word for the history.
    case refused(code: String)
    /// The ticket changed since it was read.
    case overtaken
}

/// What people may want to know while marks are decided.
package enum MarkNote: Hashable, Sendable {
    /// Two rules disagree about a message.
    case restless(Identifier<Message>)
    /// An agent did something in a mail client.
    case gesture(Ticket.ID, Gesture)
    /// What a former holder of the lease wrote late was seen; it is undone where the ticket wants something else.
    case belated(Identifier<Message>)
    /// So many messages wait for a person's decision.
    case stopped(messages: Int)
}

/// A message that was looked at, and when to look again.
package struct MarkLook: Sendable {
    /// The message.
    package let message: Identifier<Message>
    /// The touch that the look has seen.
    package let touched: Int64?
    /// When to look again, if at a time.
    package let lookAt: Timestamp?
    /// Look again after a complete synchronisation that began after this number.
    package let awaitSync: Int64?

    /// Puts the values together.
    package init(message: Identifier<Message>, touched: Int64?, lookAt: Timestamp?, awaitSync: Int64?) {
        self.message = message
        self.touched = touched
        self.lookAt = lookAt
        self.awaitSync = awaitSync
    }
}
