import Desk
import DeskStore

/// Files a batch in memory, on top of what the database knew when the batch began: mails of one batch find each other.
///
/// Tickets that begin here have negative numbers until ``numbered(_:)``.
struct FilingDesk {
    /// What filing needs of the mailbox and its people.
    struct Setting: Sendable {
        let mailbox: MailboxRecord
        let roles: [Identifier<Folder>: FolderRole]
        let ours: OurIdentity
        let activeAgents: Set<Agent.ID>
        let keywords: MarkKeywords
        let now: Timestamp
    }

    private let setting: Setting
    private var context: FilingContext
    private let knownTickets: [Ticket.ID: Ticket]
    private var appended: [Ticket.ID: [EventDraft]] = [:]
    private var opened: [Ticket.ID: NewTicket] = [:]
    private var changed: Set<Ticket.ID> = []
    private var batch = FilingBatch()
    private var nextNew: Int64 = -1

    init(setting: Setting, context: FilingContext) {
        self.setting = setting
        self.context = context
        self.knownTickets = context.rows
    }

    /// How many tickets begin with this batch.
    var newTicketCount: Int { self.opened.count }

    /// Who wrote to the tickets that begin here, and to those that get their contact now.
    var contacts: [FilingContact] {
        self.opened.sorted { $0.key > $1.key }.compactMap(\.value.contact) + self.batch.firstContacts.map(\.contact)
            + self.batch.mails.compactMap(\.retried?.contact)
    }

    /// Decides one mail and remembers what it changes.
    mutating func file(_ parsed: ParsedMail, id: Identifier<Message>) {
        let mail = parsed.mail
        let role = (self.setting.roles[mail.folder] ?? .other).filed(flags: mail.flags)
        let flags = self.setting.keywords.read(mail.flags)
        let internalDate = mail.internalDate ?? mail.seenAt
        let verdict = self.verdict(parsed)
        let facts = MailFacts(
            folder: role,
            from: parsed.from,
            sender: parsed.sender,
            replyTo: parsed.replyTo,
            recipients: parsed.recipients,
            verdict: verdict
        )
        let identity = MailIdentity.decide(facts, ours: self.setting.ours)
        let stored = self.context.stored[mail.digest]
        let threading =
            parsed.isQuarantined
            ? .new(claims: nil, nil)
            : Threading.decide(
                mail: parsed.threading(asksParticipation: Filing.asksParticipation(identity, parsed.kind)),
                known: self.context.tickets,
                participants: self.context.participants
            )
        var ticket: Ticket?
        if case .existing(let number, _) = threading { ticket = self.context.rows[number] }
        let responder = MailIdentity.responder(facts, ours: self.setting.ours, owner: ticket?.owner)
        let decision = Filing.decide(
            FilingInput(
                message: stored?.id ?? id,
                folder: role,
                isAnswered: flags.isAnswered,
                isFlagged: flags.isFlagged,
                isImport: mail.isImported,
                isQuarantined: parsed.isQuarantined,
                stored: stored.map { StoredCopy(fate: $0.fate, ignoreReason: $0.reason, ticket: $0.ticket) },
                identity: identity,
                verdict: verdict,
                kind: parsed.kind,
                threading: threading,
                ticket: ticket,
                contacts: ticket.flatMap { self.context.contacts[$0.number] } ?? [],
                events: ticket.map { self.history(of: $0.number) } ?? [],
                sentTo: self.context.recipients,
                from: parsed.from,
                replyTo: parsed.replyTo,
                recipients: parsed.recipients,
                copied: parsed.copied,
                ours: self.setting.ours,
                responder: responder,
                activeAgents: self.setting.activeAgents,
                receivedAt: ArrivalTime.decide(internalDate: internalDate, newestReceived: parsed.newestReceived),
                sentAt: AnswerTime.decide(
                    date: parsed.date,
                    internalDate: internalDate,
                    turnStart: identity == .outbound ? self.turnStart(ticket?.number, answering: parsed) : nil
                ),
                queue: self.setting.mailbox.queue,
                afterAnswer: self.setting.mailbox.afterAnswer
            )
        )
        let target = self.apply(decision, parsed: parsed, threading: threading, identity: identity)
        self.remember(
            parsed,
            id: stored?.id ?? id,
            decision: decision,
            target: target,
            ownerBefore: ticket?.owner,
            role: role,
            flags: flags,
            responder: responder,
            threading: threading,
            identity: identity,
            receivedAt: ArrivalTime.decide(internalDate: internalDate, newestReceived: parsed.newestReceived)
        )
    }

