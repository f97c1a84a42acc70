import Desk
import DeskStore
import Logging

/// What is written down of a batch: intents before its commands, and what their answers prove.
extension MarkWriter {
    /// What is written down of each before its command.
    func openings(_ writes: [MarkWrite], _ errand: MarkErrand) -> [IntentQueries.Opening] {
        let adds = (errand.batch?.add ?? []).compactMap(self.keywords.text)
        let removes = (errand.batch?.remove ?? []).compactMap(self.keywords.text)
        return writes.map {
            IntentQueries.Opening(write: $0, destination: errand.destination?.id, adds: adds, removes: removes)
        }
    }

    /// Rows of the ledger for copies that a receipt names, with the step that follows, in one transaction.
    func keep(
        _ pairs: [MarkTransfer.Pair],
        uidValidity: UInt32,
        _ errand: MarkErrand
    ) async throws -> [UInt32: Identifier<Placement>] {
        guard let destination = errand.destination else { return [:] }
        let messages = Dictionary((errand.batch?.writes ?? []).map { ($0.source.uid, $0.message) }) { first, _ in first
        }
        return try await self.database.unit(under: self.grant) { unit in
            let copies = try IntentQueries.arrived(
                unit,
                from: self.epoch(errand),
                to: destination.id,
                uidValidity: uidValidity,
                pairs: pairs
            )
            try IntentQueries.advance(
                unit,
                mailbox: self.mailbox.id,
                to: .mark,
                copies.sorted { $0.key < $1.key }.compactMap { uid, copy in messages[uid].map { ($0, copy) } }
            )
            return copies
        }
    }

    func advance(_ removals: [MarkRemoval], to step: MarkIntent.Step) async throws {
        try await self.database.unit(under: self.grant) { unit in
            try IntentQueries.advance(
                unit,
                mailbox: self.mailbox.id,
                to: step,
                removals.map { ($0.message, $0.copy) }
            )
        }
    }

    /// Closes, settles, holds and leaves open what a batch came to; how many messages changed, or may have.
    func close(_ closings: [MarkClosing], _ errand: MarkErrand) async throws -> Int {
        guard !closings.isEmpty else { return 0 }
        self.log(closings)
        // What is lost here leaves an intent open, which looking decides.
        return try await self.database.unit(under: self.grant, waitsForDisk: false, reusesPlans: true) { unit in
            // What is held people are told of.
            if closings.contains(where: { $0.hold != nil }) { try unit.waitForDisk() }
            let arrived = try self.arrived(unit, closings, errand)
            var groups: [Ending: [IntentQueries.Closing]] = [:]
            var open: [Identifier<Message>] = []
            var changed = 0
            for one in closings {
                switch one.end {
                case .confirmed(let state, let spot):
                    guard let placement = self.placement(spot, of: one.message, errand, arrived) else {
                        open.append(one.message)
                        continue
                    }
                    changed += 1
                    let settled = Settled(state: state, placement: placement, isComplete: one.hold == nil)
                    groups[Ending(.confirmed, one.note), default: []].append(
                        self.closing(one.message, settled)
                    )
                case .refused(let state):
                    let settled = errand.placements[one.message].map {
                        Settled(state: state, placement: $0, isComplete: false)
                    }
                    groups[Ending(.refused, one.hold?.refusal.reason), default: []].append(
                        self.closing(one.message, settled)
                    )
                case .dropped:
                    groups[Ending(.dropped, one.note ?? one.hold?.refusal.reason), default: []].append(
                        self.closing(one.message, nil)
                    )
                case .open:
                    open.append(one.message)
                }
            }
            for (ending, group) in groups.sorted(by: { $0.key < $1.key }) {
                try IntentQueries.close(
                    unit,
                    mailbox: self.mailbox.id,
                    group,
                    outcome: ending.outcome,
                    reason: ending.reason
                )
            }
            let done = closings.filter { $0.hold == nil }.map(\.message)
            try HoldQueries.forget(unit, mailbox: self.mailbox.id, done)
            try self.hold(unit, closings)
            try IntentQueries.lose(unit, mailbox: self.mailbox.id, open)
            return changed + open.count
        }
    }

