import Desk
import IngestionPlan
import ModelMailServer

/// The ingestion service: drives `MailboxSyncMachine`, files what came, compares what was presumed.
extension World {
    private var filing: Twin.FilingSetting {
        Twin.FilingSetting(agents: self.agentsByID, keywords: self.keywords, linger: self.options.linger)
    }

    /// One pass; whether nothing changed.
    func ingest(_ service: ServiceRun, _ link: inout Link) async throws -> Bool {
        var filed = 0
        if self.options.bug != .leftUnfiled { filed = try await self.fileAll(service) }
        let isAdopted = self.twin.adoptedAt != nil
        let pass = try await self.synchronise(service, &link)
        if self.options.bug != .leftUnfiled { filed += try await self.fileAll(service) }
        if !isAdopted, pass.isComplete {
            let adopted = try await self.unit(service, "adopt") { twin in
                guard !twin.placements.contains(where: { $0.fate == .fetched && $0.digest != nil }) else {
                    return false
                }
                twin.adopt()
                return true
            }
            if adopted { return false }
        }
        let isQuiet = pass.changes == 0 && pass.released == 0 && filed == 0
        self.log(
            "\(service.player) pass: \(pass.changes) changes, \(pass.released) released, \(filed) filed, complete \(pass.isComplete)"
        )
        return isQuiet && (pass.isComplete || self.isHeldUp)
    }

    private func synchronise(_ service: ServiceRun, _ link: inout Link) async throws -> MailboxSyncMachine.Pass {
        let tier = self.tier
        let archivesIntoAll = self.server.profile.offers(.gmail)
        let agents = self.agents.map { (handle: $0.handle, agent: $0.id) }
        var order = try await self.unit(service, "order", disk: .later) { twin in
            MailboxSyncMachine.Order(
                tier: tier,
                archivesIntoAll: archivesIntoAll,
                folders: twin.records(),
                agents: agents,
                agentsFolder: "Agents",
                closedFolder: "Closed",
                isAdopted: twin.adoptedAt != nil,
                start: twin.isSyncAwaited ? twin.draw() : nil,
                now: twin.now,
                lastSync: twin.completeSyncAt,
                stale: twin.stale(),
                hasUnconfirmed: twin.messages.contains { $0.isUnconfirmed },
                parked: twin.parkedDue()
            )
        }
        // So few that there are several rounds of it.
        order.recognisedAtOnce = 2
        var machine = MailboxSyncMachine(order)
        var effect = machine.begin()
        while true {
            switch effect {
            case .list:
                effect = machine.handle(.listed(try await self.directory(&link)))
            case .record(let change):
                effect = machine.handle(.recorded(try await self.record(change, service)))
            case .folder(let folder, let inner):
                effect = machine.handle(.folder(try await self.carryOut(inner, folder, service, &link)))
            case .fetchBodies(let request, let folders):
                effect = machine.handle(.bodies(try await self.fetch(request, of: folders, service, &link)))
            case .note(let note):
                try await self.unit(service, "note") { twin in
                    twin.setTrouble(
                        note.folder,
                        note.trouble,
                        refusals: note.refusals,
                        isPhantom: note.isPhantom,
                        pause: note.pause
                    )
                }
                effect = machine.handle(.done)
            case .endHorizon:
                try await self.unit(service, "horizon") { $0.horizon = nil }
                effect = machine.handle(.done)
            case .complete(let start, let began, let confirms, let isComplete):
                let released = try await self.unit(service, "complete", disk: .later) { twin in
                    if confirms { twin.settleConfirmed() }
                    guard isComplete else { return 0 }
                    guard let start else {
                        twin.completeSyncAt = began
                        return 0
                    }
                    return twin.completeSync(number: start, began: began)
                }
                effect = machine.handle(.completed(released: released))
            case .finish(let pass):
                return pass
            }
        }
    }

    // MARK: - Folders

