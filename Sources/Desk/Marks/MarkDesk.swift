/// What every decision about marks depends on beside its message.
package struct MarkSetting: Sendable {
    /// The layout that the server allows; nil: observe-only.
    package var layout: Layout?
    /// Adopted mail that is older is out of reach.
    package var marksReach: Duration
    /// What a deletion does.
    package var onDelete: OnDelete
    /// So many tickets changed alike at once are held; 0: as many as there are.
    package var breaker: Int
    /// How marks are spelled.
    package var keywords: MarkKeywords
    /// The mailbox's folders.
    package var folders: [FolderRecord]
    /// What was taken away within the breaker's window.
    package var recent: [BreakerEntry] = []

    /// What All tells of what was archived.
    package var all: AllFolder {
        let all = self.folders.first { $0.role == .all && $0.isWatched && $0.phase != .missing }
        return all.map { $0.phase == .phantom ? .unreadable : .watched } ?? .unwatched
    }

    /// Puts the values together.
    package init(
        layout: Layout?,
        marksReach: Duration,
        onDelete: OnDelete,
        breaker: Int,
        keywords: MarkKeywords,
        folders: [FolderRecord],
        recent: [BreakerEntry] = []
    ) {
        self.layout = layout
        self.marksReach = marksReach
        self.onDelete = onDelete
        self.breaker = breaker
        self.keywords = keywords
        self.folders = folders
        self.recent = recent
    }
}

