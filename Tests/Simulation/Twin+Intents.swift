import Desk

/// `IntentQueries`.
extension Twin {
    /// Opens an intent for each write whose message has none; the messages that got one.
    mutating func open(
        _ writes: [MarkWrite],
        destination: Identifier<Folder>?,
        adds: [String],
        removes: [String],
        step: MarkIntent.Step
    ) -> Set<Identifier<Message>> {
        let number = self.draw()
        var opened: Set<Identifier<Message>> = []
        for write in writes where self.openIntent(write.message) == nil {
            self.intents.append(
                IntentRow(
                    message: write.message,
                    opened: number,
                    source: MarkIntent.Source(
                        folder: write.source.folder,
                        epoch: write.source.epoch,
                        uid: write.source.uid
                    ),
                    destination: destination,
                    target: write.target,
                    fields: write.fields,
                    adds: adds,
                    removes: removes,
                    step: step,
                    newest: Identifier(Int64(self.placements.count)),
                    fence: self.leases[.assignment]?.fence,
                    openedAt: self.now
                )
            )
            opened.insert(write.message)
        }
        return opened
    }

    /// Closes the open intent of one message under a new number, and takes away the touch that led to it.
    mutating func closeIntent(
        _ message: Identifier<Message>,
        settled: Settled?,
        isWritten: Bool,
        missing: BelatedWrite.Command? = nil,
        touched: Int64? = nil
    ) {
        let number = self.draw()
        if let at = self.openIntent(message) {
            self.intents[at].closed = number
            self.intents[at].wasWritten = isWritten
            let isForeign = self.intents[at].fence != self.leases[.assignment]?.fence
            self.intents[at].belated = self.intents[at].isLost && isForeign ? missing : nil
        }
        let at = self.messageIndex(message)
        if let touched, self.messages[at].touched == touched || self.bug == .touchForgotten {
            self.messages[at].touched = nil
        }
        if self.bug != .closeDrawsNoNumber {
            self.messages[at].closedNumber = number
            self.messages[at].isUnconfirmed = true
        }
        self.messages[at].isInReach = true
        self.messages[at].awaitSync = number
        self.messages[at].lookAt = nil
        guard var settled else { return }
        settled.number = settled.isComplete ? number : self.messages[at].settled?.number ?? 0
        settled.isComplete = true
        self.messages[at].settled = settled
    }

    /// What a receipt says, in rows: placements of the destinations by the UID of their source.
    mutating func arrived(
        from source: PlacementKey,
        to destination: Identifier<Folder>,
        uidValidity: UInt32,
        _ pairs: [MarkTransfer.Pair]
    ) -> [UInt32: Identifier<Placement>] {
        guard let folder = self.folder(destination)?.record, folder.uidValidity == uidValidity, !pairs.isEmpty else {
            return [:]
        }
        let number = self.draw()
        var found: [UInt32: Identifier<Placement>] = [:]
        for pair in pairs.sorted(by: { $0.destination < $1.destination }) {
            let from = PlacementKey(folder: source.folder, epoch: source.epoch, uid: pair.source)
            guard let origin = self.index[from].map({ self.placements[$0] }) else { continue }
            let key = PlacementKey(folder: destination, epoch: folder.epoch, uid: pair.destination)
            if let at = self.index[key] {
                let row = self.placements[at]
                guard row.isLive, row.digest == nil || row.digest == origin.digest else { continue }
                if row.fate == .fetched { self.placements[at].fate = origin.fate }
                self.placements[at].digest = origin.digest
                self.placements[at].written = number
                if origin.isPresumed { self.placements[at].isPresumed = true }
                found[pair.source] = Identifier(row.number)
            } else {
                var row = PlacementRow(
                    number: Int64(self.placements.count + 1),
                    key: key,
                    digest: origin.digest,
                    fate: origin.fate,
                    reason: origin.reason,
                    flags: origin.flags,
                    internalDate: origin.internalDate,
                    size: origin.size,
                    emailID: origin.emailID,
                    seenAt: self.now
                )
                row.written = number
                row.isPresumed = origin.isPresumed
                found[pair.source] = Identifier(row.number)
                self.add(row)
            }
        }
        return found
    }

    /// The same after a MOVE: the sources are gone.
    mutating func moved(
        from source: PlacementKey,
        to destination: Identifier<Folder>,
        uidValidity: UInt32,
        _ pairs: [MarkTransfer.Pair]
    ) -> [UInt32: Identifier<Placement>] {
        let found = self.arrived(from: source, to: destination, uidValidity: uidValidity, pairs)
        for uid in found.keys {
            let key = PlacementKey(folder: source.folder, epoch: source.epoch, uid: uid)
            guard let at = self.index[key], self.placements[at].isLive else { continue }
            self.placements[at].goneNumber = self.sequence
            self.placements[at].goneAt = self.now
        }
        return found
    }

    /// Records a step of open intents.
    mutating func advance(
        to step: MarkIntent.Step,
        _ copies: [(message: Identifier<Message>, copy: Identifier<Placement>)]
    ) {
        guard !copies.isEmpty else { return }
        let number = self.draw()
        for (message, copy) in copies {
            guard let at = self.openIntent(message) else { continue }
            self.intents[at].step = step
            self.intents[at].advanced = number
            self.intents[at].isLost = false
            self.intents[at].copy = copy
        }
    }

    /// Gives up waiting for answers.
    mutating func lose(_ messages: [Identifier<Message>]) {
        guard !messages.isEmpty else { return }
        let number = self.draw()
        for message in messages {
            guard let at = self.openIntent(message) else { continue }
            self.intents[at].isLost = true
            self.intents[at].advanced = number
        }
        self.touchOpen()
    }

    /// The same for what a former session left.
    mutating func loseAll() {
        guard self.intents.contains(where: { $0.closed == nil }), self.bug != .unknownNeverLost else { return }
        let number = self.draw()
        for at in self.intents.indices where self.intents[at].closed == nil && !self.intents[at].isLost {
            self.intents[at].isLost = true
            self.intents[at].advanced = number
        }
        self.touchOpen()
    }

    private mutating func touchOpen() {
        for intent in self.intents where intent.closed == nil {
            self.touch(intent.message)
            guard intent.isLost, self.bug != .closeDrawsNoNumber else { continue }
            let at = self.messageIndex(intent.message)
            self.messages[at].isUnconfirmed = true
            self.messages[at].closedNumber = max(self.messages[at].closedNumber, intent.advanced)
        }
    }
}