    private func verdict(_ parsed: ParsedMail) -> AuthenticationVerdict {
        guard parsed.fromFieldCount == 1 else { return .unverified }
        return AuthenticationVerdict.decide(
            trace: parsed.trace,
            authservID: self.setting.mailbox.authservID,
            fromDomains: parsed.fromDomains
        )
    }

    /// Who wrote in: for a web form that is its Reply-To.
    private static func contact(
        _ parsed: ParsedMail,
        _ identity: MailIdentity
    ) -> FilingContact? {
        let party: Party?
        switch identity {
        case .inbound(let from): party = from.first
        case .inboundClaimingToBeUs, .internal: party = parsed.from.first
        case .outbound: party = nil
        }
        return party.map { party in
            let known = parsed.people[party.key]
            return FilingContact(key: party.key, address: known?.address ?? party.key, name: known?.name ?? party.name)
        }
    }

    /// When the turn began that an answer on this ticket belongs to: no answer is older.
    private func turnStart(_ ticket: Ticket.ID?, answering parsed: ParsedMail) -> Timestamp? {
        guard let ticket else { return nil }
        let named = parsed.inReplyTo.lazy.compactMap { self.context.messages[$0]?.first }.first
        return TurnFold.start(
            answering: named,
            storedAt: parsed.mail.internalDate ?? parsed.mail.seenAt,
            in: self.history(of: ticket)
        )
    }

    /// What happened to a ticket so far, in this batch too.
    private func history(of ticket: Ticket.ID) -> [TicketEvent] {
        let past = self.context.events[ticket] ?? []
        let new = (self.appended[ticket] ?? []).enumerated().map { offset, draft in
            TicketEvent(draft, seq: Int64(past.count + offset + 1), recordedAt: self.setting.now)
        }
        return past + new
    }

    // Folds the decision's events into the tickets of this batch; the ticket the mail is on.
    private mutating func apply(
        _ decision: FilingDecision,
        parsed: ParsedMail,
        threading: ThreadingDecision,
        identity: MailIdentity
    ) -> Ticket.ID? {
        let number: Ticket.ID
        switch decision.target {
        case .none: return nil
        case .existing(let existing):
            number = existing
            guard var row = self.context.rows[existing] else { return nil }
            let before = row
            for event in decision.events { TicketFold.apply(event, to: &row) }
            self.context.rows[existing] = row
            if row.owner != before.owner || row.status != before.status || row.priority != before.priority {
                self.changed.insert(existing)
            }
            self.noteContact(decision, of: existing, Self.contact(parsed, identity))
        case .new:
            number = Identifier(self.nextNew)
            self.nextNew -= 1
            guard let row = TicketFold.fold(number: number, decision.events) else { return nil }
            self.context.rows[number] = row
            var claims: Ticket.ID?
            if case .new(let claimed, _) = threading { claims = claimed }
            let contact = Self.contact(parsed, identity)
            self.opened[number] = NewTicket(
                row: row,
                subject: parsed.subject,
                contact: contact,
                createdAt: decision.events.first?.at ?? self.setting.now,
                updatedAt: decision.events.map(\.at).max() ?? self.setting.now,
                claims: claims,
                isAdopted: parsed.mail.isImported
            )
        }
        if !decision.events.isEmpty { self.appended[number, default: []] += decision.events }
        self.context.participants[number, default: []].formUnion(decision.participants)
        self.context.contacts[number, default: []].formUnion(decision.contacts)
        if !decision.participants.isEmpty || !decision.contacts.isEmpty {
            self.batch.participants.append(
                FilingBatch.Participants(ticket: number, keys: decision.participants, contacts: decision.contacts)
            )
        }
        return number
    }

