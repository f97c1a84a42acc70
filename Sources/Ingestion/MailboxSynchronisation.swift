import Desk
import DeskStore
import IMAP
import IngestionPlan
import Logging

/// Drives ``MailboxSyncMachine``: carries out each effect on the connection or the database, decides nothing.
struct MailboxSynchronisation {
    let fetcher: Fetcher
    /// What the pass begins with.
    let scene: SyncScene
    /// The number drawn after that, if something waits for a complete synchronisation.
    let start: Int64?

    private var mailbox: MailboxRecord { self.fetcher.mailbox }
    private var grant: LeaseGrant { self.fetcher.lease.grant }
    private var database: DeskDatabase { self.fetcher.database }

    /// Synchronises every watched folder once.
    func run(_ connection: IMAPConnection) async throws -> MailboxSyncMachine.Pass {
        var machine = MailboxSyncMachine(self.order(connection))
        var effect = machine.begin()
        var isImporting = false
        while true {
            switch effect {
            case .list:
                effect = machine.handle(.listed(try await self.list(connection)))
            case .record(let change):
                effect = machine.handle(.recorded(try await self.record(change)))
            case .folder(let folder, let inner):
                effect = machine.handle(.folder(try await self.carryOut(inner, folder, connection)))
            case .fetchBodies(let request, let folders):
                if !isImporting { self.fetcher.progress.began(total: request.windows.reduce(0) { $0 + $1.count }) }
                isImporting = true
                effect = machine.handle(.bodies(try await self.fetcher.fetch(request, of: folders, connection)))
            case .note(let note):
                try await self.note(note)
                effect = machine.handle(.done)
            case .endHorizon:
                try await self.database.unit(under: self.grant) { unit in
                    try MailboxQueries.setHorizon(unit, self.mailbox.id, nil)
                }
                effect = machine.handle(.done)
            case .complete(let start, let began, let confirms, let isComplete):
                let released = try await self.database.unit(under: self.grant, waitsForDisk: false) { unit in
                    try MailboxQueries.endPass(
                        unit,
                        self.mailbox.id,
                        number: start,
                        began: began,
                        confirms: confirms,
                        isComplete: isComplete
                    )
                }
                effect = machine.handle(.completed(released: released))
            case .finish(let pass):
                if pass.changes > 0 || pass.released > 0 {
                    try await self.database.unit { try MailboxQueries.wake($0, self.mailbox.id, .assignment) }
                }
                return pass
            }
        }
    }

    private func order(_ connection: IMAPConnection) -> MailboxSyncMachine.Order {
        MailboxSyncMachine.Order(
            tier: Self.tier(connection),
            archivesIntoAll: connection.profile.archivesIntoAll,
            folders: self.scene.folders,
            agents: self.scene.agents.map { (handle: $0.handle, agent: $0.id) },
            agentsFolder: self.mailbox.agentsFolder,
            closedFolder: self.mailbox.closedFolder,
            isAdopted: self.mailbox.adoptedAt != nil,
            start: self.start,
            now: self.scene.now,
            lastSync: self.scene.lastSync,
            stale: self.scene.stale,
            hasUnconfirmed: self.scene.hasUnconfirmed,
            parked: self.scene.parked
        )
    }

    private static func tier(_ connection: IMAPConnection) -> FolderPlan.Tier {
        switch connection.profile.changeDetection {
        case .qresync: .qresync
        case .condStore: .condstore
        case .compare: .plain
        }
    }

    private func note(_ note: MailboxSyncMachine.FolderNote) async throws {
        if let trouble = note.trouble {
            self.fetcher.logger.warning(
                "a folder is not synchronised",
                metadata: ["folder.id": "\(note.folder)", "reason": "\(trouble.rawValue)"]
            )
        }
        try await self.database.unit(under: self.grant) { unit in
            try LedgerQueries.setTrouble(
                unit,
                mailbox: self.mailbox.id,
                note.folder,
                note.trouble,
                refusals: note.refusals,
                isPhantom: note.isPhantom,
                pause: note.pause
            )
        }
    }
}

