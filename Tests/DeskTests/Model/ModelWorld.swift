import Desk

/// Server, Baton and agents together, driven by a seed.
///
/// Observations are taken at one step and arrive at a later one, so that they are often older than what was written meanwhile.
/// Those of one folder arrive in the order in which they were taken, as on one session.
struct ModelWorld {
    struct Options {
        var layout: Layout?
        var agentsAct = true
        var commandsCome = true
        var mailComes = true
        var crashes = true
        var forgetsCloses = false
        /// nil: chosen by the seed.
        var abilities: MarkWriteStateMachine.Abilities?
    }

    struct Sync {
        let number: Int64
        var remaining: [Identifier<Folder>]
    }

    var random: SeededGenerator
    let options: Options
    var server = ModelServer()
    var desk: ModelDesk
    /// What agents did to each message.
    var actions: [Identifier<Message>: Int] = [:]
    private var underway: [Identifier<Folder>: [ModelServer.Listing]] = [:]
    private var sync: Sync?
    /// Second halves of moves by clients that copy first and delete later.
    private var unfinished: [ModelDesk.Key] = []
    private var nextMessage: Int64 = 500

    init(seed: UInt64, options: Options) {
        self.random = SeededGenerator(seed: seed)
        self.options = options
        let chosen = MarkWriteStateMachine.Abilities(hasMove: seed % 2 == 0, hasUIDPlus: seed % 4 < 2)
        self.desk = ModelDesk(
            layout: options.layout,
            abilities: options.abilities ?? chosen,
            forgetsCloses: options.forgetsCloses
        )
        for number in 1...2 {
            let ticket = Sample.ticket()
            let id = Ticket.ID(Int64(number))
            var numbered = ticket
            numbered.number = id
            self.desk.tickets[id] = numbered
            for _ in 0..<2 { self.deliverMail(on: id) }
        }
        self.comeToRest()
    }

    var messages: [Identifier<Message>] { self.desk.mails.keys.sorted() }

    mutating func step() {
        switch self.random.below(20) {
        case 0..<5: self.observe()
        case 5..<9: self.arrive()
        case 9..<11: self.advanceSync()
        case 11..<14: _ = self.desk.reconcile(self.anyMessage())
        case 14..<16: self.write()
        case 16: if self.options.commandsCome { self.command() }
        case 17: if self.options.mailComes, self.random.chance(10) { self.deliverMail(on: self.anyTicket()) }
        default:
            if self.options.agentsAct {
                self.act()
            } else if self.options.commandsCome {
                self.command()
            }
        }
    }

    /// Lets everything finish that was begun, and Baton work until there is nothing to do; false if that does not end.
    @discardableResult
    mutating func comeToRest() -> Bool {
        self.finishMoves()
        for _ in 0..<60 {
            self.completeSync()
            var isBusy = false
            for message in self.messages {
                for _ in 0..<20 {
                    guard self.desk.reconcile(message) || self.desk.perform(message, on: &self.server) else { break }
                    isBusy = true
                }
            }
            if !isBusy, !self.isWaiting { return true }
        }
        return false
    }

    /// A message whose marks are not what its ticket says, though all is at rest.
    var outOfStep: Identifier<Message>? {
        self.messages.first { message in
            guard let subject = self.desk.subject(message), let ticket = subject.ticket else { return true }
            if subject.settled?.isGone == true { return false }
            guard let settled = subject.settled else { return true }
            let copies = self.server.copies(of: message)
            guard let shown = subject.placements.first(where: { $0.id == settled.placement }) else { return true }
            guard copies.contains(where: { $0.folder == shown.folder && $0.uid == shown.uid }) else { return true }
            guard let observed = shown.state, self.options.layout != nil else { return false }
            let desired = Marks.desired(
                layout: self.options.layout,
                ticket: ticket,
                isAnsweredByUs: false,
                isMutedInJunk: subject.isMutedInJunk,
                observed: observed
            )
            return !observed.differences(from: desired).subtracting(.answered).isEmpty
        }
    }

    private var isWaiting: Bool {
        self.messages.contains { message in
            guard let subject = self.desk.subject(message), subject.settled != nil else { return true }
            if case .wait = Marks.reconcile(subject) { return true }
            return false
        }
    }

    // MARK: - Ingestion

    private mutating func observe() {
        let folder = self.anyFolder()
        guard let listing = self.server.list(folder, number: self.desk.sequence) else { return }
        self.underway[folder, default: []].append(listing)
    }

    private mutating func arrive() {
        let folders = self.underway.keys.filter { self.underway[$0]?.isEmpty == false }.sorted()
        guard !folders.isEmpty else { return }
        self.arrive(folders[self.random.below(folders.count)])
    }

    private mutating func arrive(_ folder: Identifier<Folder>) {
        guard let listing = self.underway[folder]?.first, let role = self.server.boxes[folder]?.role else { return }
        self.underway[folder]?.removeFirst()
        self.desk.apply(listing, role: role)
    }

