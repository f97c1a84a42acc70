/// The commands that write one batch of marks, free of I/O: an intent first, then what each answer allows.
///
/// 1. Make one with ``init(writing:uidValidity:abilities:)``, or ``init(removing:uidValidity:abilities:)`` for moves that
///    were left half done, and carry out what ``begin()`` says.
/// 2. Tell it what came of each action; it says the next one, until ``Action/finish(_:)``.
/// 3. A lost connection is told as `.unknown`; then what was under way stays open and is looked at later.
///
/// Never more than one action at a time, never a command whose intent is not durable, never a bare EXPUNGE, and nothing is
/// taken as done that an answer or a look did not prove: flags by what STORE shows or by reading them again, a move by COPYUID (RFC 4315,
/// RFC 6851).
/// A driver bug traps; a server's fault ends the batch.
package struct MarkWriteStateMachine: Hashable, Sendable {
    /// What the server can do.
    package struct Abilities: Hashable, Sendable {
        /// MOVE (RFC 6851); without it COPY, `\Deleted`, UID EXPUNGE.
        package let hasMove: Bool
        /// UIDPLUS (RFC 4315); without it `\Deleted` stays set, since a bare EXPUNGE takes other clients' mail too.
        package let hasUIDPlus: Bool

        /// Describes a server.
        package init(hasMove: Bool, hasUIDPlus: Bool) {
            self.hasMove = hasMove
            self.hasUIDPlus = hasUIDPlus
        }
    }

    /// What the driver does next.
    package enum Action: Hashable, Sendable {
        /// Record an intent at this step for each write, durable; ``recorded(_:)`` names the messages that got one.
        case record([MarkWrite], MarkIntent.Step)
        /// Open the source for writing, on a session that sees what was there when the intents were recorded.
        case select
        /// `UID STORE ±FLAGS`; silent, unless it `shows` the flags as they are then, which `.shown` tells.
        case store([UInt32], [Mark], adding: Bool, shows: Bool)
        /// `UID FETCH (FLAGS)`: what STORE did not show as it should be.
        case look([UInt32])
        /// `UID MOVE` to the destination.
        case move([UInt32])
        /// `UID COPY` to the destination.
        case copy([UInt32])
        /// Record ``MarkIntent/Step/mark`` with the copies, durable: a row of the ledger each. ``copied(_:)`` names them.
        case keep([MarkTransfer.Pair], uidValidity: UInt32)
        /// Record this step of the messages' intents, durable; answer with ``advanced()``.
        case advance([MarkRemoval], MarkIntent.Step)
        /// `UID STORE +FLAGS.SILENT (\Deleted)` on sources whose copies are known.
        case markDeleted([UInt32])
        /// `UID EXPUNGE` of them, and of nothing else.
        case expunge([UInt32])
        /// The end: close, settle, hold, or leave open, in one transaction.
        case finish([MarkClosing])
    }

    private enum State: Hashable {
        case new
        case recording
        case selecting
        case adding
        case removing
        case looking
        case transferring
        case keeping
        case advancing(MarkIntent.Step)
        case marking
        case expunging
        case finished
    }

    private var state = State.new
    private let uidValidity: UInt32
    private var abilities: Abilities
    /// What is still on its way, by UID of the source; `settled` is what will be agreed on.
    private var writes: [UInt32: Underway] = [:]
    private var removals: [UInt32: MarkRemoval] = [:]
    private var closings: [MarkClosing] = []
    private var storable: Set<Mark>?
    /// A STORE that was refused: the look tells what was done of it.
    private var refusal: MarkRefusal?

    private struct Underway: Hashable {
        let write: MarkWrite
        var settled: MarkState
        var hold: MarkClosing.Hold?
    }

    /// Writes a batch; `uidValidity` is that of the source's epoch.
    package init(writing batch: MarkBatch, uidValidity: UInt32, abilities: Abilities) {
        self.uidValidity = uidValidity
        self.abilities = abilities
        for write in batch.writes {
            self.writes[write.source.uid] = Underway(write: write, settled: write.settledAfter)
        }
    }

    /// Finishes moves whose copies are known; all sources lie in one folder, of the epoch with this UIDVALIDITY.
    package init(removing removals: [MarkRemoval], uidValidity: UInt32, abilities: Abilities) {
        self.uidValidity = uidValidity
        self.abilities = abilities
        for removal in removals { self.removals[removal.source.uid] = removal }
    }

    /// What to do first.
    package mutating func begin() -> Action {
        precondition(self.state == .new, "begun twice")
        if !self.writes.isEmpty {
            self.state = .recording
            let needsCopy = self.moves && !self.abilities.hasMove
            return .record(self.uids.compactMap { self.writes[$0]?.write }, needsCopy ? .copy : .write)
        }
        let unrecorded = self.removals.values.filter { $0.step == .write || $0.step == .copy }
        guard unrecorded.isEmpty else {
            self.state = .advancing(.mark)
            return .advance(unrecorded.sorted { $0.source.uid < $1.source.uid }, .mark)
        }
        return self.select()
    }

    /// These messages have an open intent of this batch; the others had another one.
    package mutating func recorded(_ messages: Set<Identifier<Message>>) -> Action {
        precondition(self.state == .recording, "nothing was to be recorded")
        self.writes = self.writes.filter { messages.contains($0.value.write.message) }
        return self.writes.isEmpty ? self.finish() : self.select()
    }

    /// The source was opened.
    package mutating func selected(_ selection: MarkSelection) -> Action {
        precondition(self.state == .selecting, "nothing was to be opened")
        guard selection.uidValidity == self.uidValidity else {
            // Only ingestion changes epochs; no command is ever sent with an old UID.
            return self.drop(note: "the folder's UIDVALIDITY changed")
        }
        guard !selection.isReadOnly else {
            return self.refuse(MarkRefusal(reason: "the folder cannot be written to"))
        }
        guard self.removals.isEmpty else { return self.markDeleted() }
        self.storable = selection.storable
        let adds = self.adds
        guard !adds.isEmpty else { return self.remove() }
        self.state = .adding
        return .store(self.uids, adds, adding: true, shows: self.removes.isEmpty)
    }

    /// The source could not be opened.
    package mutating func selected(_ refusal: MarkRefusal) -> Action {
        precondition(self.state == .selecting, "nothing was to be opened")
        return self.refuse(refusal)
    }

    /// The connection was lost before anything was sent.
    package mutating func lost() -> Action {
        precondition(self.state == .selecting, "something was sent")
        return self.drop(note: nil)
    }

    /// A STORE or an EXPUNGE was answered.
    package mutating func answered(_ answer: MarkAnswer) -> Action {
        switch (self.state, answer) {
        case (.adding, .done): return self.remove()
        case (.adding, .shown(let flags)): return self.removes.isEmpty ? self.proceed(showing: flags) : self.remove()
        case (.removing, .done): return self.look()
        case (.removing, .shown(let flags)): return self.proceed(showing: flags)
        case (.adding, .refused(let refusal)), (.removing, .refused(let refusal)):
            self.refusal = refusal
            return self.look()
        case (.marking, .done), (.marking, .shown): return self.expunge()
        case (.marking, .refused(let refusal)): return self.refuseRemovals(refusal)
        case (.expunging, .done), (.expunging, .shown): return self.finishRemovals(note: nil)
        case (.expunging, .refused(let refusal)):
            return self.finishRemovals(note: "left marked as deleted: \(refusal.reason)")
        case (.adding, .unknown), (.removing, .unknown), (.marking, .unknown),
            (.expunging, .unknown):
            return self.finish(all: .open)
        case (.new, _), (.recording, _), (.selecting, _), (.looking, _), (.transferring, _), (.keeping, _),
            (.advancing, _), (.finished, _):
            preconditionFailure("no such command was sent")
        }
    }

    /// The flags that the folder shows now, by UID, or nil where the answer is lost.
    package mutating func saw(_ flags: [UInt32: MarkFlags]?) -> Action {
        precondition(self.state == .looking, "nobody was to look")
        guard let flags else { return self.finish(all: .open) }
        for uid in self.uids {
            guard var underway = self.writes[uid] else { continue }
            guard let shown = flags[uid] else {
                // Somebody took it away, so nobody knows what was stored on it.
                self.writes[uid] = nil
                self.closings.append(MarkClosing(message: underway.write.message, .open))
                continue
            }
            if let (missed, state) = Self.missed(underway, shown) {
                underway.settled = underway.settled.taking(missed, from: state)
                underway.hold = MarkClosing.Hold(missed, self.refusal ?? Self.dropped)
                self.writes[uid] = underway
            }
        }
        return self.transfer()
    }

    /// A MOVE or COPY was answered.
    package mutating func transferred(_ transfer: MarkTransfer) -> Action {
        precondition(self.state == .transferring, "nothing was to be moved")
        switch transfer {
        case .unknown:
            return self.finish(all: .open)
        case .unsupported:
            self.abilities = Abilities(hasMove: false, hasUIDPlus: self.abilities.hasUIDPlus)
            return self.transfer()
        case .refused(let refusal):
            return self.refuseMove(refusal)
        case .done(let uidValidity, let pairs):
            guard self.abilities.hasMove else {
                self.state = .keeping
                return .keep(pairs.filter { self.writes[$0.source] != nil }, uidValidity: uidValidity)
            }
            for pair in pairs {
                guard let underway = self.writes.removeValue(forKey: pair.source) else { continue }
                let spot = MarkClosing.Spot.moved(uid: pair.destination, uidValidity: uidValidity)
                self.close(underway, .confirmed(underway.settled, spot))
            }
            // What the receipt does not name stays open until it was seen again.
            return self.finish(all: .open)
        }
    }

    /// The copies that are rows of the ledger now, by the UID they were copied from; the others stay open.
    package mutating func copied(_ copies: [UInt32: Identifier<Placement>]) -> Action {
        precondition(self.state == .keeping, "nothing was copied")
        for (uid, copy) in copies {
            guard let underway = self.writes[uid] else { continue }
            self.removals[uid] = MarkRemoval(
                message: underway.write.message,
                source: underway.write.source,
                copy: copy,
                settledAfter: underway.settled,
                step: .mark
            )
        }
        guard !self.removals.isEmpty else { return self.finish(all: .open) }
        return self.markDeleted()
    }

    /// The step is durable.
    package mutating func advanced() -> Action {
        guard case .advancing(let step) = self.state else { preconditionFailure("no step was to be recorded") }
        switch step {
        case .expunge:
            self.state = .expunging
            return .expunge(self.removals.keys.sorted())
        case .write, .copy, .mark: return self.select()
        }
    }
}

