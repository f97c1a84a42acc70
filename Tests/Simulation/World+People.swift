import Desk
import IngestionPlan
import ModelMailServer

/// What people do beside the workers: agents in their mail clients, contacts, agents on the command line.
extension World {
    func startPeople() {
        if self.options.hasClients {
            for client in 0..<2 { Task(executorPreference: self.schedule) { await self.beClient(client) } }
        }
        if self.options.hasContacts { Task(executorPreference: self.schedule) { await self.beContacts() } }
        if self.options.hasCommands { Task(executorPreference: self.schedule) { await self.beDesk() } }
    }

    // MARK: - Mail

    /// A new mail, in nobody's folder yet.
    func write(inReplyTo: Int? = nil, from: Party, to: Party, messageID: Int? = nil) -> ModelContent {
        let mail = SimulatedMail(
            number: self.mails.count,
            // Whoever uses a Message-ID again writes something else under it.
            messageID: messageID ?? self.nextMessageID,
            isLonger: messageID != nil,
            inReplyTo: inReplyTo,
            from: from,
            to: to
        )
        self.nextMessageID += 1
        self.mails.append(mail)
        return self.server.content(mail.bytes)
    }

    private func contact() -> Party {
        let name = ["dora", "emil", "fay"][self.chance.below(3)]
        return Party(key: "\(name)@example.net", name: name)
    }

    /// Mail of a contact: a new question, an answer, another mail under an old Message-ID, or one that is delivered twice.
    func deliver(to folder: ModelFolderID = ModelServer.inbox) {
        let former = self.mails.isEmpty ? nil : self.mails[self.chance.below(self.mails.count)]
        var content: ModelContent
        switch (self.chance.below(10), former) {
        case (0, let former?):
            content = self.server.content(former.bytes)
            self.laws.copied(former.number)
            self.laws.redelivered(former.number)
        case (1, let former?):
            content = self.write(from: former.from, to: SimulatedMail.mailbox, messageID: former.messageID)
        case (2...5, let former?) where former.from != SimulatedMail.mailbox:
            content = self.write(inReplyTo: former.messageID, from: former.from, to: SimulatedMail.mailbox)
        default:
            content = self.write(from: self.contact(), to: SimulatedMail.mailbox)
        }
        self.log("mail \(content.number) arrives")
        self.server.deliver(content, to: folder)
    }

    private func beContacts() async {
        for _ in 0..<12 {
            do { try await self.turn(.contacts, after: .milliseconds(Int64(self.chance.below(6000)))) } catch { return }
            guard self.isStorm else { return }
            self.deliver()
        }
    }

    // MARK: - Commands

    private func beDesk() async {
        for _ in 0..<20 {
            do { try await self.command() } catch { return }
            guard self.isStorm else { return }
        }
    }

    private func command() async throws {
        try await self.turn(.desk, after: .milliseconds(Int64(self.chance.below(6000))))
        guard self.isStorm else { return }
        if !self.twin.held.isEmpty, self.chance.happens(300) { return self.decideHeld() }
        guard let number = self.chance.one(of: self.twin.tickets)?.row.number else { return }
        let agent = self.chance.one(of: self.agents)?.id ?? Identifier(1)
        let commands: [TicketCommand] = [
            .assign(agent), .assign(agent), .claim(agent), .release, .close(seen: nil), .reopen, .pending(seen: nil),
            .spam, .notSpam, .priority(.high), .priority(.normal),
        ]
        guard var command = self.chance.one(of: commands) else { return }
        for _ in 0..<64 {
            let old = self.twin.tickets[self.twin.ticketIndex(number)].row
            try await self.turn(.desk)
            // The ticket of a first import may be lost with the database's disk cache.
            guard self.twin.tickets.indices.contains(self.twin.ticketIndex(number)) else { return }
            switch command {
            case .close: command = .close(seen: old.lastContact)
            case .pending: command = .pending(seen: old.lastContact)
            case .claim(let agent) where self.options.bug == .claimTakesOver: command = .assign(agent)
            default: break
            }
            let decision = TicketCommand.decide(
                command,
                on: old,
                by: Actor(name: "admin", origin: .cli),
                at: self.twin.now,
                agents: self.agentsByID
            )
            guard case .changed(let events, let row) = decision else { return }
            let before = self.twin
            guard self.twin.write(row, replacing: old, events) else { continue }
            self.onDisk = nil
            self.log("command \(command) on \(number)")
            self.laws.commanded(from: before, to: self.twin, number)
            if self.options.bug == .claimTakesOver, let owner = old.owner, owner != row.owner {
                self.laws.claimed(old, row)
            }
            return
        }
    }

