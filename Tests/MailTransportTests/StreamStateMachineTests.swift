import NIOCore
import Testing

@testable import MailTransport

@Suite("Handing bytes to the reader")
struct StreamStateMachineTests {
    private typealias Machine = StreamStateMachine<String>

    private static func bytes(_ count: Int) -> ByteBuffer { ByteBuffer(repeating: 1, count: count) }

    @Test func `bytes that came before the reader are taken at once, in order`() {
        var machine = Machine()
        _ = machine.received(Self.bytes(1))
        _ = machine.received(Self.bytes(2))
        let first = machine.takeImmediate(forReady: false)?.0
        let second = machine.takeImmediate(forReady: false)?.0
        #expect([first, second] == [.bytes(Self.bytes(1)), .bytes(Self.bytes(2))])
    }

    @Test func `a waiting reader gets the bytes`() {
        var machine = Machine()
        let waiting = machine.waitBegan("r", deadline: nil, forReady: false)
        #expect(waiting.resume == nil)
        let actions = machine.received(Self.bytes(3))
        #expect(actions.resume?.waiter == "r")
        #expect(actions.resume?.outcome == .bytes(Self.bytes(3)))
    }

    @Test func `reading stops at the high-water mark and goes on below the low one`() {
        var machine = Machine()
        _ = machine.received(Self.bytes(Machine.highWaterMark - 1))
        let below = machine.mayRead()
        _ = machine.received(Self.bytes(1))
        let at = machine.mayRead()
        let afterFirst = machine.takeImmediate(forReady: false)?.readMore
        #expect([below, at] == [true, false])
        #expect(afterFirst == true)
    }

    @Test func `bytes queued before the end are read before the end`() {
        var machine = Machine()
        _ = machine.received(Self.bytes(1))
        _ = machine.ended(nil)
        #expect(machine.takeImmediate(forReady: false)?.0 == .bytes(Self.bytes(1)))
        #expect(machine.takeImmediate(forReady: false)?.0 == .endOfStream)
        #expect(machine.takeImmediate(forReady: false)?.0 == .endOfStream)
    }

    @Test func `the first error stays`() {
        var machine = Machine()
        _ = machine.ended(TransportError(.bytesBeforeTLS))
        _ = machine.ended(TransportError(.cancelled))
        #expect(machine.takeImmediate(forReady: false)?.0 == .failed(TransportError(.bytesBeforeTLS)))
    }

    @Test func `a deadline ends the wait, an early timer does not`() {
        var machine = Machine()
        let early = NIODeadline.uptimeNanoseconds(10)
        let late = NIODeadline.uptimeNanoseconds(20)
        #expect(machine.waitBegan("a", deadline: early, forReady: false).scheduleTimer == early)
        _ = machine.received(Self.bytes(1))
        #expect(machine.waitBegan("b", deadline: late, forReady: false).scheduleTimer == nil)
        let first = machine.timerFired(at: early, now: early)
        #expect(first.resume == nil)
        #expect(first.scheduleTimer == late)
        let second = machine.timerFired(at: late, now: late)
        #expect(second.resume?.outcome == .timedOut)
    }

    @Test func `waking without a reader ends the next wait, once`() {
        var machine = Machine()
        _ = machine.woken()
        #expect(machine.waitBegan("a", deadline: nil, forReady: false).resume?.outcome == .woken)
        #expect(machine.waitBegan("b", deadline: nil, forReady: false).resume == nil)
    }

    @Test func `cancellation stays`() {
        var machine = Machine()
        _ = machine.waitBegan("a", deadline: nil, forReady: false)
        #expect(machine.cancelled().resume?.outcome == .cancelled)
        #expect(machine.takeImmediate(forReady: false)?.0 == .cancelled)
    }

    @Test func `bytes do not end a wait for readiness`() {
        var machine = Machine()
        _ = machine.waitBegan("a", deadline: nil, forReady: true)
        #expect(machine.received(Self.bytes(1)).resume == nil)
        #expect(machine.becameReady().resume?.outcome == .ready)
    }
}
