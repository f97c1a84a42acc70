import Desk
import DeskStore
import IMAP
import Logging

/// One folder in one pass: drives ``FolderPlan`` and applies what it says.
struct FolderSynchronisation {
    let fetcher: Fetcher
    let folder: FolderDirectory.Watched
    /// UIDs whose last observation is older than our last write: looked at again whatever changed.
    let stale: [UInt32]

    private var mailbox: Identifier<Mailbox> { self.fetcher.mailbox.id }
    private var grant: LeaseGrant { self.fetcher.lease.grant }
    private var database: DeskDatabase { self.fetcher.database }
    private var record: FolderRecord { self.folder.record }

    private var cursor: FolderPlan.Cursor {
        FolderPlan.Cursor(
            uidValidity: self.record.uidValidity,
            uidNext: self.record.uidNext,
            highestModSeq: self.record.highestModSeq,
            messages: self.record.messages,
            isLive: self.record.phase == .live
        )
    }

    /// Synchronises the folder; how many placements changed.
    func run(_ connection: IMAPConnection) async throws -> Int {
        let tier = Self.tier(connection)
        let needsSelect = FolderPlan.needsSelect(self.cursor, status: self.folder.status, tier: tier)
        guard needsSelect || !self.stale.isEmpty else { return 0 }
        let number = try await self.fetcher.number()
        let resync =
            tier == .qresync && self.cursor.isLive && self.cursor.highestModSeq > 0
            ? QResync(uidValidity: self.cursor.uidValidity, modSeq: self.cursor.highestModSeq) : nil
        let selected = try await connection.select(self.folder.name, readOnly: true, resync: resync)
        let view = Self.view(selected)
        if self.record.phase == .new, self.record.uidValidity == selected.uidValidity {
            // It was missing and is back as it was.
            try await self.database.unit(under: self.grant) {
                try HeldGestureQueries.dropFolder($0, mailbox: self.mailbox, self.record.id)
            }
        }
        switch FolderPlan.step(self.cursor, selected: view, tier: tier, resynced: resync != nil) {
        case .beginEpoch(let isFirst):
            return try await self.beginEpoch(connection, selected, number: number, isFirst: isFirst)
        case .nothing:
            return try await self.lookAgain(connection, number: number)
        case .delta(let flags, let new):
            return try await self.apply(connection, selected, number: number, flags: flags, new: new)
        case .enumerate(let reason):
            return try await self.enumerate(connection, reason: reason)
        }
    }

    private var epoch: FolderEpoch {
        FolderEpoch(mailbox: self.mailbox, folder: self.record.id, epoch: self.record.epoch)
    }

    private func apply(
        _ connection: IMAPConnection,
        _ selected: Selected,
        number: Int64,
        flags: FolderPlan.Flags,
        new: ClosedRange<UInt32>?
    ) async throws -> Int {
        let view = Self.view(selected)
        let known = UIDSet(1...max(1, self.record.uidNext > 1 ? self.record.uidNext - 1 : 1))
        let rows: [MessageFlags]
        switch flags {
        case .none: rows = []
        case .selected: rows = selected.changed
        case .changedSince(let modSeq): rows = try await connection.fetchFlags(known, changedSince: modSeq).rows
        case .all: return try await self.enumerate(connection, reason: nil)
        }
        let epoch = self.epoch
        var changes = try await self.fetchNew(connection, selected, new: new)
        let vanished = selected.vanished
        let live: Int
        let applied: Int
        do {
            (applied, live) = try await self.database.unit(under: self.grant) { unit in
                let gone = try PlacementQueries.vanish(
                    unit,
                    epoch,
                    number: number,
                    why: "vanished",
                    ranges: vanished.ranges
                )
                let changed = try PlacementQueries.observe(unit, epoch, number: number, Self.triples(rows))
                let live = try PlacementQueries.liveCount(unit, epoch)
                // A VANISHED that names too much must not be committed (imap-field-notes Q13).
                if let reason = FolderPlan.verdict(live: live, selected: view) { throw Contradiction(reason: reason) }
                return (gone + changed, live)
            }
        } catch let contradiction as Contradiction {
            return changes + (try await self.enumerate(connection, reason: contradiction.reason))
        }
        _ = live
        changes += applied + (try await self.lookAgain(connection, number: number))
        try await self.fetcher.commit(
            FolderPlan.cursor(after: view, highestFetched: nil, former: self.cursor),
            folder: epoch
        )
        return changes
    }

    private struct Contradiction: Error {
        let reason: FolderPlan.Reason
    }

