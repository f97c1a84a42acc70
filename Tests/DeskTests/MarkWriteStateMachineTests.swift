import Desk
import Testing

/// What a server says, or what the driver has done, and what has to follow.
struct WriteScript: CustomTestStringConvertible, Sendable {
    let testDescription: String
    /// What the marks shall be, of mail that lies unmarked in INBOX under the UIDs 50 and 51.
    let ticket: Ticket
    var layout = Layout.both
    var abilities = MarkWriteStateMachine.Abilities(hasMove: true, hasUIDPlus: true)
    /// Events and the actions after them, one after the other; the first action needs no event.
    let lines: [String]
}

struct MarkWriteStateMachineTests {
    static let anns = Sample.ticket(owner: Sample.ann)
    static let noMove = MarkWriteStateMachine.Abilities(hasMove: false, hasUIDPlus: true)
    static let neither = MarkWriteStateMachine.Abilities(hasMove: false, hasUIDPlus: false)
    private static let stored = [
        "record write", "recorded", "select", "selected", "store 50,51 +owner(1)", "done", "look 50,51",
    ]

    static let scripts: [WriteScript] = [
        WriteScript(
            testDescription: "keyword and move, each proven",
            ticket: anns,
            lines: stored + [
                "saw 50 +ann, 51 +ann", "move 50,51", "moved 50>7, 51>8",
                "finish 500 moved 7 ann +1; 501 moved 8 ann +1",
            ]
        ),
        WriteScript(
            testDescription: "what STORE itself shows needs no look",
            ticket: anns,
            lines: stored.dropLast(2) + [
                "shown 50 +ann, 51 +ann", "move 50,51", "moved 50>7, 51>8",
                "finish 500 moved 7 ann +1; 501 moved 8 ann +1",
            ]
        ),
        WriteScript(
            testDescription: "what STORE shows otherwise than it should be is looked at",
            ticket: anns,
            lines: stored.dropLast(2) + [
                "shown 50 +ann, 51", "look 50,51", "saw 50 +ann, 51 +ann", "move 50,51", "moved 50>7, 51>8",
                "finish 500 moved 7 ann +1; 501 moved 8 ann +1",
            ]
        ),
        WriteScript(
            testDescription: "what STORE does not show is looked at",
            ticket: anns,
            lines: stored.dropLast(2) + [
                "shown 51 +ann", "look 50,51", "saw 51 +ann", "move 51", "moved 51>8",
                "finish 500 open; 501 moved 8 ann +1",
            ]
        ),
        WriteScript(
            testDescription: "a move alone needs no look",
            ticket: anns,
            layout: .folders,
            lines: [
                "record write", "recorded", "select", "selected", "move 50,51", "moved 50>7, 51>8",
                "finish 500 moved 7 ann; 501 moved 8 ann",
            ]
        ),
        WriteScript(
            testDescription: "flags alone are done where they are",
            ticket: Sample.ticket(.pending),
            lines: [
                "record write", "recorded", "select", "selected", "store 50,51 +pending", "done", "look 50,51",
                "saw 50 p, 51 p", "finish 500 there inbox p; 501 there inbox p",
            ]
        ),
        WriteScript(
            testDescription: "a message with another intent is left out",
            ticket: anns,
            layout: .folders,
            lines: [
                "record write", "recorded 501", "select", "selected", "move 51", "moved 51>8", "finish 501 moved 8 ann",
            ]
        ),
        WriteScript(testDescription: "none is left", ticket: anns, lines: ["record write", "recorded none", "finish"]),
        WriteScript(
            testDescription: "another UIDVALIDITY: nothing is sent",
            ticket: anns,
            lines: ["record write", "recorded", "select", "selected other", "finish 500 dropped; 501 dropped"]
        ),
        WriteScript(
            testDescription: "a folder for reading: held",
            ticket: anns,
            lines: [
                "record write", "recorded", "select", "selected readonly",
                "finish 500 dropped hold 3; 501 dropped hold 3",
            ]
        ),
        WriteScript(
            testDescription: "a folder that does not open: held",
            ticket: anns,
            lines: [
                "record write", "recorded", "select", "unselectable", "finish 500 dropped hold 3; 501 dropped hold 3",
            ]
        ),
        WriteScript(
            testDescription: "the link breaks before anything is sent",
            ticket: anns,
            lines: ["record write", "recorded", "select", "broken", "finish 500 dropped; 501 dropped"]
        ),
        WriteScript(
            testDescription: "the folder takes no new keywords: held, moved all the same",
            ticket: anns,
            lines: [
                "record write", "recorded", "select", "selected plain", "look 50,51", "saw 50, 51", "move 50,51",
                "moved 50>7, 51>8", "finish 500 moved 7 ann hold 2; 501 moved 8 ann hold 2",
            ]
        ),
        WriteScript(
            testDescription: "a keyword that is dropped without a word is found missing",
            ticket: anns,
            lines: stored + [
                "saw 50 +ann, 51", "move 50,51", "moved 50>7, 51>8",
                "finish 500 moved 7 ann +1; 501 moved 8 ann hold 2",
            ]
        ),
        WriteScript(
            testDescription: "a STORE that is refused: what it did all the same is found",
            ticket: Sample.ticket(.pending),
            lines: [
                "record write", "recorded", "select", "selected", "store 50,51 +pending", "no", "look 50,51",
                "saw 50 p, 51", "finish 500 there inbox p; 501 there inbox hold 4",
            ]
        ),
        WriteScript(
            testDescription: "what somebody took away meanwhile stays open",
            ticket: anns,
            lines: stored + ["saw 51 +ann", "move 51", "moved 51>8", "finish 500 open; 501 moved 8 ann +1"]
        ),
        WriteScript(
            testDescription: "a lost STORE stays open",
            ticket: anns,
            lines: [
                "record write", "recorded", "select", "selected", "store 50,51 +owner(1)", "lost",
                "finish 500 open; 501 open",
            ]
        ),
        WriteScript(
            testDescription: "a lost look stays open",
            ticket: anns,
            lines: stored + ["saw nothing", "finish 500 open; 501 open"]
        ),
        WriteScript(
            testDescription: "what a MOVE's receipt does not name stays open",
            ticket: anns,
            lines: stored + ["saw 50 +ann, 51 +ann", "move 50,51", "moved 50>7", "finish 500 moved 7 ann +1; 501 open"]
        ),
        WriteScript(
            testDescription: "a MOVE without proof stays open",
            ticket: anns,
            lines: stored + ["saw 50 +ann, 51 +ann", "move 50,51", "unmoved", "finish 500 open; 501 open"]
        ),
        WriteScript(
            testDescription: "a MOVE that is refused: the flags are agreed on, the place is held",
            ticket: anns,
            lines: stored + [
                "saw 50 +ann, 51 +ann", "move 50,51", "refused",
                "finish 500 refused inbox +1 hold 1; 501 refused inbox +1 hold 1",
            ]
        ),
        WriteScript(
            testDescription: "a destination that is gone meanwhile is not made again: ingestion looks first",
            ticket: anns,
            layout: .folders,
            lines: [
                "record write", "recorded", "select", "selected", "move 50,51", "refused tryCreate",
                "finish 500 refused inbox hold 1; 501 refused inbox hold 1",
            ]
        ),
        WriteScript(
            testDescription: "a MOVE that is offered and not understood becomes a COPY",
            ticket: anns,
            layout: .folders,
            lines: [
                "record write", "recorded", "select", "selected", "move 50,51", "unsupported", "copy 50,51",
                "moved 50>7, 51>8", "keep 50>7, 51>8", "copied 50:80, 51:81", "mark 50,51", "done",
                "advance 500,501 expunge", "advanced", "expunge 50,51", "done", "finish 500 at 80 ann; 501 at 81 ann",
            ]
        ),
        WriteScript(
            testDescription: "without MOVE: copied, kept, marked, expunged, each step for itself",
            ticket: anns,
            layout: .folders,
            abilities: noMove,
            lines: [
                "record copy", "recorded", "select", "selected", "copy 50,51", "moved 50>7, 51>8", "keep 50>7, 51>8",
                "copied 50:80, 51:81", "mark 50,51", "done", "advance 500,501 expunge", "advanced", "expunge 50,51",
                "done", "finish 500 at 80 ann; 501 at 81 ann",
            ]
        ),
        WriteScript(
            testDescription: "a COPY whose receipt cannot be true stays open, and its source stays",
            ticket: anns,
            layout: .folders,
            abilities: noMove,
            lines: [
                "record copy", "recorded", "select", "selected", "copy 50,51", "moved 50>7, 51>8", "keep 50>7, 51>8",
                "copied 50:80", "mark 50", "done", "advance 500 expunge", "advanced", "expunge 50", "done",
                "finish 500 at 80 ann; 501 open",
            ]
        ),
        WriteScript(
            testDescription: "a lost mark stays open",
            ticket: anns,
            layout: .folders,
            abilities: noMove,
            lines: [
                "record copy", "recorded", "select", "selected", "copy 50,51", "moved 50>7, 51>8", "keep 50>7, 51>8",
                "copied 50:80, 51:81", "mark 50,51", "lost", "finish 500 open; 501 open",
            ]
        ),
        WriteScript(
            testDescription: "a source that may not be marked is held, its move goes on later",
            ticket: anns,
            layout: .folders,
            abilities: noMove,
            lines: [
                "record copy", "recorded", "select", "selected", "copy 50,51", "moved 50>7", "keep 50>7",
                "copied 50:80", "mark 50", "no", "finish 500 open hold 1; 501 open",
            ]
        ),
        WriteScript(
            testDescription: "a source that may not be expunged stays marked as deleted",
            ticket: anns,
            layout: .folders,
            abilities: noMove,
            lines: [
                "record copy", "recorded", "select", "selected", "copy 50,51", "moved 50>7, 51>8", "keep 50>7, 51>8",
                "copied 50:80, 51:81", "mark 50,51", "done", "advance 500,501 expunge", "advanced", "expunge 50,51",
                "no", "finish 500 at 80 ann note; 501 at 81 ann note",
            ]
        ),
        WriteScript(
            testDescription: "without UIDPLUS nothing proves a COPY, and nothing is marked before it was found",
            ticket: anns,
            layout: .folders,
            abilities: neither,
            lines: [
                "record copy", "recorded", "select", "selected", "copy 50,51", "unmoved", "finish 500 open; 501 open",
            ]
        ),
    ]

