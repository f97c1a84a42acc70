/// Compares settled, observed and desired, field by field.
extension Marks {
    /// Decides what to do about one message now.
    package static func reconcile(_ subject: MarkSubject) -> MarkDecision {
        guard let ticket = subject.ticket else { return .outOfReach }
        let counting = subject.counting
        if let intent = subject.intent { return self.recover(intent, counting, subject) }
        switch counting {
        case .neverLive:
            return .outOfReach
        case .waitForSync(let after):
            return .wait(.completeSync(after: after))
        case .none:
            return self.deleted(subject, ticket)
        case .one(let placement, _):
            guard let observed = placement.state else { return .outOfReach }
            // What the writer put there says nothing about the server until ingestion saw it too.
            if placement.observation == nil, subject.lastClose > 0 { return .wait(.notObservedYet) }
            guard subject.isFresh(placement) else { return .wait(.staleObservation) }
            guard let settled = subject.settled else {
                return .settle(Settled(state: observed, placement: placement.id))
            }
            if settled.isGone {
                // Seen before that was agreed on, and not since: it may be gone, and nobody put it there again.
                guard max(placement.observation ?? 0, subject.lastCompleteSync) >= settled.number else {
                    return .wait(.completeSync(after: settled.number))
                }
                let after = Settled(state: observed, placement: placement.id, isComplete: false)
                let isUnarchived = subject.all != .unwatched && settled.state.place == .archive
                let gesture: Gesture =
                    isUnarchived ? .moved(from: .archive, to: observed.place) : .seenAgain(observed.place)
                return .gesture(gesture, settledAfter: after, overrides: false)
            }
            return Comparison(subject, ticket, placement, observed: observed, settled: settled).decide()
        }
    }

    private static func deleted(_ subject: MarkSubject, _ ticket: Ticket) -> MarkDecision {
        guard var settled = subject.settled, !settled.isGone else { return .inStep }
        let known = max(subject.goneObservation, subject.lastClose)
        guard subject.lastCompleteSync > known else { return .wait(.completeSync(after: known)) }
        guard !subject.mayBeArchivedUnseen else { return .wait(.archiveUnseen) }
        let desired = self.desired(
            layout: subject.reach == .inReach ? subject.layout : nil,
            ticket: ticket,
            isAnsweredByUs: subject.isAnsweredByUs,
            isMutedInJunk: subject.isMutedInJunk,
            observed: settled.state
        )
        var gesture = Gesture.deleted
        if subject.isArchivedIntoAll {
            gesture = .moved(from: settled.state.place, to: .archive)
            settled.state.place = .archive
        }
        settled.isGone = true
        settled.isComplete = false
        let isMoved = desired.place != subject.settled?.state.place
        if isMoved, subject.personWins(over: subject.goneObservation) {
            return .overridden(gesture, settledAfter: settled)
        }
        settled.isComplete = isMoved
        return .gesture(gesture, settledAfter: settled, overrides: isMoved)
    }
}

extension MarkSubject {
    /// The placement that counts, as far as it is known.
    package var counting: CountingPlacement {
        Marks.counting(
            self.placements,
            settled: self.settled,
            intent: self.intent,
            goneObservation: self.goneObservation,
            lastCompleteSync: self.lastCompleteSync
        )
    }

    /// Whether what was seen of a placement is newer than our last write.
    ///
    /// A finished complete synchronisation confirms what it did not contradict, once nothing is asked for again: a server may
    /// count mails and leave them out of an answer.
    func isFresh(_ placement: MarkPlacement) -> Bool {
        let observation = placement.observation ?? 0
        return (self.isUnconfirmed ? observation : max(observation, self.lastCompleteSync)) >= self.lastClose
    }

    /// The fields that Baton writes on this message.
    var written: MarkFields {
        guard let layout = self.layout, self.reach == .inReach, !self.isMutedInJunk else { return [] }
        return layout == .folders ? MarkFields.all.subtracting([.owners, .pending]) : .all
    }

    /// Whether a person commanded something before a gesture was observed, and that was not agreed on since.
    func personWins(over observation: Int64) -> Bool {
        guard let personCommand else { return false }
        return personCommand <= observation && personCommand > self.settled?.number ?? 0
    }

    /// Whether the only label that is left is All: so Gmail archives.
    ///
    /// What lies in Junk does not lie in All: what was there before it is another copy, and is left when this one is deleted.
    fileprivate var isArchivedIntoAll: Bool {
        guard self.all == .watched, !self.lies(in: .trash) else { return false }
        guard let settled, settled.state.place == .junk else { return self.lies(in: .all) }
        return self.placements.contains { $0.role == .all && !$0.flags.isDeleted && $0.since > settled.placement }
    }

    /// Whether it may be so, and All cannot be asked.
    fileprivate var mayBeArchivedUnseen: Bool { self.all == .unreadable && !self.lies(in: .trash) }

    private func lies(in role: FolderRole) -> Bool {
        self.placements.contains { $0.role == role && !$0.flags.isDeleted }
    }
}

/// The comparison of one message whose observation is fresh.
private struct Comparison {
    let subject: MarkSubject
    let placement: MarkPlacement
    let observed: MarkState
    let settled: Settled
    /// Equal to what is settled where Baton does not write: then whatever was observed is a gesture or agreed on.
    let desired: MarkState
    /// What is neither read nor written: a hold ends when somebody changes what is held.
    let holds: MarkFields
    /// What differs from what was settled, on each side, without what is held.
    let observedMoved: MarkFields
    let desiredMoved: MarkFields
    let disagreement: MarkFields
    private var written: MarkFields { self.subject.written }

