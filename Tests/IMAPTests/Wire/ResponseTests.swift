import Testing

@testable import IMAP

@Suite("Responses, the quirks of real servers among them")
struct ResponseTests {
    struct Row: Sendable, CustomTestStringConvertible {
        var line: String
        var expected: Response
        init(_ line: String, _ expected: Response) {
            self.line = line
            self.expected = expected
        }
        var testDescription: String { self.line }
    }

    private static func text(_ code: ResponseCode?, _ text: String = "") -> ResponseText {
        ResponseText(code: code, text: text)
    }

    private static func listed(_ name: String, _ delimiter: String? = "/", _ attributes: [String] = []) -> Response {
        .list(ListedFolder(name: FolderName(raw: Array(name.utf8)), delimiter: delimiter, attributes: attributes))
    }

    private static func entry(_ prefix: String, _ delimiter: String?) -> Namespaces.Entry {
        .init(prefix: FolderName(raw: Array(prefix.utf8)), delimiter: delimiter)
    }

    static let conditions: [Row] = [
        Row("* OK ready", .condition(.ok, text(nil, "ready"))),
        Row("* OK", .condition(.ok, text(nil))),
        Row("* ok Ready", .condition(.ok, text(nil, "Ready"))),
        Row("* OK [HIGHESTMODSEQ 126550]", .condition(.ok, text(.highestModSeq(126_550)))),
        Row("* OK [UIDNEXT 17] next", .condition(.ok, text(.uidNext(17), "next"))),
        Row("* OK [UIDVALIDITY 0] none", .condition(.ok, text(.other("UIDVALIDITY"), "none"))),
        Row("* OK [UIDNEXT 4294967296] big", .condition(.ok, text(.other("UIDNEXT"), "big"))),
        Row("* OK [NOMODSEQ] Sorry", .condition(.ok, text(.noModSeq, "Sorry"))),
        Row("* OK [CLOSED] Previous", .condition(.ok, text(.closed, "Previous"))),
        Row(
            "* OK [PERMANENTFLAGS (\\Answered [odd] $a \\*)] Limited",
            .condition(.ok, text(.permanentFlags(["\\Answered", "[odd]", "$a", "\\*"]), "Limited"))
        ),
        Row("* OK [PERMANENTFLAGS ()] None", .condition(.ok, text(.permanentFlags([]), "None"))),
        Row(
            "* OK [CAPABILITY IMAP4rev1 idle  X ] hi",
            .condition(.ok, text(.capability(["IMAP4REV1", "IDLE", "X"]), "hi"))
        ),
        Row(
            "* [COPYUID 1 2:3 4:5]",
            .condition(
                .ok,
                text(.copyUID(uidValidity: 1, source: UIDSequence([2...3]), destination: UIDSequence([4...5])))
            )
        ),
        Row("* OK [COPYUID 983  ] moved", .condition(.ok, text(.other("COPYUID"), "moved"))),
        Row("* OK [PATH x] odd", .condition(.ok, text(.other("PATH"), "odd"))),
        Row("* OK [BADCHARSET (\"a]b\" utf-8)] x", .condition(.ok, text(.badCharset, "x"))),
        Row("* OK [UNCLOSED 1 2", .condition(.ok, text(nil, "[UNCLOSED 1 2"))),
        Row("* OK 50% [done]", .condition(.ok, text(nil, "50% [done]"))),
        Row("* OK ends in {12}", .condition(.ok, text(nil, "ends in {12}"))),
        Row(
            "* NO [ALERT] Too many simultaneous connections. (Failure)",
            .condition(.no, text(.alert, "Too many simultaneous connections. (Failure)"))
        ),
        Row("* BYE Session expired", .bye(text(nil, "Session expired"))),
        Row("* PREAUTH hello", .preauthenticated(text(nil, "hello"))),
        Row("+ idling", .continuation(text(nil, "idling"))),
        Row("+ ", .continuation(text(nil))),
        Row("+", .continuation(text(nil))),
        Row("+ VXNlciBOYW1lAA==", .continuation(text(nil, "VXNlciBOYW1lAA=="))),
    ]

