import Testing

@testable import IMAP

@Suite("What is used of a server")
struct ServerProfileTests {
    struct Row: Sendable, CustomTestStringConvertible {
        let offered: String
        var enabled: [String] = []
        var off: [IMAPExtension: ExtensionOff] = [:]
        var keywords = true
        var tier = ServerProfile.Tier.bare
        var waiting = ServerProfile.Waiting.poll
        var sweep = ServerProfile.Sweep.statusEach
        var moving = ServerProfile.Moving.copyAndMark
        var identity = ServerProfile.Identity.digest

        var testDescription: String { "\(self.offered) − \(self.off.keys.map(\.rawValue).sorted())" }

        var capabilities: IMAPCapabilities {
            var capabilities = IMAPCapabilities(self.offered.split(separator: " ").map(String.init), off: self.off)
            capabilities.enable(self.enabled)
            return capabilities
        }
    }

    private static let rich = "CONDSTORE QRESYNC ENABLE IDLE NOTIFY MOVE UIDPLUS LIST-EXTENDED LIST-STATUS OBJECTID"

    @Test(arguments: [
        Row(offered: "", tier: .keywords),
        Row(offered: "", keywords: false),
        Row(offered: "", off: [.keywords: .byHand]),
        Row(
            offered: rich,
            enabled: ["qresync"],
            tier: .qresync,
            waiting: .notify,
            sweep: .listStatus,
            moving: .move,
            identity: .objectID
        ),
        // Without the server's ENABLED nothing is enabled.
        Row(
            offered: rich,
            tier: .condStore,
            waiting: .notify,
            sweep: .listStatus,
            moving: .move,
            identity: .objectID
        ),
        Row(
            offered: rich,
            enabled: ["QRESYNC"],
            off: [.condStore: .latched("x"), .idle: .byHand, .listExtended: .byHand, .move: .byHand],
            tier: .keywords,
            moving: .copyAndExpunge,
            identity: .objectID
        ),
        Row(offered: "QRESYNC", tier: .condStore),
        Row(offered: "QRESYNC", off: [.qresync: .byHand], tier: .condStore),
        Row(offered: "idle notify", tier: .keywords, waiting: .notify),
        Row(offered: "NOTIFY", tier: .keywords, waiting: .poll),
        Row(offered: "LIST-STATUS", tier: .keywords, sweep: .listStatus),
        Row(offered: "X-GM-EXT-1 UIDPLUS", tier: .keywords, moving: .copyAndExpunge, identity: .gmail),
        // What IMAP4rev2 contains counts only by its own name.
        Row(offered: "IMAP4rev2 ENABLE", tier: .keywords),
    ])
    func `each purpose is served by the best that is usable`(_ row: Row) {
        let profile = ServerProfile(row.capabilities)
        #expect(profile.tier(allowsKeywords: row.keywords) == row.tier)
        #expect(profile.waiting == row.waiting)
        #expect(profile.sweep == row.sweep)
        #expect(profile.moving == row.moving)
        #expect(profile.identity == row.identity)
    }

    @Test func `a folder without modification sequences is compared, whatever the server offers`() {
        let profile = ServerProfile(Row(offered: Self.rich, enabled: ["QRESYNC"]).capabilities)
        let folders = [
            Selected(folder: .inbox, uidValidity: 1, exists: 0, highestModSeq: 5),
            Selected(folder: .inbox, uidValidity: 1, exists: 0),
        ]
        #expect(folders.map { profile.changeDetection(in: $0) } == [.qresync, .compare])
    }

    @Test(
        arguments: [
            (.used, "MOVE", [], [:]), (.notOffered, "", [], [:]), (.switchedOff, "MOVE", [], [.move: .byHand]),
            (.latched("why"), "MOVE", [], [.move: .latched("why")]),
        ] as [(ServerProfile.Standing, String, [String], [IMAPExtension: ExtensionOff])]
    )
    func `it says how an extension stands`(
        standing: ServerProfile.Standing,
        offered: String,
        enabled: [String],
        off: [IMAPExtension: ExtensionOff]
    ) {
        let row = Row(offered: offered, enabled: enabled, off: off)
        #expect(ServerProfile(row.capabilities).standing(of: .move) == standing)
    }

    @Test func `QRESYNC stands on ENABLE, and on the server's own word`() {
        let offers = ["QRESYNC", "QRESYNC ENABLE"].map { ServerProfile(Row(offered: $0).capabilities) }
        #expect(offers.map { $0.standing(of: .qresync) } == [.lacks(.enable), .notEnabled])
        let enabled = ServerProfile(Row(offered: "QRESYNC ENABLE", enabled: ["QRESYNC"]).capabilities)
        #expect(enabled.standing(of: .qresync) == .used)
    }

    @Test(
        arguments: [
            ("", 1000, nil, nil), ("CONDSTORE", 8000, nil, nil),
            ("MESSAGELIMIT=500 APPENDLIMIT=35651584", 1000, 500, 35_651_584),
            ("MESSAGELIMIT= APPENDLIMIT", 1000, nil, nil), ("MESSAGELIMIT=0 MESSAGELIMIT=x", 1000, nil, nil),
        ] as [(String, Int, Int?, Int?)]
    )
    func `limits are read from what is offered`(offered: String, set: Int, messages: Int?, append: Int?) {
        let capabilities = Row(offered: offered).capabilities
        #expect((capabilities.longestSet, capabilities.messageLimit) == (set, messages))
        #expect(capabilities.appendLimit == append)
    }

    @Test(arguments: IMAPExtension.allCases)
    func `every extension is known by its name in any case`(name: IMAPExtension) {
        #expect(IMAPExtension(name: name.rawValue.lowercased()) == name)
    }

    @Test func `only the second connection in a row that ends at a command is a contradiction`() {
        var record = ServerRecord()
        #expect(record.connectionEnded(during: .namespace, verb: "NAMESPACE") == nil)
        record.answered(.namespace)
        #expect(record.connectionEnded(during: .namespace, verb: "NAMESPACE") == nil)
        let latch = ExtensionLatch(.namespace, reason: "NAMESPACE ended 2 connections in a row")
        #expect(record.connectionEnded(during: .namespace, verb: "NAMESPACE") == latch)
        #expect(record.connectionEnded(during: .namespace, verb: "NAMESPACE") == nil)
        #expect(record.takeUnsaved() == [latch])
        #expect(record.takeUnsaved() == [])
        let isNews = record.contradicted(ExtensionLatch(.namespace, reason: "again"))
        #expect(!isNews)
        #expect(record.latches == [.namespace: latch.reason])
    }

    @Test(
        arguments: [
            ("e:M6d-_9", ObjectID.email("M6d-_9")), ("g:1278455344230334865", .gmail(1_278_455_344_230_334_865)),
            ("e:", nil), ("e:a b", nil), ("g:0", nil), ("g:-1", nil), ("x:1", nil), ("", nil),
        ] as [(String, ObjectID?)]
    )
    func `a mail's own name is stored as text and read again`(text: String, id: ObjectID?) {
        #expect(ObjectID(text: text) == id)
        if let id { #expect(id.text == text) }
    }
}
