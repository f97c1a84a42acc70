import Desk
import IngestionPlan
import ModelMailServer

/// What an assignment session remembers between passes.
struct AssignmentMemory: Sendable {
    var preparedAt: Timestamp?
    var refused: [Place: String] = [:]
    var taken: [(entry: BreakerEntry, at: Timestamp)] = []
    /// MOVE was offered and not understood, or keywords were not kept.
    var hasNoMove = false
}

/// What a batch is about.
private struct Errand {
    let source: FolderRecord
    var destination: FolderRecord?
    var batch: MarkBatch?
    let touches: [Identifier<Message>: Int64]

    func placement(of message: Identifier<Message>) -> Identifier<Placement>? {
        self.batch?.writes.first { $0.message == message }?.source.id
    }
}

/// The assignment service: `MarkDesk` decides, `MarkWriteStateMachine` says the commands.
extension World {
    /// One pass; whether nothing changed.
    func assign(_ service: ServiceRun, _ link: inout Link, _ memory: inout AssignmentMemory) async throws -> Bool {
        var isQuiet = true
        if self.presentLayout != nil, self.isPreparationDue(memory) {
            if try await self.prepare(service, &link, &memory) { isQuiet = false }
            memory.preparedAt = self.twin.now
        }
        var seen: Set<Identifier<Message>> = []
        var folders = self.twin.records()
        while true {
            let now = self.twin.now
            memory.taken.removeAll { now.duration(since: $0.at) > Breaker.window }
            let setting = MarkSetting(
                layout: self.presentLayout,
                marksReach: .seconds(90 * 86_400),
                onDelete: .close,
                breaker: self.options.breaker,
                keywords: self.keywords,
                folders: self.options.bug == .archivedIsDeleted ? folders.filter { $0.role != .all } : folders,
                recent: memory.taken.map(\.entry)
            )
            guard let (desk, cases) = try await self.decide(service, setting) else {
                folders = self.twin.records()
                continue
            }
            if desk.changes > 0 { isQuiet = false }
            memory.taken += desk.taken.map { ($0, now) }
            for removals in Self.byFolder(desk.removals) {
                guard let source = setting.folders.first(where: { $0.id == removals.first?.source.folder }) else {
                    continue
                }
                let machine = MarkWriteStateMachine(
                    removing: removals,
                    uidValidity: source.uidValidity,
                    abilities: self.abilities(memory)
                )
                let errand = Errand(source: source, touches: desk.touches)
                if try await self.run(machine, errand, service, &link, &memory) { isQuiet = false }
            }
            for batch in MarkBatch.group(desk.writes) {
                if try await self.write(batch, desk.touches, setting.folders, service, &link, &memory) {
                    isQuiet = false
                }
            }
            if cases.allSatisfy({ seen.contains($0) }) {
                self.log("\(service.player) pass: quiet \(isQuiet)")
                return isQuiet
            }
            seen.formUnion(cases)
        }
    }

    /// The layout that the server allows, once the first import is over.
    var presentLayout: Layout? {
        let wanted = self.options.layout ?? (self.options.bug == .observedOnlyWritten ? .both : nil)
        guard self.twin.adoptedAt != nil, let layout = wanted else { return nil }
        let areRefused = self.twin.folders.contains { $0.record.role == .inbox && $0.record.allowsKeywords == false }
        return areRefused ? .folders : layout
    }

    private func abilities(_ memory: AssignmentMemory) -> MarkWriteStateMachine.Abilities {
        MarkWriteStateMachine.Abilities(
            hasMove: self.server.profile.offers(.move) && !memory.hasNoMove,
            hasUIDPlus: self.server.profile.offers(.uidPlus)
        )
    }

    private static func byFolder(_ removals: [MarkRemoval]) -> [[MarkRemoval]] {
        Dictionary(grouping: removals, by: \.source.folder).sorted { $0.key < $1.key }.map(\.value)
    }

