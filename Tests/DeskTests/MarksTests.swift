import Desk
import Testing

/// Marks as a short text: place, owners, then p (pending), f (flagged), a (answered).
func marks(_ text: String) -> MarkState {
    let words = text.split(separator: " ")
    let places: [Substring: Place] = [
        "inbox": .inbox, "ann": .agent(Sample.ann), "bob": .agent(Sample.bob), "cat": .agent(Sample.cat),
        "closed": .closed, "archive": .archive, "junk": .junk, "other": .folder(Identifier(66)),
    ]
    var state = MarkState(place: places[words[0]] ?? .inbox)
    for word in words.dropFirst() {
        switch word {
        case "+ann": state.owners.insert(Sample.ann)
        case "+bob": state.owners.insert(Sample.bob)
        case "+cat": state.owners.insert(Sample.cat)
        case "p": state.isPending = true
        case "f": state.isFlagged = true
        case "a": state.isAnswered = true
        default: preconditionFailure("no mark is called \(word)")
        }
    }
    return state
}

/// The role of a place's folder in the tests, and the folder's number.
func folder(of place: Place) -> (role: FolderRole, id: Identifier<Folder>) {
    switch place {
    case .inbox: (.inbox, Identifier(1))
    case .agent(let agent): (.agent(agent), Identifier(10 + agent.rawValue))
    case .closed: (.closed, Identifier(3))
    case .archive: (.archive, Identifier(4))
    case .junk: (.junk, Identifier(5))
    case .folder(let folder): (.other, folder)
    }
}

func placement(_ state: MarkState, id: Int64 = 50, observation: Int64? = 20, isSeen: Bool = false) -> MarkPlacement {
    let folder = folder(of: state.place)
    return MarkPlacement(
        id: Identifier(id),
        folder: folder.id,
        role: folder.role,
        epoch: 1,
        uid: UInt32(id),
        observation: observation,
        flags: MarkFlags(
            owners: state.owners,
            isPending: state.isPending,
            isFlagged: state.isFlagged,
            isAnswered: state.isAnswered,
            isSeen: isSeen
        )
    )
}

struct DesiredMarksTests {
    static let rows: [(layout: Layout, unowned: String, owned: String, pending: String, closed: String, spam: String)] =
        [
            (.folders, "inbox", "ann", "ann", "closed", "junk"),
            (.keywords, "inbox", "inbox +ann", "inbox +ann p", "closed", "junk"),
            (.both, "inbox", "ann +ann", "ann +ann p", "closed +ann", "junk"),
        ]

    @Test(arguments: DesiredMarksTests.rows.indices)
    func `marks follow the table of layouts`(index: Int) {
        let row = Self.rows[index]
        #expect(self.desired(row.layout, Sample.ticket()) == marks(row.unowned))
        #expect(self.desired(row.layout, Sample.ticket(owner: Sample.ann)) == marks(row.owned))
        #expect(self.desired(row.layout, Sample.ticket(.pending, owner: Sample.ann)) == marks(row.pending))
        #expect(self.desired(row.layout, Sample.ticket(.closed, owner: Sample.ann)) == marks(row.closed))
        #expect(self.desired(row.layout, Sample.ticket(.spam, owner: Sample.ann)) == marks(row.spam))
    }

    @Test(arguments: [(Layout.folders, "inbox"), (.keywords, "inbox p"), (.both, "inbox p")])
    func `unowned and pending is INBOX with the keyword`(layout: Layout, text: String) {
        #expect(self.desired(layout, Sample.ticket(.pending)) == marks(text))
    }

    @Test(arguments: Layout.allCases)
    func `Flagged shows priority, Answered an answer of ours`(layout: Layout) {
        let desired = Marks.desired(
            layout: layout,
            ticket: Sample.ticket(priority: .high),
            isAnsweredByUs: true,
            isMutedInJunk: false,
            observed: marks("archive")
        )
        #expect((desired.isFlagged, desired.isAnswered) == (true, true))
    }

    @Test func `the folders layout leaves keywords as they are`() {
        let desired = Marks.desired(
            layout: .folders,
            ticket: Sample.ticket(owner: Sample.ann),
            isAnsweredByUs: false,
            isMutedInJunk: false,
            observed: marks("inbox +bob p")
        )
        #expect(desired == marks("ann +bob p"))
    }