// MARK: - Folders

extension MailboxSynchronisation {
    private func list(_ connection: IMAPConnection) async throws -> MailboxSyncMachine.Directory {
        let namespaces = try await connection.namespaces()
        // A server may answer STATUS of the selected folder from the session's old view (seen with Dovecot after
        // another session's STORE), so no folder is selected now, or nothing is decided from its STATUS.
        try await connection.unselect()
        let stillSelected = connection.capabilities.hasUnselect ? nil : connection.selected?.folder
        let listed = try await connection.listWithStatus().filter(\.isSelectable)
        return MailboxSyncMachine.Directory(
            prefix: namespaces.personalPrefix.display,
            delimiter: namespaces.personalDelimiter,
            folders: listed.map { folder in
                ListedFolderView(
                    rawName: folder.name.isInbox ? Array("INBOX".utf8) : folder.name.raw,
                    facts: Desk.ListedFolder(folder),
                    status: folder.name == stillSelected ? nil : Self.view(folder.status)
                )
            }
        )
    }

    private static func view(_ status: FolderStatus?) -> FolderPlan.View? {
        guard let status, let uidValidity = status.uidValidity, let messages = status.messages else { return nil }
        return FolderPlan.View(
            uidValidity: uidValidity,
            uidNext: status.uidNext,
            highestModSeq: status.highestModSeq,
            exists: messages
        )
    }

    // One writer per mailbox (the lease), so writing what was compared before is no race.
    private func record(_ change: DirectoryChange) async throws -> [FolderRecord] {
        try await self.database.unit(under: self.grant) { unit in
            let id = self.mailbox.id
            for entry in change.entries {
                if let folder = entry.folder, entry.isRenamed {
                    _ = try FolderQueries.rename(
                        unit,
                        id,
                        folder,
                        rawName: entry.rawName,
                        name: entry.name,
                        delimiter: entry.delimiter,
                        role: entry.role,
                        isWatched: entry.isWatched
                    )
                    if entry.holdsContent { try HeldGestureQueries.holdFolder(unit, mailbox: id, folder) }
                } else {
                    try FolderQueries.list(
                        unit,
                        id,
                        rawName: entry.rawName,
                        name: entry.name,
                        delimiter: entry.delimiter,
                        role: entry.role,
                        isWatched: entry.isWatched
                    )
                }
                if let mailboxID = entry.mailboxID {
                    try FolderQueries.setOID(unit, id, rawName: entry.rawName, mailboxID)
                }
            }
            for folder in change.missing {
                // Renamed or deleted by somebody: what lies in it is held until a person decides.
                try FolderQueries.setPhase(unit, id, folder, .missing)
                try HeldGestureQueries.holdFolder(unit, mailbox: id, folder)
            }
            return try FolderQueries.load(unit, id)
        }
    }