/// Decides the marks of messages that are due, inside one unit of work: settles, applies gestures, and says what is to
/// be written on the server.
package struct MarkDesk<Unit: MarkUnit> {
    let unit: Unit
    let setting: MarkSetting

    /// What is to be written on the server.
    package private(set) var writes: [MarkWrite] = []
    /// Moves that were left half done.
    package private(set) var removals: [MarkRemoval] = []
    /// The touch that led to each write: taken away when its intent ends, not before, so that nothing decided is forgotten by a
    /// crash in between.
    package private(set) var touches: [Identifier<Message>: Int64] = [:]
    /// Messages settled, gestures applied, intents recovered.
    package private(set) var changes = 0
    /// What was taken away, for the breaker's next look.
    package private(set) var taken: [BreakerEntry] = []
    private var looked: [MarkLook] = []
    private var restored: [Identifier<Message>] = []
    /// Messages in step of which something was held for a time that is over.
    private var released: [Identifier<Message>] = []
    /// Messages that a person decided about and that wait for something first, or are on their way back out of Trash: the
    /// decision stands until it is carried out.
    private var unfinished: Set<Identifier<Message>> = []
    /// Messages whose decision was carried out, and of which a copy lies in a folder that is still missing: it counts as gone.
    private var carriedOut: Set<Identifier<Message>> = []
    /// Rows that changed in this unit, so that a second message of a ticket meets the present one.
    private var tickets: [Ticket.ID: Ticket] = [:]
    private let all: AllFolder
    /// The subjects of cases as they were read: each is asked for several times.
    private var subjects: [Identifier<Message>: MarkSubject] = [:]

    /// A desk for one unit of work.
    package init(unit: Unit, setting: MarkSetting) {
        self.unit = unit
        self.setting = setting
        self.all = setting.all
    }

    /// Decisions about one message in one look; more would mean that two rules disagree.
    private var rounds: Int { 12 }

    /// Decides every case and clears the touches that were seen, but those of ``writes``.
    package mutating func decide(_ cases: [MarkCase]) throws {
        let cases = try cases.map { try self.withoutBelated($0) }
        self.subjects = Dictionary(cases.map { ($0.id, self.made($0)) }) { first, _ in first }
        let stopped = try self.breaker(cases)
        for one in self.inOrder(cases) {
            let isDecided = stopped.accepted.contains(one.id) || stopped.reverted.contains(one.id)
            if stopped.waiting.contains(one.id) || one.liesInMissingFolder && !isDecided {
                self.look(one, at: one.now.advanced(by: MarkHold.time))
                continue
            }
            guard !one.isBeingRecognised else {
                self.unfinished.insert(one.id)
                self.look(one, awaiting: max(one.goneNumber, one.closedNumber))
                continue
            }
            try self.decide(one, reverts: stopped.reverted.contains(one.id))
            if isDecided, one.liesInMissingFolder, !self.unfinished.contains(one.id) { self.carriedOut.insert(one.id) }
        }
        try self.unit.clear(self.looked)
        try self.unit.forgetHolds(self.released)
        try self.unit.endRestore(self.restored)
        try self.unit.drop(
            Array(
                stopped.reverted.union(stopped.accepted).union(stopped.released)
                    .subtracting(self.unfinished).subtracting(self.carriedOut)
            )
        )
        try self.unit.accept(self.carriedOut.intersection(stopped.reverted).sorted())
    }

    /// Of two gestures on one ticket the later holds, so they are read in the order in which they were observed.
    private func inOrder(_ cases: [MarkCase]) -> [MarkCase] {
        let moments = cases.map { one in
            let subject = self.subject(one)
            guard case .one(let placement, _) = subject.counting else {
                return MarkMoment(number: subject.goneObservation, placement: 0, message: one.id)
            }
            let number = placement.changedObservation ?? placement.observation ?? 0
            return MarkMoment(number: number, placement: placement.id.rawValue, message: one.id)
        }
        return zip(moments, cases).sorted { $0.0 < $1.0 }.map(\.1)
    }

    private func subject(_ one: MarkCase) -> MarkSubject {
        let isAsRead = one.ticket.map { self.tickets[$0.number] == nil } ?? true
        if isAsRead, let subject = self.subjects[one.id] { return subject }
        return self.made(one)
    }

    private func made(_ one: MarkCase) -> MarkSubject {
        var one = one
        // Asked only once a person has decided about it: what lies there is gone.
        one.copies.removeAll { $0.isInMissingFolder }
        let present = one.ticket.flatMap { self.tickets[$0.number] }
        if let present, let read = one.ticket,
            present.owner != read.owner || present.status != read.status || present.priority != read.priority
        {
            one.changedSinceAdoption = true
        }
        var subject = one.subject(
            layout: self.setting.layout,
            keywords: self.setting.keywords,
            marksReach: self.setting.marksReach
        )
        if let present { subject.ticket = present }
        subject.all = self.all
        return subject
    }

    /// A case in which what former holders wrote late is agreed on, before anything is decided by it.
    private mutating func withoutBelated(_ one: MarkCase) throws -> MarkCase {
        guard !one.belated.isEmpty, !one.isBeingRecognised, !one.liesInMissingFolder || one.decision != nil else {
            return one
        }
        var subject = self.made(one)
        guard let sighting = Marks.recognise(subject, written: one.isRestoring ? .all : nil) else { return one }
        try self.unit.endBelated(sighting.intents)
        guard let settled = sighting.settled else { return one }
        try self.settle(&subject, settled)
        self.unit.tell(.belated(one.id))
        var one = one
        one.settled = subject.settled
        return one
    }

    private mutating func decide(_ one: MarkCase, reverts: Bool) throws {
        var subject = self.subject(one)
        for _ in 0..<self.rounds {
            switch Marks.reconcile(subject) {
            case .inStep, .outOfReach:
                return self.atRest(one, subject)
            case .settle(let settled):
                try self.settle(&subject, settled)
            case .closeIntent(let settled, let missing):
                self.changes += 1
                let isWritten = settled?.isComplete ?? false || settled?.state != subject.settled?.state
                try self.unit.close(one.id, settled: settled, isWritten: isWritten, missing: missing)
                self.unfinished.insert(one.id)
                return  // ingestion looks at it again first
            case .removeSource(let removal):
                self.removals.append(removal)
                self.unfinished.insert(one.id)
                return self.look(one)  // its end says when it is due again
            case .gesture(let gesture, let settled, let overrides):
                let isApplied = try self.apply(
                    gesture,
                    one,
                    &subject,
                    settled: settled,
                    overrides: overrides,
                    reverts: reverts
                )
                guard isApplied else {
                    self.unfinished.insert(one.id)
                    return
                }
            case .overridden(let gesture, let settled):
                let details = ["gesture": gesture.name, "reason": "a command came first"]
                guard try self.record(.overridden, one, &subject, details: details) else {
                    self.unfinished.insert(one.id)
                    return
                }
                try self.settle(&subject, settled)
            case .write(let write):
                self.writes.append(write)
                self.touches[one.id] = one.touched
                return
            case .wait(let reason):
                return self.wait(one, reason)
            case .held:
                if subject.intent != nil { self.unfinished.insert(one.id) }
                return self.look(one, at: one.heldUntil ?? one.now.advanced(by: MarkHold.time))
            }
        }
        self.unit.tell(.restless(one.id))
        self.look(one, at: one.now.advanced(by: MarkHold.time))
    }

    /// Nothing is to do but, while nothing else is written, to bring it back to where it was first seen.
    private mutating func atRest(_ one: MarkCase, _ subject: MarkSubject) {
        if one.hasHoldThatIsOver { self.released.append(one.id) }
        guard one.isRestoring else { return self.look(one) }
        let folder = self.setting.folders.first { $0.id == one.firstFolder && $0.phase != .missing }
        guard self.setting.layout == nil, let folder, let place = Place(role: folder.role, folder: folder.id),
            let write = Marks.restore(subject, to: place)
        else {
            if !subject.holds.isEmpty, self.setting.layout == nil {
                return self.look(one, at: one.heldUntil ?? one.now.advanced(by: MarkHold.time))
            }
            self.restored.append(one.id)
            return self.look(one)
        }
        self.writes.append(write)
        self.touches[one.id] = one.touched
    }

    private mutating func settle(_ subject: inout MarkSubject, _ settled: Settled) throws {
        try self.unit.settle(subject.message, settled)
        if subject.isMutedInJunk, !settled.isGone, settled.state.place != .junk {
            try self.unit.unmute(subject.message)
            subject.isMutedInJunk = false
        }
        var settled = settled
        settled.number = subject.settled?.number ?? 0
        if settled.isComplete { settled.number = max(settled.number, subject.lastClose, subject.personCommand ?? 0) }
        settled.isComplete = true
        subject.settled = settled
        self.changes += 1
    }

    private mutating func wait(_ one: MarkCase, _ reason: WaitReason) {
        if case .linger(let until) = reason { return self.look(one, at: until) }
        self.unfinished.insert(one.id)
        switch reason {
        case .linger: break
        case .archiveUnseen: self.look(one, at: one.now.advanced(by: MarkHold.leftOut))
        case .completeSync(let after): self.look(one, awaiting: after)
        case .openIntent: self.look(one, awaiting: one.intent?.number ?? one.closedNumber)
        case .staleObservation, .notObservedYet:
            // Ingestion looks again at what was written, which touches it; or a complete synchronisation does. Another one would
            // not help where that left it out: then time does.
            let isLeftOut = one.completeSync > one.closedNumber
            self.look(
                one,
                at: isLeftOut ? one.now.advanced(by: MarkHold.leftOut) : nil,
                awaiting: isLeftOut ? nil : one.closedNumber
            )
        }
    }

    private mutating func look(_ one: MarkCase, at: Timestamp? = nil, awaiting: Int64? = nil) {
        self.looked.append(
            MarkLook(message: one.id, touched: one.touched, lookAt: at, awaitSync: awaiting)
        )
    }
}