    // Of a ticket that we began: whoever writes first.
    private mutating func noteContact(_ decision: FilingDecision, of ticket: Ticket.ID, _ contact: FilingContact?) {
        guard let contact, !decision.contacts.isEmpty, (self.context.contacts[ticket] ?? []).isEmpty else { return }
        if self.opened[ticket] == nil {
            self.batch.firstContacts.append(FilingBatch.FirstContact(ticket: ticket, contact: contact))
        } else if self.opened[ticket]?.contact == nil {
            self.opened[ticket]?.contact = contact
        }
    }

    private mutating func remember(
        _ parsed: ParsedMail,
        id: Identifier<Message>,
        decision: FilingDecision,
        target: Ticket.ID?,
        ownerBefore: Agent.ID?,
        role: FolderRole,
        flags: MarkFlags,
        responder: Responder?,
        threading: ThreadingDecision,
        identity: MailIdentity,
        receivedAt: Timestamp
    ) {
        let mail = parsed.mail
        var filed = FiledMail(
            mail: mail,
            id: id,
            message: nil,
            fate: decision.fate,
            reason: self.reason(decision),
            ticket: target
        )
        defer { self.batch.mails.append(filed) }
        guard decision.fate != .duplicate else { return }
        let placement = MarkPlacement(
            id: mail.placement,
            folder: mail.folder,
            role: role,
            epoch: mail.epoch,
            uid: mail.uid,
            observation: nil,
            flags: flags
        )
        let isOurs = decision.direction == .outbound
        let lingers = !mail.isImported && ownerBefore != nil && role == .inbox && !isOurs
        var evidence: String?
        // Mail that was there before names it.
        var isAwaited = false
        if case .existing(_, let found) = threading {
            evidence = found.name
            if case .awaitedAncestor = found { isAwaited = true }
        }
        var unverified = false
        if case .inboundClaimingToBeUs = identity { unverified = true }
        filed.isRefiled = decision.isRefiled
        if decision.isRefiled, self.context.stored[mail.digest]?.fate == .fetched {
            filed.retried = FiledMail.Retried(contact: Self.contact(parsed, identity))
        }
        filed.message = FiledMail.Content(
            direction: decision.direction,
            kind: decision.kind,
            isVerified: !unverified,
            messageID: parsed.messageID,
            subject: parsed.subject,
            fromKey: parsed.from.first?.key,
            fromText: parsed.fromText,
            toText: parsed.toText,
            text: parsed.text,
            isTextCut: parsed.isTextCut,
            receivedAt: receivedAt,
            sentAt: parsed.date,
            responder: isOurs ? responder : nil,
            evidence: evidence,
            liesInJunk: role == .junk && target != nil,
            isAnswered: !isOurs && isAwaited && decision.events.contains { $0.kind == .answered },
            settled: target == nil ? nil : Marks.first(placement),
            lingerUntil: lingers && self.setting.mailbox.linger > .zero
                ? self.setting.now.advanced(by: self.setting.mailbox.linger) : nil,
            ownID: parsed.ownID,
            namedIDs: parsed.references + parsed.inReplyTo
        )
        self.context.stored[mail.digest] = StoredMessage(
            id: id,
            fate: decision.fate,
            reason: decision.ignoreReason,
            ticket: target
        )
        guard let target else { return }
        for named in parsed.references + parsed.inReplyTo + [parsed.ownID].compactMap(\.self)
        where !(self.context.tickets[named] ?? []).contains(target) {
            self.context.tickets[named, default: []].append(target)
        }
        if isOurs, decision.events.contains(where: { $0.kind == .messageOut }) {
            self.batch.recipients.append(FilingBatch.Recipients(message: id, keys: decision.participants))
            self.context.recipients[id] = decision.participants
        }
        if isOurs, decision.events.contains(where: { $0.kind == .answered }) {
            for answered in parsed.inReplyTo {
                self.batch.answered += self.context.messages[answered] ?? []
            }
        }
        if let own = parsed.ownID { self.context.messages[own, default: []].append(id) }
    }

