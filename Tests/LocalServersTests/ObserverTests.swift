import Testing

@testable import LocalServers

@Suite("The observer reads IMAP and writes LMTP by itself")
struct ObserverTests {
    typealias Item = ObserverResponse.Item

    @Test(
        arguments: [
            ("3 EXISTS", [.atom("3"), .atom("EXISTS")]),
            ("OK [UIDNEXT 4] (free ( text", [.atom("OK")]),
            (
                #"LIST (\HasNoChildren \Sent) "/" "a \"b\" \\c""#,
                [
                    .atom("LIST"), .list([.atom("\\HasNoChildren"), .atom("\\Sent")]), .string(Array("/".utf8)),
                    .string(Array(#"a "b" \c"#.utf8)),
                ]
            ),
            (
                "1 FETCH (BODY[HEADER.FIELDS (SUBJECT)] {3}\r\na)b UID 7)",
                [
                    .atom("1"), .atom("FETCH"),
                    .list([
                        .atom("BODY[HEADER.FIELDS (SUBJECT)]"), .string(Array("a)b".utf8)), .atom("UID"), .atom("7"),
                    ]),
                ]
            ),
            ("FLAGS ()", [.atom("FLAGS"), .list([])]),
            ("LIST () NIL {0}\r\n", [.atom("LIST"), .list([]), .atom("NIL"), .string([])]),
        ] as [(String, [Item])]
    )
    func `an answer becomes a tree`(text: String, expected: [Item]) throws {
        #expect(try ObserverResponse(bytes: Array(text.utf8)).items() == expected)
    }

    @Test(arguments: [
        "LIST (", "LIST \"open", "1 FETCH {9}\r\nshort", "1 FETCH )", "1 FETCH {x}\r\n",
        String(repeating: "(", count: 60),
    ])
    func `a broken answer is an error`(text: String) {
        #expect(throws: LocalServersError.self) { try ObserverResponse(bytes: Array(text.utf8)).items() }
    }

    @Test(
        arguments: [
            ("* 1 FETCH {12}", 12), ("a {0}", 0), ("a 12}", nil), ("a {12} ", nil), ("", nil), ("a {x}", nil),
        ] as [(String, Int?)]
    )
    func `a line announces a literal or not`(line: String, expected: Int?) {
        #expect(literalLength(Array(line.utf8)) == expected)
    }

    @Test func `headers are unfolded, and of a repeated one the first is taken`() {
        let text = "Subject: a\r\n  b\r\nX-One:1\r\nx-one: 2\r\nno colon\r\n\r\n"
        #expect(ObserverClient.headers(in: text) == ["subject": "a b", "x-one": "1"])
    }

    @Test(arguments: [
        ("", ".\r\n"), ("a", "a\r\n.\r\n"), ("a\n", "a\r\n.\r\n"), ("a\r\nb\n", "a\r\nb\r\n.\r\n"),
        (".a\n..\nb.\n", "..a\r\n...\r\nb.\r\n.\r\n"),
    ])
    func `a delivered message has CRLF and doubled dots`(message: String, expected: String) {
        let encoded = LMTPDelivery.encoded(Array(message.utf8))
        #expect(String(decoding: encoded, as: UTF8.self) == expected)
    }

    @Test func `free ports are different, and nobody listens there`() throws {
        let ports = try LoopbackSocket.freePorts(5)
        #expect(Set(ports).count == 5)
        for port in ports {
            #expect(throws: LocalServersError.self) { try LoopbackSocket(port: port, timeout: .seconds(1)) }
        }
    }
}