// MARK: - Gestures

extension MarkDesk {
    /// Turns a gesture into commands on its ticket; false when the ticket must be read again.
    private mutating func apply(
        _ gesture: Gesture,
        _ one: MarkCase,
        _ subject: inout MarkSubject,
        settled: Settled,
        overrides: Bool,
        reverts: Bool
    ) throws -> Bool {
        guard let ticket = subject.ticket else { return false }
        if reverts { return try self.revert(gesture, one, &subject, settled: settled) }
        switch gesture.outcome(try self.context(gesture, one, ticket, settled)) {
        case .refused(let reason):
            return try self.refuse(gesture, one, &subject, settled: settled, code: reason.code)
        case .commands(let commands):
            let group = self.group(of: gesture, subject)
            let result =
                commands.isEmpty ? .unchanged : try self.unit.apply(commands, on: ticket, at: one.now)
            switch result {
            case .changed(let row):
                self.tickets[row.number] = row
                subject.ticket = row
                if overrides {
                    // What Baton was about to show of a rule, a policy or a later command lost.
                    guard try self.record(.overridden, one, &subject, details: ["by": gesture.name]) else {
                        return false
                    }
                }
                if let group { self.taken.append(group) }
            case .unchanged: break
            case .refused(let code):
                return try self.refuse(gesture, one, &subject, settled: settled, code: code)
            case .overtaken:
                return false  // stays touched: the next look meets the ticket as it is then
            }
            for case .muteInJunk(let message) in commands {
                try self.unit.mute(message)
                subject.isMutedInJunk = true
            }
            try self.reach(&subject)
            try self.settle(&subject, settled)
            self.unit.tell(.gesture(ticket.number, gesture))
            return true
        }
    }

