import Desk
import IngestionPlan

/// `PlacementQueries`, `LedgerQueries`, `FolderQueries` and what ingestion asks of `MailboxQueries`.
extension Twin {
    // MARK: - Folders

    mutating func list(rawName: [UInt8], name: String, role: FolderRole, isWatched: Bool) {
        if let at = self.folders.firstIndex(where: { $0.record.rawName == rawName }) {
            self.folders[at].record.role = role
            self.folders[at].record.isWatched = isWatched
            if self.folders[at].record.phase == .missing { self.folders[at].record.phase = .new }
            return
        }
        self.folders.append(
            FolderRow(
                record: FolderRecord(
                    id: Identifier(Int64(self.folders.count + 1)),
                    rawName: rawName,
                    name: name,
                    role: role,
                    isWatched: isWatched,
                    epoch: 0,
                    uidValidity: 0,
                    uidNext: 1,
                    highestModSeq: 0,
                    messages: 0,
                    allowsKeywords: nil,
                    phase: .new,
                    fullAt: nil
                )
            )
        )
    }

    mutating func rename(
        _ id: Identifier<Folder>,
        rawName: [UInt8],
        name: String,
        role: FolderRole,
        isWatched: Bool
    ) {
        guard !self.folders.contains(where: { $0.record.rawName == rawName && $0.record.id != id }) else { return }
        let at = Int(id.rawValue) - 1
        self.folders[at].record.rawName = rawName
        self.folders[at].record.name = name
        self.folders[at].record.role = role
        self.folders[at].record.isWatched = isWatched
        if self.folders[at].record.phase == .missing { self.folders[at].record.phase = .new }
    }

    mutating func setOID(rawName: [UInt8], _ id: String) {
        guard let at = self.folders.firstIndex(where: { $0.record.rawName == rawName }) else { return }
        self.folders[at].record.mailboxID = id
    }

    mutating func setPhase(_ id: Identifier<Folder>, _ phase: FolderPhase) {
        self.folders[Int(id.rawValue) - 1].record.phase = phase
    }

    mutating func setTrouble(
        _ id: Identifier<Folder>,
        _ trouble: FolderTrouble?,
        refusals: Int,
        isPhantom: Bool,
        pause: Duration?
    ) {
        let at = Int(id.rawValue) - 1
        self.folders[at].record.trouble = trouble
        self.folders[at].record.refusals = refusals
        self.folders[at].record.retryAt = pause.map { self.now.advanced(by: $0) }
        guard isPhantom else { return }
        self.folders[at].record.phase = .phantom
        self.holdFolder(id)
    }

    mutating func setCursor(_ id: Identifier<Folder>, epoch: Int, _ cursor: FolderCursor) {
        let at = Int(id.rawValue) - 1
        guard self.folders[at].record.epoch == epoch else { return }
        var record = self.folders[at].record
        record.uidNext = cursor.uidNext
        record.highestModSeq = cursor.highestModSeq
        record.messages = cursor.messages
        if record.phase != .live { record.fullAt = self.now }
        record.phase = .live
        self.folders[at].record = record
    }

    // MARK: - Placements

    mutating func observe(_ folder: Identifier<Folder>, epoch: Int, number: Int64, _ rows: [ObservedFlags]) -> Int {
        var changed: [[UInt8]] = []
        var count = 0
        for row in rows {
            let key = PlacementKey(folder: folder, epoch: epoch, uid: row.uid)
            guard let at = self.index[key] else { continue }
            let placement = self.placements[at]
            guard placement.isLive, placement.observed <= number else { continue }
            let isUnconfirmed =
                placement.digest.flatMap { self.message(digest: $0) }
                .map { self.messages[$0].isUnconfirmed && placement.observed < self.messages[$0].closedNumber } ?? false
            guard placement.flags != row.flags || placement.observed == 0 && number > 0 || isUnconfirmed else {
                continue
            }
            self.placements[at].flags = row.flags
            self.placements[at].modSeq = row.modSeq ?? placement.modSeq
            self.placements[at].observed = number
            count += 1
            if let digest = placement.digest { changed.append(digest) }
        }
        if self.bug != .changesUntold { self.touch(digests: changed) }
        return count
    }