    /// A person says what to do about everything that is held.
    func decideHeld() {
        let decision: BreakerDecision = self.chance.happens(500) ? .accept : .revert
        self.log("held gestures: \(decision)")
        for message in self.twin.held.keys.sorted() where self.twin.held[message]?.decision == nil {
            self.twin.held[message]?.decision = decision
            self.twin.touch(message)
        }
        self.onDisk = nil
    }

    // MARK: - Mail clients

    private func beClient(_ client: Int) async {
        for _ in 0..<10 {
            do {
                try await self.turn(.client(client), after: .milliseconds(Int64(self.chance.below(8000))))
                guard self.isStorm, let act = self.chooseAct() else { continue }
                // Offline for a while: what it does then was meant for the mailbox as it was.
                if self.chance.happens(200) {
                    try await self.turn(.client(client), after: .seconds(Int64(self.chance.below(60))))
                }
                guard self.isStorm else { return }
                try await self.perform(act, client)
            } catch { return }
        }
    }

    /// What an agent wants with one message.
    struct Act: Sendable {
        enum Change: Sendable {
            case move(String, inSteps: Bool)
            case copy(String)
            case flag(String, isSet: Bool)
            case expunge
            case answer
            case renameFolder(String)
        }

        let folder: ModelFolderID
        let uid: UInt32
        let content: Int
        let change: Change
    }

    private func chooseAct() -> Act? {
        let filled = self.server.folderIDs.filter { self.server.folder($0)?.messages.isEmpty == false }
        guard let id = self.chance.one(of: filled), let folder = self.server.folder(id),
            let message = self.chance.one(of: folder.messages)
        else { return nil }
        let names = self.server.folderIDs.compactMap { self.server.folder($0) }
            .filter { !$0.isNoSelect && $0.name != folder.name }.map(\.name)
        let change: Act.Change
        switch self.chance.below(20) {
        case 0..<9:
            guard let name = self.chance.one(of: names) else { return nil }
            change = .move(name, inSteps: !self.server.profile.offers(.move) || self.chance.happens(200))
        case 9:
            guard let name = self.chance.one(of: names) else { return nil }
            change = .copy(name)
        case 10, 11: change = .flag("\\Flagged", isSet: !message.flags.contains(.flagged))
        case 12, 13:
            let keyword = "owner-" + (self.chance.one(of: self.agents)?.handle.text ?? "ann")
            change = .flag(keyword, isSet: self.chance.happens(700))
        case 14: change = .flag("status-pending", isSet: self.chance.happens(500))
        case 15: change = .flag("\\Deleted", isSet: !message.flags.contains(.deleted))
        case 16: change = .flag("\\Seen", isSet: true)
        case 17: change = .expunge
        case 18: change = .answer
        default:
            guard self.options.hasAdministrator, folder.name != "INBOX" else { return nil }
            change = .renameFolder(
                folder.name.hasSuffix("-old") ? String(folder.name.dropLast(4)) : folder.name + "-old"
            )
        }
        return Act(folder: id, uid: message.uid, content: message.content.number, change: change)
    }

    /// Does it, command by command; what is not there any more is left alone.
    func perform(_ act: Act, _ client: Int) async throws {
        guard let name = self.server.folder(act.folder)?.name else { return }
        self.log("client \(client) in \(name) on \(act.uid) (mail \(act.content)): \(act.change)")
        let session = self.server.connectLoggedIn()
        defer { self.server.disconnect(session) }
        _ = self.server.perform(.select(folder: name, readOnly: false, parameter: .none), in: session)
        // After a renumbering its UID means another mail; a client would have noticed by UIDVALIDITY.
        guard let index = self.server.folder(act.folder)?.index(of: act.uid),
            self.server.folder(act.folder)?.messages[index].content.number == act.content
        else { return }
        let uids = UIDRequest(act.uid)
        self.laws.acted(on: act.content)
        switch act.change {
        case .move(let target, let inSteps):
            if self.isUnwatched(target) { self.laws.disposed(act.content) }
            // Nothing is ever moved out of All: it is labelled.
            if act.folder == self.server.allMail { self.laws.copied(act.content) }
            guard inSteps else {
                _ = self.server.perform(.move(uids, to: target), in: session)
                return
            }
            let answer = self.server.perform(.copy(uids, to: target), in: session)
            guard case .completed(.ok, _)? = answer.last else { return }
            self.laws.acted(on: act.content)
            self.laws.copied(act.content)
            try await self.turn(.client(client))
            self.remove(uids, session)
        case .copy(let target):
            self.laws.copied(act.content)
            _ = self.server.perform(.copy(uids, to: target), in: session)
        case .flag(let text, let isSet):
            guard let flags = self.server.flags([text]) else { return }
            if text == "\\Deleted" { self.laws.disposed(act.content) }
            if text == "\\Deleted", !isSet, self.isBeingRemoved(act.uid, in: name) {
                // The copy of a move without MOVE is there, and its source was about to go: who takes `\Deleted` off it wants it
                // to stay. That is never undone, so the person made it the second copy.
                self.laws.copied(act.content)
            }
            _ = self.server.perform(
                .store(uids, isSet ? .add : .remove, flags, isSilent: false, unchangedSince: nil),
                in: session
            )
        case .expunge:
            self.laws.disposed(act.content)
            self.remove(uids, session)
        case .answer:
            let mail = self.mails[act.content]
            guard mail.from != SimulatedMail.mailbox, let sent = self.server.folder(named: self.names.prefix + "Sent")
            else {
                return
            }
            let answer = self.write(inReplyTo: mail.messageID, from: SimulatedMail.mailbox, to: mail.from)
            self.server.deliver(answer, to: sent)
            _ = self.server.perform(.store(uids, .add, [.answered], isSilent: true, unchangedSince: nil), in: session)
        case .renameFolder(let new):
            let isKnown = self.isKnownByItsUIDValidity(act.folder)
            for message in self.server.folder(act.folder)?.messages ?? [] {
                self.laws.acted(on: message.content.number)
                // Renumbered and renamed before anybody looked, it is a new folder that nobody watches: what was copied to it in between
                // is not found there, and is copied once more.
                if !isKnown { self.laws.copied(message.content.number) }
            }
            _ = self.server.perform(.unselect, in: session)
            _ = self.server.perform(.rename(folder: name, to: new), in: session)
        }
    }