    static let tagged: [Row] = [
        Row("A1 OK done", .tagged(tag: "A1", .ok, text(nil, "done"))),
        Row("A1 OK", .tagged(tag: "A1", .ok, text(nil))),
        Row("A1 OK [READ-ONLY] x", .tagged(tag: "A1", .ok, text(.readOnly, "x"))),
        Row("A1 NO [TRYCREATE] no such", .tagged(tag: "A1", .no, text(.tryCreate, "no such"))),
        Row(
            "A1 NO [REFERRAL imap://evil.example/;AUTH=*] elsewhere",
            .tagged(tag: "A1", .no, text(.referral, "elsewhere"))
        ),
        Row("A1 OK [MODIFIED 7,9] ", .tagged(tag: "A1", .ok, text(.modified(Reading.set("7,9"))))),
        Row("A1 OK [APPENDUID 3 9] x", .tagged(tag: "A1", .ok, text(.appendUID(uidValidity: 3, uid: 9), "x"))),
        Row(
            "A1 OK [COPYUID 3 304,319:320 3956:3958] x",
            .tagged(
                tag: "A1",
                .ok,
                text(
                    .copyUID(
                        uidValidity: 3,
                        source: UIDSequence([304...304, 319...320]),
                        destination: UIDSequence([3956...3958])
                    ),
                    "x"
                )
            )
        ),
        Row(
            "A1 BAD Request is throttled. Suggested Backoff Time: 92415 milliseconds",
            .tagged(
                tag: "A1",
                .bad,
                text(
                    .throttled(retryAfter: .milliseconds(92_415)),
                    "Request is throttled. Suggested Backoff Time: 92415 milliseconds"
                )
            )
        ),
        Row(
            "A1 NO slow Backoff Time: 999999999 ms",
            .tagged(tag: "A1", .no, text(.throttled(retryAfter: .seconds(300)), "slow Backoff Time: 999999999 ms"))
        ),
        Row(
            "A1 OK Success [THROTTLED]",
            .tagged(tag: "A1", .ok, text(.throttled(retryAfter: nil), "Success [THROTTLED]"))
        ),
        Row("A1 NO [UNAVAILABLE] x", .tagged(tag: "A1", .no, text(.unavailable, "x"))),
        Row("A1 NO [INUSE] x", .tagged(tag: "A1", .no, text(.inUse, "x"))),
        Row("A1 NO [OVERQUOTA] x", .tagged(tag: "A1", .no, text(.overQuota, "x"))),
        Row("A1 NO [overquota] x", .tagged(tag: "A1", .no, text(.overQuota, "x"))),
        Row("Server Unavailable. 15", .unreadable("Server Unavailable. 15")),
        Row("HTTP/1.1 400 Bad Request", .unreadable("HTTP/1.1 400 Bad Request")),
    ]