    private func context(
        _ gesture: Gesture,
        _ one: MarkCase,
        _ ticket: Ticket,
        _ settled: Settled
    ) throws -> GestureContext {
        // A move may be decided late, after a person said so: what came since it was made, nobody had seen.
        var seen = ticket.lastContact
        if case .moved(_, let place) = gesture, place == .closed || place == .archive {
            seen = try self.unit.seenContact(ticket.number, before: settled.placement, of: one.id)
        }
        let visible = try self.unit.visible(ticket.number)
        return GestureContext(
            layout: self.setting.layout,
            ticket: ticket,
            message: one.id,
            seen: seen,
            hasOurMessages: visible.hasOurs,
            visibleInbound: visible.inbound,
            onDelete: self.setting.onDelete
        )
    }

    /// A message that an agent moved is always in reach, and does not linger.
    private func reach(_ subject: inout MarkSubject) throws {
        try self.unit.extendReach(subject.message)
        subject.reach = .inReach
        subject.lingerUntil = nil
    }

    // Recorded, and written back once; the second time within an hour it is left and held.
    private mutating func refuse(
        _ gesture: Gesture,
        _ one: MarkCase,
        _ subject: inout MarkSubject,
        settled: Settled,
        code: String
    ) throws -> Bool {
        let details = ["gesture": gesture.name, "reason": code]
        guard try self.record(.gestureRefused, one, &subject, details: details) else { return false }
        // Where nothing is written, a refused gesture is only recorded.
        if subject.layout != nil, try self.unit.refuse(one.id, gesture.fields, reason: code) {
            subject.holds.formUnion(gesture.fields)
        }
        try self.reach(&subject)
        try self.settle(&subject, settled)
        return true
    }

    // A person wants it back as it was: written as often as they say so.
    private mutating func revert(
        _ gesture: Gesture,
        _ one: MarkCase,
        _ subject: inout MarkSubject,
        settled: Settled
    ) throws -> Bool {
        let wayBack = gesture == .deleted ? Marks.undelete(subject) : nil
        var reason = "reverted"
        if settled.isGone, wayBack == nil {
            reason += gesture == .deleted ? ", but the mail is gone" : ", but the mail stays archived"
        }
        let details = ["gesture": gesture.name, "reason": reason]
        guard try self.record(.gestureRefused, one, &subject, details: details) else { return false }
        try self.reach(&subject)
        if let wayBack {
            self.writes.append(wayBack)
            self.touches[one.id] = one.touched
            return false
        }
        try self.settle(&subject, settled)
        return true
    }