    @Test(arguments: scripts)
    func `every answer leads to one next action`(script: WriteScript) {
        var machine = MarkWriteStateMachine(
            writing: Self.batch(script.ticket, script.layout),
            uidValidity: 9,
            abilities: script.abilities
        )
        var actions = [Self.text(machine.begin())]
        for event in stride(from: 1, to: script.lines.count, by: 2) {
            actions.append(Self.text(Self.tell(&machine, script.lines[event])))
        }
        #expect(actions == stride(from: 0, to: script.lines.count, by: 2).map { script.lines[$0] })
    }

    static let removals: [WriteScript] = [
        WriteScript(
            testDescription: "the step is recorded first",
            ticket: anns,
            lines: [
                "advance 500,501 mark", "advanced", "select", "selected", "mark 50", "done", "advance 500,501 expunge",
                "advanced", "expunge 50,51", "done", "finish 500 at 80 ann; 501 at 81 ann",
            ]
        ),
        WriteScript(
            testDescription: "without UIDPLUS it stays marked as deleted, and that is said",
            ticket: anns,
            abilities: neither,
            lines: [
                "advance 500,501 mark", "advanced", "select", "selected", "mark 50", "done",
                "finish 500 at 80 ann note; 501 at 81 ann note",
            ]
        ),
        WriteScript(
            testDescription: "with a new UIDVALIDITY nothing is touched",
            ticket: anns,
            lines: ["advance 500,501 mark", "advanced", "select", "selected other", "finish 500 open; 501 open"]
        ),
        WriteScript(
            testDescription: "a folder that does not open keeps them open",
            ticket: anns,
            lines: [
                "advance 500,501 mark", "advanced", "select", "unselectable", "finish 500 open hold 1; 501 open hold 1",
            ]
        ),
        WriteScript(
            testDescription: "a lost EXPUNGE stays open",
            ticket: anns,
            lines: [
                "advance 500,501 mark", "advanced", "select", "selected", "mark 50", "done", "advance 500,501 expunge",
                "advanced", "expunge 50,51", "lost", "finish 500 open; 501 open",
            ]
        ),
    ]