    private mutating func take(
        _ number: Int64,
        isRenumbered: Bool = false,
        where isGone: (PlacementRow) -> Bool
    ) -> Int {
        var digests: [[UInt8]] = []
        var count = 0
        for at in self.placements.indices where self.placements[at].isLive && isGone(self.placements[at]) {
            self.placements[at].goneNumber = number
            self.placements[at].goneAt = self.now
            self.placements[at].isRenumbered = isRenumbered
            count += 1
            if let digest = self.placements[at].digest { digests.append(digest) }
        }
        self.touch(digests: digests)
        return count
    }

    func liveCount(_ folder: Identifier<Folder>, epoch: Int) -> Int {
        self.placements.count { $0.isLive && $0.key.folder == folder && $0.key.epoch == epoch }
    }

    /// `PlacementQueries.insert`; what may be filed at once.
    mutating func insert(
        _ folder: Identifier<Folder>,
        epoch: Int,
        number: Int64,
        isImported: Bool,
        _ seen: [SeenPlacement]
    ) -> (count: Int, unfiled: [Identifier<Placement>]) {
        var unfiled: [Identifier<Placement>] = []
        var digests: [[UInt8]] = []
        var count = 0
        let sorted = seen.sorted {
            ($0.internalDate ?? .distantFuture, $0.uid) < ($1.internalDate ?? .distantFuture, $1.uid)
        }
        for one in sorted {
            let key = PlacementKey(folder: folder, epoch: epoch, uid: one.uid)
            if let at = self.taken(key, number) {
                var row = self.placements[at]
                guard row.isLive, row.observed <= number else { continue }
                row.flags = one.flags
                row.modSeq = one.modSeq
                row.observed = number
                row.internalDate = one.internalDate
                row.size = one.size
                row.emailID = one.emailID
                if row.digest == nil {
                    row.digest = one.digest
                    row.attempts = one.digest == nil ? 0 : 1
                    row.reason = nil
                }
                self.placements[at] = row
            } else {
                self.add(
                    PlacementRow(
                        number: Int64(self.placements.count + 1),
                        key: key,
                        digest: one.digest,
                        flags: one.flags,
                        modSeq: one.modSeq,
                        observed: number,
                        internalDate: one.internalDate,
                        size: one.size,
                        emailID: one.emailID,
                        isImported: isImported,
                        seenAt: self.now,
                        attempts: one.digest == nil ? 0 : 1
                    )
                )
            }
            count += 1
            guard let at = self.index[key], let digest = self.placements[at].digest else { continue }
            digests.append(digest)
            if self.placements[at].fate == .fetched, self.placements[at].attempts == 1 {
                unfiled.append(Identifier(self.placements[at].number))
            }
        }
        self.touch(digests: digests)
        return (count, unfiled)
    }

    /// The row that has a UID, for an answer that carries `number`; one that was never there leaves it to the mail that has it.
    private func taken(_ key: PlacementKey, _ number: Int64) -> Int? {
        guard let at = self.index[key] else { return nil }
        let row = self.placements[at]
        return row.wasNeverSeen && (row.goneNumber ?? .max) <= number ? nil : at
    }

    /// In place of a row that was parked, or new.
    private mutating func put(_ row: PlacementRow) {
        if let at = self.taken(row.key, row.observed) { self.placements[at] = row } else { self.add(row) }
    }

    mutating func add(_ row: PlacementRow) {
        self.index[row.key] = self.placements.count
        self.placements.append(row)
    }

    /// `LedgerQueries.known`.
    func known(
        _ folder: Identifier<Folder>,
        epoch: Int,
        from lowest: UInt32,
        number: Int64
    ) -> (live: [UInt32], gone: [UInt32]) {
        let rows = self.placements.filter { $0.key.folder == folder && $0.key.epoch == epoch && $0.key.uid >= lowest }
        let live = rows.filter(\.isLive).map(\.key.uid).sorted()
        let gone = rows.filter { !$0.wasNeverSeen && $0.goneNumber.map { $0 <= number } ?? false }
            .map(\.key.uid).sorted()
        return (live, gone)
    }