    private mutating func record(
        _ kind: TicketEvent.Kind,
        _ one: MarkCase,
        _ subject: inout MarkSubject,
        details: [String: String]
    ) throws -> Bool {
        guard let ticket = subject.ticket else { return false }
        let event = EventDraft(kind, at: one.now, by: .mailClient, message: one.id, details: details)
        guard let row = try self.unit.record([event], on: ticket, at: one.now) else { return false }
        self.tickets[row.number] = row
        subject.ticket = row
        return true
    }
}

// MARK: - Breaker

extension MarkDesk {
    private struct Stopped {
        var waiting: Set<Identifier<Message>> = []
        var accepted: Set<Identifier<Message>> = []
        var reverted: Set<Identifier<Message>> = []
        /// What was held is not so any more: the mail is back, or a person changed the ticket.
        var released: Set<Identifier<Message>> = []
    }

    /// Holds what takes away from many tickets at once, until a person accepts or reverts it.
    private func breaker(_ cases: [MarkCase]) throws -> Stopped {
        var stopped = Stopped()
        for one in cases where one.isStopped {
            switch one.decision {
            case nil where self.isStillHeld(one): stopped.waiting.insert(one.id)
            case nil: stopped.released.insert(one.id)
            case .accept: stopped.accepted.insert(one.id)
            case .revert: stopped.reverted.insert(one.id)
            }
        }
        guard self.setting.breaker > 0 else { return stopped }
        var entries: [(message: Identifier<Message>, entry: BreakerEntry)] = []
        for one in cases
        where !one.isBeingRecognised && (!one.isStopped || stopped.released.contains(one.id)) {
            let subject = self.subject(one)
            guard case .gesture(let gesture, _, _) = Marks.reconcile(subject),
                let entry = self.group(of: gesture, subject)
            else { continue }
            entries.append((one.id, entry))
        }
        // What is alike to something that waits already belongs to it.
        let groups = Breaker.held(
            entries.map(\.entry),
            recent: self.setting.recent,
            limit: self.setting.breaker
        ).union(try self.unit.undecidedGroups())
        let stopping = entries.filter { groups.contains($0.entry.group) }
        guard !stopping.isEmpty else { return stopped }
        self.unit.tell(.stopped(messages: stopping.count))
        try self.unit.hold(stopping)
        stopped.waiting.formUnion(stopping.map(\.message))
        return stopped
    }

    /// What a gesture takes away, and from where; nil where it takes nothing away.
    private func group(of gesture: Gesture, _ subject: MarkSubject) -> BreakerEntry? {
        guard let ticket = subject.ticket, let place = subject.settled?.state.place,
            let kind = gesture.takesAway(from: ticket, layout: subject.layout),
            let folder = self.setting.folders.first(where: { Place(role: $0.role, folder: $0.id) == place })
        else { return nil }
        return BreakerEntry(ticket: ticket.number, kind: kind, folder: folder.id)
    }

    private func isStillHeld(_ one: MarkCase) -> Bool {
        if one.liesInMissingFolder || one.isBeingRecognised { return true }
        let subject = self.subject(one)
        switch Marks.reconcile(subject) {
        case .gesture(let gesture, _, _): return self.group(of: gesture, subject) != nil
        case .wait: return true
        case .inStep, .settle, .write, .overridden, .closeIntent, .removeSource, .held, .outOfReach: return false
        }
    }
}

/// When a gesture was observed, as far as that is known.
private struct MarkMoment: Comparable {
    let number: Int64
    let placement: Int64
    let message: Identifier<Message>

    static func < (left: MarkMoment, right: MarkMoment) -> Bool {
        (left.number, left.placement, left.message) < (right.number, right.placement, right.message)
    }
}