    init(
        _ subject: MarkSubject,
        _ ticket: Ticket,
        _ placement: MarkPlacement,
        observed: MarkState,
        settled: Settled
    ) {
        self.subject = subject
        self.placement = placement
        self.observed = observed
        self.settled = settled
        let written = subject.written
        let shown = Marks.desired(
            layout: subject.layout,
            ticket: ticket,
            isAnsweredByUs: subject.isAnsweredByUs,
            isMutedInJunk: subject.isMutedInJunk,
            observed: observed
        )
        var desired = settled.state.taking(written, from: shown)
        // `\Answered` is only ever added, and not again where an agent cleared it.
        if !desired.isAnswered, settled.state.isAnswered || subject.isAnsweredByUs { desired.isAnswered = true }
        if settled.state.isAnswered, !observed.isAnswered { desired.isAnswered = false }
        self.desired = desired
        self.observedMoved = observed.differences(from: settled.state)
        self.holds = subject.holds.subtracting(self.observedMoved)
        self.desiredMoved = desired.differences(from: settled.state).subtracting(self.holds)
        self.disagreement = observed.differences(from: desired)
    }

    func decide() -> MarkDecision {
        if let gesture = self.gesture { return self.answer(gesture.0, gesture.1) }
        return self.write() ?? self.settle()
    }

    /// The first gesture, with the fields that it is made of.
    private var gesture: (Gesture, MarkFields)? {
        let moved = self.observedMoved.intersection(self.disagreement)
        if moved.contains(.place) {
            // Folder and keywords changed together are one gesture: the folder's.
            let fields: MarkFields = [.place, .owners, .pending]
            return (.moved(from: self.settled.state.place, to: self.observed.place), fields)
        }
        if moved.contains(.owners), let gesture = self.ownerGesture { return (gesture, .owners) }
        if moved.contains(.pending) { return (.pendingChanged(self.observed.isPending), .pending) }
        if moved.contains(.flagged) { return (.flaggedChanged(self.observed.isFlagged), .flagged) }
        if moved.contains(.answered), self.observed.isAnswered { return (.answeredSet, .answered) }
        return nil
    }

    private var ownerGesture: Gesture? {
        guard self.subject.layout != .folders else { return nil }
        let added = self.observed.owners.subtracting(self.settled.state.owners).subtracting(self.desired.owners)
        if added.count > 1 { return .ownersAdded(added) }
        if let agent = added.first { return .ownerAdded(agent) }
        switch self.subject.layout {
        case .keywords:
            let removed = self.settled.state.owners.subtracting(self.observed.owners)
            let isLost = !removed.isDisjoint(with: self.desired.owners)
            return isLost && self.observed.owners.isDisjoint(with: self.desired.owners) ? .ownersRemoved : nil
        case .both, .folders, nil:
            return nil  // the folder says who owns
        }
    }

    private func answer(_ gesture: Gesture, _ fields: MarkFields) -> MarkDecision {
        let taken = fields.subtracting(self.holds)
        var after = Settled(
            state: self.settled.state.taking(taken, from: self.observed),
            placement: self.placement.id,
            number: self.settled.number,
            isComplete: false
        )
        let isContested = !self.desiredMoved.isDisjoint(with: gesture.contests) && !self.isAlike(gesture)
        let observation =
            self.placement.changedObservation ?? self.placement.observation ?? self.subject.lastCompleteSync
        if isContested, self.subject.personWins(over: observation) {
            return .overridden(gesture, settledAfter: after)
        }
        // What it beats is not wanted any more; what it has nothing to do with may be.
        after.isComplete = isContested
        return .gesture(gesture, settledAfter: after, overrides: isContested)
    }

    /// Archive is as good as Closed.
    private func isAlike(_ gesture: Gesture) -> Bool {
        gesture == .moved(from: self.settled.state.place, to: .archive) && self.desired.place == .closed
    }

    private func write() -> MarkDecision? {
        var fields = self.disagreement.intersection(self.written).subtracting(self.holds)
        if self.isLingering { fields.remove(.place) }
        if !self.desired.isAnswered { fields.remove(.answered) }
        guard !fields.isEmpty else { return nil }
        let agreed = self.agreed.union(fields)
        return .write(
            MarkWrite(
                message: self.subject.message,
                source: self.placement,
                observed: self.observed,
                target: self.observed.taking(fields, from: self.desired),
                settledAfter: self.settled.state.taking(agreed, from: self.desired)
            )
        )
    }

    private func settle() -> MarkDecision {
        var after = self.settled
        after.state = after.state.taking(self.agreed, from: self.observed)
        after.placement = self.placement.id
        if after != self.settled {
            after.isComplete = self.disagreement.intersection(self.written).subtracting(.answered).isEmpty
            return .settle(after)
        }
        if self.isLingering, let until = self.subject.lingerUntil { return .wait(.linger(until: until)) }
        let held = self.disagreement.intersection(self.holds)
        if !held.isEmpty { return .held(held) }
        return self.subject.layout != nil && self.subject.reach != .inReach ? .outOfReach : .inStep
    }

    /// Fields on which both sides are at one; where Baton does not write, every one is.
    private var agreed: MarkFields {
        var fields = MarkFields.all.subtracting(self.holds)
        fields.subtract(self.disagreement.intersection(self.written))
        // Clearing `\Answered` is the agents' own, and is not agreed on: so it is not written again.
        if !self.observed.isAnswered { fields.remove(.answered) }
        return fields
    }

    /// New mail of a known owner stays where clients announce it, until somebody saw it.
    private var isLingering: Bool {
        guard let until = self.subject.lingerUntil, self.subject.now < until else { return false }
        return self.disagreement.contains(.place) && self.observed.place == .inbox && self.settled.state.place == .inbox
            && !self.placement.flags.isSeen && !self.holds.contains(.place)
    }
}
