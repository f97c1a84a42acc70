package import Desk

/// One pass over a mailbox, free of I/O: which folders there are, then each of them, then whether it was complete.
///
/// Driven like ``FolderSyncMachine``, whose effects come with the folder they are for. During a first import the bodies
/// of all folders come in one order of arrival, and INBOX is looked at for new mail between two windows.
package struct MailboxSyncMachine: Equatable, Sendable {
    /// What the database knows when a pass begins.
    package struct Order: Equatable, Sendable {
        /// How the server tells changes.
        package var tier: FolderPlan.Tier
        /// Whether the server archives by taking labels away: then All is watched.
        package var archivesIntoAll: Bool
        /// Every folder that is stored.
        package var folders: [FolderRecord]
        /// The agents, for the names of their folders.
        package var agents: [(handle: Handle, agent: Agent.ID)]
        /// The mailbox's settings for the names of folders.
        package var agentsFolder: String
        /// The folder of closed tickets.
        package var closedFolder: String
        /// The first import was filed to its end.
        package var isAdopted: Bool
        /// A number drawn now, if something waits for a complete synchronisation.
        package var start: Int64?
        /// The database's time.
        package var now: Timestamp
        /// When the last complete synchronisation began.
        package var lastSync: Timestamp?
        /// What must be looked at again because the last answer is older than our last write.
        package var stale: [Identifier<Folder>: [UInt32]]
        /// A message that was written to was not yet seen again as it is, or it was and nobody has said so.
        package var hasUnconfirmed: Bool
        /// Parked mails whose time has come.
        package var parked: [Identifier<Folder>: [ParkedMail]]
        /// As ``FolderSyncMachine/Order/recognisedAtOnce``.
        package var recognisedAtOnce = FolderSyncMachine.recognisedAtOnce

        /// Puts the values together.
        package init(
            tier: FolderPlan.Tier,
            archivesIntoAll: Bool = false,
            folders: [FolderRecord],
            agents: [(handle: Handle, agent: Agent.ID)],
            agentsFolder: String,
            closedFolder: String,
            isAdopted: Bool,
            start: Int64?,
            now: Timestamp,
            lastSync: Timestamp?,
            stale: [Identifier<Folder>: [UInt32]],
            hasUnconfirmed: Bool,
            parked: [Identifier<Folder>: [ParkedMail]]
        ) {
            self.tier = tier
            self.archivesIntoAll = archivesIntoAll
            self.folders = folders
            self.agents = agents
            self.agentsFolder = agentsFolder
            self.closedFolder = closedFolder
            self.isAdopted = isAdopted
            self.start = start
            self.now = now
            self.lastSync = lastSync
            self.stale = stale
            self.hasUnconfirmed = hasUnconfirmed
            self.parked = parked
        }

        /// Equal in everything.
        package static func == (left: Self, right: Self) -> Bool {
            left.tier == right.tier && left.folders == right.folders && left.isAdopted == right.isAdopted
                && left.archivesIntoAll == right.archivesIntoAll
                && left.agents.elementsEqual(right.agents) { $0 == $1 } && left.agentsFolder == right.agentsFolder
                && left.closedFolder == right.closedFolder && left.start == right.start && left.now == right.now
                && left.lastSync == right.lastSync && left.stale == right.stale && left.parked == right.parked
                && left.hasUnconfirmed == right.hasUnconfirmed && left.recognisedAtOnce == right.recognisedAtOnce
        }
    }

    /// What the server lists.
    package struct Directory: Equatable, Sendable {
        /// The personal namespace, as in `INBOX.`; often empty.
        package let prefix: String
        /// What separates levels; nil where there are none.
        package let delimiter: String?
        /// Folders that can be selected.
        package let folders: [ListedFolderView]

        /// Puts the values together.
        package init(prefix: String, delimiter: String?, folders: [ListedFolderView]) {
            self.prefix = prefix
            self.delimiter = delimiter
            self.folders = folders
        }
    }

    /// What is to be done next.
    package enum Effect: Equatable, Sendable {
        /// LIST with STATUS, with no folder selected.
        case list
        /// Write what changed among the folders.
        case record(DirectoryChange)
        /// Something about one folder; never ``FolderSyncMachine/Effect/finish(_:)``.
        case folder(FolderRecord, FolderSyncMachine.Effect)
        /// Fetch bodies of several folders and commit each window, the horizon of filing with it.
        case fetchBodies(BodyRequest, [FolderRecord])
        /// Write why a folder is not synchronised, or that it is again (nil).
        case note(FolderNote)
        /// Everything of a first import is in the ledger: what came with it may be filed to its end.
        case endHorizon
        /// What was written by us is confirmed, if `confirms`; what waited for a complete synchronisation is due, if
        /// there was one.
        case complete(start: Int64?, began: Timestamp, confirms: Bool, isComplete: Bool)
        /// The pass is over.
        case finish(Pass)
    }

    /// What came of an effect.
    package enum Event: Equatable, Sendable {
        /// The folders that the server lists.
        case listed(Directory)
        /// Every stored folder after a change of the directory.
        case recorded([FolderRecord])
        /// What came of a folder's effect.
        case folder(FolderSyncMachine.Event)
        /// What came of a request for bodies of several folders.
        case bodies(BodyAnswer)
        /// An effect that has no answer was carried out.
        case done
        /// How many messages waited for the pass.
        case completed(released: Int)
    }

    /// Why a folder is not synchronised, as it is stored.
    package struct FolderNote: Equatable, Sendable {
        /// The folder.
        package let folder: Identifier<Folder>
        /// Nil: it is synchronised again.
        package let trouble: FolderTrouble?
        /// How often in a row it could not be opened.
        package let refusals: Int
        /// It is a phantom from now on: what lies in it waits for a person.
        package let isPhantom: Bool
        /// It is left alone for so long.
        package let pause: Duration?
    }

    /// What a pass did.
    package struct Pass: Equatable, Sendable {
        /// Placements written, changed or gone.
        package var changes = 0
        /// Messages that waited for it.
        package var released = 0
        /// Every watched folder was synchronised to its end.
        package var isComplete = true
        /// After how long a folder is listed again whose list did not agree with its count; nil: none is.
        package var relistsAfter: Duration?

        /// Nothing yet.
        package init() {}
    }

    private struct Visit: Equatable {
        var record: FolderRecord
        var status: FolderPlan.View?
        var isImport: Bool
    }

    private enum State: Equatable {
        case ready
        case listing
        case recording
        case visiting(FolderSyncMachine, rest: [Visit])
        case noting(rest: [Visit])
        case importing(BodyFetch)
        case lookingForNews(BodyFetch)
        case fetchingNews(BodyFetch, UInt32)
        case committingImport(rest: [FolderImport])
        case endingHorizon
        case completing
        case finished
    }

    /// A phantom is tried again after so long.
    private static let phantomPause = Duration.seconds(3600)

    private let order: Order
    private var state = State.ready
    private var directory = Directory(prefix: "", delimiter: nil, folders: [])
    private var pass = Pass()
    private var imports: [FolderImport] = []
    private var parkedByImport = BodyFetch([], areListed: true)
    /// INBOX during a first import: everything below this UID is in the ledger or among what is fetched.
    private var newsFrom: UInt32?
    /// Folders that were synchronised before, to be visited after a first import.
    private var afterImport: [Visit] = []
    /// The watched folders as the labels of a mail in All name them.
    private var labels: Set<String> = []

    /// A pass at its beginning.
    package init(_ order: Order) {
        self.order = order
    }

    /// The first effect.
    package mutating func begin() -> Effect {
        self.state = .listing
        return .list
    }

    /// The effect that follows from what came of the one before.
    ///
    /// An event that belongs to no effect under way is a driver's fault and traps.
    package mutating func handle(_ event: Event) -> Effect {
        switch (self.state, event) {
        case (.listing, .listed(let directory)):
            return self.listed(directory)
        case (.recording, .recorded(let folders)):
            return self.visit(folders)
        case (.visiting(var machine, let rest), .folder(let event)):
            let effect = machine.handle(event)
            return self.carryOut(effect, machine, rest: rest)
        case (.noting(let rest), .done):
            return self.visit(next: rest)
        case (.importing(let fetch), .bodies(let answer)):
            return self.imported(fetch, answer)
        case (.lookingForNews(let fetch), .folder(let event)):
            return self.newsSeen(fetch, event)
        case (.fetchingNews(let fetch, let next), .folder(.bodies(let answer))):
            self.pass.changes += answer.changes
            self.newsFrom = next
            return self.importBodies(fetch)
        case (.committingImport(let rest), .folder(.committed(let outcome))):
            return self.importCommitted(outcome, rest)
        case (.endingHorizon, .done):
            return self.visit(next: self.afterImport)
        case (.completing, .completed(let released)):
            self.pass.released = released
            self.state = .finished
            return .finish(self.pass)
        default:
            preconditionFailure("\(event) answers no effect of a mailbox's pass")
        }
    }

    // MARK: - Folders

    private mutating func listed(_ directory: Directory) -> Effect {
        self.directory = directory
        let names = FolderNames(
            prefix: directory.prefix,
            delimiter: directory.delimiter,
            agentsFolder: self.order.agentsFolder,
            closedFolder: self.order.closedFolder
        )
        let change = DirectoryPlan.compare(
            stored: self.order.folders,
            listed: directory.folders,
            roles: names.roles(of: directory.folders.map(\.facts), agents: self.order.agents),
            archivesIntoAll: self.order.archivesIntoAll
        )
        guard !change.isEmpty else { return self.visit(self.order.folders) }
        self.state = .recording
        return .record(change)
    }

    private mutating func visit(_ folders: [FolderRecord]) -> Effect {
        let statuses = Dictionary(self.directory.folders.map { ($0.rawName, $0) }) { first, _ in first }
        let watched = folders.filter { record in
            record.phase != .missing && record.isWatched && statuses[record.rawName] != nil
        }.sorted { ($0.role.watchOrder, $0.id) < ($1.role.watchOrder, $1.id) }
        self.labels = Self.labels(of: watched)
        let visits = watched.map { record in
            Visit(
                record: record,
                status: statuses[record.rawName]?.status,
                isImport: !self.order.isAdopted && record.phase != .live
            )
        }
        let imports = visits.filter(\.isImport)
        guard !imports.isEmpty else { return self.visit(next: visits) }
        self.afterImport = visits.filter { !$0.isImport }
        return self.visit(next: imports)
    }

    /// INBOX and Sent have labels of their own, the others their names.
    private static func labels(of watched: [FolderRecord]) -> Set<String> {
        Set(
            watched.filter { $0.role != .all }.flatMap { record in
                let name = String(decoding: record.rawName, as: UTF8.self).lowercased()
                return switch record.role {
                case .inbox: ["\\inbox"]
                case .sent: ["\\sent", name]
                default: [name]
                }
            }
        )
    }

    private mutating func visit(next visits: [Visit]) -> Effect {
        guard let visit = visits.first else { return self.allVisited() }
        var machine = FolderSyncMachine(
            FolderSyncMachine.Order(
                folder: visit.record,
                tier: self.order.tier,
                status: visit.status,
                stale: visit.isImport ? [] : self.order.stale[visit.record.id] ?? [],
                parked: visit.isImport ? [] : self.order.parked[visit.record.id] ?? [],
                isImport: visit.isImport,
                lastSync: self.order.lastSync,
                now: self.order.now,
                labels: visit.record.role == .all ? self.labels : [],
                recognisedAtOnce: self.order.recognisedAtOnce
            )
        )
        let effect = machine.begin()
        return self.carryOut(effect, machine, rest: Array(visits.dropFirst()))
    }

    private mutating func carryOut(
        _ effect: FolderSyncMachine.Effect,
        _ machine: FolderSyncMachine,
        rest: [Visit]
    ) -> Effect {
        guard case .finish(let ending) = effect else {
            self.state = .visiting(machine, rest: rest)
            return .folder(machine.record, effect)
        }
        switch ending {
        case .synchronised(let changes):
            self.pass.changes += changes
        case .unfinished(let changes):
            self.pass.changes += changes
            self.pass.isComplete = false
        case .relisting(let changes):
            self.pass.changes += changes
            self.pass.isComplete = false
            self.pass.relistsAfter = FolderSyncMachine.relistingPause
        case .listed(let listed):
            self.imports.append(listed)
        case .troubled(let trouble):
            return self.troubled(trouble, machine.record, rest: rest)
        }
        let record = machine.order.folder
        guard record.trouble != nil || record.refusals > 0, machine.hasOpened else { return self.visit(next: rest) }
        self.state = .noting(rest: rest)
        return .note(FolderNote(folder: record.id, trouble: nil, refusals: 0, isPhantom: false, pause: nil))
    }

    private mutating func troubled(_ trouble: FolderTrouble, _ record: FolderRecord, rest: [Visit]) -> Effect {
        let isWaiting = record.phase == .phantom && record.retryAt.map { $0 > self.order.now } ?? false
        var refusals = record.refusals
        switch trouble {
        case .unreadable:
            if !isWaiting { refusals += 1 }
            // What is moved into a phantom is as if moved into a folder that is not watched.
            if record.phase != .phantom { self.pass.isComplete = false }
        case .flips:
            self.pass.isComplete = false
        case .noUIDValidity:
            break
        }
        let isPhantom = trouble == .unreadable && refusals >= FolderSyncMachine.refusalLimit
        guard !isWaiting, record.trouble != trouble || refusals != record.refusals else {
            return self.visit(next: rest)
        }
        self.state = .noting(rest: rest)
        return .note(
            FolderNote(
                folder: record.id,
                trouble: trouble,
                refusals: min(refusals, FolderSyncMachine.refusalLimit),
                isPhantom: isPhantom,
                pause: isPhantom ? Self.phantomPause : nil
            )
        )
    }

    private mutating func allVisited() -> Effect {
        if !self.imports.isEmpty {
            let missing = self.imports.flatMap(\.missing)
            // The windows know them from here on.
            for index in self.imports.indices { self.imports[index].missing = [] }
            let inbox = self.imports.first { $0.folder.role == .inbox }
            self.newsFrom = inbox?.cursor.uidNext
            return self.importBodies(
                BodyFetch(FetchWindow.cut(missing), areListed: true, isImported: true)
            )
        }
        self.state = .completing
        return .complete(
            start: self.pass.isComplete ? self.order.start : nil,
            began: self.order.now,
            confirms: self.order.hasUnconfirmed,
            isComplete: self.pass.isComplete
        )
    }

    // MARK: - First import

    private mutating func importBodies(_ fetch: BodyFetch) -> Effect {
        guard !fetch.windows.isEmpty else {
            self.parkedByImport = fetch
            return self.commitImports(self.imports)
        }
        self.state = .importing(fetch)
        return .fetchBodies(
            BodyRequest(
                windows: fetch.windows,
                epochs: Dictionary(self.imports.map { ($0.folder.id, $0.folder.epoch) }) { first, _ in first },
                isImported: true,
                number: nil
            ),
            self.imports.map(\.folder)
        )
    }

    private mutating func imported(_ fetch: BodyFetch, _ answer: BodyAnswer) -> Effect {
        var fetch = fetch
        fetch.answered(answer)
        self.pass.changes += answer.changes
        guard !fetch.isHopeless else {
            // Nothing of it is committed but what came: the next pass lists again what is missing.
            self.imports = []
            self.pass.isComplete = false
            return self.visit(next: self.afterImport)
        }
        guard !fetch.windows.isEmpty, let inbox = self.inbox else { return self.importBodies(fetch) }
        self.state = .lookingForNews(fetch)
        return .folder(inbox.folder, .select(resync: nil))
    }

    private var inbox: FolderImport? { self.imports.first { $0.folder.role == .inbox } }

    /// Mail that arrived since the list was made is fetched and filed at once, before what is older.
    private mutating func newsSeen(_ fetch: BodyFetch, _ event: FolderSyncMachine.Event) -> Effect {
        guard case .selected(let opening) = event, let inbox, let from = self.newsFrom,
            opening.view.uidValidity == inbox.folder.uidValidity, let next = opening.view.uidNext, next > from
        else { return self.importBodies(fetch) }
        let news = (from..<next).prefix(FetchWindow.messages).map {
            MissingMail(folder: inbox.folder.id, uid: $0, arrival: nil, size: 0)
        }
        self.state = .fetchingNews(fetch, from + UInt32(news.count))
        return .folder(
            inbox.folder,
            .fetchBodies(
                BodyRequest(
                    windows: FetchWindow.cut(news),
                    epochs: [inbox.folder.id: inbox.folder.epoch],
                    isImported: false,
                    number: opening.number
                )
            )
        )
    }

    private mutating func importCommitted(_ outcome: LedgerOutcome, _ rest: [FolderImport]) -> Effect {
        switch outcome {
        case .committed(let changes, _): self.pass.changes += changes
        case .contradicted, .overtaken: self.pass.isComplete = false
        }
        return self.commitImports(rest)
    }

    private mutating func commitImports(_ rest: [FolderImport]) -> Effect {
        guard let one = rest.first else {
            self.imports = []
            self.state = .endingHorizon
            return .endHorizon
        }
        var change = LedgerChange(folder: one.folder.id, epoch: one.folder.epoch, number: one.number)
        change.parked = self.parkedByImport.parked(in: one.folder.id)
        if one.folder.role == .all {
            // What lies in other folders as well was not fetched from here, and is recognised now.
            self.afterImport.append(Visit(record: one.folder, status: nil, isImport: false))
        } else {
            change.cursor = one.cursor
        }
        self.state = .committingImport(rest: Array(rest.dropFirst()))
        return .folder(one.folder, .commit(change))
    }
}