    /// Reads what is due, and decides on it; somebody may change a ticket between the two, as in one transaction of the database.
    private func decide(
        _ service: ServiceRun,
        _ setting: MarkSetting
    ) async throws -> (MarkDesk<TwinUnit>, [Identifier<Message>])? {
        let (cases, isAdopted, number) = try await self.unit(service, "due", disk: .later) {
            ($0.due(), $0.adoptedAt != nil, $0.sequence)
        }
        // What was due is due still; the first import ended since the setting was read.
        guard isAdopted == (setting.layout != nil) || self.options.layout == nil else { return nil }
        for one in cases {
            let subject = one.subject(
                layout: setting.layout,
                keywords: setting.keywords,
                marksReach: setting.marksReach
            )
            self.log("due: \(one.shortened(subject))")
        }
        let agents = self.agentsByID
        var decided: (desk: MarkDesk<TwinUnit>, unit: TwinUnit)?
        try await self.unit(service, "decide \(cases.map(\.id))", disk: .nowIfTold) { twin in
            let unit = TwinUnit(twin, number: number, agents: agents)
            var desk = MarkDesk(unit: unit, setting: setting)
            try desk.decide(cases)
            twin = unit.twin
            decided = (desk, unit)
        }
        guard let decided else { preconditionFailure("a unit that commits has run") }
        for (ticket, gesture) in decided.unit.gestures { self.log("gesture on ticket \(ticket): \(gesture)") }
        for write in decided.desk.writes {
            self.log("to write: \(write.message) from \(write.source.role) uid \(write.source.uid) to \(write.target)")
        }
        if decided.unit.isRestless { self.laws.breaks("two rules disagree about a message") }
        return (decided.desk, cases.map(\.id))
    }

    // MARK: - Folders

    private func isPreparationDue(_ memory: AssignmentMemory) -> Bool {
        guard let preparedAt = memory.preparedAt else { return true }
        let missing = Marks.missingPlaces(self.twin.records(), agents: self.agents.map(\.id))
        guard !missing.isEmpty else { return false }
        return self.twin.now.duration(since: preparedAt) > .seconds(60)
    }

    private func prepare(
        _ service: ServiceRun,
        _ link: inout Link,
        _ memory: inout AssignmentMemory
    ) async throws -> Bool {
        let folders = self.twin.records()
        if let inbox = folders.first(where: { $0.role == .inbox }),
            try await self.open(String(decoding: inbox.rawName, as: UTF8.self), readOnly: false, &link) != nil
        {
            let areAllowed = link.selected?.allowsKeywords ?? false
            try await self.unit(service, "keywords") {
                $0.folders[Int(inbox.id.rawValue) - 1].record.allowsKeywords = areAllowed
            }
        }
        let undecided = Set(self.twin.held.values.filter { $0.decision == nil }.map(\.group.folder))
        var made = 0
        for place in Marks.missingPlaces(folders, agents: self.agents.map(\.id), undecided: undecided) {
            let agent = self.agents.first { $0.id == place.agent }
            let name =
                agent.map { self.names.agent($0.handle) } ?? (place == .closed ? self.names.closed : self.names.junk)
            try self.checkLease(service)
            let answer = try await self.send(.create(folder: name), &link)
            if case .completed(.ok, _)? = answer.last { made += 1 } else { memory.refused[place] = "it cannot be made" }
        }
        return made > 0
    }

    // MARK: - Batches

    private func write(
        _ batch: MarkBatch,
        _ touches: [Identifier<Message>: Int64],
        _ folders: [FolderRecord],
        _ service: ServiceRun,
        _ link: inout Link,
        _ memory: inout AssignmentMemory
    ) async throws -> Bool {
        switch batch.route(through: folders.map(\.markFolder), refused: memory.refused) {
        case .postponed:
            try await self.unit(service, "postpone") { twin in
                let number = twin.sequence
                twin.clear(
                    batch.messages.map { MarkLook(message: $0, touched: touches[$0], lookAt: nil, awaitSync: number) }
                )
            }
            return false
        case .held:
            try await self.unit(service, "hold") { twin in
                for message in batch.messages { twin.hold(message, .place, for: MarkHold.time) }
                let until = twin.now.advanced(by: MarkHold.time)
                twin.clear(
                    batch.messages.map { MarkLook(message: $0, touched: touches[$0], lookAt: until, awaitSync: nil) }
                )
            }
            return false
        case .ready(let source, let destination):
            guard let from = folders.first(where: { $0.id == source.id }) else { return false }
            let to = destination.flatMap { wanted in folders.first { $0.id == wanted.id } }
            let machine = MarkWriteStateMachine(
                writing: batch,
                uidValidity: source.uidValidity,
                abilities: self.abilities(memory)
            )
            let errand = Errand(source: from, destination: to, batch: batch, touches: touches)
            return try await self.run(machine, errand, service, &link, &memory)
        }
    }