    private func remove(_ uids: UIDRequest, _ session: ModelSessionID) {
        _ = self.server.perform(.store(uids, .add, [.deleted], isSilent: true, unchangedSince: nil), in: session)
        // A client of a server without UIDPLUS has only EXPUNGE, which takes whatever is marked.
        guard !self.server.profile.offers(.uidPlus) else {
            _ = self.server.perform(.uidExpunge(uids), in: session)
            return
        }
        _ = self.server.perform(.expunge, in: session)
    }

    /// Whether a copy of it is known, made by Baton, so that the next commands take it away.
    private func isBeingRemoved(_ uid: UInt32, in folder: String) -> Bool {
        self.twin.intents.contains { intent in
            guard intent.closed == nil, intent.source.uid == uid, intent.step == .mark || intent.step == .expunge else {
                return false
            }
            return self.twin.folder(intent.source.folder)?.record.rawName == Array(folder.utf8)
        }
    }

    private func isKnownByItsUIDValidity(_ id: ModelFolderID) -> Bool {
        guard let folder = self.server.folder(id) else { return false }
        let record = self.twin.folders.first { $0.record.rawName == Array(folder.name.utf8) }?.record
        return record?.uidValidity == folder.uidValidity
    }

    private func isUnwatched(_ name: String) -> Bool {
        let record = self.twin.folders.first { $0.record.rawName == Array(name.utf8) }?.record
        return record.map { !$0.isWatched } ?? true
    }

    // MARK: - The administrator

    func administer() {
        guard let folder = self.chance.one(of: self.server.folderIDs) else { return }
        switch self.chance.below(5) {
        // What is renumbered while it is first read is read again, and then nobody knows which of several copies was seen.
        case 0 where self.twin.adoptedAt != nil, 1 where self.twin.adoptedAt != nil: self.renumber(folder)
        case 2:
            self.server.forgetHistory(of: folder)
        case 3:
            let messages = (self.server.folder(folder)?.messages ?? []).filter { _ in self.chance.happens(300) }
            let uids = messages.map(\.uid)
            self.laws.withheld(messages.map(\.content.number))
            self.log("folder \(self.server.folder(folder)?.name ?? "") withholds \(uids)")
            self.server.setUnfetchable(UIDRanges(uids), in: folder)
        default:
            self.server.disconnectAll()
        }
    }

    /// Renumbers a folder in the worst moment: marks are about to be written in it.
    func renumberInHaste() {
        let intents = self.twin.intents.filter { $0.closed == nil && !$0.isLost }
        guard let intent = self.chance.one(of: intents), self.chance.happens(60),
            let record = self.twin.folder(intent.source.folder)?.record,
            let folder = self.server.folder(named: String(decoding: record.rawName, as: UTF8.self))
        else { return }
        self.renumber(folder)
    }

    private func renumber(_ folder: ModelFolderID) {
        self.log("folder \(self.server.folder(folder)?.name ?? "") is renumbered")
        self.server.renumber(folder)
        // A copy whose source has another UID now: it stays where it is, since nobody can prove which it is.
        for intent in self.twin.intents where intent.closed == nil && intent.step != .write {
            self.laws.copied(
                SimulatedMail.number(of: self.twin.messages[self.twin.messageIndex(intent.message)].digest)
            )
        }
    }
}