    /// `LedgerQueries.candidates`.
    func candidates(
        _ folder: Identifier<Folder>,
        epoch: Int,
        _ keys: [UInt32: IdentityKey]
    ) -> [IdentityCandidate] {
        var found: [IdentityCandidate] = []
        for (uid, key) in keys.sorted(by: { $0.key < $1.key }) {
            var copies: [[UInt8]: [Int: Int]] = [:]
            var newest: [[UInt8]: PlacementRow] = [:]
            var isNamed = false
            for row in self.placements where row.key.folder == folder && row.key.epoch < epoch {
                guard let digest = row.digest, let answer = self.answer(row, digest, to: key) else { continue }
                if answer == .named { isNamed = true }
                copies[digest, default: [:]][row.key.epoch, default: 0] += 1
                newest[digest] = row
            }
            guard isNamed else { continue }
            for (digest, epochs) in copies.sorted(by: { $0.key.lexicographicallyPrecedes($1.key) }) {
                let taken = self.placements.count {
                    $0.digest == digest && $0.key.folder == folder && $0.key.epoch == epoch && $0.isLive
                }
                found.append(
                    IdentityCandidate(
                        uid: uid,
                        digest: digest,
                        fate: newest[digest]?.fate ?? .fetched,
                        reason: newest[digest]?.reason,
                        copies: epochs.values.max() ?? 0,
                        taken: taken
                    )
                )
            }
        }
        return found
    }

    /// `LedgerQueries.elsewhere`.
    func elsewhere(_ keys: [UInt32: IdentityKey]) -> [IdentityCandidate] {
        let hidden = [IgnoreReason.junk, .trash, .drafts].map(\.rawValue)
        return keys.sorted { $0.key < $1.key }.compactMap { uid, key in
            guard let name = key.emailID else { return nil }
            let found = self.placements.last { row in
                guard row.emailID == name, let digest = row.digest else { return false }
                return row.fate != .ignored || !hidden.contains(row.reason ?? "")
                    || self.message(digest: digest).map { self.messages[$0].fate != .ignored } ?? false
            }
            return found?.digest.map {
                IdentityCandidate(uid: uid, digest: $0, fate: .duplicate, reason: nil, copies: keys.count, taken: 0)
            }
        }
    }

    private enum Answer {
        case named
        case alike
    }

    private func answer(_ row: PlacementRow, _ digest: [UInt8], to key: IdentityKey) -> Answer? {
        if let emailID = key.emailID, row.emailID == emailID { return .named }
        guard let id = key.messageID, let at = self.message(digest: digest) else { return nil }
        let keys = (self.threads[id] ?? []).filter { $0.message != nil && $0.ticket == self.messages[at].ticket }
        guard !keys.isEmpty else { return nil }
        let isNamed = keys.contains { $0.message == self.messages[at].id }
        if self.bug == .rematchByMessageID { return isNamed ? .named : nil }
        guard row.internalDate == key.arrival, row.size == key.size else { return nil }
        return isNamed ? .named : .alike
    }

    /// `PlacementQueries.stale`.
    func stale() -> [Identifier<Folder>: [UInt32]] {
        var found: [Identifier<Folder>: [UInt32]] = [:]
        for row in self.placements where row.isLive && self.isPresent(row) {
            guard let digest = row.digest, let at = self.message(digest: digest) else { continue }
            guard self.messages[at].isUnconfirmed, row.observed < self.messages[at].closedNumber else { continue }
            found[row.key.folder, default: []].append(row.key.uid)
        }
        return found
    }

    /// `PlacementQueries.settleConfirmed`.
    mutating func settleConfirmed() {
        for at in self.messages.indices where self.messages[at].isUnconfirmed {
            let message = self.messages[at]
            let isStale = self.placements.contains {
                $0.digest == message.digest && $0.isLive && $0.observed < message.closedNumber
                    && self.isSynchronised($0)
            }
            guard !isStale else { continue }
            self.messages[at].isUnconfirmed = false
            self.suspect(digest: message.digest)
        }
    }