    @Test(arguments: removals)
    func `a move left half done is finished`(script: WriteScript) {
        let removals = [(Int64(50), false), (51, true)].map { uid, isDeleted in
            var source = placement(marks("inbox"), id: uid)
            source.flags.isDeleted = isDeleted
            return MarkRemoval(
                message: Identifier(450 + uid),
                source: source,
                copy: Identifier(30 + uid),
                settledAfter: marks("ann"),
                step: .copy
            )
        }
        var machine = MarkWriteStateMachine(removing: removals, uidValidity: 9, abilities: script.abilities)
        var actions = [Self.text(machine.begin())]
        for event in stride(from: 1, to: script.lines.count, by: 2) {
            actions.append(Self.text(Self.tell(&machine, script.lines[event])))
        }
        #expect(actions == stride(from: 0, to: script.lines.count, by: 2).map { script.lines[$0] })
    }

    // MARK: - Folders

    private static func folder(_ place: Place, uidValidity: UInt32 = 9, trouble: String? = nil) -> MarkFolder {
        let id = DeskTests.folder(of: place).id
        return MarkFolder(id: id, place: place, epoch: 1, uidValidity: uidValidity, trouble: trouble)
    }

    private static let inbox = Self.folder(.inbox)
    private static let ann = Place.agent(Sample.ann)

