import Desk
import Testing

/// The reconciliation against a model of a server and of agents' clients, in random interleavings that a seed repeats.
struct MarksSimulationTests {
    static let seeds = 200
    static let steps = 80
    static let layouts: [Layout?] = [.folders, .keywords, .both, nil]

    @Test(arguments: MarksSimulationTests.layouts)
    func `at rest the mailbox shows what the tickets say`(layout: Layout?) {
        for seed in 0..<Self.seeds {
            var world = ModelWorld(seed: UInt64(seed), options: .init(layout: layout))
            for _ in 0..<Self.steps { world.step() }
            let isAtRest = world.comeToRest()
            #expect(isAtRest, "seed \(seed)")
            #expect(world.outOfStep == nil, "seed \(seed)")
        }
        print("marks, \(layout?.rawValue ?? "observe-only"): \(Self.seeds) seeds × \(Self.steps) steps came to rest")
    }

    @Test(arguments: MarksSimulationTests.layouts)
    func `our own writes are never read as gestures`(layout: Layout?) {
        for seed in 0..<Self.seeds {
            var world = ModelWorld(seed: UInt64(seed), options: .init(layout: layout, agentsAct: false))
            for _ in 0..<Self.steps { world.step() }
            world.comeToRest()
            #expect(world.desk.mails.values.allSatisfy { $0.gestures.isEmpty }, "seed \(seed)")
            #expect(world.messages.allSatisfy { world.server.copies(of: $0).count == 1 }, "seed \(seed)")
        }
        print("marks, \(layout?.rawValue ?? "observe-only"): \(Self.seeds) seeds × \(Self.steps) steps without an echo")
    }

    @Test(arguments: MarksSimulationTests.layouts)
    func `what is written and read is never more than what was changed`(layout: Layout?) {
        var written = 0
        for seed in 0..<Self.seeds {
            var world = ModelWorld(seed: UInt64(1000 + seed), options: .init(layout: layout))
            for _ in 0..<Self.steps { world.step() }
            world.comeToRest()
            written += world.desk.mails.values.reduce(0) { $0 + $1.writes }
            for (message, mail) in world.desk.mails {
                let done = world.actions[message] ?? 0
                let changes = done + (world.desk.ticketChanges[mail.ticket] ?? 0) + mail.recoveries
                #expect(mail.gestures.count <= done, "seed \(1000 + seed), message \(message)")
                #expect(mail.writes <= (layout == nil ? 0 : changes + 1), "seed \(1000 + seed), message \(message)")
            }
        }
        #expect((written > Self.seeds) == (layout != nil))
    }

    @Test(arguments: MarksSimulationTests.layouts)
    func `every action at rest becomes one gesture, and rest again`(layout: Layout?) {
        var exact = 0
        for seed in 0..<Self.seeds {
            let options = ModelWorld.Options(layout: layout, agentsAct: false, commandsCome: false, mailComes: false)
            var world = ModelWorld(seed: UInt64(5000 + seed), options: options)
            for _ in 0..<6 {
                let before = world.desk.mails.mapValues(\.gestures.count)
                let action = world.act()
                // Baton, its observations and its crashes go on around it.
                for _ in 0..<15 { world.step() }
                let isAtRest = world.comeToRest()
                #expect(isAtRest && world.outOfStep == nil, "seed \(5000 + seed)")
                for (message, mail) in world.desk.mails {
                    let read = Array(mail.gestures.dropFirst(before[message] ?? 0))
                    let deed = message == action?.message ? action?.deed : nil
                    #expect(Self.isRight(read, deed), "seed \(5000 + seed), message \(message): \(read)")
                    if let deed, deed != .other { exact += 1 }
                }
            }
        }
        #expect(exact > Self.seeds)
    }

    private static func isRight(_ gestures: [Gesture], _ deed: ModelWorld.Deed?) -> Bool {
        guard let deed else { return gestures.isEmpty }
        if deed == .other { return gestures.count <= 1 }
        guard gestures.count == 1 else { return false }
        return switch (gestures[0], deed) {
        case (.moved(_, let place), .moved(let target)): place == target
        case (.seenAgain(let place), .moved(let target)): place == target
        case (.deleted, .trashed): true
        case (.pendingChanged(let isSet), .pending(let target)): isSet == target
        case (.flaggedChanged(let isSet), .flagged(let target)): isSet == target
        default: false
        }
    }

    @Test(arguments: [Layout.folders, .keywords, .both])
    func `a drag to an agent's folder is that agent's ticket`(layout: Layout) throws {
        for seed in 0..<Self.seeds {
            var world = ModelWorld(
                seed: UInt64(9000 + seed),
                options: .init(layout: layout, agentsAct: false, commandsCome: false)
            )
            for _ in 0..<20 { world.step() }
            world.comeToRest()
            let message = try #require(world.messages.randomElement(using: &world.random))
            let copy = try #require(world.server.copies(of: message).first)
            let target = folder(of: .agent(Sample.bob)).id
            guard copy.folder != target else { continue }
            let moved = world.server.move(copy.uid, from: copy.folder, to: target)
            #expect(moved != nil)
            for _ in 0..<30 { world.step() }
            world.comeToRest()
            let ticket = world.desk.mails[message].flatMap { world.desk.tickets[$0.ticket] }
            #expect(ticket?.owner == Sample.bob, "seed \(9000 + seed)")
            #expect(world.outOfStep == nil, "seed \(9000 + seed)")
        }
    }

    @Test func `a writer that forgets when it wrote last is found out`() {
        let echoing = (0..<Self.seeds).filter { seed in
            let options = ModelWorld.Options(layout: .both, agentsAct: false, forgetsCloses: true)
            var world = ModelWorld(seed: UInt64(seed), options: options)
            for _ in 0..<Self.steps { world.step() }
            world.comeToRest()
            return world.desk.mails.values.contains { !$0.gestures.isEmpty }
        }
        #expect(!echoing.isEmpty)
    }
}