    @Test(arguments: [(nil, false), (Layout.both, true)])
    func `observed is desired where nothing is written`(layout: Layout?, isMuted: Bool) {
        let observed = marks("junk +bob p f a")
        let desired = Marks.desired(
            layout: layout,
            ticket: Sample.ticket(owner: Sample.ann),
            isAnsweredByUs: false,
            isMutedInJunk: isMuted,
            observed: observed
        )
        #expect(desired == observed)
    }

    private func desired(_ layout: Layout, _ ticket: Ticket) -> MarkState {
        Marks.desired(
            layout: layout,
            ticket: ticket,
            isAnsweredByUs: false,
            isMutedInJunk: false,
            observed: marks("inbox")
        )
    }
}

struct RestoreTests {
    static let rows: [(name: String, observed: String, to: Place, expected: String?)] = [
        ("from an agent's folder", "ann +ann p f", .inbox, "inbox f"),
        ("keywords alone", "inbox +ann a", .inbox, "inbox a"),
        ("there already", "inbox f", .inbox, nil), ("into Archive", "closed +bob", .archive, "archive"),
    ]

    @Test(arguments: RestoreTests.rows.indices)
    func `the way back takes off what Baton added, and nothing else`(index: Int) {
        let row = Self.rows[index]
        let write = Marks.restore(self.subject(row.observed), to: row.to)
        #expect(write?.target == row.expected.map(marks), "\(row.name)")
        #expect(write.map(\.settledAfter) == write.map(\.target))
    }

    @Test func `what is held, gone or under way stays`() {
        var held = self.subject("ann")
        held.holds = .place
        #expect(Marks.restore(held, to: .inbox) == nil)
        var gone = self.subject("ann")
        gone.settled?.isGone = true
        #expect(Marks.restore(gone, to: .inbox) == nil)
        var underway = self.subject("ann")
        underway.intent = ReconcileTests.intent(.recovering)
        #expect(Marks.restore(underway, to: .inbox) == nil)
    }

    private func subject(_ observed: String) -> MarkSubject {
        MarkSubject(
            message: Sample.message,
            layout: nil,
            ticket: Sample.ticket(owner: Sample.ann),
            settled: Settled(state: marks(observed), placement: Identifier(50)),
            placements: [placement(marks(observed))],
            now: Sample.at(0)
        )
    }
}

struct CountingPlacementTests {
    static let settled = Settled(state: marks("ann"), placement: Identifier(50))

    @Test func `one placement is the one, wherever it lies`() {
        let only = placement(marks("bob"), id: 60)
        #expect(self.count([only]) == .one(only, extra: []))
    }

    @Test func `of several the settled one counts, the others are extra`() {
        let same = placement(marks("ann"), id: 50)
        let extra = placement(marks("bob"), id: 60)
        #expect(self.count([extra, same]) == .one(same, extra: [Identifier(60)]))
    }

    @Test func `else a copy in the settled folder that is the newest`() {
        let copy = placement(marks("ann"), id: 61)
        #expect(self.count([placement(marks("bob"), id: 60), copy]) == .one(copy, extra: [Identifier(60)]))
    }

    // The settled one may have been moved to a folder that was not looked at yet, and this one lay beside it all the time.
    @Test func `a copy in the settled folder that shows something else counts after a complete synchronisation`() {
        let copy = placement(marks("ann f"), id: 61)
        #expect(self.count([copy], gone: 30, sync: 30) == .waitForSync(after: 30))
        #expect(self.count([copy], gone: 30, sync: 31) == .one(copy, extra: []))
        let alike = placement(marks("ann"), id: 62)
        #expect(self.count([alike], gone: 30, sync: 30) == .one(alike, extra: []))
    }

    @Test func `after a new UIDVALIDITY what the settled one became counts, and an extra copy is no newer`() {
        var settled = placement(marks("ann"), id: 70)
        settled.formers = [Identifier(50)]
        var extra = placement(marks("inbox"), id: 71)
        #expect(self.count([settled, extra], gone: 30, sync: 31) == .one(settled, extra: [Identifier(71)]))
        settled.formers = [Identifier(49)]
        #expect(self.count([settled, extra], gone: 30, sync: 31) == .one(extra, extra: [Identifier(70)]))
        extra.formers = [Identifier(40)]
        #expect(self.count([settled, extra], gone: 30, sync: 31) == .one(settled, extra: [Identifier(71)]))
    }