    @Test func `a batch is written when its folders are known`() {
        let batch = Self.batch(Self.anns, .both)
        let there = Self.folder(Self.ann)
        #expect(batch.route(through: [Self.inbox, there]) == .ready(source: Self.inbox, destination: there))
        #expect(batch.route(through: [there]) == .postponed)
        #expect(batch.route(through: [Self.inbox]) == .postponed)
        #expect(batch.route(through: [Self.inbox, Self.folder(Self.ann, uidValidity: 0)]) == .postponed)
        let gone = Self.folder(Self.ann, trouble: "gone")
        #expect(batch.route(through: [Self.inbox, gone]) == .held("gone"))
        #expect(batch.route(through: [Self.inbox, gone, there]) == .ready(source: Self.inbox, destination: there))
        #expect(batch.route(through: [Self.inbox], refused: [Self.ann: "no"]) == .held("no"))
        let pending = Self.batch(Sample.ticket(.pending), .both)
        #expect(pending.route(through: [Self.inbox]) == .ready(source: Self.inbox, destination: nil))
    }

    // MARK: - Words

    private static func batch(_ ticket: Ticket, _ layout: Layout) -> MarkBatch {
        let writes = [Int64(50), 51].compactMap { uid -> MarkWrite? in
            let subject = MarkSubject(
                message: Identifier(450 + uid),
                layout: layout,
                ticket: ticket,
                settled: Settled(state: marks("inbox"), placement: Identifier(uid)),
                placements: [placement(marks("inbox"), id: uid)],
                now: Sample.at(0)
            )
            guard case .write(let write) = Marks.reconcile(subject) else { return nil }
            return write
        }
        return MarkBatch.group(writes)[0]
    }

    private static let keywords: Set<Mark> = [.owner(Sample.ann), .pending]

    private static func tell(
        _ machine: inout MarkWriteStateMachine,
        _ event: String
    ) -> MarkWriteStateMachine.Action {
        let no = MarkRefusal(reason: "no")
        switch event {
        case "recorded": return machine.recorded([Identifier(500), Identifier(501)])
        case "recorded 501": return machine.recorded([Identifier(501)])
        case "recorded none": return machine.recorded([])
        case "selected":
            return machine.selected(MarkSelection(uidValidity: 9, isReadOnly: false, storable: self.keywords))
        case "selected plain": return machine.selected(MarkSelection(uidValidity: 9, isReadOnly: false, storable: []))
        case "selected other": return machine.selected(MarkSelection(uidValidity: 8, isReadOnly: false, storable: []))
        case "selected readonly": return machine.selected(MarkSelection(uidValidity: 9, isReadOnly: true, storable: []))
        case "unselectable": return machine.selected(no)
        case "broken": return machine.lost()
        case "done": return machine.answered(.done)
        case "no": return machine.answered(.refused(no))
        case "lost": return machine.answered(.unknown)
        case "saw nothing": return machine.saw(nil)
        case "unsupported": return machine.transferred(.unsupported)
        case "unmoved": return machine.transferred(.unknown)
        case "refused": return machine.transferred(.refused(no))
        case "refused tryCreate":
            return machine.transferred(.refused(MarkRefusal(reason: "no folder", isTransient: true)))
        case "advanced": return machine.advanced()
        default: return self.tellNumbers(&machine, event)
        }
    }

