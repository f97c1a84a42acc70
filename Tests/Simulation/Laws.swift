import Desk
import IngestionPlan
import ModelMailServer

/// What always holds, checked at every commit and every command, and what holds when everybody is at rest.
///
/// The numbers are those of the invariants in ARCHITECTURE.md. What is compared comes from the server's state and the rows
/// alone, not from what the machines decided.
struct Laws: Sendable {
    /// The first law that was broken; nothing after it means anything.
    private(set) var violation: String?
    /// How often somebody changed something about a mail in a mail client.
    private var acts: [Int: Int] = [:]
    /// Copies that people made of a mail, the first one aside.
    private var copies: [Int: Int] = [:]
    /// How often a mail was delivered again.
    private var redeliveries: [Int: Int] = [:]
    /// Mails that people deleted or moved to where nobody looks.
    private var gone: Set<Int> = []
    /// Mails that the server counted and did not show for a while: those are found by a later enumeration.
    private var withheld: Set<Int> = []
    /// Of commands that outlived their lease, by mail: until when what they do is recognised.
    private var belated: [Int: [Timestamp]] = [:]
    private(set) var gestures = 0
    private(set) var recovered = 0

    mutating func breaks(_ law: String) {
        if self.violation == nil { self.violation = law }
    }

    mutating func acted(on content: Int) { self.acts[content, default: 0] += 1 }

    mutating func copied(_ content: Int) { self.copies[content, default: 0] += 1 }

    mutating func redelivered(_ content: Int) { self.redeliveries[content, default: 0] += 1 }

    mutating func disposed(_ content: Int) { self.gone.insert(content) }

    mutating func withheld(_ contents: [Int]) { self.withheld.formUnion(contents) }

    func actCount(_ content: Int) -> Int { self.acts[content] ?? 0 }

    func copyCount(_ content: Int) -> Int { self.copies[content] ?? 0 }

    func redeliveryCount(_ content: Int) -> Int { self.redeliveries[content] ?? 0 }

    func isGone(_ content: Int) -> Bool { self.gone.contains(content) }

    // MARK: - Leases

    mutating func seized(_ lease: Twin.LeaseRow, _ world: isolated World) {
        self.breaks("12: the lease was taken from a holder that lives, until \(lease.expiresAt)")
    }

    mutating func claimed(_ old: Ticket, _ new: Ticket) {
        self.breaks("7: a claim took ticket \(old.number) from its owner")
    }

    // MARK: - Commits

    mutating func committed(from old: Twin, to new: Twin, by service: ServiceRun, _ world: isolated World) {
        if new.leases[service.part]?.fence != service.fence {
            self.breaks("12: an old holder of the lease of \(service.part) committed")
        }
        self.placements(from: old, to: new, world)
        self.cursors(from: old, to: new, world)
        if new.messages.count != old.messages.count, Set(new.messages.map(\.digest)).count != new.messages.count {
            self.breaks("2: two messages have the same bytes")
        }
        for at in new.tickets.indices { self.history(old, new, at) }
        for (at, intent) in new.intents.enumerated() where intent.closed != nil && intent.isLost && intent.wasWritten {
            if old.intents[at].closed == nil { self.recovered += 1 }
        }
    }

    /// A command of a person.
    mutating func commanded(from old: Twin, to new: Twin, _ ticket: Ticket.ID) {
        self.history(old, new, new.ticketIndex(ticket))
    }

    /// A crash of the database lost what came after `old`.
    ///
    /// A first import is shown to nobody before it is over.
    mutating func lost(from old: Twin, to new: Twin) {
        guard old.adoptedAt != nil else { return }
        for (at, ticket) in new.tickets.enumerated() {
            let kept = old.tickets.indices.contains(at) ? old.tickets[at].events.count : 0
            if kept < ticket.events.count { self.breaks("11: an event of ticket \(ticket.row.number) is lost") }
        }
    }