    private func directory(_ link: inout Link) async throws -> MailboxSyncMachine.Directory {
        if link.selected != nil, self.server.profile.offers(.unselect) { _ = try await self.send(.unselect, &link) }
        let stillSelected = self.server.profile.offers(.unselect) ? nil : link.selected?.folder
        if stillSelected == nil { link.selected = nil }
        var items: StatusItems = [.messages, .uidNext, .uidValidity]
        if self.tier != .plain { items.insert(.highestModSeq) }
        let withStatus = self.server.profile.offers(.listStatus)
        let responses = try await self.send(
            .list(ListRequest(status: withStatus ? items : nil)),
            &link
        )
        var listed: [ListedModelFolder] = []
        var statuses: [String: ModelStatus] = [:]
        for response in responses {
            switch response {
            case .list(let folder): if !folder.isNoSelect { listed.append(folder) }
            case .status(let folder, let status): statuses[folder] = status
            default: break
            }
        }
        if !withStatus {
            for folder in listed {
                for response in try await self.send(.status(folder: folder.name, items: items), &link) {
                    if case .status(let name, let status) = response { statuses[name] = status }
                }
            }
        }
        return MailboxSyncMachine.Directory(
            prefix: self.server.profile.prefix,
            delimiter: String(self.server.profile.delimiter),
            folders: listed.map { folder in
                ListedFolderView(
                    rawName: Array(folder.name.utf8),
                    facts: ListedFolder(
                        name: folder.name,
                        attributes: [folder.specialUse?.rawValue].compactMap(\.self),
                        delimiter: String(self.server.profile.delimiter)
                    ),
                    status: folder.name == stillSelected ? nil : statuses[folder.name].flatMap(Self.view)
                )
            }
        )
    }

    private static func view(_ status: ModelStatus) -> FolderPlan.View? {
        guard let uidValidity = status.uidValidity, let messages = status.messages else { return nil }
        return FolderPlan.View(
            uidValidity: uidValidity,
            uidNext: status.uidNext,
            highestModSeq: status.highestModSeq,
            exists: messages
        )
    }

    private func record(_ change: DirectoryChange, _ service: ServiceRun) async throws -> [FolderRecord] {
        try await self.unit(service, "folders") { twin in
            for entry in change.entries {
                if let folder = entry.folder, entry.isRenamed {
                    twin.rename(
                        folder,
                        rawName: entry.rawName,
                        name: entry.name,
                        role: entry.role,
                        isWatched: entry.isWatched
                    )
                    if entry.holdsContent { twin.holdFolder(folder) }
                } else {
                    twin.list(rawName: entry.rawName, name: entry.name, role: entry.role, isWatched: entry.isWatched)
                }
                if let mailboxID = entry.mailboxID { twin.setOID(rawName: entry.rawName, mailboxID) }
            }
            for folder in change.missing {
                twin.setPhase(folder, .missing)
                twin.holdFolder(folder)
            }
            return twin.records()
        }
    }

    private func number(_ service: ServiceRun) async throws -> Int64 {
        try await self.unit(service, "number", disk: .later) { $0.sequence }
    }

