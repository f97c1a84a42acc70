import Desk
import DeskStore
import IMAP
import Logging

/// Writes marks on the server: an intent first, then the commands, then what their answers prove.
///
/// One STORE or MOVE for all messages of a batch. Nothing is taken as done that an answer did not confirm: a lost
/// answer leaves the intent open, and the next complete synchronisation tells.
struct MarkWriter {
    let database: DeskDatabase
    let lease: Lease
    let mailbox: MailboxRecord
    let keywords: MarkKeywords
    let folders: [FolderRecord]
    /// The touch that led to each write.
    let touches: [Identifier<Message>: Int64]
    let logger: Logger

    private var grant: LeaseGrant { self.lease.grant }

    /// Writes every batch; how many messages changed on the server.
    func write(_ writes: [MarkWrite], _ connection: IMAPConnection) async throws -> Int {
        var written = 0
        for batch in MarkBatch.group(writes) {
            for part in Self.parts(batch, connection) {
                written += try await self.write(part, connection)
            }
        }
        return written
    }

    /// Messages in one set of commands: few commands, and no open intent for longer than a moment.
    private static let batchLimit = 500

    /// Parts whose UIDs fit into one command of this server's.
    private static func parts(_ batch: MarkBatch, _ connection: IMAPConnection) -> [MarkBatch] {
        connection.pieces(UIDSet(batch.uids)).flatMap { set in
            let writes = batch.writes.filter { set.contains($0.source.uid) }
            return stride(from: 0, to: writes.count, by: self.batchLimit).flatMap { start in
                MarkBatch.group(Array(writes[start..<min(start + self.batchLimit, writes.count)]))
            }
        }
    }

    private func write(_ batch: MarkBatch, _ connection: IMAPConnection) async throws -> Int {
        guard let source = self.folders.first(where: { $0.id == batch.folder && $0.epoch == batch.epoch }) else {
            return try await self.postpone(batch)
        }
        let destination = batch.moveTo.flatMap(self.folder)
        if let place = batch.moveTo, destination == nil, self.isMissing(place) {
            return try await self.hold(batch, reason: "the folder was renamed or deleted")
        }
        // Not there yet, or never synchronised: ingestion has to see it before anything is moved into it.
        guard batch.moveTo == nil || destination.map({ $0.uidValidity != 0 }) == true else {
            return try await self.postpone(batch)
        }
        let destinationID = destination?.id
        let adds = batch.add.compactMap(self.keywords.text)
        let removes = batch.remove.compactMap(self.keywords.text)
        let opened = try await self.database.unit(under: self.grant) { unit in
            let opened = try IntentQueries.open(
                unit,
                mailbox: self.mailbox.id,
                batch.writes.map {
                    IntentQueries.Opening(write: $0, destination: destinationID, adds: adds, removes: removes)
                }
            )
            try self.clear(unit, batch)
            return opened
        }
        let writes = batch.writes.filter { opened[$0.message] != nil }
        guard !writes.isEmpty else { return 0 }
        try self.lease.check()
        let selected = try await connection.select(FolderName(raw: source.rawName), readOnly: false)
        guard selected.uidValidity == source.uidValidity, !selected.isReadOnly else {
            // Only ingestion changes epochs; no command is ever sent with an old UID.
            try await self.close(writes, outcome: .dropped, reason: "the folder's UIDVALIDITY changed")
            return 0
        }
        return try await self.send(writes, from: source, to: destination, adds: adds, removes: removes, connection)
    }

    private func send(
        _ writes: [MarkWrite],
        from source: FolderRecord,
        to destination: FolderRecord?,
        adds: [String],
        removes: [String],
        _ connection: IMAPConnection
    ) async throws -> Int {
        let uids = UIDSet(writes.map(\.source.uid))
        for (flags, isAdding) in [(adds, true), (removes, false)] where !flags.isEmpty {
            try self.lease.check()
            let outcome =
                isAdding
                ? try await connection.store(uids, adding: flags) : try await connection.store(uids, removing: flags)
            switch outcome {
            case .confirmed: break
            case .refused(let refusal):
                try await self.refused(writes, refusal, fields: .all.subtracting(.place))
                return 0
            case .ambiguous(let error): return try await self.leaveOpen(writes, after: error, connection)
            }
        }
        guard let destination else {
            try await self.close(writes, outcome: .confirmed)
            return writes.count
        }
        try self.lease.check()
        let name = FolderName(raw: destination.rawName)
        switch try await connection.moveAsOffered(uids, to: name) {
        case .confirmed(let receipt):
            return try await self.confirm(writes, receipt, from: source, to: destination)
        case .refused(let refusal):
            try await self.refused(writes, refusal, fields: .place)
            return 0
        case .ambiguous(let error):
            return try await self.leaveOpen(writes, after: error, connection)
        }
    }

