import NIOCore
import Testing

@testable import IMAP

@Suite("What a server may make us hold")
struct LimitTests {
    private static let limits = IMAPLimits(line: 200, setLine: 400, literal: 50, bodyLiteral: 100, response: 300)

    private static func failure(_ text: String) -> ResponseReader.Failure? {
        for size in [nil, 1, 64] as [Int?] {
            guard case .failure(let failure) = Reading.items(of: text, pieces: size, limits: Self.limits).last else {
                return nil
            }
            if size == 64 { return failure }
        }
        return nil
    }

    private static func line(_ length: Int) -> String {
        let head = "* OK "
        return head + String(repeating: "x", count: length - head.utf8.count - 2) + "\r\n"
    }

    private static func vanished(_ length: Int) -> String {
        let head = "* VANISHED 111"
        return head + String(repeating: ",1", count: (length - head.utf8.count - 2) / 2) + "\r\n"
    }

    @Test(arguments: [(199, false), (200, false), (201, true), (5000, true)])
    func `a line`(length: Int, isOver: Bool) {
        #expect((Self.failure(Self.line(length)) == .limit("line")) == isOver)
    }

    @Test(arguments: [(202, false), (400, false), (402, true)])
    func `a line that is a set of UIDs may be longer`(length: Int, isOver: Bool) {
        let text = Self.vanished(length)
        #expect(text.utf8.count == length)
        #expect((Self.failure(text) == .limit("line")) == isOver)
    }

    @Test(arguments: [(49, false), (50, false), (51, true)])
    func `a literal that is no mail`(length: Int, isOver: Bool) {
        let text = "* LIST () \"/\" {\(length)}\r\n" + String(repeating: "x", count: length) + "\r\n"
        #expect((Self.failure(text) == .limit("literal")) == isOver)
    }

    @Test(arguments: [(99, false), (100, false), (101, true)])
    func `a literal that is a mail`(length: Int, isOver: Bool) {
        let text = "* 1 FETCH (UID 1 BODY[] {\(length)}\r\n" + String(repeating: "x", count: length) + ")\r\n"
        #expect((Self.failure(text) == .limit("body literal")) == isOver)
    }

    @Test(arguments: ["4294967295", "9223372036854775807", "9223372036854775808", "18446744073709551616"])
    func `a literal bomb is refused before a byte of it comes`(length: String) {
        #expect(Self.failure("* LIST () \"/\" {\(length)}\r\n") == .limit("literal"))
        let body = Self.failure("* 1 FETCH (UID 1 BODY[] {\(length)}\r\n")
        #expect(body == .limit("body literal") || body == .limit("literal"))
    }

    @Test func `many small literals in one response`() {
        let text = "* ODD" + String(repeating: " {1}\r\nx", count: 1000) + "\r\n"
        #expect(Self.failure(text) != nil)
    }

    @Test func `many mails in one response`() {
        let text = "* 1 FETCH (" + String(repeating: "B[] {0}\r\n", count: 17) + ")\r\n"
        #expect(Self.failure(text) == .limit("body literals in a response"))
    }

    @Test func `a response of many literals is read in linear time`() {
        let limits = IMAPLimits(line: 4_000_000, response: 8_000_000)
        let text = "* ODD" + String(repeating: " {1}\r\nx", count: 200_000) + "\r\n"
        #expect(Reading.items(of: text, pieces: 4096, limits: limits) == [.response(.ignored("ODD"))])
    }

    @Test func `quotes that never close are read in linear time`() {
        let limits = IMAPLimits(line: 4_000_000)
        let text = "* 1 FETCH (X " + String(repeating: "\"x", count: 200_000) + "\r\n"
        guard case .response(.fetch(let items)) = Reading.items(of: text, pieces: 4096, limits: limits).first else {
            Issue.record("no response")
            return
        }
        #expect(items.isMalformed)
    }

    @Test func `after a failure nothing more is read`() {
        var reader = ResponseReader(limits: Self.limits)
        reader.feed(.init(string: Self.line(300)))
        #expect(throws: ResponseReader.Failure.limit("line")) { try reader.next() }
        reader.feed(.init(string: "* 1 EXISTS\r\n"))
        #expect(throws: ResponseReader.Failure.limit("line")) { try reader.next() }
    }
}
