import IngestionPlan
import Testing

@Suite("How a mailbox is waited for")
struct WaitPlanTests {
    typealias Facts = WaitPlan.Facts

    private static let folders: [[UInt8]] = ["INBOX", "Agents/ann", "Closed", "Sent"].map { Array($0.utf8) }

    private static func facts(
        _ hearing: WaitPlan.Hearing,
        sweepsAtOnce: Bool = true,
        folders: [[UInt8]] = Self.folders,
        connections: Int = 3,
        isShort: Bool = false
    ) -> Facts {
        Facts(
            hearing: hearing,
            sweepsAtOnce: sweepsAtOnce,
            folders: folders,
            connections: connections,
            isShort: isShort
        )
    }

    struct Row: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let facts: Facts
        var listeners: [WaitPlan.Listener] = []
        var between: [UInt8]?
        let sweep: Duration
    }

    private static let inbox = folders[0]

    static let rows: [Row] = [
        Row(
            testDescription: "NOTIFY hears of all folders by one connection, so looking is rare",
            facts: facts(.notify),
            listeners: [.notify(selected: inbox, others: Array(folders.dropFirst()))],
            sweep: .seconds(60)
        ),
        Row(
            testDescription: "IDLE hears of INBOX, the rest is looked at",
            facts: facts(.idle),
            listeners: [.idle(inbox)],
            sweep: .seconds(10)
        ),
        Row(
            testDescription: "more connections hear of more folders, and no more than there are",
            facts: facts(.idle, connections: 20),
            listeners: folders.map { .idle($0) },
            sweep: .seconds(10)
        ),
        Row(
            testDescription: "with two connections the one that synchronises listens between passes",
            facts: facts(.idle, connections: 2),
            between: inbox,
            sweep: .seconds(10)
        ),
        Row(
            testDescription: "a server without a connection to spare is not asked for one",
            facts: facts(.notify, connections: 5, isShort: true),
            between: inbox,
            sweep: .seconds(10)
        ),
        Row(testDescription: "a server that tells nothing is looked at", facts: facts(.nothing), sweep: .seconds(10)),
        Row(
            testDescription: "a folder that must be asked by itself makes looking slower",
            facts: facts(
                .idle,
                sweepsAtOnce: false,
                folders: (0..<40).map { [UInt8($0)] }
            ),
            listeners: [.idle([0])],
            sweep: .seconds(40)
        ),
        Row(
            testDescription: "but never slower than once a minute",
            facts: facts(.nothing, sweepsAtOnce: false, folders: (0..<200).map { [UInt8($0)] }),
            sweep: .seconds(60)
        ),
        Row(
            testDescription: "without folders there is nothing to hear",
            facts: facts(.notify, folders: []),
            sweep: .seconds(60)
        ),
    ]

    @Test(arguments: Self.rows)
    func `the plan follows from what is offered and what may be used`(_ row: Row) {
        let plan = WaitPlan(row.facts)
        #expect(plan.listeners == row.listeners)
        #expect(plan.betweenPasses == row.between)
        #expect(plan.sweepInterval == row.sweep)
    }

    @Test func `the heart beats faster where links die in silence, never faster than once in fifty seconds`() {
        var heartbeat = Heartbeat()
        #expect(heartbeat.interval == .seconds(270))
        // A link that dies at once dies of something else, and one death is an accident.
        for silence in [1, 1, 180] { heartbeat.died(after: .seconds(silence)) }
        #expect(heartbeat.interval == .seconds(270))
        heartbeat.answered()
        for silence in [180, 180] { heartbeat.died(after: .seconds(silence)) }
        #expect(heartbeat.interval == .seconds(135))
        for silence in [60, 60] { heartbeat.died(after: .seconds(silence)) }
        #expect(heartbeat.interval == .seconds(50))
        #expect(heartbeat.next(share: 0) == .seconds(50) && heartbeat.next(share: 1) == .seconds(45))
        #expect(Heartbeat().next(share: 1) >= .seconds(240))
    }
}