    static let data: [Row] = [
        Row("* CAPABILITY IMAP4rev1 uidplus LITERAL + ID ", .capability(["IMAP4REV1", "UIDPLUS", "LITERAL+", "ID"])),
        Row("* ENABLED", .enabled([])),
        Row("* ENABLED QRESYNC condstore", .enabled(["QRESYNC", "CONDSTORE"])),
        Row("* FLAGS (\\Answered \\seen $a [b] {c)", .flags(["\\Answered", "\\seen", "$a", "[b]", "{c"])),
        Row("* FLAGS NIL", .flags([])),
        Row("* 23 EXISTS", .exists(23)),
        Row("* 0 EXISTS", .exists(0)),
        Row("* 4294967295 EXISTS", .exists(4_294_967_295)),
        Row("* 3 EXPUNGE", .expunge(3)),
        Row("* 0 EXPUNGE", .ignored("EXPUNGE")),
        Row("* 5 RECENT", .ignored("RECENT")),
        Row("* VANISHED 1:3,7", .vanished(Reading.set("1:3,7"), earlier: false)),
        Row("* VANISHED (EARLIER) 26183:1", .vanished(Reading.set("1:26183"), earlier: true)),
        Row(
            "* VANISHED (EARLIER) 41,43:116,118,120:211",
            .vanished(Reading.set("41,43:116,118,120:211"), earlier: true)
        ),
        Row("* VANISHED nonsense", .ignored("VANISHED")),
        Row("* SEARCH 1 2 3", .ignored("SEARCH")),
        Row("* ESEARCH (TAG \"8\") UID", .ignored("ESEARCH")),
        Row("* XAOL-OPTION {3}\r\na)\n (((", .ignored("XAOL-OPTION")),
        Row("* QUOTA \"\" (STORAGE 10 99999999999999999999)", .ignored("QUOTA")),
        Row("* LIST (\\HasNoChildren) \"/\" INBOX", listed("INBOX", "/", ["\\HasNoChildren"])),
        Row("* LIST () NIL flat", listed("flat", nil)),
        Row("* LIST () \"\" flat", listed("flat", nil)),
        Row("* LIST () \"\\\\\" \"a\\\\b \\\"c\\\"\"", listed("a\\b \"c\"", "\\")),
        Row("* LIST () \".\" {5}\r\na)\"\r\n", listed("a)\"\r\n", ".")),
        Row("* LIST () \"/\" a]b c", listed("a]b c")),
        Row("* LIST () \"/\" [Gmail]/Sent", listed("[Gmail]/Sent")),
        Row("* LIST () \"/\" \"a\tb\"", listed("a\tb")),
        Row("* LIST () \"/\" \"\"", listed("")),
        Row("* LIST NIL \"/\" x", listed("x")),
        Row("* LIST () \"/\" x (\"CHILDINFO\" (\"SUBSCRIBED\"))", listed("x")),
        Row("* LIST () \"/\" \"x\" (\"OLDNAME\" (\"y\"))", listed("x")),
        Row("* XLIST (\\Inbox) \"/\" Posteingang", listed("Posteingang", "/", ["\\Inbox"])),
        Row("* LIST () \"/\"", .ignored("LIST")),
        Row("* LIST", .ignored("LIST")),
        Row("* LIST ((((", .ignored("LIST")),
        Row("* LSUB () \"/\" x", .ignored("LSUB")),
        Row(
            "* STATUS \"x y\" (MESSAGES 3 UIDNEXT 17 UIDVALIDITY 9 UNSEEN 1 HIGHESTMODSEQ 12 X-ODD (1 2) SIZE 9 )",
            .status(
                FolderName(raw: Array("x y".utf8)),
                FolderStatus(uidValidity: 9, uidNext: 17, messages: 3, unseen: 1, highestModSeq: 12)
            )
        ),
        Row("* STATUS x ()", .status(FolderName(raw: Array("x".utf8)), FolderStatus())),
        Row(
            "* STATUS x (UIDNEXT 0 UIDVALIDITY 0 HIGHESTMODSEQ 0 MESSAGES -1 UNSEEN 2)",
            .status(FolderName(raw: Array("x".utf8)), FolderStatus(unseen: 2))
        ),
        Row("* NAMESPACE ((\"\" \"/\")) NIL NIL", .namespace(Namespaces(personal: [entry("", "/")]))),
        Row(
            "* NAMESPACE ((\"INBOX.\" \".\")) NIL ((\"#shared.\" \".\")(\"shared.\" NIL \"X\" (\"y\")))",
            .namespace(
                Namespaces(personal: [entry("INBOX.", ".")], shared: [entry("#shared.", "."), entry("shared.", nil)])
            )
        ),
        Row("* NAMESPACE NIL NIL NIL", .namespace(Namespaces(personal: []))),
        Row("* ID (\"NAME\" \"Dovecot\" \"version\" NIL)", .identity(["name": "Dovecot"])),
        Row("* ID NIL", .identity([:])),
        Row("*", .ignored("")),
        Row("* (", .ignored("")),
    ]

    @Test(arguments: Self.conditions + Self.tagged + Self.data)
    func `a response is read whole, and at every split`(_ row: Row) {
        let text = row.line + "\r\n"
        #expect(Reading.items(of: text) == [.response(row.expected)])
        for size in 1..<min(text.utf8.count, 24) {
            guard Reading.items(of: text, pieces: size) == [.response(row.expected)] else {
                Issue.record("in pieces of \(size)")
                return
            }
        }
    }

    @Test(arguments: ["\n", "\r\n"])
    func `lines may end in LF alone, and NULs and empty lines between them count for nothing`(end: String) {
        let text = "\0\0* 1 EXISTS" + end + end + "\0* 2 EXISTS" + end
        #expect(Reading.items(of: text) == [.response(.exists(1)), .response(.exists(2))])
    }

    @Test(arguments: ["* 4294967296 EXISTS", "* 99999999999999999999999 EXISTS", "* 4294967296 EXPUNGE"])
    func `a number no folder can hold ends the session`(line: String) {
        guard case .failure(.violation) = Reading.items(of: line + "\r\n").last else {
            Issue.record("no violation")
            return
        }
    }
}