    @Test func `of several copies under a new UIDVALIDITY the one counts that shows what Baton wrote`() {
        func copy(_ text: String, id: Int64) -> MarkPlacement {
            var copy = placement(marks(text), id: id)
            copy.formers = [Identifier(50), Identifier(60)]
            return copy
        }
        let intent = MarkIntent(number: 30, target: marks("ann +ann p"), fields: .pending, phase: .recovering)
        func chosen(_ texts: [String], settled: String, at settledOn: Int64 = 50, _ intent: MarkIntent? = nil) -> Int? {
            let copies = texts.enumerated().map { copy($0.element, id: 70 + Int64($0.offset)) }
            let counting = Marks.counting(
                copies,
                settled: Settled(state: marks(settled), placement: Identifier(settledOn)),
                intent: intent,
                goneObservation: 30,
                lastCompleteSync: 31
            )
            guard case .one(let one, _) = counting else { return nil }
            return copies.firstIndex(of: one)
        }
        #expect(chosen(["ann +ann p", "ann"], settled: "ann +ann", intent) == 0)
        #expect(chosen(["ann", "ann +ann p"], settled: "ann +ann", at: 60, intent) == 1)
        // Somebody flagged it: it is still the one that shows the rest.
        #expect(chosen(["ann +ann p f", "ann"], settled: "ann +ann p") == 0)
        #expect(chosen(["ann", "ann +ann p f"], settled: "ann +ann p") == 1)
        // Nothing tells them apart but their order.
        #expect(chosen(["ann", "ann"], settled: "ann", at: 50) == 0)
        #expect(chosen(["ann", "ann"], settled: "ann", at: 60) == 1)
        #expect(chosen(["ann f", "ann p"], settled: "ann", at: 50) == 0)
    }

    @Test func `else the newest, after a complete synchronisation`() {
        let newest = placement(marks("bob"), id: 62)
        let both = [placement(marks("ann"), id: 61), newest]
        #expect(self.count(both, gone: 30, sync: 30) == .waitForSync(after: 30))
        #expect(self.count(both, gone: 30, sync: 31) == .one(newest, extra: [Identifier(61)]))
    }

    @Test func `at first sighting INBOX, then agents' folders, then the rest`() {
        let inbox = placement(marks("inbox"), id: 60)
        let agent = placement(marks("bob"), id: 61)
        let closed = placement(marks("closed"), id: 62)
        func first(_ all: [MarkPlacement]) -> CountingPlacement {
            Marks.counting(all, settled: nil, goneObservation: 0, lastCompleteSync: 0)
        }
        #expect(first([closed, agent, inbox]) == .one(inbox, extra: [Identifier(61), Identifier(62)]))
        #expect(first([closed, agent]) == .one(agent, extra: [Identifier(62)]))
    }

    @Test func `none is a deletion, after a complete synchronisation`() {
        #expect(self.count([], gone: 30, sync: 30) == .waitForSync(after: 30))
        #expect(self.count([], gone: 30, sync: 31) == .none)
    }

    @Test func `Deleted, Trash and Sent do not count`() {
        var deleted = placement(marks("ann"), id: 50)
        deleted.flags.isDeleted = true
        let others = [self.outside(.trash), self.outside(.sent), self.outside(.all), self.outside(.drafts)]
        #expect(self.count([deleted] + others, gone: 1, sync: 2) == .none)
        #expect(Marks.counting(others, settled: nil, goneObservation: 0, lastCompleteSync: 0) == .neverLive)
    }

    private func outside(_ role: FolderRole) -> MarkPlacement {
        MarkPlacement(
            id: Identifier(70),
            folder: Identifier(9),
            role: role,
            epoch: 1,
            uid: 1,
            observation: 1,
            flags: MarkFlags()
        )
    }

    private func count(_ placements: [MarkPlacement], gone: Int64 = 0, sync: Int64 = 0) -> CountingPlacement {
        Marks.counting(placements, settled: Self.settled, goneObservation: gone, lastCompleteSync: sync)
    }
}