    /// Due again after the next complete synchronisation, which knows the folders.
    func postpone(_ batch: MarkBatch) async throws {
        try await self.database.unit(under: self.grant) { unit in
            let number = try MailboxQueries.sequence(unit, self.mailbox.id)
            try self.clear(unit, batch.messages, awaiting: number)
            try MailboxQueries.wake(unit, self.mailbox.id, .ingestion)
        }
    }

    /// Until the folder is back, or a person has decided and it is made again.
    func hold(_ batch: MarkBatch, reason: String) async throws {
        try await self.database.unit(under: self.grant) { unit in
            try HoldQueries.hold(
                unit,
                mailbox: self.mailbox.id,
                batch.messages.map {
                    HoldQueries.Hold(message: $0, fields: .place, reason: reason, wait: MarkHold.time)
                }
            )
            let until = try MailboxQueries.now(unit, self.mailbox.id).advanced(by: MarkHold.time)
            try self.clear(unit, batch.messages, at: until)
        }
    }
}

extension MarkWriter {
    private struct Ending: Hashable, Comparable {
        let outcome: IntentQueries.Outcome
        let reason: String?

        init(_ outcome: IntentQueries.Outcome, _ reason: String?) {
            self.outcome = outcome
            self.reason = reason
        }

        static func < (left: Ending, right: Ending) -> Bool {
            (left.outcome.rawValue, left.reason ?? "") < (right.outcome.rawValue, right.reason ?? "")
        }
    }

    private func epoch(_ errand: MarkErrand) -> FolderEpoch {
        FolderEpoch(mailbox: self.mailbox.id, folder: errand.source.id, epoch: errand.source.epoch)
    }

    /// The new placements of what a MOVE's receipt names, by the UID in the source.
    private func arrived(
        _ unit: Unit,
        _ closings: [MarkClosing],
        _ errand: MarkErrand
    ) throws -> [Identifier<Message>: Identifier<Placement>] {
        guard let destination = errand.destination, let batch = errand.batch,
            let receipt = batch.receipt(of: closings)
        else { return [:] }
        let numbers = try IntentQueries.moved(
            unit,
            from: self.epoch(errand),
            to: destination.id,
            uidValidity: receipt.uidValidity,
            pairs: receipt.pairs
        )
        var arrived: [Identifier<Message>: Identifier<Placement>] = [:]
        for write in batch.writes { arrived[write.message] = numbers[write.source.uid] }
        return arrived
    }

    private func closing(_ message: Identifier<Message>, _ settled: Settled?) -> IntentQueries.Closing {
        IntentQueries.Closing(message: message, settled: settled, touched: self.touches[message])
    }

    private func placement(
        _ spot: MarkClosing.Spot,
        of message: Identifier<Message>,
        _ errand: MarkErrand,
        _ arrived: [Identifier<Message>: Identifier<Placement>]
    ) -> Identifier<Placement>? {
        switch spot {
        case .source: errand.placements[message]
        case .moved: arrived[message]
        case .placement(let placement): placement
        }
    }

    private func hold(_ unit: Unit, _ closings: [MarkClosing]) throws {
        try HoldQueries.hold(
            unit,
            mailbox: self.mailbox.id,
            closings.compactMap { one in
                one.hold.map { hold in
                    HoldQueries.Hold(
                        message: one.message,
                        fields: hold.fields,
                        reason: hold.refusal.reason,
                        wait: hold.refusal.isTransient ? .seconds(60) : MarkHold.time
                    )
                }
            }
        )
    }

    private func log(_ closings: [MarkClosing]) {
        let reasons = Dictionary(grouping: closings.compactMap { $0.hold?.refusal.reason ?? $0.note }) { $0 }
        for (reason, all) in reasons {
            self.logger.warning(
                "marks could not be written as they should",
                metadata: ["messages": "\(all.count)", "reason": "\(reason)"]
            )
        }
        let open = closings.filter { $0.end == .open }.count
        guard open > 0 else { return }
        self.logger.notice("marks were written without proof: looking decides", metadata: ["messages": "\(open)"])
    }

    /// Takes away the touches that led to messages; one that came meanwhile stays.
    private func clear(
        _ unit: Unit,
        _ messages: [Identifier<Message>],
        at: Timestamp? = nil,
        awaiting: Int64? = nil
    ) throws {
        let looks = messages.map {
            MarkLook(message: $0, touched: self.touches[$0], lookAt: at, awaitSync: awaiting)
        }
        try MarkQueries.clear(unit, mailbox: self.mailbox.id, looks)
    }
}