    private func carryOut(
        _ effect: FolderSyncMachine.Effect,
        _ folder: FolderRecord,
        _ service: ServiceRun,
        _ link: inout Link
    ) async throws -> FolderSyncMachine.Event {
        let removals = link.removals
        switch effect {
        case .select(let resync):
            return try await self.select(folder, resync: resync, service, &link)
        case .fetchFlags(let ranges, let modSeq):
            let answer = try await self.fetchFlags(ranges, changedSince: modSeq, &link)
            // However many there should be.
            let exists = self.options.bug == .absenceUnguarded ? answer.rows.count : answer.exists
            let expunged = self.options.bug == .absenceUnguarded ? 0 : answer.expunged
            return .flags(
                FlagsListing(rows: answer.rows, vanished: answer.vanished, expunged: expunged, exists: exists)
            )
        case .fetchListing(let ranges, let identity):
            let mails = try await self.fetchListing(ranges, identity: identity, &link)
            return .listing(mails, exists: link.exists, expunged: link.removals - removals)
        case .findUIDs:
            let found = try await self.findUIDs(&link)
            return .found(found, exists: link.exists, expunged: link.removals - removals)
        case .distrustVanished:
            self.isQResyncOff = true
            return .distrusted
        case .readKnown(let lowest, let number):
            let known = try await self.unit(service, "known", disk: .later) {
                $0.known(folder.id, epoch: folder.epoch, from: lowest, number: number)
            }
            return .known(live: known.live, gone: known.gone)
        case .readCandidates(let keys):
            return .candidates(
                try await self.unit(service, "candidates", disk: .later) { twin in
                    folder.role == .all
                        ? twin.elsewhere(keys) : twin.candidates(folder.id, epoch: folder.epoch, keys)
                }
            )
        case .fetchBodies(let request):
            return .bodies(try await self.fetch(request, of: [folder], service, &link))
        case .commitMatches(let change, let ranges):
            // Both at once: which is done first is for chance to say.
            let isListedFirst = self.chance.happens(500)
            var mails: [ListedMail] = []
            if isListedFirst, !ranges.isEmpty { mails = try await self.fetchListing(ranges, identity: true, &link) }
            let outcome = try await self.commit(change, service)
            if !isListedFirst, !ranges.isEmpty { mails = try await self.fetchListing(ranges, identity: true, &link) }
            return .committedMatches(outcome, listed: mails)
        case .commit(let change):
            return .committed(try await self.commit(change, service))
        case .finish:
            preconditionFailure("the end of a folder's pass is no effect")
        }
    }

    private func commit(_ change: LedgerChange, _ service: ServiceRun) async throws -> LedgerOutcome {
        do {
            return try await self.unit(service, "commit \(change.shortened)", disk: .later) { try $0.apply(change) }
        } catch let rollback as Twin.Rollback {
            self.log("rolled back: \(rollback.outcome)")
            if case .contradicted(let live) = rollback.outcome, let expected = change.expectedLive, live < expected,
                !change.vanished.isEmpty, self.tier == .qresync
            {
                self.isQResyncOff = true
            }
            return rollback.outcome
        }
    }

    private func select(
        _ folder: FolderRecord,
        resync: FolderCursor?,
        _ service: ServiceRun,
        _ link: inout Link
    ) async throws -> FolderSyncMachine.Event {
        var number = try await self.number(service)
        guard
            var opened = try await self.open(
                String(decoding: folder.rawName, as: UTF8.self),
                readOnly: self.options.bug != .openedForWriting,
                resync: resync,
                &link
            )
        else { return .refused }
        if self.options.bug == .numberReadLate { number = try await self.number(service) }
        if self.options.bug == .uidValidityIgnored, folder.uidValidity != 0 {
            opened.view.uidValidity = folder.uidValidity
        }
        return .selected(
            FolderOpening(number: number, view: opened.view, vanished: opened.vanished, changed: opened.changed)
        )
    }

    // MARK: - News

    /// What a fetch of news will go by; INBOX stays open.
    func prepareNews(
        _ service: ServiceRun,
        _ link: inout Link
    ) async throws -> (folder: FolderRecord, request: BodyRequest)? {
        guard self.options.hasNews else { return nil }
        let (record, number) = try await self.unit(service, "news", disk: .later) { twin in
            (twin.adoptedAt == nil ? nil : twin.records().first { $0.role == .inbox }, twin.sequence)
        }
        guard let record,
            let opened = try await self.open(String(decoding: record.rawName, as: UTF8.self), readOnly: true, &link)
        else { return nil }
        return NewsPlan.request(for: record, uidValidity: opened.view.uidValidity, number: number).map { (record, $0) }
    }

    /// Fetches and files what came since, if the server is said to have told of mail; whether there was any.
    func fetch(
        _ news: (folder: FolderRecord, request: BodyRequest),
        _ service: ServiceRun,
        _ link: inout Link
    ) async throws -> Bool {
        guard self.chance.happens(500) else { return false }
        return try await self.fetch(news.request, of: [news.folder], service, &link).changes > 0
    }

    // MARK: - Bodies

