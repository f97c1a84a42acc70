import Desk
import IngestionPlan
import ModelMailServer

/// What holds when everybody is at rest.
extension Laws {
    mutating func rest(_ world: isolated World) {
        self.ledger(world)
        self.server(world)
        self.marks(world)
        self.gesturesNamed(world)
    }

    /// 1: as soon as nothing is to do, not only hours later, the ledger knows the server's UIDs, where the server names what vanished
    /// and the folder is not left alone for a while.
    mutating func settled(_ world: isolated World) {
        let twin = world.twin
        guard world.tier == .qresync else { return }
        for row in twin.folders where row.record.isWatched && row.record.phase == .live {
            let record = row.record
            guard record.trouble == nil, record.retryAt.map({ $0 <= twin.now }) ?? true,
                let id = world.server.folder(named: String(decoding: record.rawName, as: UTF8.self)),
                let folder = world.server.folder(id), folder.uidValidity == record.uidValidity
            else { continue }
            let known = twin.placements.filter {
                $0.isLive && $0.key.folder == record.id && $0.key.epoch == record.epoch
            }.map(\.key.uid)
            let (there, inLedger) = (Set(folder.messages.map(\.uid)), Set(known))
            guard there != inLedger else { continue }
            self.breaks(
                "1: \(record.name) is at rest, on the server alone are \(there.subtracting(inLedger).sorted()), in the ledger alone "
                    + "\(inLedger.subtracting(there).sorted())"
            )
        }
    }

    /// 1 and 2: the ledger is the server, mail by mail and flag by flag, and everything is filed.
    private mutating func ledger(_ world: isolated World) {
        let twin = world.twin
        for row in twin.folders where row.record.isWatched && row.record.phase == .live {
            let record = row.record
            guard let id = world.server.folder(named: String(decoding: record.rawName, as: UTF8.self)),
                let folder = world.server.folder(id)
            else { continue }
            if folder.uidValidity != record.uidValidity {
                self.breaks("10: \(record.name) is in an epoch that is over")
            }
            var live = twin.placements.filter {
                $0.isLive && $0.key.folder == record.id && $0.key.epoch == record.epoch
            }
            for message in folder.messages {
                let place = "UID \(message.uid) of \(record.name) (mail \(message.content.number))"
                guard let at = live.firstIndex(where: { $0.key.uid == message.uid }) else {
                    self.breaks("1: \(place) is not in the ledger")
                    continue
                }
                let placement = live.remove(at: at)
                if placement.digest != SimulatedMail.digest(message.content.number) {
                    self.breaks("1: \(place) has other bytes in the ledger")
                }
                let flags = ObservedFlags.stored(world.server.keywordTable.spellings(message.flags))
                if placement.flags != flags { self.breaks("1: \(place) has \(flags), the ledger \(placement.flags)") }
                if let digest = placement.digest, !twin.contents.contains(digest) {
                    self.breaks("1: the bytes of \(place) are not kept")
                }
                if let digest = placement.digest, twin.message(digest: digest) == nil {
                    self.breaks("2: \(place) is no message")
                }
                if placement.fate == .fetched { self.breaks("2: \(place) is not filed") }
            }
            if let rest = live.first { self.breaks("1: UID \(rest.key.uid) of \(record.name) is in the ledger alone") }
        }
        for message in twin.messages where message.ticket == nil {
            guard message.fate == .ignored || message.fate == .muted else {
                return self.breaks("2: message \(message.id) is on no ticket and is \(message.fate)")
            }
        }
    }

    /// 4 and 6: what nobody deleted is there, as often as people copied it.
    private mutating func server(_ world: isolated World) {
        var counts: [Int: Int] = [:]
        var marked: Set<Int> = []
        // A mail in All is what lies elsewhere as well, or was archived.
        let all = world.server.allMail
        for id in world.server.folderIDs where id != all {
            for message in world.server.folder(id)?.messages ?? [] {
                if message.flags.contains(.deleted) {
                    marked.insert(message.content.number)
                } else {
                    counts[message.content.number, default: 0] += 1
                }
            }
        }
        for message in all.flatMap({ world.server.folder($0) })?.messages ?? []
        where counts[message.content.number] == nil {
            counts[message.content.number] = 1
        }
        for mail in world.mails {
            let count = counts[mail.number] ?? 0
            if count == 0, !self.isGone(mail.number) { self.breaks("4: mail \(mail.number) is lost on the server") }
            if count > 1 + self.copyCount(mail.number) {
                self.breaks("6: mail \(mail.number) is on the server \(count) times, though nobody copied it")
            }
        }
    }

