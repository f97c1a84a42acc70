import NIOCore
import Testing

@testable import IMAP

@Suite("Mails on their way")
struct BodyRouterTests {
    private static func events(_ text: String, asked: [UInt32] = [5, 6]) -> [BodyEvent] {
        var reader = ResponseReader(limits: .default)
        var router = BodyRouter(asked: UIDSet(asked))
        var events: [BodyEvent] = []
        reader.feed(ByteBuffer(string: text))
        do {
            while let event = try reader.next() {
                guard case .fetch(let items) = router.take(event, into: &events) else { continue }
                events += router.fetchReceived(items) ?? []
            }
        } catch {
            Issue.record("\(error)")
        }
        return events
    }

    private static func summary(_ uid: UInt32, flags: [String]? = nil, size: Int64? = nil) -> MessageSummary {
        MessageSummary(uid: uid, flags: flags, size: size)
    }

    private static let abc = BodyEvent.bytes(MailBytes(Array("abc".utf8)))

    @Test(arguments: [
        ("* 1 FETCH (UID 5 BODY[] {3}\r\nabc)\r\n", [.begin(uid: 5, size: 3), abc, .end(summary(5), .complete)]),
        ("* 1 FETCH (BODY[] {3}\r\nabc UID 5)\r\n", [.begin(uid: nil, size: 3), abc, .end(summary(5), .complete)]),
        ("* 1 FETCH (UID 5 BODY[] {0}\r\n)\r\n", [.begin(uid: 5, size: 0), .end(summary(5), .complete)]),
        ("* 1 FETCH (UID 5 BODY[] \"abc\")\r\n", [.begin(uid: 5, size: 3), abc, .end(summary(5), .complete)]),
        ("* 1 FETCH (UID 5 BODY[] NIL)\r\n", [.end(summary(5), .null)]),
        ("* 1 FETCH (UID 5 BODY[])\r\n", [.end(summary(5), .null)]),
        ("* 1 FETCH (UID 5 RFC822.SIZE 9)\r\n", [.end(summary(5, size: 9), .absent)]),
        ("* 1 FETCH (UID 5 FLAGS (\\Seen))\r\n", []),
        ("* 1 FETCH (UID 9 BODY[] {3}\r\nabc)\r\n", []),
        ("* 1 FETCH (BODY[] {3}\r\nabc)\r\n", [.begin(uid: nil, size: 3), abc, .abandoned]),
        ("* 1 FETCH (BODY[] {3}\r\nabc UID 9)\r\n", [.begin(uid: nil, size: 3), abc, .abandoned]),
        (
            "* 1 FETCH (UID 5 BODY[] {3}\r\nabc)\r\n* 1 FETCH (UID 5 BODY[] {3}\r\nxyz)\r\n",
            [.begin(uid: 5, size: 3), abc, .end(summary(5), .complete)]
        ),
        (
            "* 1 FETCH (UID 5 BODY[] {3}\r\nabc BODY[] {3}\r\nxyz)\r\n",
            [.begin(uid: 5, size: 3), abc, .end(summary(5), .complete)]
        ),
        (
            "* 1 FETCH (UID 5 BODY[HEADER] {3}\r\nxyz BODY[] {3}\r\nabc BODY[TEXT] {3}\r\nxyz)\r\n",
            [.begin(uid: 5, size: 3), abc, .end(summary(5), .complete)]
        ),
        ("* 1 FETCH (UID 5 BODY[]<2> {3}\r\nxyz)\r\n", []), ("* 1 FETCH (UID 5 BODY[TEXT] {3}\r\nxyz)\r\n", []),
        ("* 1 FETCH (UID 5 RFC822 {3}\r\nabc)\r\n", [.begin(uid: 5, size: 3), abc, .end(summary(5), .complete)]),
        (
            "* 2 FETCH (UID 6 BODY[] {3}\r\nabc FLAGS (a))\r\n* 3 EXISTS\r\n* 1 FETCH (UID 5 BODY[] {3}\r\nabc)\r\n",
            [
                .begin(uid: 6, size: 3), abc, .end(summary(6, flags: ["a"]), .complete), .begin(uid: 5, size: 3), abc,
                .end(summary(5), .complete),
            ]
        ),
    ])
    func `only mails that were asked for come through, each once`(text: String, expected: [BodyEvent]) {
        #expect(Self.events(text) == expected)
    }

    @Test(arguments: [1, 7, 4096])
    func `a mail comes in the portions in which it came, without a copy`(portion: Int) throws {
        let head = "* 1 FETCH (UID 5 BODY[] {10000}\r\n"
        let text = head + String(repeating: "x", count: 10_000) + ")\r\n"
        var reader = ResponseReader(limits: .default)
        var router = BodyRouter(asked: UIDSet([5]))
        var sizes: [Int] = []
        var wire = ByteBuffer(string: text)
        while let bytes = wire.readSlice(length: min(portion, wire.readableBytes)), bytes.readableBytes > 0 {
            reader.feed(bytes)
            var events: [BodyEvent] = []
            while let event = try reader.next() { _ = router.take(event, into: &events) }
            for case .bytes(let mail) in events {
                sizes.append(mail.count)
                // The same memory, not equal bytes.
                let places = (mail.withUnsafeBytes { $0.baseAddress }, bytes.withUnsafeReadableBytes { $0 })
                let start = try #require(places.0)
                let base = try #require(places.1.baseAddress)
                #expect(base <= start && start < base + places.1.count)
            }
        }
        #expect(sizes.reduce(0, +) == 10_000)
        #expect(sizes.dropFirst().dropLast().allSatisfy { $0 == portion })
    }
}