    private func run(
        _ machine: MarkWriteStateMachine,
        _ errand: Errand,
        _ service: ServiceRun,
        _ link: inout Link,
        _ memory: inout AssignmentMemory
    ) async throws -> Bool {
        var machine = machine
        var action = machine.begin()
        var postponed: (writes: [MarkWrite], step: MarkIntent.Step)?
        while true {
            switch action {
            case .store, .move, .copy, .markDeleted, .expunge:
                try self.checkLease(service)
                self.delay(service)
            case .record, .select, .look, .keep, .advance, .finish: break
            }
            switch action {
            case .record(let writes, let step):
                if self.options.bug == .intentAfterwards {
                    postponed = (writes, step)
                    action = machine.recorded(Set(writes.map(\.message)))
                } else {
                    action = machine.recorded(try await self.record(writes, step, errand, service))
                }
            case .select:
                action = try await self.select(&machine, errand, &link)
            case .store(let uids, let marks, let isAdding, let shows):
                action = machine.answered(try await self.store(uids, marks, isAdding: isAdding, shows: shows, &link))
            case .markDeleted(let uids):
                action = machine.answered(try await self.markDeleted(uids, &link))
            case .expunge(let uids):
                let command: ModelCommand =
                    self.options.bug == .bareExpunge ? .expunge : .uidExpunge(UIDRequest(uids: uids))
                action = machine.answered(try await self.answer(command, &link))
            case .look(let uids):
                action = machine.saw(try await self.look(uids, &link))
            case .move(let uids):
                action = machine.transferred(try await self.transfer(uids, isMove: true, errand, &link, &memory))
            case .copy(let uids):
                action = machine.transferred(try await self.transfer(uids, isMove: false, errand, &link, &memory))
            case .keep(let pairs, let uidValidity):
                let copies = try await self.keep(pairs, uidValidity, errand, service)
                action = machine.copied(copies)
                if self.options.bug == .copyNotRemoved, case .markDeleted = action {
                    let messages = errand.batch?.writes.map(\.message) ?? []
                    return try await self.close(
                        messages.compactMap { message in
                            guard let write = errand.batch?.writes.first(where: { $0.message == message }),
                                let copy = copies[write.source.uid]
                            else { return nil }
                            return MarkClosing(message: message, .confirmed(write.settledAfter, .placement(copy)))
                        },
                        errand,
                        service
                    )
                }
            case .advance(let removals, let step):
                try await self.unit(service, "step \(step)") {
                    $0.advance(to: step, removals.map { ($0.message, $0.copy) })
                }
                action = machine.advanced()
            case .finish(let closings):
                if let postponed { _ = try await self.record(postponed.writes, postponed.step, errand, service) }
                let changed = try await self.close(closings, errand, service)
                guard self.server.isOpen(link.session) else { throw Fault.link(isSent: true) }
                return changed
            }
        }
    }

    private func record(
        _ writes: [MarkWrite],
        _ step: MarkIntent.Step,
        _ errand: Errand,
        _ service: ServiceRun
    ) async throws -> Set<Identifier<Message>> {
        let adds = (errand.batch?.add ?? []).compactMap(self.keywords.text)
        let removes = (errand.batch?.remove ?? []).compactMap(self.keywords.text)
        return try await self.unit(
            service,
            "intents of \(writes.map(\.message))",
            disk: self.options.bug == .intentOffDisk ? .later : .now
        ) { twin in
            twin.open(
                writes,
                destination: errand.destination?.id,
                adds: adds,
                removes: removes,
                step: step
            )
        }
    }

    // MARK: - Commands

    private func select(
        _ machine: inout MarkWriteStateMachine,
        _ errand: Errand,
        _ link: inout Link
    ) async throws -> MarkWriteStateMachine.Action {
        let name = String(decoding: errand.source.rawName, as: UTF8.self)
        if let selected = link.selected, selected.folder == name, !selected.isReadOnly {
            do {
                _ = try await self.send(.noop, &link)
            } catch let fault as Fault where fault.isLink {
                return machine.lost()
            }
        } else {
            do {
                guard try await self.open(name, readOnly: false, &link) != nil else {
                    return machine.selected(MarkRefusal(reason: "it does not open"))
                }
            } catch let fault as Fault where fault.isLink {
                return machine.lost()
            }
        }
        guard let selected = link.selected else { return machine.lost() }
        let permanent = Set(self.server.keywordTable.spellings(selected.permanent).map { $0.lowercased() })
        let storable = (errand.batch?.add ?? []).filter { mark in
            guard let text = self.keywords.text(mark) else { return false }
            return permanent.contains(text.lowercased()) || selected.allowsKeywords && !text.hasPrefix("\\")
        }
        let isBlind = self.options.bug == .oldEpochWritten
        return machine.selected(
            MarkSelection(
                uidValidity: isBlind ? errand.source.uidValidity : selected.uidValidity,
                isReadOnly: selected.isReadOnly,
                storable: Set(storable)
            )
        )
    }