    private mutating func advanceSync() {
        guard var sync = self.sync else {
            self.sync = Sync(number: self.desk.draw(), remaining: self.server.folders.shuffled(using: &self.random))
            return
        }
        guard let folder = sync.remaining.popLast() else {
            self.desk.lastCompleteSync = sync.number
            self.sync = nil
            return
        }
        self.sync = sync
        guard let listing = self.server.list(folder, number: self.desk.sequence) else { return }
        self.underway[folder, default: []].append(listing)
        while self.underway[folder]?.isEmpty == false { self.arrive(folder) }
    }

    private mutating func completeSync() {
        while self.sync != nil { self.advanceSync() }
        repeat { self.advanceSync() } while self.sync != nil
    }

    // MARK: - Baton

    private mutating func write() {
        let message = self.anyMessage()
        guard self.options.crashes else {
            _ = self.desk.perform(message, on: &self.server)
            return
        }
        switch self.random.below(10) {
        case 0: self.desk.loseAnswer(message)
        case 1: self.desk.performBlindly(message, on: &self.server)
        default: _ = self.desk.perform(message, on: &self.server)
        }
    }

    private mutating func command() {
        let agent = [Sample.ann, Sample.bob][self.random.below(2)]
        let all: [TicketCommand] = [
            .assign(agent), .claim(agent), .release, .close(seen: nil), .reopen, .pending(seen: nil), .priority(.high),
            .priority(.normal),
        ]
        self.desk.command([all[self.random.below(all.count)]], on: self.anyTicket(), by: Sample.actor)
    }

    private mutating func deliverMail(on ticket: Ticket.ID) {
        let message = Identifier<Message>(self.nextMessage)
        self.nextMessage += 1
        self.desk.mails[message] = ModelDesk.Mail(ticket: ticket)
        self.server.deliver(message, to: folder(of: .inbox).id)
    }

    // MARK: - Agents

    /// What an agent did, as far as exactly one gesture follows from it.
    enum Deed: Equatable {
        case moved(to: Place)
        case trashed
        case pending(Bool)
        case flagged(Bool)
        /// Whether that is a gesture depends on the layout and on what was there.
        case other
    }

    /// One thing that an agent does in a mail client; nil if there was nothing to do it to.
    @discardableResult
    mutating func act() -> (message: Identifier<Message>, deed: Deed)? {
        let message = self.anyMessage()
        let copies = self.server.copies(of: message)
        guard !copies.isEmpty else { return nil }
        let copy = copies[self.random.below(copies.count)]
        let isTrash = copy.folder == ModelServer.trash
        self.actions[message, default: 0] += 1
        switch self.random.below(10) {
        case 0..<4:
            return (message, self.move(copy, byCopying: false))
        case 4:
            return (message, self.move(copy, byCopying: true))
        case 5:
            guard !isTrash else { return (message, .other) }
            _ = self.server.move(copy.uid, from: copy.folder, to: ModelServer.trash)
            return (message, .trashed)
        case 6:
            self.finishMoves()
            return (message, .other)
        default:
            return (message, isTrash ? .other : self.changeFlags(copy))
        }
    }

    private mutating func move(_ copy: (folder: Identifier<Folder>, uid: UInt32), byCopying: Bool) -> Deed {
        let place = ModelServer.places[self.random.below(ModelServer.places.count)]
        let target = folder(of: place).id
        guard target != copy.folder else { return .other }
        if byCopying {
            _ = self.server.copy(copy.uid, from: copy.folder, to: target)
            self.unfinished.append(ModelDesk.Key(folder: copy.folder, uid: copy.uid))
        } else {
            _ = self.server.move(copy.uid, from: copy.folder, to: target)
        }
        return .moved(to: place)
    }

    private mutating func finishMoves() {
        for key in self.unfinished { self.server.expunge(key.uid, in: key.folder) }
        self.unfinished = []
    }

    private mutating func changeFlags(_ copy: (folder: Identifier<Folder>, uid: UInt32)) -> Deed {
        let agent = [Sample.ann, Sample.bob, Sample.cat][self.random.below(3)]
        let which = self.random.below(5)
        var deed = Deed.other
        _ = self.server.store(copy.uid, in: copy.folder) { flags in
            switch which {
            case 0: flags.owners.insert(agent)
            case 1: flags.owners.remove(agent)
            case 2:
                flags.isPending.toggle()
                deed = .pending(flags.isPending)
            case 3:
                flags.isFlagged.toggle()
                deed = .flagged(flags.isFlagged)
            default: flags.isAnswered.toggle()
            }
        }
        return deed
    }

    // MARK: - Chance

    private mutating func anyMessage() -> Identifier<Message> {
        let all = self.messages
        return all[self.random.below(all.count)]
    }

    private mutating func anyTicket() -> Ticket.ID { Identifier(Int64(self.random.below(2) + 1)) }

    private mutating func anyFolder() -> Identifier<Folder> {
        let all = self.server.folders
        return all[self.random.below(all.count)]
    }
}
