import Desk

/// Filing, a mail at a time: `Desk.Filing` decides, the rows are those of `FilingWrites`.
extension Twin {
    struct FilingSetting: Sendable {
        let agents: [Agent.ID: Agent]
        let keywords: MarkKeywords
        let linger: Duration
    }

    /// `FilingQueries.peek`: what waits, in order of arrival.
    func waiting() -> [Identifier<Placement>] {
        self.placements.filter { row in
            guard row.fate == .fetched, row.digest != nil else { return false }
            guard let horizon = self.horizon, row.isImported else { return true }
            return row.internalDate ?? row.seenAt <= horizon
        }.sorted {
            ($0.internalDate ?? $0.seenAt, self.isSent($0) ? 1 : 0, $0.number)
                < ($1.internalDate ?? $1.seenAt, self.isSent($1) ? 1 : 0, $1.number)
        }.map { Identifier($0.number) }
    }

    private func isSent(_ row: PlacementRow) -> Bool { self.folder(row.key.folder)?.record.role == .sent }

    /// Files one placement, unless it is filed.
    mutating func file(_ id: Identifier<Placement>, _ mails: [SimulatedMail], _ setting: FilingSetting) {
        let at = Int(id.rawValue) - 1
        let row = self.placements[at]
        guard row.fate == .fetched || self.bug == .filedTwice, let digest = row.digest else { return }
        let mail = mails[SimulatedMail.number(of: digest)]
        let role = (self.folder(row.key.folder)?.record.role ?? .other).filed(flags: row.flags)
        let stored = row.fate == .fetched ? self.stored(digest, mail) : nil
        let message = stored?.id ?? Identifier<Message>(Int64(self.messages.count + 1))
        let (decision, threading) = self.decide(row, mail, role, stored, message, setting)
        self.placements[at].fate = decision.fate
        self.placements[at].reason = decision.ignoreReason?.rawValue
        guard decision.fate != .duplicate else {
            if self.isFirstImport(row) { return }
            guard let stored, stored.settled != nil || stored.touched != nil else { return }
            self.touch(stored.id)
            return
        }
        let formerOwner = self.ticket(of: decision.target)?.row.owner
        let ticket = self.apply(decision, isImport: self.isFirstImport(row))
        self.remember(row, mail, role, decision, threading, ticket, message, setting, wasOwned: formerOwner != nil)
    }

    private func isFirstImport(_ row: PlacementRow) -> Bool { row.isImported && self.adoptedAt == nil }

    private func stored(_ digest: [UInt8], _ mail: SimulatedMail) -> MessageRow? {
        if self.bug == .neverDeduplicated { return nil }
        if let at = self.message(digest: digest) { return self.messages[at] }
        guard self.bug == .deduplicatedByMessageID, let id = SimulatedMail.id(mail.messageID) else { return nil }
        return self.threads[id]?.lazy.compactMap(\.message).first.map { self.messages[self.messageIndex($0)] }
    }

    private func ticket(of target: FilingDecision.Target) -> TicketRow? {
        guard case .existing(let number) = target else { return nil }
        return self.tickets[self.ticketIndex(number)]
    }

    private func decide(
        _ row: PlacementRow,
        _ mail: SimulatedMail,
        _ role: FolderRole,
        _ stored: MessageRow?,
        _ message: Identifier<Message>,
        _ setting: FilingSetting
    ) -> (FilingDecision, ThreadingDecision) {
        let ours = OurIdentity(mailboxKeys: [SimulatedMail.mailbox.key], agentKeys: [:], names: [])
        let facts = MailFacts(folder: role, from: [mail.from], recipients: [mail.to])
        let identity = MailIdentity.decide(facts, ours: ours)
        let threadingMail = ThreadingMail(
            ownID: SimulatedMail.id(mail.messageID),
            inReplyTo: mail.inReplyTo.flatMap(SimulatedMail.id).map { [$0] } ?? [],
            references: [],
            senders: ours.isOurs(mail.from.key) ? [] : [mail.from.key],
            asksParticipation: Filing.asksParticipation(identity, .human)
        )
        let threading = Threading.decide(
            mail: threadingMail,
            known: self.threads.mapValues { $0.map(\.ticket) },
            participants: Dictionary(uniqueKeysWithValues: self.tickets.map { ($0.row.number, $0.participants) })
        )
        var known: TicketRow?
        if case .existing(let number, _) = threading { known = self.tickets[self.ticketIndex(number)] }
        let flags = setting.keywords.read(row.flags)
        let arrival = row.internalDate ?? row.seenAt
        let decision = Filing.decide(
            FilingInput(
                message: message,
                folder: role,
                isAnswered: flags.isAnswered,
                isFlagged: flags.isFlagged,
                isImport: row.isImported,
                stored: stored.map {
                    StoredCopy(
                        fate: $0.fate,
                        ignoreReason: self.placements.first { [digest = $0.digest] in
                            $0.digest == digest && $0.fate == .ignored
                        }
                        .flatMap(\.reason).flatMap(IgnoreReason.init(rawValue:)),
                        ticket: $0.ticket
                    )
                },
                identity: identity,
                kind: .human,
                threading: threading,
                ticket: known?.row,
                contacts: known?.contacts ?? [],
                events: known?.events ?? [],
                sentTo: self.recipients,
                from: [mail.from],
                recipients: [mail.to],
                ours: ours,
                responder: MailIdentity.responder(facts, ours: ours, owner: known?.row.owner),
                activeAgents: Set(setting.agents.keys),
                receivedAt: arrival,
                sentAt: arrival,
                queue: Identifier(1)
            )
        )
        return (decision, threading)
    }