    private mutating func history(_ old: Twin, _ new: Twin, _ at: Int) {
        let row = new.tickets[at]
        let former = old.tickets.indices.contains(at) ? old.tickets[at].events : []
        guard row.events.count != former.count || row.row != old.tickets[at].row else { return }
        for (index, event) in row.events.enumerated() where event.seq != Int64(index + 1) {
            self.breaks("11: the events of ticket \(row.row.number) are not numbered in order")
            return
        }
        if Array(row.events.prefix(former.count)) != former {
            self.breaks("11: an event of ticket \(row.row.number) changed")
        }
        if TicketFold.fold(number: row.row.number, row.events.map(\.draft)) != row.row {
            self.breaks("11: ticket \(row.row.number) is not the fold of its events")
        }
        self.gestures += row.events.dropFirst(former.count).count { $0.origin == .mailClient }
    }

    private mutating func placements(from old: Twin, to new: Twin, _ world: isolated World) {
        for at in old.placements.indices {
            let (before, after) = (old.placements[at], new.placements[at])
            switch (before.goneNumber, after.goneNumber) {
            case (nil, _?):
                guard let folder = self.server(before.key, old, world), folder.index(of: before.key.uid) != nil else {
                    continue
                }
                self.breaks("5: UID \(before.key.uid) of folder \(before.key.folder) counts as gone and is there")
            case (_?, nil):
                self.breaks("5: UID \(before.key.uid) of folder \(before.key.folder) was gone and is back")
            default:
                continue
            }
        }
    }

    /// The folder on the server that a key belongs to, if it is in that epoch.
    private func server(_ key: Twin.PlacementKey, _ twin: Twin, _ world: isolated World) -> ModelFolder? {
        guard let record = twin.folder(key.folder)?.record, record.epoch == key.epoch,
            let id = world.server.folder(named: String(decoding: record.rawName, as: UTF8.self)),
            let folder = world.server.folder(id), folder.uidValidity == record.uidValidity
        else { return nil }
        return folder
    }

    private mutating func cursors(from old: Twin, to new: Twin, _ world: isolated World) {
        for (at, row) in new.folders.enumerated() {
            let record = row.record
            guard record.phase == .live,
                !old.folders.indices.contains(at) || old.folders[at].record.cursor != record.cursor
            else { continue }
            let key = Twin.PlacementKey(folder: record.id, epoch: record.epoch, uid: 0)
            guard let folder = self.server(key, new, world) else { continue }
            for message in folder.messages where message.uid < record.uidNext {
                let known = Twin.PlacementKey(folder: record.id, epoch: record.epoch, uid: message.uid)
                if new.index[known] == nil, !self.withheld.contains(message.content.number) {
                    self.breaks("3: the cursor of \(record.name) passes UID \(message.uid), which is not in the ledger")
                }
            }
        }
    }

    // MARK: - Commands

    mutating func sends(_ command: ModelCommand, _ link: Link, _ world: isolated World) {
        let changed: UIDRequest?
        switch command {
        case .store(let uids, _, _, _, _), .uidExpunge(let uids), .move(let uids, _), .copy(let uids, _): changed = uids
        case .expunge, .close:
            return self.breaks("4: a bare EXPUNGE or CLOSE is sent")
        case .create: changed = []
        case .select(_, let readOnly, _):
            if link.service.part == .ingestion, !readOnly { self.breaks("4: ingestion opens a folder for writing") }
            return
        default: return
        }
        guard let changed else { return }
        if link.service.part == .ingestion { self.breaks("4: ingestion changes the mail server") }
        if world.options.layout == nil { self.breaks("4: a mailbox that is only observed is written to") }
        let isLate = self.outlives(link.service, world)
        guard let selected = link.selected, let id = world.server.folder(named: selected.folder),
            let folder = world.server.folder(id)
        else { return }
        if !isLate { self.epochs(of: changed, selected, world) }
        for message in folder.messages where changed.contains(message.uid, highest: .max) {
            if isLate {
                self.outlived(message, link.service, world)
                if case .copy = command { self.copied(message.content.number) }
            } else {
                self.touches(message, in: folder, command, world)
            }
        }
    }