    /// `PlacementQueries.suspect`.
    private mutating func suspect(digest: [UInt8]) {
        let rows = self.placements.filter { $0.digest == digest }
        for at in self.placements.indices where self.placements[at].digest == digest {
            let row = self.placements[at]
            guard row.isLive, row.written > 0 else { continue }
            let isBeside = rows.contains {
                $0.key.folder == row.key.folder && $0.key.epoch == row.key.epoch && $0.key.uid != row.key.uid
            }
            if isBeside { self.placements[at].isPresumed = true }
        }
    }

    /// Whether a placement will be seen again: not in a folder that nobody lists or watches any more.
    private func isSynchronised(_ row: PlacementRow) -> Bool {
        guard let folder = self.folder(row.key.folder)?.record, folder.epoch == row.key.epoch else { return false }
        return folder.phase != .missing && folder.phase != .phantom && folder.isWatched && folder.role != .all
    }

    /// `LedgerQueries.parkedDue`.
    func parkedDue() -> [Identifier<Folder>: [ParkedMail]] {
        var found: [Identifier<Folder>: [ParkedMail]] = [:]
        for row in self.placements where row.isLive && row.digest == nil && self.isPresent(row) {
            guard row.retryAt.map({ $0 <= self.now }) ?? true else { continue }
            found[row.key.folder, default: []].append(
                ParkedMail(uid: row.key.uid, reason: .leftOut, tries: row.attempts)
            )
        }
        return found
    }

    // MARK: - A change

    struct Rollback: Error {
        let outcome: LedgerOutcome
    }

    /// `LedgerQueries.apply`.
    mutating func apply(_ change: LedgerChange) throws -> LedgerOutcome {
        let folder = change.folder
        let at = Int(folder.rawValue) - 1
        var epoch = change.epoch
        var changes = 0
        if let new = change.newEpoch {
            if epoch != 0 {
                changes += self.take(change.number, isRenumbered: true) { $0.key.folder == folder }
            }
            guard self.folders[at].record.epoch == epoch else { throw Rollback(outcome: .overtaken) }
            epoch += 1
            if epoch > 1 { self.folders[at].epochs.append(self.now) }
            self.folders[at].record.epoch = epoch
            self.folders[at].record.uidValidity = new.uidValidity
            self.folders[at].record.uidNext = 1
            self.folders[at].record.highestModSeq = 0
            self.folders[at].record.messages = 0
            self.folders[at].record.phase = new.phase
        }
        if change.endsMissing { self.dropFolder(folder) }
        changes += self.take(change.number) { row in
            row.key.folder == folder && row.key.epoch == epoch
                && change.vanished.contains { $0.contains(row.key.uid) }
        }
        changes += self.presume(folder, epoch: epoch, number: change.number, change.presumed)
        if self.bug != .modSeqBeforeFlags {
            changes += self.observe(folder, epoch: epoch, number: change.number, change.observed)
        }
        if let present = change.present {
            let present = Set(present)
            let believesAll = self.bug == .absentThoughWritten
            changes += self.take(change.number) { row in
                row.key.folder == folder && row.key.epoch == epoch && !present.contains(row.key.uid)
                    && (believesAll || row.observed <= change.number && row.written <= change.number)
            }
            if self.folders[at].record.epoch == epoch {
                if !change.isFlagless { self.folders[at].record.fullAt = self.now }
                self.folders[at].record.retryAt = nil
            }
        }
        self.park(folder, epoch: epoch, number: change.number, change.parked)
        if let pause = change.enumerationPause, self.folders[at].record.epoch == epoch {
            self.folders[at].record.fullAt = self.now
            self.folders[at].record.retryAt = self.now.advanced(by: pause)
        }
        if let cursor = change.cursor { self.setCursor(folder, epoch: epoch, cursor) }
        if let expected = change.expectedLive, self.bug != .vanishedUnguarded {
            let live = self.liveCount(folder, epoch: epoch)
            guard live == expected else { throw Rollback(outcome: .contradicted(live: live)) }
        }
        return .committed(changes: changes, epoch: epoch)
    }