    private mutating func apply(_ decision: FilingDecision, isImport: Bool) -> Ticket.ID? {
        let number: Ticket.ID
        switch decision.target {
        case .none: return nil
        case .existing(let existing):
            number = existing
            let old = self.tickets[self.ticketIndex(existing)].row
            var row = old
            for event in decision.events { TicketFold.apply(event, to: &row) }
            let at = self.ticketIndex(existing)
            self.append(decision.events, to: at, after: old.version)
            self.tickets[at].row = row
            if row.owner != old.owner || row.status != old.status || row.priority != old.priority, !isImport {
                self.tickets[at].hasChanged = true
                self.touchMessages(of: [existing], endsLinger: false)
            }
        case .new:
            number = Identifier(Int64(self.tickets.count + 1))
            guard let row = TicketFold.fold(number: number, decision.events) else { return nil }
            self.tickets.append(TicketRow(row: row))
            self.append(decision.events, to: self.tickets.count - 1, after: 0)
        }
        let at = self.ticketIndex(number)
        self.tickets[at].participants.formUnion(decision.participants)
        self.tickets[at].contacts.formUnion(decision.contacts)
        return number
    }

    private mutating func append(_ events: [EventDraft], to at: Int, after version: Int64) {
        for (offset, event) in events.enumerated() {
            self.tickets[at].events.append(
                TicketEvent(event, seq: version + Int64(offset) + 1, recordedAt: self.now)
            )
        }
    }

    private mutating func remember(
        _ row: PlacementRow,
        _ mail: SimulatedMail,
        _ role: FolderRole,
        _ decision: FilingDecision,
        _ threading: ThreadingDecision,
        _ ticket: Ticket.ID?,
        _ id: Identifier<Message>,
        _ setting: FilingSetting,
        wasOwned: Bool
    ) {
        guard let digest = row.digest else { return }
        let placement = MarkPlacement(
            id: Identifier(row.number),
            folder: row.key.folder,
            role: role,
            epoch: row.key.epoch,
            uid: row.key.uid,
            observation: nil,
            flags: setting.keywords.read(row.flags)
        )
        var settled = ticket == nil ? nil : Marks.first(placement)
        settled?.number = self.sequence
        if decision.isRefiled, let at = self.message(digest: digest) {
            guard self.messages[at].ticket == nil else { return }
            self.messages[at].ticket = ticket
            self.messages[at].fate = decision.fate
            self.messages[at].direction = decision.direction
            self.messages[at].settled = settled
            self.messages[at].isMutedInJunk = false
            self.messages[at].touched = self.nextTouch()
        } else {
            let isOurs = decision.direction == .outbound
            let lingers = !row.isImported && wasOwned && role == .inbox && !isOurs && setting.linger > .zero
            var message = MessageRow(
                id: id,
                digest: digest,
                ticket: ticket,
                direction: decision.direction,
                kind: decision.kind,
                fate: decision.fate,
                receivedAt: row.internalDate ?? row.seenAt,
                isAdopted: row.isImported,
                settled: settled,
                lingerUntil: lingers ? self.now.advanced(by: setting.linger) : nil,
                firstFolder: row.key.folder
            )
            if case .existing(_, .awaitedAncestor) = threading, !isOurs {
                message.isAnswered = decision.events.contains { $0.kind == .answered }
            }
            let hasChanged = ticket.map { self.tickets[self.ticketIndex($0)].hasChanged } ?? false
            if settled != nil, !row.isImported || self.adoptedAt != nil && hasChanged {
                message.touched = self.nextTouch()
            }
            self.messages.append(message)
        }
        guard let ticket else { return }
        self.thread(mail, id, decision, ticket, isImport: self.isFirstImport(row))
    }

    private mutating func thread(
        _ mail: SimulatedMail,
        _ id: Identifier<Message>,
        _ decision: FilingDecision,
        _ ticket: Ticket.ID,
        isImport: Bool
    ) {
        let named = mail.inReplyTo.flatMap(SimulatedMail.id)
        if let named, !(self.threads[named] ?? []).contains(where: { $0.ticket == ticket }) {
            self.threads[named, default: []].append(ThreadKey(ticket: ticket))
        }
        if let own = SimulatedMail.id(mail.messageID) {
            if let at = (self.threads[own] ?? []).firstIndex(where: { $0.ticket == ticket }) {
                if self.threads[own]?[at].message == nil { self.threads[own]?[at].message = id }
            } else {
                self.threads[own, default: []].append(ThreadKey(ticket: ticket, message: id))
            }
        }
        guard decision.direction == .outbound else { return }
        if decision.events.contains(where: { $0.kind == .messageOut }) { self.recipients[id] = decision.participants }
        guard decision.events.contains(where: { $0.kind == .answered }), let named else { return }
        for message in (self.threads[named] ?? []).compactMap(\.message) {
            let at = self.messageIndex(message)
            guard !self.messages[at].isAnswered else { continue }
            self.messages[at].isAnswered = true
            let isSeen = self.messages[at].settled != nil || self.messages[at].touched != nil
            if isSeen, !isImport { self.messages[at].touched = self.nextTouch() }
        }
    }
}
