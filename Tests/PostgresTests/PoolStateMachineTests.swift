import Testing

@testable import Postgres

@Suite("Who gets which connection")
struct PoolStateMachineTests {
    private final class Waiter {}
    private typealias Machine = PoolStateMachine<Int, Waiter>

    /// What was decided, without the waiters, which have no value of their own.
    private enum Decision: Equatable {
        case use(Int), create, wait, refuse
        case nothing, hand(Int?), close(Int?, isLast: Bool)
    }

    private static func ask(_ machine: inout Machine, _ waiter: Waiter = Waiter()) -> Decision {
        switch machine.connectionWanted(by: waiter) {
        case .use(let connection): .use(connection)
        case .create: .create
        case .wait: .wait
        case .refuse: .refuse
        }
    }

    private static func giveBack(_ machine: inout Machine, _ connection: Int?) -> Decision {
        switch machine.connectionReturned(connection) {
        case .nothing: .nothing
        case .hand(let connection, _): .hand(connection)
        case .close(let connection, let isLast): .close(connection, isLast: isLast)
        }
    }

    @Test func `connections are made up to the limit, then callers wait`() {
        var machine = Machine(limit: 2)
        let decision = [Self.ask(&machine), Self.ask(&machine), Self.ask(&machine)]
        #expect(decision == [.create, .create, .wait])
        #expect(machine.leased == 2)
    }

    @Test func `the one used last is used first`() {
        var machine = Machine(limit: 2)
        _ = (Self.ask(&machine), Self.ask(&machine))
        _ = (Self.giveBack(&machine, 1), Self.giveBack(&machine, 2))
        let decision = [Self.ask(&machine), Self.ask(&machine)]
        #expect(decision == [.use(2), .use(1)])
    }

    @Test(arguments: [1, nil] as [Int?])
    func `who waits gets the connection, or the right to make one`(_ connection: Int?) {
        var machine = Machine(limit: 1)
        _ = (Self.ask(&machine), Self.ask(&machine))
        let decision = Self.giveBack(&machine, connection)
        #expect(decision == .hand(connection))
        #expect(machine.leased == 1)
    }

    @Test func `a lost connection makes room`() {
        var machine = Machine(limit: 1)
        _ = Self.ask(&machine)
        let decision = Self.giveBack(&machine, nil)
        #expect(decision == .nothing)
        let decision2 = Self.ask(&machine)
        #expect(decision2 == .create)
    }

    @Test func `a waiter leaves once, and not when it was served`() {
        var machine = Machine(limit: 1)
        let (early, late) = (Waiter(), Waiter())
        _ = (Self.ask(&machine), Self.ask(&machine, early), Self.ask(&machine, late))
        let left = [machine.waiterLeft(early), machine.waiterLeft(early)]
        #expect(left == [true, false])
        let (given, hasLeft) = (Self.giveBack(&machine, 1), machine.waiterLeft(late))
        #expect(given == .hand(1))
        #expect(!hasLeft)
    }

    @Test func `after shutdown nobody is served and the last one out is known`() {
        var machine = Machine(limit: 3)
        _ = (Self.ask(&machine), Self.ask(&machine), Self.ask(&machine))
        _ = Self.giveBack(&machine, 1)
        let (refused, closed, isWaiting) = machine.shutDown()
        #expect(refused.isEmpty && closed == [1] && isWaiting)
        let decision = Self.ask(&machine)
        #expect(decision == .refuse)
        let decision2 = Self.giveBack(&machine, 2)
        #expect(decision2 == .close(2, isLast: false))
        let decision3 = Self.giveBack(&machine, nil)
        #expect(decision3 == .close(nil, isLast: true))
    }
}