    /// The answer to a command, in the words of the machine; one that `shows` flags tells them.
    private func answer(_ command: ModelCommand, shows: Bool = false, _ link: inout Link) async throws -> MarkAnswer {
        do {
            let responses = try await self.send(command, &link)
            switch responses.last {
            case .completed(.ok, _): return shows ? .shown(self.shown(responses)) : .done
            case .completed(_, let code):
                return .refused(
                    MarkRefusal(reason: "refused", isTransient: code == .tryCreate || code == .nonExistent)
                )
            default: return .unknown
            }
        } catch let fault as Fault where fault.isLink {
            return .unknown
        }
    }

    private func shown(_ responses: [ModelResponse]) -> [UInt32: MarkFlags] {
        var shown: [UInt32: MarkFlags] = [:]
        for case .fetch(let fetch) in responses {
            guard let uid = fetch.uid, let flags = fetch.flags else { continue }
            shown[uid] = self.keywords.read(self.observed(uid, flags, nil).flags)
        }
        return shown
    }

    private func store(
        _ uids: [UInt32],
        _ marks: [Mark],
        isAdding: Bool,
        shows: Bool,
        _ link: inout Link
    ) async throws -> MarkAnswer {
        guard let flags = self.server.flags(marks.compactMap(self.keywords.text)) else { return .unknown }
        let operation: StoreOperation = isAdding ? .add : .remove
        return try await self.answer(
            .store(UIDRequest(uids: uids), operation, flags, isSilent: !shows, unchangedSince: nil),
            shows: shows,
            &link
        )
    }

    private func markDeleted(_ uids: [UInt32], _ link: inout Link) async throws -> MarkAnswer {
        try await self.answer(
            .store(UIDRequest(uids: uids), .add, [.deleted], isSilent: true, unchangedSince: nil),
            &link
        )
    }

    private func look(_ uids: [UInt32], _ link: inout Link) async throws -> [UInt32: MarkFlags]? {
        do {
            let rows = try await self.fetchFlags(uids.map { $0...$0 }, &link).rows
            return Dictionary(rows.map { ($0.uid, self.keywords.read($0.flags)) }) { _, last in last }
        } catch let fault as Fault where fault.isLink {
            return nil
        }
    }

    private func transfer(
        _ uids: [UInt32],
        isMove: Bool,
        _ errand: Errand,
        _ link: inout Link,
        _ memory: inout AssignmentMemory
    ) async throws -> MarkTransfer {
        guard let destination = errand.destination else { return .unknown }
        let name = String(decoding: destination.rawName, as: UTF8.self)
        let request = UIDRequest(uids: uids)
        if !isMove, self.options.bug == .sourceRemovedFirst {
            _ = try await self.markDeleted(uids, &link)
            _ = try await self.answer(.uidExpunge(request), &link)
        }
        do {
            return self.transfer(
                try await self.send(isMove ? .move(request, to: name) : .copy(request, to: name), &link),
                isMove: isMove,
                &memory
            )
        } catch let fault as Fault where fault.isLink {
            guard isMove, self.options.bug == .moveRetried || self.options.bug == .moveAssumed else { return .unknown }
            if self.options.bug == .moveAssumed {
                return .done(
                    uidValidity: destination.uidValidity,
                    uids.enumerated().map {
                        MarkTransfer.Pair(source: $0.element, destination: destination.uidNext + UInt32($0.offset))
                    }
                )
            }
            link = try await self.connect(link.service)
            _ = try await self.open(String(decoding: errand.source.rawName, as: UTF8.self), readOnly: false, &link)
            return self.transfer(try await self.send(.copy(request, to: name), &link), isMove: true, &memory)
        }
    }

    private func transfer(
        _ responses: [ModelResponse],
        isMove: Bool,
        _ memory: inout AssignmentMemory
    ) -> MarkTransfer {
        var receipt: MarkTransfer?
        for response in responses {
            switch response {
            case .ok(.copyUID(let uidValidity, let sources, let destinations)),
                .completed(.ok, .copyUID(let uidValidity, let sources, let destinations)?):
                receipt = .done(
                    uidValidity: uidValidity,
                    zip(sources, destinations).map { MarkTransfer.Pair(source: $0, destination: $1) }
                )
            case .completed(.bad, _) where isMove:
                memory.hasNoMove = true
                return .unsupported
            case .completed(.no, let code), .completed(.bad, let code):
                return .refused(MarkRefusal(reason: "refused", isTransient: code == .tryCreate || code == .nonExistent))
            default: break
            }
        }
        return receipt ?? .unknown
    }