    /// `saw 50 +ann, 51`, `moved 50>7`, `copied 50:80`.
    private static func tellNumbers(
        _ machine: inout MarkWriteStateMachine,
        _ event: String
    ) -> MarkWriteStateMachine.Action {
        let verb = event.prefix { $0 != " " }
        let items = event.dropFirst(verb.count + 1).split(separator: ", ")
        switch verb {
        case "saw", "shown":
            let flags = items.map { item -> (UInt32, MarkFlags) in
                let words = item.split(separator: " ", maxSplits: 1)
                let state = marks("inbox " + (words.count > 1 ? words[1] : ""))
                return (UInt32(words[0]) ?? 0, placement(state).flags)
            }
            let shown = Dictionary(uniqueKeysWithValues: flags)
            return verb == "saw" ? machine.saw(shown) : machine.answered(.shown(shown))
        case "moved":
            let pairs = items.map { item in
                let numbers = item.split(separator: ">").compactMap { UInt32($0) }
                return MarkTransfer.Pair(source: numbers[0], destination: numbers[1])
            }
            return machine.transferred(.done(uidValidity: 3, pairs))
        case "copied":
            let copies = items.map { item -> (UInt32, Identifier<Placement>) in
                let numbers = item.split(separator: ":").compactMap { Int64($0) }
                return (UInt32(numbers[0]), Identifier(numbers[1]))
            }
            return machine.copied(Dictionary(uniqueKeysWithValues: copies))
        default: preconditionFailure("no event is called \(event)")
        }
    }

    private static func text(_ action: MarkWriteStateMachine.Action) -> String {
        func list(_ uids: [UInt32]) -> String { uids.map(String.init).joined(separator: ",") }
        switch action {
        case .record(_, let step): return "record \(step.rawValue)"
        case .select: return "select"
        case .store(let uids, let marks, let isAdding, let shows):
            let changes = marks.map { (isAdding ? "+" : "-") + self.text($0) }.joined(separator: " ")
            return (shows ? "store" : "silently") + " \(list(uids)) \(changes)"
        case .look(let uids): return "look \(list(uids))"
        case .move(let uids): return "move \(list(uids))"
        case .copy(let uids): return "copy \(list(uids))"
        case .keep(let pairs, _):
            return "keep " + pairs.map { "\($0.source)>\($0.destination)" }.joined(separator: ", ")
        case .advance(let removals, let step):
            return "advance " + removals.map { "\($0.message)" }.joined(separator: ",") + " \(step.rawValue)"
        case .markDeleted(let uids): return "mark \(list(uids))"
        case .expunge(let uids): return "expunge \(list(uids))"
        case .finish(let closings):
            let all = closings.sorted { $0.message < $1.message }.map(self.text)
            return (["finish"] + (all.isEmpty ? [] : [all.joined(separator: "; ")])).joined(separator: " ")
        }
    }

    private static func text(_ closing: MarkClosing) -> String {
        var words = ["\(closing.message)"]
        switch closing.end {
        case .confirmed(let state, .source): words += ["there", self.text(state)]
        case .confirmed(let state, .moved(let uid, _)): words += ["moved", "\(uid)", self.text(state)]
        case .confirmed(let state, .placement(let id)): words += ["at", "\(id)", self.text(state)]
        case .refused(let state): words += ["refused", self.text(state)]
        case .dropped: words.append("dropped")
        case .open: words.append("open")
        }
        if let hold = closing.hold { words.append("hold \(hold.fields.rawValue)") }
        let isEmptyNote = closing.note == nil || closing.end == .dropped
        if !isEmptyNote { words.append("note") }
        return words.joined(separator: " ")
    }

    private static func text(_ state: MarkState) -> String {
        var words = [state.place.agent == Sample.ann ? "ann" : state.place.name]
        words += state.owners.sorted().map { "+\($0)" }
        if state.isPending { words.append("p") }
        return words.joined(separator: " ")
    }

    private static func text(_ mark: Mark) -> String {
        switch mark {
        case .owner(let agent): "owner(\(agent))"
        case .pending: "pending"
        case .flagged: "flagged"
        case .answered: "answered"
        }
    }
}