struct MarkKeywordsTests {
    static func keywords() throws -> MarkKeywords {
        MarkKeywords(
            agents: [(try Handle("ann"), Sample.ann), (try Handle("bob"), Sample.bob)],
            aliases: [(try Handle("anna"), Sample.ann)]
        )
    }

    @Test func `flags are read without case, aliases too`() throws {
        let flags = [
            "\\SEEN", "\\flagged", "Owner-ANNA", "STATUS-pending", "owner-zoe", "$Label1", "\\Deleted", "\\Answered",
        ]
        let expected = MarkFlags(
            owners: [Sample.ann],
            isPending: true,
            isFlagged: true,
            isAnswered: true,
            isDeleted: true,
            isSeen: true
        )
        #expect(try Self.keywords().read(flags) == expected)
    }

    @Test(
        arguments: [
            (Mark.owner(Sample.ann), "owner-ann"), (.owner(Sample.cat), nil), (.pending, "status-pending"),
            (.flagged, "\\Flagged"), (.answered, "\\Answered"),
        ] as [(Mark, String?)]
    )
    func `marks are written with the current handle`(mark: Mark, text: String?) throws {
        #expect(try Self.keywords().text(mark) == text)
    }

    @Test func `what is removed is every spelling there is`() throws {
        let found = try Self.keywords().owners(in: ["OWNER-ann", "owner-bob", "Owner-Anna"], of: Sample.ann)
        #expect(found == ["OWNER-ann", "Owner-Anna"])
    }
}

struct BreakerTests {
    static let inbox: Identifier<Folder> = Identifier(1)

    @Test(arguments: [(20, 20, false), (21, 20, true), (21, 0, false), (2, 1, true), (1, 1, false)])
    func `more tickets than the limit are held`(count: Int, limit: Int, isHeld: Bool) {
        let entries = (0..<count).map { BreakerEntry(ticket: Identifier(Int64($0)), kind: .close, folder: Self.inbox) }
        let group = BreakerGroup(kind: .close, folder: Self.inbox)
        #expect(Breaker.held(entries, limit: limit) == (isHeld ? [group] : []))
    }

    @Test func `one ticket counts once, other kinds and folders apart`() {
        let entries = [
            BreakerEntry(ticket: Identifier(1), kind: .close, folder: Self.inbox),
            BreakerEntry(ticket: Identifier(1), kind: .close, folder: Self.inbox),
            BreakerEntry(ticket: Identifier(2), kind: .delete, folder: Self.inbox),
            BreakerEntry(ticket: Identifier(3), kind: .close, folder: Identifier(2)),
        ]
        #expect(Breaker.held(entries, limit: 1).isEmpty)
    }

    @Test func `what was taken away a moment ago is counted with it, but nothing is held for it alone`() {
        let close = BreakerGroup(kind: .close, folder: Self.inbox)
        let recent = (0..<15).map { BreakerEntry(ticket: Identifier(Int64($0)), kind: .close, folder: Self.inbox) }
        let now = (15..<22).map { BreakerEntry(ticket: Identifier(Int64($0)), kind: .close, folder: Self.inbox) }
        #expect(Breaker.held(now, recent: recent, limit: 20) == [close])
        #expect(Breaker.held(now, recent: Array(recent.dropLast(2)), limit: 20).isEmpty)
        #expect(Breaker.held([], recent: recent + now, limit: 20).isEmpty)
    }

    static let owned = Sample.ticket(owner: Sample.ann)

