import MailTransport
import NIOCore
import Testing

@testable import IMAP

@Suite("Outcomes and answers")
struct OutcomeTests {
    private static func codes(_ texts: [String]) -> [ResponseCode] {
        texts.compactMap { text in
            guard case .condition(_, let text) = Reading.response("* OK [\(text)] x") else { return nil }
            return text.code
        }
    }

    @Test(arguments: [
        (["COPYUID 9 1:3 4:6"], ["1-4", "2-5", "3-6"]), (["COPYUID 9 3,1 7,8"], ["3-7", "1-8"]),
        (["COPYUID 9 2 5"], ["2-5"]), (["COPYUID 9 1 4", "COPYUID 9 2 5"], ["1-4", "2-5"]),
        ([], []), (["COPYUID 9 1:3 4:5"], []), (["COPYUID 9 1,5 4,6"], []), (["COPYUID 9 1,1 4,5"], []),
        (["COPYUID 9 1,2 4,4"], []), (["COPYUID 983  "], []), (["COPYUID 0 1 2"], []), (["COPYUID 9 1 0"], []),
        (["COPYUID 9 1 4", "COPYUID 8 2 5"], []), (["COPYUID 9 1:4294967295 1:4294967295"], []),
        (["COPYUID 9 * 4"], []),
    ])
    func `only a COPYUID that makes sense proves a move`(texts: [String], pairs: [String]) {
        let receipt = MoveReceipt.reading(Self.codes(texts), asked: UIDSet([1, 2, 3]), limit: 1000)
        #expect((receipt?.pairs ?? []).map { "\($0.source)-\($0.destination)" } == pairs)
    }

    @Test(arguments: [
        (IMAPError(.connectionLost, command: "X"), true), (IMAPError(.closedByServer("x"), command: "X"), true),
        (IMAPError(.timedOut(after: .seconds(1)), command: "X"), true),
        (IMAPError(.refused(code: .unavailable, text: ""), command: "X"), true),
        (IMAPError(.refused(code: .throttled(retryAfter: nil), text: ""), command: "X"), true),
        (IMAPError(.refused(code: .noPerm, text: ""), command: "X"), false),
        (IMAPError(.refused(code: nil, text: ""), command: "X"), false),
        (IMAPError(.authenticationFailed(""), command: "X"), false),
        (IMAPError(.protocolViolation(""), command: "X"), false), (IMAPError(.unproven(""), command: "X"), false),
        (IMAPError(.limitExceeded("line"), command: "X"), false),
        (IMAPError(.transport(TransportError(.hostNotFound("h"))), command: "X"), true),
        (IMAPError(.transport(TransportError(.bytesBeforeTLS)), command: "X"), false),
    ])
    func `only what time can heal is transient`(error: IMAPError, expected: Bool) {
        #expect(error.isTransient == expected)
    }

    @Test func `a server's text in an error is escaped and bounded`() {
        let text = "\u{1b}[2J\r\n" + String(repeating: "x", count: 5000)
        let description = IMAPError(.refused(code: nil, text: text), command: "SELECT").description
        #expect(description.utf8.count < 500)
        #expect(!description.contains("\u{1b}") && !description.contains("\n"))
    }

    @Test func `the queue of news keeps the latest count, and is bounded`() {
        var queue = UnsolicitedQueue(limit: 4)
        for count in 1...1000 { _ = queue.note(.exists(count)) }
        _ = queue.note(.expunge(1))
        _ = queue.note(.exists(7))
        #expect(queue.take() == [.exists(1000), .expunged(sequence: 1), .exists(7)])
        for sequence in 1...9 { _ = queue.note(.expunge(UInt32(sequence))) }
        let kept = queue.take()
        #expect(kept.count == 4)
        #expect(kept.last == .overflowed)
    }

    @Test func `a budget counts waiting, and bytes buy time`() {
        var budget = ReadBudget(inactivity: .seconds(10), total: .seconds(15))
        var waits = [budget.nextWait]
        budget.waited(.seconds(9), received: 1)
        waits.append(budget.nextWait)
        budget.waited(.seconds(6), received: 64 * 1024 - 2)
        waits.append(budget.nextWait)
        budget.waited(.zero, received: 1)
        waits.append(budget.nextWait)
        budget.waited(.zero, received: 100 * 64 * 1024)
        waits.append(budget.nextWait)
        #expect(waits == [.seconds(10), .seconds(6), .zero, .seconds(1), .seconds(10)])
    }

    @Test(
        arguments: [
            ("\\Sent", "\\Sent"), ("\\sent", "\\Sent"), ("\\Spam", "\\Junk"), ("\\AllMail", "\\All"),
            ("\\Starred", "\\Flagged"),
            ("\\HasChildren", nil), ("Sent", nil),
        ] as [(String, String?)]
    )
    func `special uses have one spelling`(attribute: String, expected: String?) {
        #expect(ListedFolder(name: .inbox, delimiter: nil, attributes: ["\\X", attribute]).specialUse == expected)
    }
}