    /// 8: what agents see is what the tickets say.
    private mutating func marks(_ world: isolated World) {
        let twin = world.twin
        for intent in twin.intents where intent.closed == nil && twin.held[intent.message] == nil {
            let one = twin.markCase(twin.messages[twin.messageIndex(intent.message)])
            let subject = one.subject(
                layout: world.presentLayout,
                keywords: world.keywords,
                marksReach: .seconds(86_400)
            )
            self.breaks(
                "8: the intent of message \(intent.message) is open at rest, \(intent), \(Marks.reconcile(subject))"
            )
        }
        guard twin.adoptedAt != nil else { return self.breaks("1: the first import never ends") }
        for message in twin.messages where message.touched != nil {
            self.breaks("8: message \(message.id) is due at rest")
        }
        let layout = world.presentLayout
        for one in twin.allCases() where layout != nil { self.shows(one, layout, world) }
    }

    private mutating func shows(_ one: MarkCase, _ layout: Layout?, _ world: isolated World) {
        guard let ticket = one.ticket, let layout, one.holds.isEmpty, !one.isMutedInJunk, !one.liesInMissingFolder,
            world.twin.held[one.id] == nil, !one.isAdopted || one.isInReach || one.changedSinceAdoption
        else { return }
        if let until = one.lingerUntil, until > one.now { return }
        guard
            case .one(let placement, let extra) = Marks.counting(
                one.placements(world.keywords),
                settled: one.settled,
                goneObservation: one.goneNumber,
                lastCompleteSync: one.completeSync
            ), extra.isEmpty
        else { return }
        let wanted: FolderRole =
            switch ticket.status {
            case .closed: .closed
            case .spam: .junk
            case .open, .pending: layout == .keywords ? .inbox : ticket.owner.map { .agent($0) } ?? .inbox
            }
        let subject = one.subject(layout: layout, keywords: world.keywords, marksReach: .seconds(90 * 86_400))
        let events = world.twin.tickets[world.twin.ticketIndex(ticket.number)].events.map {
            "\($0.kind.rawValue) \($0.origin)"
        }
        let name = "message \(one.id) of ticket \(ticket.number) \(events), \(Marks.reconcile(subject)),"
        if placement.role != wanted { self.breaks("8: \(name) lies in \(placement.role), not in \(wanted)") }
        if placement.flags.isFlagged != (ticket.priority == .high) { self.breaks("8: \(name) shows another priority") }
        guard layout.writesKeywords else { return }
        let isOpen = ticket.status == .open || ticket.status == .pending
        let owner = isOpen || layout == .both && ticket.status == .closed ? ticket.owner : nil
        if placement.flags.owners != Set([owner].compactMap(\.self)) {
            self.breaks("8: \(name) shows owners \(placement.flags.owners), not \(owner.map { "\($0)" } ?? "none")")
        }
        if placement.flags.isPending != (ticket.status == .pending) { self.breaks("8: \(name) shows another status") }
    }

    /// 9: nothing that agents did not do is read as theirs.
    private mutating func gesturesNamed(_ world: isolated World) {
        for ticket in world.twin.tickets {
            let theirs = ticket.events.filter { $0.origin == .mailClient }
            let numbers = world.twin.messages.filter { $0.ticket == ticket.row.number }
                .map { SimulatedMail.number(of: $0.digest) }
            // A deleted mail that is delivered again is visible again, whoever sent it; an archived one is in INBOX again.
            let hasAll = world.server.allMail != nil
            let returns = Set(theirs.filter { hasAll || $0.kind == .restoredInMailbox }.map(\.at)).count
            let redeliveries = numbers.reduce(0) { $0 + self.redeliveryCount($1) }
            let moments = Set(theirs.map(\.at))
            let times = moments.count - min(returns, redeliveries)
            let acts = numbers.reduce(0) { $0 + self.actCount($1) + self.forgottenCount($1, at: moments) }
            if times > acts {
                self.breaks(
                    """
                    9: ticket \(ticket.row.number) has \(times) gestures, and people changed its mail \(acts) times: \
                    \(ticket.events.map { "\($0.seq) \($0.kind.rawValue) \($0.origin) \($0.details)" }), mails \(numbers)
                    """
                )
            }
        }
    }
}