    @Test(
        arguments: [
            (.moved(from: .agent(Sample.ann), to: .inbox), Self.owned, .release),
            (.moved(from: .closed, to: .inbox), Self.owned, .release),
            (.moved(from: .closed, to: .inbox), Sample.ticket(.closed), nil),
            (.moved(from: .junk, to: .inbox), Self.owned, nil),
            (.moved(from: .inbox, to: .closed), Self.owned, .close),
            (.moved(from: .inbox, to: .archive), Self.owned, .close),
            (.moved(from: .closed, to: .archive), Sample.ticket(.closed), nil),
            (.seenAgain(.archive), Self.owned, .close),
            (.moved(from: .inbox, to: .junk), Self.owned, .spam), (.seenAgain(.junk), Self.owned, .spam),
            (.deleted, Self.owned, .delete), (.deleted, Sample.ticket(.closed), nil),
            (.ownersRemoved, Self.owned, .keywordLost),
            (.pendingChanged(false), Sample.ticket(.pending), .keywordLost),
            (.pendingChanged(false), Self.owned, nil), (.pendingChanged(true), Self.owned, nil),
            (.moved(from: .inbox, to: .agent(Sample.ann)), Self.owned, nil), (.flaggedChanged(false), Self.owned, nil),
            (.ownerAdded(Sample.ann), Self.owned, nil),
        ] as [(Gesture, Ticket, BreakerKind?)]
    )
    func `only what takes away can trip it`(gesture: Gesture, ticket: Ticket, kind: BreakerKind?) {
        #expect(gesture.takesAway(from: ticket, layout: .both) == kind)
    }

    @Test func `where the keyword says who owns, INBOX releases nobody`() {
        let gesture = Gesture.moved(from: .closed, to: .inbox)
        #expect(gesture.takesAway(from: Self.owned, layout: .keywords) == nil)
    }
}

struct FolderNamesTests {
    static let cases: [(prefix: String, delimiter: String?, agent: String, closed: String, parent: String?)] = [
        ("", "/", "Agents/ann", "Closed", "Agents"),
        ("INBOX.", ".", "INBOX.Agents.ann", "INBOX.Closed", "INBOX.Agents"),
        ("", nil, "Agents-ann", "Closed", nil),
    ]

    @Test(arguments: FolderNamesTests.cases.indices)
    func `names come from the namespace and the delimiter`(index: Int) throws {
        let expected = Self.cases[index]
        let names = FolderNames(prefix: expected.prefix, delimiter: expected.delimiter)
        #expect(names.agent(try Handle("ann")) == expected.agent)
        #expect(names.closed == expected.closed)
        #expect(names.agentsParent == expected.parent)
    }

    @Test func `SPECIAL-USE decides before names, and Baton's own names before both`() throws {
        let roles = try self.roles(
            "/",
            [
                ("inbox", []), ("Agents", ["\\Noselect"]), ("Agents/ann", []), ("Agents/ANNA", []), ("Agents/zoe", []),
                ("Closed", ["\\Archive"]), ("Gesendet", ["\\Sent"]), ("Sent", []),
                ("Spam", ["\\HasNoChildren", "\\junk"]),
                ("Trash", []), ("Old/Trash", []), ("Alles", ["\\All"]), ("Archives", []), ("Entwürfe", []),
            ]
        )
        let expected: [FolderRole] = [
            .inbox, .other, .agent(Sample.ann), .agent(Sample.ann), .other, .closed, .sent, .other, .junk, .trash,
            .other,
            .all, .archive, .drafts,
        ]
        #expect(roles == expected)
    }

    @Test func `below INBOX the usual names count too`() throws {
        let roles = try self.roles(
            ".",
            [("INBOX", []), ("INBOX.Sent", []), ("INBOX.Papierkorb", []), ("INBOX.x.Spam", [])]
        )
        #expect(roles == [.inbox, .sent, .trash, .other])
    }

    @Test func `the more usual of two names wins`() throws {
        #expect(try self.roles("/", [("Sent Messages", []), ("Sent", [])]) == [.other, .sent])
    }

    @Test(arguments: [
        FolderRole.inbox, .agent(Sample.ann), .closed, .archive, .junk, .trash, .sent, .drafts, .all, .other,
    ])
    func `roles and places survive storage`(role: FolderRole) {
        #expect(FolderRole(name: role.name, agent: role.agent) == role)
        let place = Place(role: role, folder: Identifier(8))
        #expect((place != nil) == role.showsMarks)
        #expect(place.flatMap { Place(name: $0.name, agent: $0.agent, folder: $0.folder) } == place)
    }

    private func roles(_ delimiter: String, _ folders: [(String, [String])]) throws -> [FolderRole] {
        FolderNames(prefix: "", delimiter: delimiter).roles(
            of: folders.map { ListedFolder(name: $0.0, attributes: $0.1, delimiter: delimiter) },
            agents: [(try Handle("ann"), Sample.ann), (try Handle("anna"), Sample.ann)]
        )
    }
}