    /// One effect of a folder's pass.
    private func carryOut(
        _ effect: FolderSyncMachine.Effect,
        _ folder: FolderRecord,
        _ connection: IMAPConnection
    ) async throws -> FolderSyncMachine.Event {
        let removals = connection.removals
        switch effect {
        case .select(let resync):
            return try await self.select(folder, resync: resync, connection)
        case .fetchFlags(let ranges, let modSeq):
            let answer = try await connection.fetchFlags(UIDSet(ranges: ranges), changedSince: modSeq)
            return .flags(
                FlagsListing(
                    rows: answer.rows.map(ObservedFlags.init),
                    vanished: answer.vanished.ranges,
                    expunged: max(0, connection.removals - removals - answer.vanished.count),
                    exists: connection.exists
                )
            )
        case .fetchListing(let ranges, let identity):
            let mails =
                identity
                ? try await MailListing.identities(UIDSet(ranges: ranges), connection)
                : try await MailListing.summaries(ranges, isAll: folder.role == .all, connection)
            return .listing(mails, exists: connection.exists, expunged: connection.removals - removals)
        case .findUIDs:
            let (found, exists) = (try await connection.findUIDs(), connection.exists)
            let expunged = connection.removals - removals
            // More than there are would be the server's fault: it does not decide how much is kept of them.
            let kept = Array(found.ranges.lazy.joined().prefix(exists + expunged + 1))
            return .found(kept, exists: exists, expunged: expunged)
        case .distrustVanished:
            await connection.latch(.qresync, because: FolderPlan.Reason.vanishedLives.rawValue)
            return .distrusted
        case .readKnown(let lowest, let number):
            let known = try await self.database.reading(under: self.grant) { unit in
                try LedgerQueries.known(unit, self.epoch(folder), from: lowest, number: number)
            }
            return .known(live: known.live, gone: known.gone)
        case .readCandidates(let keys):
            return .candidates(
                try await self.database.reading(under: self.grant) { unit in
                    folder.role == .all
                        ? try LedgerQueries.elsewhere(unit, self.mailbox.id, keys)
                        : try LedgerQueries.candidates(unit, self.epoch(folder), keys)
                }
            )
        case .fetchBodies(let request):
            return .bodies(try await self.fetcher.fetch(request, of: [folder], connection))
        case .commitMatches(let change, let ranges):
            let (database, mailbox, grant) = (self.database, self.mailbox.id, self.grant)
            async let outcome = database.commit(change, mailbox: mailbox, under: grant)
            let mails = ranges.isEmpty ? [] : try await MailListing.identities(UIDSet(ranges: ranges), connection)
            return .committedMatches(try await outcome, listed: mails)
        case .commit(let change):
            let outcome = try await self.database.commit(change, mailbox: self.mailbox.id, under: self.grant)
            if case .contradicted(let live) = outcome, let expected = change.expectedLive, live < expected,
                !change.vanished.isEmpty, connection.profile.changeDetection == .qresync
            {
                // It was rolled back; what the server says of vanished mail is not asked again (imap-field-notes Q13).
                await connection.latch(.qresync, because: "VANISHED named more mails than EXISTS leaves room for")
            }
            return .committed(outcome)
        case .finish:
            preconditionFailure("the end of a folder's pass is no effect")
        }
    }

    private func select(
        _ folder: FolderRecord,
        resync: FolderCursor?,
        _ connection: IMAPConnection
    ) async throws -> FolderSyncMachine.Event {
        let number = try await self.fetcher.number()
        do {
            let selected = try await connection.select(
                FolderName(raw: folder.rawName),
                readOnly: true,
                resync: resync.map { QResync(uidValidity: $0.uidValidity, modSeq: $0.highestModSeq) }
            )
            return .selected(
                FolderOpening(
                    number: number,
                    view: FolderPlan.View(
                        uidValidity: selected.uidValidity,
                        uidNext: selected.uidNext,
                        highestModSeq: selected.highestModSeq,
                        exists: selected.exists
                    ),
                    vanished: selected.vanished.ranges,
                    changed: selected.changed.map(ObservedFlags.init)
                )
            )
        } catch {
            guard error.isRefusal, !error.isTransient, connection.isUsable else { throw error }
            self.fetcher.logger.notice(
                "the server refuses to open a folder",
                metadata: ["folder.id": "\(folder.id)", "error": "\(error)"]
            )
            return .refused
        }
    }

    private func epoch(_ folder: FolderRecord) -> FolderEpoch {
        FolderEpoch(mailbox: self.mailbox.id, folder: folder.id, epoch: folder.epoch)
    }
}

extension Desk.ListedFolder {
    /// What `Desk` wants to know of it.
    init(_ folder: IMAP.ListedFolder) {
        self.init(
            name: folder.name.isInbox ? "INBOX" : folder.name.display,
            attributes: folder.attributes + [folder.specialUse].compactMap(\.self),
            delimiter: folder.delimiter
        )
    }
}

extension IMAPError {
    /// NO or BAD, on a connection that goes on.
    var isRefusal: Bool {
        if case .refused = self.reason { return true }
        return false
    }
}