    /// Whether the command was on its way when its sender lost the lease, which one command of a session may be.
    private mutating func outlives(_ service: ServiceRun, _ world: isolated World) -> Bool {
        guard world.twin.leases[service.part]?.fence != service.fence,
            var grant = world.workers[service.worker].grants[service.part], grant.fence == service.fence
        else { return false }
        grant.commandsAfterEnd += 1
        world.workers[service.worker].grants[service.part] = grant
        if grant.commandsAfterEnd > 1 { self.breaks("12: more than one command of a session outlives its lease") }
        return true
    }

    /// What a command that outlives its lease does is recognised by its intent, unless looking found all of it written before it was
    /// sent, which somebody else must have done then; and not for ever.
    private mutating func outlived(_ message: ModelMessage, _ service: ServiceRun, _ world: isolated World) {
        let digest = SimulatedMail.digest(message.content.number)
        let id = world.twin.messages.first { $0.digest == digest }?.id
        let intent = world.twin.intents.last { $0.fence == service.fence && $0.message == id }
        guard let intent, intent.closed == nil || intent.belated != nil else {
            return self.acted(on: message.content.number)
        }
        let end = intent.openedAt.advanced(by: .seconds(BelatedWrite.window))
        self.belated[message.content.number, default: []].append(end)
    }

    /// How many of the commands that outlived their lease may be read as gestures, each at another of these times: nobody waits for them any
    /// more.
    func forgottenCount(_ content: Int, at times: Set<Timestamp>) -> Int {
        var left = times.sorted()
        var count = 0
        for end in (self.belated[content] ?? []).sorted() {
            guard let at = left.firstIndex(where: { $0 >= end }) else { continue }
            left.remove(at: at)
            count += 1
        }
        return count
    }

    /// 10: the UIDs of a command are of the epoch that its session opened, whatever mail they hit there, or none.
    private mutating func epochs(of changed: UIDRequest, _ selected: Link.Selection, _ world: isolated World) {
        // Of several open intents of one UID the newest one is that of the command; the others are being recovered.
        let named = Dictionary(
            Self.named(selected.folder, world.twin).map { ($0.intent.source.uid, $0) },
            uniquingKeysWith: { _, last in last }
        )
        for (uid, (intent, record)) in named where changed.contains(uid, highest: .max) {
            // Where neither is so, the ledger does not say which UIDVALIDITY the epoch had.
            let isPresent = intent.source.epoch == record.epoch
            guard isPresent != (selected.uidValidity == record.uidValidity) else { continue }
            self.breaks("10: UID \(uid) of \(record.name) is sent, of an epoch that is over")
        }
    }

    /// The open intents whose source lies in a folder, oldest first.
    private static func named(_ folder: String, _ twin: Twin) -> [(intent: Twin.IntentRow, record: FolderRecord)] {
        twin.intents.compactMap { intent in
            guard intent.closed == nil, let record = twin.folder(intent.source.folder)?.record,
                record.rawName == Array(folder.utf8)
            else { return nil }
            return (intent, record)
        }
    }

    private mutating func touches(
        _ message: ModelMessage,
        in folder: ModelFolder,
        _ command: ModelCommand,
        _ world: isolated World
    ) {
        let digest = SimulatedMail.digest(message.content.number)
        let place = "UID \(message.uid) of \(folder.name)"
        guard world.twin.contents.contains(digest) else {
            return self.breaks("4: \(place) is changed before its bytes are kept")
        }
        let named = Self.named(folder.name, world.twin).last { $0.intent.source.uid == message.uid }?.intent
        guard let named else { return self.breaks("6: \(place) is changed, and no intent says so") }
        if world.twin.messages[world.twin.messageIndex(named.message)].digest != digest {
            self.breaks("10: \(place) is another mail than the intent means")
        }
        if case .uidExpunge = command, named.copy == nil {
            self.breaks("4: \(place) is expunged before its copy is known")
        }
    }
}
