import Testing

@testable import IMAP

@Suite("The session")
struct SessionStateMachineTests {
    typealias Machine = SessionStateMachine

    private static func machine(authenticated: Bool = true, running verb: String? = nil) -> Machine {
        var machine = Machine(tagPrefix: "T", off: [.notify: .byHand])
        _ = machine.received(.condition(.ok, ResponseText(text: "ready")))
        if authenticated { machine.authenticated(with: nil) }
        if let verb { machine.commandStarted(tag: machine.nextTag(), verb: verb) }
        return machine
    }

    private static let ok = ResponseText(text: "done")

    @Test(arguments: [
        (Response.condition(.ok, ok), Machine.Action.deliver(.condition(.ok, ok))),
        (.preauthenticated(ok), .deliver(.preauthenticated(ok))),
        (.bye(ok), .fail(.closedByServer("done"))),
        (.condition(.no, ok), .fail(.closedByServer("done"))),
        (.unreadable("x"), .fail(.closedByServer("x"))),
        (.tagged(tag: "T1", .ok, ok), .fail(.protocolViolation("the first line is no greeting"))),
        (.exists(1), .fail(.protocolViolation("the first line is no greeting"))),
        (.continuation(ok), .fail(.protocolViolation("the first line is no greeting"))),
    ])
    func `a session begins with a greeting`(response: Response, expected: Machine.Action) {
        var machine = Machine(tagPrefix: "T")
        #expect(machine.received(response) == expected)
    }

    @Test(arguments: [
        Response.exists(3), .expunge(1), .flags([]), .fetch(FetchedItems()), .identity([:]), .ignored("X"),
        .status(.inbox, FolderStatus()), .list(ListedFolder(name: .inbox, delimiter: nil, attributes: [])),
        .enabled(["QRESYNC"]), .condition(.ok, ok), .vanished(UIDSet([1]), earlier: false),
        .namespace(Namespaces(personal: [])),
    ])
    func `data before the log-in is dropped`(response: Response) {
        var machine = Self.machine(authenticated: false, running: "LOGIN")
        #expect(machine.received(response) == .none)
        #expect(machine.exists == 0)
        #expect(!machine.capabilities.hasQResync)
    }

    @Test(arguments: ["T2", "T0", "t1", "X1", "", "T11"])
    func `an answer to a command that was not sent ends the session`(tag: String) {
        var machine = Self.machine(running: "NOOP")
        let action = machine.received(.tagged(tag: tag, .ok, Self.ok))
        #expect(action == .fail(.protocolViolation("an answer to a command that was not sent")))
    }

    @Test func `an answer given twice ends the session`() {
        var machine = Self.machine(running: "NOOP")
        let answer = Response.tagged(tag: "T1", .ok, Self.ok)
        #expect(machine.received(answer) == .complete(.init(tag: "T1", condition: .ok, text: Self.ok)))
        guard case .fail = machine.received(answer) else {
            Issue.record("taken twice")
            return
        }
    }

    @Test func `two commands under way may be answered in either order`() {
        var machine = Self.machine(running: "UID FETCH")
        machine.commandStarted(tag: machine.nextTag(), verb: "UID FETCH")
        let actions = ["T2", "T1"].map { machine.received(.tagged(tag: $0, .ok, Self.ok)) }
        #expect(actions == ["T2", "T1"].map { .complete(.init(tag: $0, condition: .ok, text: Self.ok)) })
    }

    @Test func `a continuation nobody asked for ends the session`() {
        var machine = Self.machine()
        #expect(machine.received(.continuation(Self.ok)) == .fail(.protocolViolation("unasked continuation")))
    }

    @Test func `BYE ends the session, but not after LOGOUT`() {
        var machine = Self.machine(running: "NOOP")
        var leaving = Self.machine(running: "LOGOUT")
        #expect(machine.received(.bye(Self.ok)) == .fail(.closedByServer("done")))
        #expect(leaving.received(.bye(Self.ok)) == .none)
    }

    @Test func `capabilities said before the log-in do not outlive it`() {
        var machine = Self.machine(authenticated: false, running: "LOGIN")
        _ = machine.received(.capability(["IMAP4REV1", "LOGINDISABLED"]))
        #expect(machine.hasCapabilities)
        machine.authenticated(with: nil)
        #expect(!machine.hasCapabilities)
        machine.authenticated(with: .capability(["move", "NOTIFY"]))
        #expect(machine.capabilities.hasMove)
        #expect(!machine.capabilities.contains(.notify))
    }

    @Test func `QRESYNC counts once the server says it is enabled`() {
        var machine = Self.machine()
        machine.authenticated(with: .capability(["QRESYNC", "ENABLE"]))
        #expect(machine.capabilities.extensionToEnable == .qresync)
        #expect(!machine.capabilities.hasQResync)
        _ = machine.received(.enabled(["qresync"]))
        #expect(machine.capabilities.hasQResync)
    }

    @Test func `the count of mails follows EXISTS, EXPUNGE and VANISHED, and never falls below nothing`() {
        var machine = Self.machine()
        var counts: [Int] = []
        let responses: [Response] = [
            .exists(5), .expunge(1), .vanished(UIDSet([1, 2]), earlier: false), .vanished(UIDSet([3]), earlier: true),
            .exists(9), .vanished(.all, earlier: false), .expunge(1),
        ]
        for response in responses {
            _ = machine.received(response)
            counts.append(machine.exists)
        }
        #expect(counts == [5, 4, 2, 2, 9, 0, 0])
    }

    @Test func `tags begin with letters of chance`() {
        var generator = SystemRandomNumberGenerator()
        let prefixes = Set((0..<50).map { _ in Machine.randomTagPrefix(using: &generator) })
        #expect(prefixes.count > 45)
        #expect(prefixes.allSatisfy { $0.count == 4 && $0.allSatisfy { $0.isASCII && $0.isUppercase } })
    }
}