    /// Answered, but nothing proves what became of it: the intents stay open until everything was seen again.
    ///
    /// Throws where the connection is gone, whose next holder finds them open.
    private func leaveOpen(
        _ writes: [MarkWrite],
        after error: IMAPError,
        _ connection: IMAPConnection
    ) async throws -> Int {
        guard connection.isUsable else { throw error }
        self.logger.notice("marks were answered without proof", metadata: ["error": "\(error)"])
        try await self.database.unit(under: self.grant) { try IntentQueries.touchOpen($0, mailbox: self.mailbox.id) }
        return writes.count
    }

    private func confirm(
        _ writes: [MarkWrite],
        _ receipt: MoveReceipt,
        from source: FolderRecord,
        to destination: FolderRecord
    ) async throws -> Int {
        let pairs = receipt.pairs.map { (source: $0.source, destination: $0.destination) }
        let origin = FolderEpoch(mailbox: self.mailbox.id, folder: source.id, epoch: source.epoch)
        try await self.database.unit(under: self.grant) { unit in
            guard
                let numbers = try IntentQueries.moved(
                    unit,
                    from: origin,
                    to: destination.id,
                    uidValidity: receipt.destinationUIDValidity,
                    pairs: pairs
                )
            else { return try IntentQueries.touchOpen(unit, mailbox: self.mailbox.id) }
            let target = Dictionary(pairs.map { ($0.source, $0.destination) }) { first, _ in first }
            var closings: [IntentQueries.Closing] = []
            for write in writes {
                // Without its pair in the receipt a message's intent stays open until it was seen again.
                guard let uid = target[write.source.uid], let number = numbers[uid] else { continue }
                closings.append(
                    IntentQueries.Closing(
                        message: write.message,
                        settled: Settled(state: write.settledAfter, placement: number)
                    )
                )
            }
            try IntentQueries.close(unit, mailbox: self.mailbox.id, closings, outcome: .confirmed)
            if closings.count < writes.count { try IntentQueries.touchOpen(unit, mailbox: self.mailbox.id) }
        }
        return writes.count
    }

    private func close(
        _ writes: [MarkWrite],
        outcome: IntentQueries.Outcome,
        reason: String? = nil
    ) async throws {
        try await self.database.unit(under: self.grant) { unit in
            try IntentQueries.close(
                unit,
                mailbox: self.mailbox.id,
                writes.map { write in
                    let settled =
                        outcome == .confirmed
                        ? Settled(state: write.settledAfter, placement: write.source.id) : nil
                    return IntentQueries.Closing(message: write.message, settled: settled)
                },
                outcome: outcome,
                reason: reason
            )
        }
    }

    /// The server said no: what was asked is held, with its reason and age, and tried again later.
    private func refused(_ writes: [MarkWrite], _ refusal: IMAP.Refusal, fields: MarkFields) async throws {
        self.logger.warning(
            "the server refuses to show marks",
            metadata: ["messages": "\(writes.count)", "answer": "\(refusal.text)"]
        )
        let wait: Duration = refusal.isTransient ? .seconds(60) : MarkDesk.holdTime
        try await self.close(writes, outcome: .refused, reason: refusal.text)
        try await self.database.unit(under: self.grant) { unit in
            for write in writes {
                for field in write.fields.intersection(fields).names {
                    try MarkQueries.hold(
                        unit,
                        mailbox: self.mailbox.id,
                        write.message,
                        field: field,
                        reason: refusal.text,
                        for: wait
                    )
                }
            }
        }
    }

    // Due again after the next complete synchronisation, which knows the folders.
    private func postpone(_ batch: MarkBatch) async throws -> Int {
        try await self.database.unit(under: self.grant) { unit in
            let number = try MailboxQueries.sequence(unit, self.mailbox.id)
            try self.clear(unit, batch, awaiting: number)
            try MailboxQueries.wake(unit, self.mailbox.id, .ingestion)
        }
        return 0
    }

    // Until the folder is back, or a person has decided and it is made again.
    private func hold(_ batch: MarkBatch, reason: String) async throws -> Int {
        try await self.database.unit(under: self.grant) { unit in
            for message in batch.messages {
                try MarkQueries.hold(
                    unit,
                    mailbox: self.mailbox.id,
                    message,
                    field: "place",
                    reason: reason,
                    for: MarkDesk.holdTime
                )
            }
            try self.clear(
                unit,
                batch,
                at: try MailboxQueries.now(unit, self.mailbox.id).advanced(by: MarkDesk.holdTime)
            )
        }
        return 0
    }

    /// Takes away the touches that led to a batch; one that came meanwhile stays.
    private func clear(_ unit: Unit, _ batch: MarkBatch, at: Timestamp? = nil, awaiting: Int64? = nil) throws {
        try MarkQueries.clear(
            unit,
            mailbox: self.mailbox.id,
            batch.messages.map {
                MarkQueries.Looked(message: $0, touched: self.touches[$0], lookAt: at, awaitSync: awaiting)
            }
        )
    }

    private func isMissing(_ place: Place) -> Bool {
        self.folders.contains { $0.phase == .missing && Place(role: $0.role, folder: $0.id) == place }
    }

    private func folder(_ place: Place) -> FolderRecord? {
        self.folders.first { $0.phase != .missing && Place(role: $0.role, folder: $0.id) == place }
    }
}