    /// Asks for every UID with its flags; what the answer does not name is gone, if it is complete.
    private func enumerate(_ connection: IMAPConnection, reason: FolderPlan.Reason?) async throws -> Int {
        if let reason {
            self.fetcher.logger.notice(
                "asking for every message of a folder",
                metadata: ["folder.id": "\(self.record.id)", "reason": "\(reason.rawValue)"]
            )
        }
        let number = try await self.fetcher.number()
        let selected = try await connection.select(self.folder.name, readOnly: true)
        guard selected.uidValidity == self.record.uidValidity else {
            throw IngestionError(reason: .folderChanged, folder: self.record.id)
        }
        let rows = selected.exists == 0 ? [] : try await connection.fetchFlags(.all).rows
        let view = Self.view(selected)
        let isComplete = rows.count == connection.exists
        let present = rows.map(\.uid)
        let epoch = self.epoch
        var changes = try await self.database.unit(under: self.grant) { unit in
            var changes = try PlacementQueries.observe(unit, epoch, number: number, Self.triples(rows))
            if isComplete {
                changes += try PlacementQueries.vanishAbsent(unit, epoch, number: number, present: present)
                try FolderQueries.enumerated(unit, self.mailbox, self.record.id)
            }
            return changes
        }
        let known = try await self.database.unit(under: self.grant) { unit in
            Set(try PlacementQueries.known(unit, epoch, from: 1))
        }
        let missing = UIDSet(present.filter { !known.contains($0) })
        changes += try await self.fetch(connection, try await self.missing(connection, missing), selected)
        try await self.fetcher.commit(
            FolderPlan.cursor(after: view, highestFetched: present.max(), former: self.cursor),
            folder: epoch
        )
        return changes
    }

    private func fetchNew(
        _ connection: IMAPConnection,
        _ selected: Selected,
        new: ClosedRange<UInt32>?
    ) async throws -> Int {
        guard let new else { return 0 }
        let epoch = self.epoch
        let known = try await self.database.unit(under: self.grant) { unit in
            try PlacementQueries.known(unit, epoch, from: new.lowerBound)
        }
        if new.upperBound != .max, new.count <= Self.fewMessages, known.isEmpty {
            return try await self.fetch(connection, new.map { self.missing(uid: $0) }, selected)
        }
        let summaries = try await connection.fetchSummaries(UIDSet(new)).filter { new.contains($0.uid) }
        let knownSet = Set(known)
        let number = try await self.fetcher.number()
        let missing = summaries.filter { !knownSet.contains($0.uid) }.map { self.missing($0) }
        var changes = try await self.fetch(connection, missing, selected)
        let seen = summaries.filter { knownSet.contains($0.uid) && $0.flags != nil }
        if !seen.isEmpty {
            let rows = try await self.observedAgain(connection, UIDSet(seen.map(\.uid)))
            changes += try await self.database.unit(under: self.grant) { unit in
                try PlacementQueries.observe(unit, epoch, number: number, Self.triples(rows))
            }
        }
        return changes
    }

    // A NOOP after the number was read, so that the answer is not from the session's old view.
    private func observedAgain(_ connection: IMAPConnection, _ uids: UIDSet) async throws -> [MessageFlags] {
        try await connection.noop()
        return try await connection.fetchFlags(uids).rows
    }

    private func lookAgain(_ connection: IMAPConnection, number: Int64) async throws -> Int {
        guard !self.stale.isEmpty else { return 0 }
        let rows = try await connection.fetchFlags(UIDSet(self.stale)).rows
        let epoch = self.epoch
        return try await self.database.unit(under: self.grant) { unit in
            try PlacementQueries.observe(unit, epoch, number: number, Self.triples(rows))
        }
    }

    /// Up to so many messages are fetched without asking for their sizes first.
    private static let fewMessages = 64

    private func fetch(_ connection: IMAPConnection, _ mail: [MissingMail], _ selected: Selected) async throws -> Int {
        guard !mail.isEmpty else { return 0 }
        let folder = Fetcher.FolderImport(
            folder: self.epoch,
            name: self.folder.name,
            selected: Self.view(selected),
            highest: nil
        )
        return try await self.fetcher.fetch(
            FetchWindow.cut(mail),
            of: [self.record.id: folder],
            connection,
            isImport: false
        )
    }

    private func missing(_ connection: IMAPConnection, _ uids: UIDSet) async throws -> [MissingMail] {
        if uids.count <= Self.fewMessages { return uids.uids.map { self.missing(uid: $0) } }
        return try await connection.fetchSummaries(uids).map { self.missing($0) }
    }