    private mutating func presume(
        _ folder: Identifier<Folder>,
        epoch: Int,
        number: Int64,
        _ presumed: [PresumedPlacement]
    ) -> Int {
        var digests: [[UInt8]] = []
        for one in presumed {
            let key = PlacementKey(folder: folder, epoch: epoch, uid: one.seen.uid)
            let former = self.taken(key, number)
            guard former.map({ self.placements[$0].digest == nil && self.placements[$0].isLive }) ?? true,
                let digest = one.seen.digest
            else { continue }
            self.put(
                PlacementRow(
                    number: former.map { self.placements[$0].number } ?? Int64(self.placements.count + 1),
                    key: key,
                    digest: digest,
                    fate: one.fate,
                    reason: one.reason,
                    flags: one.seen.flags,
                    modSeq: one.seen.modSeq,
                    observed: number,
                    internalDate: one.seen.internalDate,
                    size: one.seen.size,
                    emailID: one.seen.emailID,
                    seenAt: self.now,
                    isPresumed: self.folder(folder)?.record.role != .all
                )
            )
            digests.append(digest)
        }
        self.touch(digests: digests)
        return digests.count
    }

    private mutating func park(_ folder: Identifier<Folder>, epoch: Int, number: Int64, _ parked: [ParkedMail]) {
        for one in parked {
            let key = PlacementKey(folder: folder, epoch: epoch, uid: one.uid)
            let retryAt = self.now.advanced(by: one.pause)
            if let at = self.taken(key, number) {
                guard self.placements[at].digest == nil, self.placements[at].isLive else { continue }
                self.placements[at].attempts = one.tries
                self.placements[at].retryAt = retryAt
            } else {
                self.add(
                    PlacementRow(
                        number: Int64(self.placements.count + 1),
                        key: key,
                        digest: nil,
                        reason: one.reason.rawValue,
                        flags: one.flags ?? [],
                        observed: one.flags == nil ? 0 : number,
                        seenAt: self.now,
                        attempts: one.tries,
                        retryAt: retryAt
                    )
                )
            }
        }
    }

    // MARK: - Folders that are not there

    /// `HeldGestureQueries.holdFolder`.
    mutating func holdFolder(_ folder: Identifier<Folder>) {
        guard self.folder(folder)?.record.role != .all else { return }
        for row in self.placements where row.isLive && row.key.folder == folder {
            guard let digest = row.digest, let at = self.message(digest: digest) else { continue }
            let message = self.messages[at]
            guard let ticket = message.ticket, message.settled != nil, self.held[message.id] == nil else { continue }
            self.held[message.id] = HeldRow(
                ticket: ticket,
                group: BreakerGroup(kind: .delete, folder: folder),
                decision: nil
            )
        }
    }

    /// `HeldGestureQueries.dropFolder`.
    mutating func dropFolder(_ folder: Identifier<Folder>) {
        for (message, row) in self.held.sorted(by: { $0.key < $1.key })
        where row.group.folder == folder {
            if row.decision == nil { self.held[message] = nil }
            self.touch(message)
        }
    }

    // MARK: - Synchronisations

    /// `MailboxQueries.isSyncAwaited`.
    var isSyncAwaited: Bool {
        self.messages.contains { $0.awaitSync != nil } || self.intents.contains { $0.closed == nil }
    }

    /// `MailboxQueries.adopt`.
    mutating func adopt() {
        self.adoptedAt = self.now
        self.horizon = nil
        for at in self.messages.indices {
            guard let ticket = self.messages[at].ticket else { continue }
            let message = self.messages[at]
            let isDue = message.touched != nil || message.lookAt != nil
            let mayShow = !message.isAdopted || message.isInReach || isDue
            guard self.tickets[self.ticketIndex(ticket)].hasChanged || mayShow else { continue }
            self.messages[at].touched = self.nextTouch()
        }
    }

    /// `MailboxQueries.completeSync`.
    mutating func completeSync(number: Int64, began: Timestamp) -> Int {
        self.completeSync = max(self.completeSync, number)
        self.completeSyncAt = began
        var released = 0
        for at in self.messages.indices {
            guard let awaited = self.messages[at].awaitSync, awaited < self.completeSync else { continue }
            self.messages[at].awaitSync = nil
            self.messages[at].touched = self.nextTouch()
            released += 1
        }
        return released
    }
}