// MARK: - The way on

extension MarkWriteStateMachine {
    private var uids: [UInt32] { self.writes.keys.sorted() }
    // Alike in every write of a batch.
    private var moves: Bool { self.writes.values.contains { $0.write.moveTo != nil } }

    private var adds: [Mark] {
        let adds = self.writes.values.first?.write.add ?? []
        return adds.filter { self.storable?.contains($0) ?? true }
    }

    private var removes: [Mark] { self.writes.values.first?.write.remove ?? [] }

    /// The fields that were to be written and are not shown as they should be, with what is shown.
    private static func missed(_ underway: Underway, _ shown: MarkFlags) -> (MarkFields, MarkState)? {
        var observed = underway.write.source
        observed.flags = shown
        guard let state = observed.state else { return nil }
        let changed = underway.write.fields.subtracting(.place)
        let missed = state.differences(from: underway.write.target).intersection(changed)
        return missed.isEmpty ? nil : (missed, state)
    }

    /// Goes on without a look where the last STORE's own answer shows every message as it should be.
    private mutating func proceed(showing flags: [UInt32: MarkFlags]) -> Action {
        let isProven = self.writes.allSatisfy { uid, underway in
            flags[uid].map { Self.missed(underway, $0) == nil } ?? false
        }
        return isProven ? self.transfer() : self.look()
    }