    private func fetch(
        _ request: BodyRequest,
        of folders: [FolderRecord],
        _ service: ServiceRun,
        _ link: inout Link
    ) async throws -> BodyAnswer {
        var selected: (folder: Identifier<Folder>, number: Int64)?
        if let number = request.number, let only = folders.first { selected = (only.id, number) }
        var answer = BodyAnswer()
        if request.looksFirst { _ = try await self.send(.noop, &link) }
        for window in request.windows {
            var handed: [Identifier<Placement>] = []
            for (id, uids) in window.uids.sorted(by: { $0.key < $1.key }) {
                guard let folder = folders.first(where: { $0.id == id }) else { continue }
                if selected?.folder != id {
                    let number = try await self.number(service)
                    guard
                        let opened = try await self.open(
                            String(decoding: folder.rawName, as: UTF8.self),
                            readOnly: true,
                            &link
                        ),
                        opened.view.uidValidity == folder.uidValidity
                    else { throw Fault.folderChanged }
                    selected = (id, number)
                }
                let seen = try await self.bodies(uids, &link)
                let given = Set(seen.map(\.uid))
                let rest = uids.filter { !given.contains($0) }
                if !rest.isEmpty { answer.leftOut[id, default: []] += rest }
                answer.delivered += seen.map(\.uid)
                if self.options.bug == .cursorBeforeBodies { continue }
                let (number, isImported) = (selected?.number ?? 0, request.isImported)
                let written = try await self.unit(service, "bodies", disk: .later) { twin in
                    if twin.bug != .bodiesForgotten { twin.contents.formUnion(seen.compactMap(\.digest)) }
                    if isImported, twin.adoptedAt == nil, let latest = window.latest { twin.horizon = latest }
                    return twin.insert(id, epoch: folder.epoch, number: number, isImported: isImported, seen)
                }
                answer.changes += written.count
                handed += written.unfiled
            }
            answer.done += 1
            for placement in handed { try await self.file(placement, service) }
        }
        return answer
    }

    private func bodies(_ uids: [UInt32], _ link: inout Link) async throws -> [SeenPlacement] {
        var items: FetchItems = [.flags, .internalDate, .size, .body]
        if self.tier != .plain { items.insert(.modSeq) }
        items.formUnion(self.nameItems)
        let responses = try await self.send(
            .fetch(UIDRequest(uids: uids), items, changedSince: nil, vanished: false),
            &link
        )
        let wanted = Set(uids)
        return responses.compactMap { response in
            guard case .fetch(let fetch) = response, let uid = fetch.uid, wanted.contains(uid),
                case .whole(let content) = fetch.body
            else { return nil }
            return SeenPlacement(
                uid: uid,
                digest: SimulatedMail.digest(content.number),
                flags: fetch.flags.map { self.observed(uid, $0, nil).flags } ?? [],
                modSeq: fetch.modSeq,
                internalDate: fetch.internalDate.map { Timestamp(microseconds: $0 * 1_000_000) },
                size: fetch.size.map(Int64.init),
                emailID: Self.name(fetch)
            )
        }
    }

    // MARK: - Filing

    private func file(_ placement: Identifier<Placement>, _ service: ServiceRun) async throws {
        let (mails, setting) = (self.mails, self.filing)
        let isFirstImport = self.twin.adoptedAt == nil && self.twin.placement(placement)?.isImported == true
        do {
            try await self.unit(service, "file", disk: isFirstImport ? .later : .now) {
                $0.file(placement, mails, setting)
            }
        } catch Fault.database where self.options.bug == .filedTwice {
            try await self.unit(service, "file again") { $0.file(placement, mails, setting) }
        }
    }

    private func fileAll(_ service: ServiceRun) async throws -> Int {
        var filed = 0
        while let next = try await self.unit(service, "claim", disk: .later, { $0.waiting().first }) {
            try await self.file(next, service)
            filed += 1
        }
        return filed
    }
}

extension LedgerChange {
    /// For a trace.
    fileprivate var shortened: String {
        let seen = self.observed.map { "\($0.uid)\($0.flags)" }
        return
            "folder \(self.folder) epoch \(self.epoch) number \(self.number) vanished \(self.vanished) observed \(seen) "
            + "present \(self.present.map { "\($0)" } ?? "-") epoch \(self.newEpoch.map { "\($0.uidValidity)" } ?? "-") expected \(self.expectedLive ?? -1)"
    }
}
