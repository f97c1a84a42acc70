import Desk
import DeskStore
import IMAP
import Logging

/// Writes marks on the server: carries out what ``MarkWriteStateMachine`` says, on one connection and the database.
struct MarkWriter {
    let database: DeskDatabase
    let lease: Lease
    let mailbox: MailboxRecord
    let keywords: MarkKeywords
    let folders: [FolderRecord]
    /// Why folders that marks need were not made.
    let refusedFolders: [Place: String]
    /// The touch that led to each write.
    let touches: [Identifier<Message>: Int64]
    let logger: Logger

    var grant: LeaseGrant { self.lease.grant }

    /// Messages in one set of commands: few commands, and no open intent for longer than a moment.
    ///
    /// Smaller ones were slower: ingestion looks at what was moved while the rest is.
    private static let batchLimit = 1000

    /// Records the intents of the first batch and what else the look came to, as the end of the unit of work that decided it; nil where
    /// nothing can be written now, and then nothing was done.
    func begin(
        _ writes: [MarkWrite],
        over link: MarkLink,
        _ unit: Unit,
        ending findings: MarkFindings
    ) throws -> MarkBeginning? {
        guard let batch = MarkBatch.group(writes).first, let part = Self.parts(batch, link).first,
            case .ready(let machine, let errand) = self.way(of: part, link)
        else { return nil }
        return try self.record(part, machine, errand, unit, ending: findings)
    }

    private func record(
        _ batch: MarkBatch,
        _ machine: MarkWriteStateMachine,
        _ errand: MarkErrand,
        _ unit: Unit,
        ending findings: MarkFindings? = nil
    ) throws -> MarkBeginning? {
        var machine = machine
        guard case .record(let writes, let step) = machine.begin() else { return nil }
        let recorded = try IntentQueries.openLast(
            unit,
            mailbox: self.mailbox.id,
            self.openings(writes, errand),
            step: step,
            ending: findings
        )
        return MarkBeginning(machine: machine, errand: errand, recorded: recorded, messages: Set(batch.messages))
    }

    /// Goes on with what was begun, then writes the others; how many messages changed on the server, or may have.
    ///
    /// While the server works on a batch, the intents of the next one are recorded, and what the one before came to is written down.
    /// `mustTryLink`: the connection was silent for so long that a command which changes nothing goes first.
    func write(
        _ begun: MarkBeginning?,
        then writes: [MarkWrite],
        _ connection: IMAPConnection,
        mustTryLink: Bool = false
    ) async throws -> Int {
        let link = MarkLink(connection)
        var line = Line(waiting: MarkBatch.group(writes).flatMap { Self.parts($0, link) }[...], begun: begun)
        var mustTryLink = mustTryLink
        if line.begun == nil { line = try await self.moved(line, link) }
        while let current = line.begun {
            line.begun = nil
            let before = line
            let ending: Result<MarkEnding, any Error>
            if line.isIdle {
                ending = await self.result(of: current, connection, mustTryLink)
            } else {
                async let moved = self.moved(before, link)
                ending = await self.result(of: current, connection, mustTryLink)
                line = try await moved
            }
            let ended = try ending.get()
            line.ended = ended
            mustTryLink = false
            guard let failure = ended.failure, !connection.isUsable else { continue }
            // What was recorded meanwhile was never sent.
            if let next = line.begun { _ = try await self.close(Self.unsent(next)) }
            _ = try await self.close(ended)
            throw failure
        }
        guard let last = line.ended else { return line.changed }
        return line.changed + (try await self.close(last))
    }

    /// Batches one after the other.
    private struct Line: Sendable {
        var waiting: ArraySlice<MarkBatch>
        /// The intents of the next one are recorded.
        var begun: MarkBeginning?
        /// What the last one came to is not written down yet.
        var ended: MarkEnding?
        var changed = 0

        /// Nothing is to do in the database.
        var isIdle: Bool { self.waiting.isEmpty && self.ended == nil }
    }

    /// Begins the next batch that can be written now, and writes down what the one before came to.
    private func moved(_ line: Line, _ link: MarkLink) async throws -> Line {
        var line = line
        while line.begun == nil, let batch = line.waiting.popFirst() {
            switch self.way(of: batch, link) {
            case .postponed: try await self.postpone(batch)
            case .held(let reason): try await self.hold(batch, reason: reason)
            case .ready(let machine, let errand):
                line.begun = try await self.database.unit(under: self.grant, reusesPlans: true) { unit in
                    try self.record(batch, machine, errand, unit)
                }
            }
        }
        if let ended = line.ended {
            line.changed += try await self.close(ended)
            line.ended = nil
        }
        return line
    }

    private func result(
        of begun: MarkBeginning,
        _ connection: IMAPConnection,
        _ mustTryLink: Bool
    ) async -> Result<MarkEnding, any Error> {
        var machine = begun.machine
        let action = machine.recorded(begun.recorded)
        do {
            return .success(try await self.run(machine, action, begun.errand, connection, mustTryLink: mustTryLink))
        } catch {
            return .failure(error)
        }
    }

    /// The end of a batch of which nothing was sent.
    private static func unsent(_ begun: MarkBeginning) -> MarkEnding {
        var machine = begun.machine
        var action = machine.recorded(begun.recorded)
        if case .select = action { action = machine.lost() }
        guard case .finish(let closings) = action else { preconditionFailure("a batch that was not sent does not end") }
        return MarkEnding(closings: closings, errand: begun.errand)
    }

    private func close(_ ended: MarkEnding) async throws -> Int { try await self.close(ended.closings, ended.errand) }

