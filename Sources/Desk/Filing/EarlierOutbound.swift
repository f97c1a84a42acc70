/// Mail of ours on a ticket that answered no contact known when it was filed.
///
/// In a mailbox that was copied folder by folder, or where the copy in Sent is seen first, an answer is filed before its
/// question; then whoever asked is no contact yet.
package struct EarlierOutbound: Hashable, Sendable {
    /// The message.
    package let message: Identifier<Message>
    /// When it was sent; see ``AnswerTime``.
    package let at: Timestamp
    /// Who of ours wrote it.
    package let responder: Responder?
    /// Keys of those it went to who are not us.
    package let recipients: Set<String>

    /// Finds those of a ticket in its events; `recipients` says to whom each went.
    package static func all(
        in events: [TicketEvent],
        recipients: [Identifier<Message>: Set<String>]
    ) -> [EarlierOutbound] {
        let answers = Set(events.lazy.filter { $0.kind == .answered }.compactMap(\.message))
        return events.compactMap { event in
            guard event.kind == .messageOut, let message = event.message, !answers.contains(message),
                let keys = recipients[message]
            else { return nil }
            return EarlierOutbound(
                message: message,
                at: event.at,
                responder: event.agent.map { Responder(agent: $0, isPresumed: event.isPresumed) },
                recipients: keys
            )
        }
    }

    /// The event by which it becomes an answer to a message that arrived before it; found when that message is filed.
    var answer: EventDraft {
        EventDraft(
            .answered,
            at: self.at,
            by: .baton(.mail),
            agent: self.responder?.agent,
            isPresumed: self.responder?.isPresumed ?? false,
            message: self.message
        )
    }
}