    private mutating func select() -> Action {
        self.state = .selecting
        return .select
    }

    private mutating func remove() -> Action {
        let removes = self.removes
        guard !removes.isEmpty else {
            // A keyword that the folder does not take is found missing like one that it dropped.
            let hasFlags = self.writes.values.contains { !$0.write.add.isEmpty }
            return hasFlags ? self.look() : self.transfer()
        }
        self.state = .removing
        return .store(self.uids, removes, adding: false, shows: true)
    }

    private mutating func look() -> Action {
        self.state = .looking
        return .look(self.uids)
    }

    private mutating func transfer() -> Action {
        guard self.moves else {
            for uid in self.uids {
                guard let underway = self.writes.removeValue(forKey: uid) else { continue }
                self.close(underway, .confirmed(underway.settled, .source))
            }
            return self.finish()
        }
        self.state = .transferring
        return self.abilities.hasMove ? .move(self.uids) : .copy(self.uids)
    }

    private mutating func markDeleted() -> Action {
        let unmarked = self.removals.filter { !$0.value.source.flags.isDeleted && $0.value.step != .expunge }
        guard !unmarked.isEmpty else { return self.expunge() }
        self.state = .marking
        return .markDeleted(unmarked.keys.sorted())
    }

    private mutating func expunge() -> Action {
        guard self.abilities.hasUIDPlus else {
            return self.finishRemovals(note: "left marked as deleted: the server cannot expunge single messages")
        }
        self.state = .advancing(.expunge)
        return .advance(self.removals.values.sorted { $0.source.uid < $1.source.uid }, .expunge)
    }

