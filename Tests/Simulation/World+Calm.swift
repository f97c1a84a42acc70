import Desk
import ModelMailServer

/// One gesture at a time: what the table of gestures in the product's description says must have come of it at rest.
extension World {
    /// What a ticket must be after a gesture.
    struct Expectation: Sendable {
        let ticket: Ticket.ID
        var owner: Agent.ID?
        var status: TicketStatus
        var priority: Priority
        let gesture: String
    }

    func playCalmly() {
        self.settle()
        for _ in 0..<3 { self.deliver() }
        self.settle()
        for _ in 0..<6 where self.laws.violation == nil {
            guard let (act, expected) = self.chooseGesture() else { continue }
            // One turn for it, in nobody's way.
            let performed = Task(executorPreference: self.schedule) { try await self.perform(act, 0) }
            self.schedule.runJobs()
            while self.waiting.contains(where: { $0.player.worker == nil }), self.step() {}
            _ = performed
            self.settle()
            guard self.laws.violation == nil else { return }
            let ticket = self.twin.tickets[self.twin.ticketIndex(expected.ticket)].row
            if ticket.owner != expected.owner || ticket.status != expected.status
                || ticket.priority != expected.priority
            {
                let owner = expected.owner.map { "\($0)" } ?? "nobody"
                self.laws.breaks(
                    """
                    9: after \(expected.gesture) ticket \(ticket.number) is \(ticket.status) of \
                    \(ticket.owner.map { "\($0)" } ?? "nobody"), \(ticket.priority), not \(expected.status) of \(owner), \
                    \(expected.priority)
                    """
                )
            }
        }
    }

    private func chooseGesture() -> (Act, Expectation)? {
        guard
            let message = self.chance.one(
                of: self.twin.messages.filter { $0.ticket != nil && $0.direction == .inbound }
            ),
            let number = message.ticket, !message.isMutedInJunk
        else { return nil }
        let everywhere = self.twin.placements.filter {
            $0.isLive && $0.digest == message.digest && self.twin.isPresent($0)
        }
        // Where folders are labels, all but what lies in Junk or Trash lies in All too.
        var copies = everywhere.filter { self.twin.folder($0.key.folder)?.record.role != .all }
        if copies.isEmpty, everywhere.count == 1 { copies = everywhere }
        guard copies.count == 1, let copy = copies.first, let record = self.twin.folder(copy.key.folder)?.record,
            record.role.showsMarks || record.role == .all,
            let folder = self.server.folder(named: String(decoding: record.rawName, as: UTF8.self))
        else { return nil }
        let ticket = self.twin.tickets[self.twin.ticketIndex(number)].row
        let content = SimulatedMail.number(of: message.digest)
        func act(_ change: Act.Change) -> Act {
            Act(folder: folder, uid: copy.key.uid, content: content, change: change)
        }
        var expected = Expectation(
            ticket: number,
            owner: ticket.owner,
            status: ticket.status,
            priority: ticket.priority,
            gesture: ""
        )
        let agent = self.chance.one(of: self.agents) ?? self.agents[0]
        let all = self.server.allMail.flatMap { self.server.folder($0)?.name }
        if record.role == .all {
            guard ticket.status != .spam else { return nil }
            let owner = self.presentLayout == .keywords ? ticket.owner : nil
            expected = self.after(expected, "a move from All to INBOX", owner: owner, status: .open)
            return (act(.move("INBOX", inSteps: false)), expected)
        }
        let inSteps = self.chance.happens(300) || !self.server.profile.offers(.move)
        let prefix = self.names.prefix
        switch self.chance.below(8) {
        case 0, 1:
            let name = self.names.agent(agent.handle)
            guard record.role != .agent(agent.id), self.server.folder(named: name) != nil else { return nil }
            expected = self.after(expected, "a move to \(name)", owner: agent.id, status: .open)
            return (act(.move(name, inSteps: inSteps)), expected)
        case 2:
            guard record.role != .inbox else { return nil }
            let keepsOwner = self.presentLayout == .keywords || record.role == .junk
            let status: TicketStatus = record.role == .junk && ticket.status != .spam ? ticket.status : .open
            expected = self.after(
                expected,
                "a move from \(record.name) to INBOX",
                owner: keepsOwner ? ticket.owner : nil,
                status: status
            )
            return (act(.move("INBOX", inSteps: inSteps)), expected)
        case 3:
            let archive = record.role == .junk ? prefix + "Archive" : all ?? prefix + "Archive"
            let name = self.chance.happens(500) ? self.names.closed : archive
            guard record.name != name, self.server.folder(named: name) != nil else { return nil }
            expected = self.after(expected, "a move to \(name)", owner: ticket.owner, status: .closed)
            return (act(.move(name, inSteps: inSteps)), expected)
        case 4:
            guard record.role != .junk else { return nil }
            let isOurs = ticket.owner != nil || self.twin.visible(number).hasOurs
            expected = self.after(
                expected,
                "a move to Junk",
                owner: ticket.owner,
                status: isOurs ? ticket.status : .spam
            )
            return (act(.move(prefix + "Junk", inSteps: inSteps)), expected)
        case 5:
            let isFlagged = copy.flags.contains("\\Flagged")
            expected.priority = isFlagged ? .normal : .high
            return (
                act(.flag("\\Flagged", isSet: !isFlagged)), self.after(expected, isFlagged ? "unflagging" : "flagging")
            )
        case 6:
            guard let layout = self.presentLayout, layout.writesKeywords, ticket.status != .spam,
                ticket.owner != agent.id
            else { return nil }
            expected = self.after(expected, "the keyword of \(agent.handle)", owner: agent.id, status: ticket.status)
            return (act(.flag("owner-" + agent.handle.text, isSet: true)), expected)
        default:
            let isLast = self.twin.visible(number).inbound == 1
            let closes = isLast && (ticket.status == .open || ticket.status == .pending)
            expected = self.after(expected, "a deletion", owner: ticket.owner, status: closes ? .closed : ticket.status)
            let isMove = self.chance.happens(500)
            if !isMove, all != nil, record.role != .junk {
                expected = self.after(expected, "an archiving", owner: ticket.owner, status: .closed)
                return (act(.expunge), expected)
            }
            return (act(isMove ? .move(prefix + "Trash", inSteps: inSteps) : .expunge), expected)
        }
    }

    private func after(_ expected: Expectation, _ gesture: String) -> Expectation {
        self.after(expected, gesture, owner: expected.owner, status: expected.status)
    }

    private func after(
        _ expected: Expectation,
        _ gesture: String,
        owner: Agent.ID?,
        status: TicketStatus
    ) -> Expectation {
        Expectation(
            ticket: expected.ticket,
            owner: owner,
            status: status,
            priority: expected.priority,
            gesture: gesture
        )
    }
}