    // MARK: - What came of it

    private func keep(
        _ pairs: [MarkTransfer.Pair],
        _ uidValidity: UInt32,
        _ errand: Errand,
        _ service: ServiceRun
    ) async throws -> [UInt32: Identifier<Placement>] {
        guard let destination = errand.destination else { return [:] }
        let messages = Dictionary((errand.batch?.writes ?? []).map { ($0.source.uid, $0.message) }) { first, _ in first
        }
        let source = Twin.PlacementKey(folder: errand.source.id, epoch: errand.source.epoch, uid: 0)
        return try await self.unit(service, "copies") { twin in
            let copies = twin.arrived(from: source, to: destination.id, uidValidity: uidValidity, pairs)
            twin.advance(
                to: .mark,
                copies.sorted { $0.key < $1.key }.compactMap { uid, copy in messages[uid].map { ($0, copy) } }
            )
            return copies
        }
    }

    private func close(_ closings: [MarkClosing], _ errand: Errand, _ service: ServiceRun) async throws -> Bool {
        guard !closings.isEmpty else { return false }
        return try await self.unit(service, "close \(closings.map(\.message))", disk: .later) { twin in
            let arrived = Self.arrived(closings, errand, &twin)
            var open: [Identifier<Message>] = []
            var changed = false
            for one in closings {
                let touched = errand.touches[one.message]
                switch one.end {
                case .confirmed(let state, let spot):
                    let placement: Identifier<Placement>? =
                        switch spot {
                        case .source: errand.placement(of: one.message)
                        case .moved: arrived[one.message]
                        case .placement(let placement): placement
                        }
                    guard let placement else {
                        open.append(one.message)
                        continue
                    }
                    changed = true
                    let settled = Settled(state: state, placement: placement, isComplete: one.hold == nil)
                    twin.closeIntent(one.message, settled: settled, isWritten: true, touched: touched)
                case .refused(let state):
                    let settled = errand.placement(of: one.message).map {
                        Settled(state: state, placement: $0, isComplete: false)
                    }
                    twin.closeIntent(one.message, settled: settled, isWritten: false, touched: touched)
                case .dropped:
                    twin.closeIntent(one.message, settled: nil, isWritten: false, touched: touched)
                case .open:
                    open.append(one.message)
                }
            }
            for one in closings where one.hold == nil { twin.forgetHolds(one.message) }
            for one in closings {
                guard let hold = one.hold else { continue }
                twin.hold(one.message, hold.fields, for: hold.refusal.isTransient ? .seconds(60) : MarkHold.time)
            }
            twin.lose(open)
            return changed || !open.isEmpty
        }
    }

    private static func arrived(
        _ closings: [MarkClosing],
        _ errand: Errand,
        _ twin: inout Twin
    ) -> [Identifier<Message>: Identifier<Placement>] {
        guard let destination = errand.destination, let batch = errand.batch else { return [:] }
        guard let receipt = batch.receipt(of: closings) else { return [:] }
        let numbers = twin.moved(
            from: Twin.PlacementKey(folder: errand.source.id, epoch: errand.source.epoch, uid: 0),
            to: destination.id,
            uidValidity: receipt.uidValidity,
            receipt.pairs
        )
        var arrived: [Identifier<Message>: Identifier<Placement>] = [:]
        for write in batch.writes { arrived[write.message] = numbers[write.source.uid] }
        return arrived
    }
}

extension MarkCase {
    /// In one line, for the trace.
    fileprivate func shortened(_ subject: MarkSubject) -> String {
        let copies = self.copies.map { "\($0.number) \($0.formers) \($0.role) \($0.uid) \($0.flags) at \($0.observed)" }
        let settled = self.settled.map { "\($0.placement) \($0.state) at \($0.number)" } ?? "nothing"
        let ticket = self.ticket.map { "ticket \($0.number) \($0.status)" } ?? "no ticket"
        return "\(self.id) of \(ticket), \(copies), gone \(self.goneNumber), closed \(self.closedNumber)"
            + " \(self.isUnconfirmed), synchronised \(self.completeSync), settled \(settled), \(Marks.reconcile(subject))"
    }
}

extension Fault {
    /// The connection to the mail server is lost.
    var isLink: Bool {
        if case .link = self { return true }
        return false
    }
}
