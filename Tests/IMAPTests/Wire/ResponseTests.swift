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

    private static func extended(_ name: String, oldName: String? = nil, childInfo: [String] = []) -> Response {
        .list(
            ListedFolder(
                name: FolderName(raw: Array(name.utf8)),
                delimiter: "/",
                attributes: [],
                oldName: oldName.map { FolderName(raw: Array($0.utf8)) },
                childInfo: childInfo
            )
        )
    }

    private static func limited(_ fill: (inout FolderStatus) -> Void) -> Response {
        var status = FolderStatus()
        (status.deleted, status.deletedStorage) = (2, 30)
        fill(&status)
        return .status(FolderName(raw: Array("x".utf8)), status)
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
        Row(
            "* OK [MAILBOXID (F2212ea87-6097-4256-9d51-71338625)] Ok",
            .condition(.ok, text(.mailboxID("F2212ea87-6097-4256-9d51-71338625"), "Ok"))
        ),
        Row("* OK [MESSAGELIMIT 1000 23221] x", .condition(.ok, text(.messageLimit(1000, lowest: 23_221), "x"))),
        Row("* OK [MESSAGELIMIT 1000] x", .condition(.ok, text(.messageLimit(1000, lowest: nil), "x"))),
        Row("* OK [MESSAGELIMIT] x", .condition(.ok, text(.other("MESSAGELIMIT"), "x"))),
        Row(
            "* OK [INPROGRESS (\"A1\" 454 1000)] at it",
            .condition(.ok, text(.inProgress(tag: "A1", done: 454, total: 1000), "at it"))
        ),
        Row("* OK [INPROGRESS (NIL 5 NIL)] x", .condition(.ok, text(.inProgress(tag: nil, done: 5, total: nil), "x"))),
        Row("* OK [INPROGRESS] x", .condition(.ok, text(.inProgress(tag: nil, done: nil, total: nil), "x"))),
        Row("* NO [NOTIFICATIONOVERFLOW] x", .condition(.no, text(.notificationOverflow, "x"))),
        Row(
            "* OK [CAPABILITY IMAP4 LITERAL + ID] x",
            .condition(.ok, text(.capability(["IMAP4", "LITERAL+", "ID"]), "x"))
        ),
        Row("*  OK two spaces, then {3}", .condition(.ok, text(nil, "two spaces, then {3}"))),
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
        Row(
            "A1 NO [BADEVENT (MessageNew FlagChange)] x",
            .tagged(tag: "A1", .no, text(.badEvent(["MessageNew", "FlagChange"]), "x"))
        ),
        Row("A1 NO [COMPRESSIONACTIVE] x", .tagged(tag: "A1", .no, text(.compressionActive, "x"))),
        Row("A1 NO [NOTSAVED] x", .tagged(tag: "A1", .no, text(.notSaved, "x"))),
        Row("A1 NO [TOOBIG] x", .tagged(tag: "A1", .no, text(.tooBig, "x"))),
        Row("A1 NO [USEATTR] x", .tagged(tag: "A1", .no, text(.useAttribute, "x"))),
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
        Row("* 5 RECENT", .recent(5)),
        Row("* 0 FETCH (UID 5 FLAGS ())", .ignored("FETCH")),
        Row("* VANISHED 1:3,7", .vanished(Reading.set("1:3,7"), earlier: false)),
        Row("* VANISHED (EARLIER) 26183:1", .vanished(Reading.set("1:26183"), earlier: true)),
        Row(
            "* VANISHED (EARLIER) 41,43:116,118,120:211",
            .vanished(Reading.set("41,43:116,118,120:211"), earlier: true)
        ),
        Row("* VANISHED nonsense", .ignored("VANISHED")),
        Row("* XAOL-OPTION {3}\r\na)\n (((", .ignored("XAOL-OPTION")),
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
        Row("* LIST () \"/\" \"a\\b\"", listed("a\\b")),
        Row("* LIST () \"/\" ~anna/x", listed("~anna/x")),
        Row("* LIST () \"/\" \"open", listed("\"open")),
        Row("* LIST () \"/\" NIL", .ignored("LIST")),
        Row("* LIST () \"/\" \"NIL\"", listed("NIL")),
        Row("* LIST () \"/\" x (2024)", listed("x (2024)")),
        Row("* LIST () \"/\" x (OLD NAME)", listed("x (OLD NAME)")),
        Row("* LIST () \"/\" x (\"CHILDINFO\" (\"SUBSCRIBED\"))", extended("x", childInfo: ["SUBSCRIBED"])),
        Row(
            "* LIST () \"/\" a b (CHILDINFO (SUBSCRIBED REMOTE))",
            extended("a b", childInfo: ["SUBSCRIBED", "REMOTE"])
        ),
        Row("* LIST () \"/\" \"x\" (\"OLDNAME\" (\"y\"))", extended("x", oldName: "y")),
        Row("* LIST () \"/\" x ()", listed("x")),
        Row("* LIST (\\NonExistent) \"/\" \"x\" (\"X-ODD\" 7 \"OLDNAME\")", listed("x", "/", ["\\NonExistent"])),
        Row("* XLIST (\\Inbox) \"/\" Posteingang", listed("Posteingang", "/", ["\\Inbox"])),
        Row("* LIST () \"/\"", .ignored("LIST")),
        Row("* LIST", .ignored("LIST")),
        Row("* LIST ((((", .ignored("LIST")),
        Row(
            "* LSUB () \"/\" x",
            .subscribed(ListedFolder(name: FolderName(raw: Array("x".utf8)), delimiter: "/", attributes: []))
        ),
        Row(
            "* STATUS \"x y\" (MESSAGES 3 UIDNEXT 17 UIDVALIDITY 9 UNSEEN 1 HIGHESTMODSEQ 12 X-ODD (1 2) SIZE 9 )",
            .status(
                FolderName(raw: Array("x y".utf8)),
                FolderStatus(uidValidity: 9, uidNext: 17, messages: 3, unseen: 1, highestModSeq: 12, size: 9)
            )
        ),
        Row(
            "* STATUS Sent Items (MESSAGES 3 MAILBOXID (F22-a_b) SIZE 18446744073709551615)",
            .status(
                FolderName(raw: Array("Sent Items".utf8)),
                FolderStatus(messages: 3, mailboxID: "F22-a_b", size: .max)
            )
        ),
        Row("* STATUS x (DELETED 2 DELETED-STORAGE 30 APPENDLIMIT 35651584)", limited { $0.appendLimit = 35_651_584 }),
        Row("* STATUS x (APPENDLIMIT NIL DELETED-STORAGE 30 DELETED 2)", limited { _ in }),
        Row("* STATUS x (MESSAGES", .ignored("STATUS")),
        Row("* STATUS (MESSAGES 1)", .ignored("STATUS")),
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

    private static func found(_ fill: (inout SearchAnswer) -> Void) -> Response {
        var answer = SearchAnswer(isExtended: true)
        fill(&answer)
        return .search(answer)
    }

    private static func quota(_ root: String, _ resources: [(String, UInt64?, UInt64?)]) -> Response {
        .quota(Quota(root: root, resources: resources.map { .init(name: $0.0, usage: $0.1, limit: $0.2) }))
    }

    static let answers: [Row] = [
        Row("* SEARCH 1 2 3", .search(SearchAnswer(isExtended: false, all: Reading.set("1:3")))),
        Row("* SEARCH", .search(SearchAnswer(isExtended: false, all: UIDSet()))),
        Row("* SEARCH ", .search(SearchAnswer(isExtended: false, all: UIDSet()))),
        Row("* SEARCH 9 0 7 8 9 2 ", .search(SearchAnswer(isExtended: false, all: Reading.set("2,7:9")))),
        Row("* SEARCH 5 4294967296 6", .search(SearchAnswer(isExtended: false, all: Reading.set("5")))),
        Row("* ESEARCH (TAG \"8\") UID", found { ($0.tag, $0.saysUID) = ("8", true) }),
        Row("* ESEARCH", found { _ in }),
        Row(
            "* ESEARCH (TAG \"A1\") UID MIN 2 MAX 47 COUNT 25 ALL 2,10:15,21 MODSEQ 917162500 PARTIAL (1:2 (3)) X 1",
            found {
                ($0.tag, $0.saysUID, $0.min, $0.max, $0.count) = ("A1", true, 2, 47, 25)
                ($0.all, $0.highestModSeq) = (Reading.set("2,10:15,21"), 917_162_500)
            }
        ),
        Row("* ESEARCH (TAG A1) ALL 5:3", found { ($0.tag, $0.all) = ("A1", Reading.set("3:5")) }),
        Row("* ESEARCH (TAG \"A1\") COUNT 0", found { ($0.tag, $0.count) = ("A1", 0) }),
        Row("* ESEARCH ALL nonsense COUNT 3", found { $0.count = 3 }),
        Row("* QUOTA \"\" (STORAGE 10 512)", quota("", [("STORAGE", 10, 512)])),
        Row("* QUOTA root ()", quota("root", [])),
        Row(
            "* QUOTA \"\" (STORAGE 9.3736e+06 99999999999 MESSAGE -1 18446744073709551616)",
            quota("", [("STORAGE", 9_373_600, 99_999_999_999), ("MESSAGE", nil, nil)])
        ),
        Row("* QUOTA \"\"", .ignored("QUOTA")),
        Row(
            "* QUOTAROOT INBOX \"\" {1}\r\nx",
            .quotaRoots(QuotaRoots(folder: .inbox, roots: ["", "x"]))
        ),
        Row("* QUOTAROOT \"a b\"", .quotaRoots(QuotaRoots(folder: FolderName(raw: Array("a b".utf8)), roots: []))),
    ]

    @Test(arguments: Self.conditions + Self.tagged + Self.data + Self.answers)
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