    private func reason(_ decision: FilingDecision) -> String? {
        switch decision.fate {
        case .ignored: decision.ignoreReason?.rawValue
        case .quarantined: "defeated the parser three times"
        case .fetched, .ticket, .reply, .duplicate, .muted: nil
        }
    }

    /// Everything to write, the new tickets under the numbers drawn for them.
    func finish(numbers: [Ticket.ID]) -> FilingBatch {
        // The first ticket that began here has the greatest negative number and gets the lowest real one.
        let fresh = Dictionary(
            zip(self.opened.keys.sorted(by: >), numbers).map { ($0, $1) },
            uniquingKeysWith: { first, _ in first }
        )
        func real(_ number: Ticket.ID) -> Ticket.ID { fresh[number] ?? number }
        var batch = self.batch
        for index in batch.mails.indices { batch.mails[index].ticket = batch.mails[index].ticket.map(real) }
        batch.participants = batch.participants.map {
            FilingBatch.Participants(ticket: real($0.ticket), keys: $0.keys, contacts: $0.contacts)
        }
        for (number, ticket) in self.opened.sorted(by: { $0.key > $1.key }) {
            var ticket = ticket
            ticket.row = self.context.rows[number] ?? ticket.row
            ticket.row.number = real(number)
            ticket.claims = ticket.claims.map(real)
            ticket.updatedAt = self.appended[number]?.map(\.at).max() ?? ticket.updatedAt
            batch.newTickets.append(ticket)
        }
        // Of a first import alone nothing is shown; what an old mail changes later is.
        let isImport = self.setting.mailbox.adoptedAt == nil && batch.mails.allSatisfy(\.mail.isImported)
        for (number, drafts) in self.appended.sorted(by: { $0.key < $1.key }) {
            let former = self.knownTickets[number]
            let events = drafts.map { Self.renumbered($0, real) }
            let firstSeq = (former?.version ?? 0) + 1
            batch.events.append(EventQueries.Appended(ticket: real(number), firstSeq: firstSeq, events: events))
            guard let row = self.context.rows[number] else { continue }
            let past = self.context.events[number] ?? []
            let new = events.enumerated().map { offset, draft in
                TicketEvent(draft, seq: firstSeq + Int64(offset), recordedAt: self.setting.now)
            }
            batch.turns.append(
                EventQueries.Turns(
                    ticket: real(number),
                    queue: row.queue,
                    turns: TurnFold.turns(of: past + new)
                )
            )
            if let former {
                batch.mayTurnsShrink = true
                batch.changes.append(
                    TicketQueries.Change(
                        row: row,
                        replaced: former.version,
                        updatedAt: events.map(\.at).max() ?? self.setting.now,
                        changesMarks: !isImport && self.changed.contains(number)
                    )
                )
            }
        }
        batch.changesMarks = !isImport
        batch.ticketsWithNewMarks = self.changed.filter { self.opened[$0] == nil }.map(real)
        return batch
    }

    // A ticket that claims to belong to one of the same batch names it by its number.
    private static func renumbered(_ event: EventDraft, _ real: (Ticket.ID) -> Ticket.ID) -> EventDraft {
        guard let text = event.details["claims"], let number = Int64(text), number < 0 else { return event }
        var event = event
        event.details["claims"] = "\(real(Identifier(number)).rawValue)"
        return event
    }
}