    /// Mostly somebody changed it in between, which the next look tells; each further time it is waited for longer.
    private static let dropped = MarkRefusal(
        reason: "the server does not keep what it was told to store",
        isTransient: true
    )
}

// MARK: - The end

extension MarkWriteStateMachine {
    private mutating func close(_ underway: Underway, _ end: MarkClosing.End, note: String? = nil) {
        self.closings.append(MarkClosing(message: underway.write.message, end, hold: underway.hold, note: note))
    }

    private mutating func finish() -> Action {
        self.state = .finished
        return .finish(self.closings)
    }

    /// Ends with everything that is still on its way alike.
    private mutating func finish(all end: MarkClosing.End) -> Action {
        let messages = self.writes.values.map(\.write.message) + self.removals.values.map(\.message)
        for message in Set(messages).sorted() { self.closings.append(MarkClosing(message: message, end)) }
        return self.finish()
    }

    /// Nothing was sent: what was to be written is forgotten, a move that was begun stays open.
    private mutating func drop(note: String?) -> Action {
        for uid in self.uids {
            guard let underway = self.writes.removeValue(forKey: uid) else { continue }
            self.closings.append(MarkClosing(message: underway.write.message, .dropped, note: note))
        }
        return self.finish(all: .open)
    }

    private mutating func finishRemovals(note: String?) -> Action {
        for (uid, removal) in self.removals.sorted(by: { $0.key < $1.key }) {
            self.closings.append(
                MarkClosing(
                    message: removal.message,
                    .confirmed(removal.settledAfter, .placement(removal.copy)),
                    hold: self.writes.removeValue(forKey: uid)?.hold,
                    note: note
                )
            )
        }
        self.removals = [:]
        return self.finish(all: .open)
    }

    /// The flags are there, the message is where it was.
    private mutating func refuseMove(_ refusal: MarkRefusal) -> Action {
        for uid in self.uids {
            guard let underway = self.writes.removeValue(forKey: uid) else { continue }
            var settled = underway.settled
            settled.place = underway.write.source.state?.place ?? settled.place
            let fields = MarkFields.place.union(underway.hold?.fields ?? [])
            self.closings.append(
                MarkClosing(
                    message: underway.write.message,
                    .refused(settled),
                    hold: MarkClosing.Hold(fields, refusal)
                )
            )
        }
        return self.finish()
    }

    /// The folder cannot be opened, so nothing was sent; a move that was begun stays open.
    private mutating func refuse(_ refusal: MarkRefusal) -> Action {
        for uid in self.uids {
            guard let underway = self.writes.removeValue(forKey: uid) else { continue }
            let hold = MarkClosing.Hold(underway.write.fields, refusal)
            self.closings.append(MarkClosing(message: underway.write.message, .dropped, hold: hold))
        }
        return self.refuseRemovals(refusal)
    }

    /// The copies are there and the sources too: that is tried again when the hold ends.
    private mutating func refuseRemovals(_ refusal: MarkRefusal) -> Action {
        for (uid, removal) in self.removals.sorted(by: { $0.key < $1.key }) {
            self.writes[uid] = nil
            let hold = MarkClosing.Hold(.place, refusal)
            self.closings.append(MarkClosing(message: removal.message, .open, hold: hold))
        }
        self.removals = [:]
        return self.finish(all: .open)
    }
}
