import Testing

@testable import IMAP

@Suite("One IDLE exchange")
struct IdleStateMachineTests {
    enum Event: Sendable {
        case plus, news, timeout, interrupt, done
    }

    private static func run(_ events: [Event]) -> [IdleStateMachine.Action?] {
        var machine = IdleStateMachine()
        return events.map { event in
            switch event {
            case .plus: machine.continuationReceived()
            case .news: machine.newsReceived()
            case .timeout: machine.waitEnded(.timeout)
            case .interrupt: machine.waitEnded(.interrupted)
            case .done: machine.completed()
            }
        }
    }

    @Test(
        arguments: [
            ([.plus, .timeout, .done], [.wait, .sendDone, .finish(.timeout)]),
            ([.plus, .interrupt, .done], [.wait, .sendDone, .finish(.interrupted)]),
            ([.plus, .news, .timeout, .done], [.wait, .drain, .sendDone, .finish(.serverActivity)]),
            ([.plus, .news, .news, .interrupt, .done], [.wait, .drain, .wait, .sendDone, .finish(.serverActivity)]),
            ([.interrupt, .plus, .done], [.wait, .sendDone, .finish(.interrupted)]),
            ([.news, .plus, .done], [.wait, .sendDone, .finish(.serverActivity)]),
            ([.plus, .timeout, .news, .done], [.wait, .sendDone, .wait, .finish(.timeout)]),
            ([.plus, .timeout, .interrupt, .done], [.wait, .sendDone, .wait, .finish(.timeout)]),
            ([.plus, .done], [.wait, .finish(.timeout)]),
            ([.done], [.finish(.timeout)]),
            ([.plus, .plus], [.wait, nil]),
        ] as [([Event], [IdleStateMachine.Action?])]
    )
    func `DONE goes out once, after the plus`(events: [Event], expected: [IdleStateMachine.Action?]) {
        #expect(Self.run(events) == expected)
    }
}
