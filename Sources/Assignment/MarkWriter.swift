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
    private static let batchLimit = 1000

    /// Records the intents of the first batch, in the unit of work that decided it; nil where nothing can be written now.
    func begin(_ writes: [MarkWrite], over link: MarkLink, _ unit: Unit) throws -> MarkBeginning? {
        guard let batch = MarkBatch.group(writes).first, let part = Self.parts(batch, link).first,
            case .ready(var machine, let errand) = self.way(of: part, link),
            case .record(let writes, let step) = machine.begin()
        else { return nil }
        let recorded = try self.record(unit, writes, step, errand)
        return MarkBeginning(machine: machine, errand: errand, recorded: recorded, messages: Set(part.messages))
    }

    /// Goes on with what was begun; how many messages changed on the server, or may have.
    ///
    /// `mustTryLink`: the connection was silent for so long that a command which changes nothing goes first.
    func write(_ begun: MarkBeginning, _ connection: IMAPConnection, mustTryLink: Bool) async throws -> Int {
        var machine = begun.machine
        let action = machine.recorded(begun.recorded)
        return try await self.run(machine, action, begun.errand, connection, mustTryLink: mustTryLink)
    }

    /// Writes every batch; how many messages changed on the server, or may have.
    func write(_ writes: [MarkWrite], _ connection: IMAPConnection) async throws -> Int {
        var written = 0
        for batch in MarkBatch.group(writes) {
            for part in Self.parts(batch, MarkLink(connection)) {
                written += try await self.write(part, connection)
            }
        }
        return written
    }

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
                finished += try await self.run(machine, action, MarkErrand(source: source), connection)
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

    private func write(_ batch: MarkBatch, _ connection: IMAPConnection) async throws -> Int {
        switch self.way(of: batch, MarkLink(connection)) {
        case .postponed:
            try await self.postpone(batch)
            return 0
        case .held(let reason):
            try await self.hold(batch, reason: reason)
            return 0
        case .ready(var machine, let errand):
            let action = machine.begin()
            return try await self.run(machine, action, errand, connection)
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

    /// Carries out one batch to its end; how many messages changed on the server, or may have.
    ///
    /// A connection that is lost on the way is thrown when what is known of the batch has been stored.
    private func run(
        _ machine: MarkWriteStateMachine,
        _ action: MarkWriteStateMachine.Action,
        _ errand: MarkErrand,
        _ connection: IMAPConnection,
        mustTryLink: Bool = false
    ) async throws -> Int {
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
            case .record(let writes, let step):
                action = machine.recorded(try await self.record(writes, step, errand))
            case .select:
                switch await server.select() {
                case .opened(let selection): action = machine.selected(selection)
                case .refused(let refusal): action = machine.selected(refusal)
                case .failed(let error):
                    failure = error
                    action = machine.lost()
                }
            case .store(let uids, let marks, let isAdding):
                action = machine.answered(await server.store(uids, marks, isAdding: isAdding, &failure))
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
                let changed = try await self.close(closings, errand)
                if let failure, !connection.isUsable { throw failure }
                return changed
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