    private func missing(uid: UInt32) -> MissingMail {
        MissingMail(folder: self.record.id, uid: uid, arrival: nil, size: 0)
    }

    private func missing(_ summary: MessageSummary) -> MissingMail {
        MissingMail(
            folder: self.record.id,
            uid: summary.uid,
            arrival: summary.internalDate.map { Timestamp(microseconds: $0) },
            size: Int(summary.size ?? 0)
        )
    }

    /// A folder that is new, or whose UIDVALIDITY changed: its UIDs mean nothing any more, its mail is fetched again
    /// and recognised by its bytes.
    private func beginEpoch(
        _ connection: IMAPConnection,
        _ selected: Selected,
        number: Int64,
        isFirst: Bool
    ) async throws -> Int {
        let epoch = try await self.openEpoch(selected, number: number, isFirst: isFirst)
        let renewed = self.record.renewed(
            epoch: epoch,
            uidValidity: selected.uidValidity
        )
        let next = FolderSynchronisation(
            fetcher: self.fetcher,
            folder: FolderDirectory.Watched(record: renewed, name: self.folder.name, status: nil),
            stale: []
        )
        let last = selected.uidNext.map { max($0, 2) - 1 } ?? UInt32.max
        let all: ClosedRange<UInt32>? = selected.exists == 0 ? nil : 1...last
        return try await next.apply(connection, selected, number: number, flags: .none, new: all)
    }

    private func openEpoch(_ selected: Selected, number: Int64, isFirst: Bool) async throws -> Int {
        let opened = try await self.database.unit(under: self.grant) { unit in
            if !isFirst {
                _ = try PlacementQueries.vanishFolder(
                    unit,
                    mailbox: self.mailbox,
                    folder: self.record.id,
                    number: number,
                    why: "UIDVALIDITY changed"
                )
            }
            return try FolderQueries.beginEpoch(
                unit,
                self.mailbox,
                self.record,
                uidValidity: selected.uidValidity,
                phase: isFirst ? .backfill : .rematch
            )
        }
        guard let opened else { throw IngestionError(reason: .epochTaken, folder: self.record.id) }
        return opened
    }

    /// Enumerates a folder of a first import: what is missing, and the view its cursor will be committed to.
    func enumerateForImport(_ connection: IMAPConnection) async throws -> ([MissingMail], Fetcher.FolderImport) {
        let number = try await self.fetcher.number()
        let selected = try await connection.select(self.folder.name, readOnly: true)
        let isKnown = self.record.uidValidity != 0 && self.record.uidValidity == selected.uidValidity
        let epoch =
            isKnown
            ? self.record.epoch
            : try await self.openEpoch(selected, number: number, isFirst: self.record.uidValidity == 0)
        let folder = FolderEpoch(mailbox: self.mailbox, folder: self.record.id, epoch: epoch)
        let summaries = selected.exists == 0 ? [] : try await connection.fetchSummaries(.all)
        // A resumed import: what is known may have changed before the view that the cursor will be committed to.
        let rows = summaries.compactMap { row in
            row.flags.map { MessageFlags(uid: row.uid, flags: $0, modSeq: row.modSeq) }
        }
        let isComplete = summaries.count == connection.exists
        let known = try await self.database.unit(under: self.grant) { unit in
            let known = Set(try PlacementQueries.known(unit, folder, from: 1))
            guard !known.isEmpty else { return known }
            _ = try PlacementQueries.observe(unit, folder, number: number, Self.triples(rows))
            if isComplete {
                _ = try PlacementQueries.vanishAbsent(unit, folder, number: number, present: summaries.map(\.uid))
            }
            return known
        }
        let opened = Fetcher.FolderImport(
            folder: folder,
            name: self.folder.name,
            selected: Self.view(selected),
            highest: summaries.map(\.uid).max()
        )
        return (summaries.filter { !known.contains($0.uid) }.map { self.missing($0) }, opened)
    }

    private static func tier(_ connection: IMAPConnection) -> FolderPlan.Tier {
        if connection.capabilities.hasQResync { return .qresync }
        return connection.capabilities.hasCondStore ? .condstore : .plain
    }

    private static func view(_ selected: Selected) -> FolderPlan.View {
        FolderPlan.View(
            uidValidity: selected.uidValidity,
            uidNext: selected.uidNext,
            highestModSeq: selected.highestModSeq,
            exists: selected.exists
        )
    }

    private static func triples(_ rows: [MessageFlags]) -> [(uid: UInt32, flags: [String], modSeq: UInt64?)] {
        rows.map { ($0.uid, $0.flags, $0.modSeq) }
    }
}