    /// Finishes moves that were begun as COPY.
    func finish(_ removals: [MarkRemoval], _ connection: IMAPConnection) async throws -> Int {
        var finished = 0
        let link = MarkLink(connection)
        for (folder, removals) in Dictionary(grouping: removals, by: \.source.folder) {
            guard let source = self.folders.first(where: { $0.id == folder }) else { continue }
            for set in link.pieces(removals.map(\.source.uid)) {
                let part = removals.filter { set.contains($0.source.uid) }
                var machine = MarkWriteStateMachine(
                    removing: part,
                    uidValidity: source.uidValidity,
                    abilities: link.abilities
                )
                let action = machine.begin()
                let ended = try await self.run(machine, action, MarkErrand(source: source), connection)
                finished += try await self.close(ended)
                if let failure = ended.failure, !connection.isUsable { throw failure }
            }
        }
        return finished
    }

    /// Parts whose UIDs fit into one command of this server's.
    private static func parts(_ batch: MarkBatch, _ link: MarkLink) -> [MarkBatch] {
        link.pieces(batch.uids).flatMap { set in
            let writes = batch.writes.filter { set.contains($0.source.uid) }
            return stride(from: 0, to: writes.count, by: self.batchLimit).flatMap { start in
                MarkBatch.group(Array(writes[start..<min(start + self.batchLimit, writes.count)]))
            }
        }
    }

    /// A ``MarkRoute`` with what carries it out.
    private enum Way {
        case ready(MarkWriteStateMachine, MarkErrand)
        case postponed
        case held(String)
    }

    private func way(of batch: MarkBatch, _ link: MarkLink) -> Way {
        switch batch.route(through: self.folders.map(\.markFolder), refused: self.refusedFolders) {
        case .postponed: return .postponed
        case .held(let reason): return .held(reason)
        case .ready(let source, let destination):
            guard let from = self.folders.first(where: { $0.id == source.id }) else { return .postponed }
            let to = destination.flatMap { wanted in self.folders.first { $0.id == wanted.id } }
            let machine = MarkWriteStateMachine(
                writing: batch,
                uidValidity: source.uidValidity,
                abilities: link.abilities
            )
            return .ready(machine, MarkErrand(source: from, destination: to, batch: batch))
        }
    }

    /// Carries out one batch to its end, which is to be written down.
    private func run(
        _ machine: MarkWriteStateMachine,
        _ action: MarkWriteStateMachine.Action,
        _ errand: MarkErrand,
        _ connection: IMAPConnection,
        mustTryLink: Bool = false
    ) async throws -> MarkEnding {
        var (machine, action) = (machine, action)
        let server = MarkServer(
            connection: connection,
            keywords: self.keywords,
            errand: errand,
            mustTryLink: mustTryLink
        )
        var failure: IMAPError?
        while true {
            if action.changesServer { try self.lease.check() }
            switch action {
            case .record: preconditionFailure("recorded before")
            case .select:
                switch await server.select() {
                case .opened(let selection): action = machine.selected(selection)
                case .refused(let refusal): action = machine.selected(refusal)
                case .failed(let error):
                    failure = error
                    action = machine.lost()
                }
            case .store(let uids, let marks, let isAdding, let shows):
                action = machine.answered(
                    await server.store(uids, marks, isAdding: isAdding, shows: shows, &failure)
                )
            case .markDeleted(let uids):
                action = machine.answered(await server.markDeleted(uids, &failure))
            case .expunge(let uids):
                action = machine.answered(await server.expunge(uids, &failure))
            case .look(let uids):
                action = machine.saw(await server.look(uids, &failure))
            case .move(let uids):
                action = machine.transferred(await server.transfer(uids, isMove: true, &failure))
            case .copy(let uids):
                action = machine.transferred(await server.transfer(uids, isMove: false, &failure))
            case .keep(let pairs, let uidValidity):
                action = machine.copied(try await self.keep(pairs, uidValidity: uidValidity, errand))
            case .advance(let removals, let step):
                try await self.advance(removals, to: step)
                action = machine.advanced()
            case .finish(let closings):
                return MarkEnding(closings: closings, errand: errand, failure: failure)
            }
        }
    }
}

/// A batch whose intents were recorded by the unit of work that decided it.
struct MarkBeginning: Sendable {
    let machine: MarkWriteStateMachine
    let errand: MarkErrand
    /// Those that got an intent.
    let recorded: Set<Identifier<Message>>
    /// All of the batch.
    let messages: Set<Identifier<Message>>
}

/// What a batch came to, to be written down.
struct MarkEnding: Sendable {
    let closings: [MarkClosing]
    let errand: MarkErrand
    /// Why nothing more is known.
    var failure: IMAPError?
}

/// One batch on its way: from where, to where, and what.
struct MarkErrand: Sendable {
    let source: FolderRecord
    let destination: FolderRecord?
    let batch: MarkBatch?
    /// The placements that are changed, by message.
    let placements: [Identifier<Message>: Identifier<Placement>]

    init(source: FolderRecord, destination: FolderRecord? = nil, batch: MarkBatch? = nil) {
        self.source = source
        self.destination = destination
        self.batch = batch
        self.placements = Dictionary((batch?.writes ?? []).map { ($0.message, $0.source.id) }) { first, _ in first }
    }
}

extension MarkWriteStateMachine.Action {
    /// Whether it may be sent only by the holder of the lease.
    fileprivate var changesServer: Bool {
        switch self {
        case .store, .move, .copy, .markDeleted, .expunge: true
        case .record, .select, .look, .keep, .advance, .finish: false
        }
    }
}
