import Testing

@testable import CrashMatrix

@Suite("The oracle")
struct OracleTests {
    /// A mailbox with one mail of Ann's ticket, at rest.
    private static let mail = ServerPicture.Mail(flags: ["owner-ann"], digest: "d1", subject: "One")

    private static func server(
        _ mails: [UInt32: ServerPicture.Mail] = [3: Self.mail],
        folder: String = "Agents/ann",
        uidValidity: UInt32 = 7
    ) -> ServerPicture {
        ServerPicture(folders: [folder: .init(uidValidity: uidValidity, highestModSeq: 1, mails: mails)])
    }

    private static func placement(
        folder: String = "Agents/ann",
        uid: UInt32 = 3,
        digest: String = "d1",
        fate: String = "ticket",
        flags: [String] = ["OWNER-ann", "\\Recent"],
        gone: Bool = false
    ) -> LedgerPicture.Placement {
        .init(folder: folder, uidvalidity: 7, uid: uid, digest: digest, fate: fate, flags: flags, gone: gone)
    }

    private static let message = LedgerPicture.Message(
        digest: "d1",
        ticket: 1,
        direction: "inbound",
        fate: "ticket",
        subject: "One"
    )

    private static func event(_ seq: Int, _ kind: String, _ origin: String = "ingestion") -> LedgerPicture.Event {
        .init(ticket: 1, seq: seq, kind: kind, origin: origin, agent: kind == "assigned" ? "ann" : nil)
    }

    private static let events = [event(1, "opened"), event(2, "message_in"), event(3, "assigned", "cli")]
    private static let waiting = LedgerPicture.Turn(ticket: 1, ordinal: 1, outcome: "waiting", responder: nil)

    private static func ticket(_ owner: String? = "ann", version: Int = 3) -> LedgerPicture.Ticket {
        .init(number: 1, owner: owner, status: "open", priority: "normal", subject: "One", version: version)
    }

    private static func ledger(
        tickets: [LedgerPicture.Ticket] = [Self.ticket()],
        messages: [LedgerPicture.Message] = [Self.message],
        placements: [LedgerPicture.Placement] = [Self.placement()],
        events: [LedgerPicture.Event] = Self.events,
        turns: [LedgerPicture.Turn] = [Self.waiting]
    ) -> LedgerPicture {
        LedgerPicture(
            tickets: tickets,
            messages: messages,
            placements: placements,
            events: events,
            turns: turns,
            fingerprint: ""
        )
    }

    private static let expected = Expectation([
        "One": .init("ann open normal", history: ["assigned cli ann"], places: ["Agents/ann owner-ann"])
    ])

    struct Flaw: Sendable, CustomTestStringConvertible {
        let testDescription: String
        var server = OracleTests.server()
        var ledger = OracleTests.ledger()
        /// What the difference must mention; nil where there is none.
        let named: String?
    }

    static let flaws: [Flaw] = [
        Flaw(testDescription: "nothing is wrong", named: nil),
        Flaw(
            testDescription: "a mail that is in no row",
            server: server([3: mail, 4: mail]),
            named: "Agents/ann 4 (One): not in the ledger"
        ),
        Flaw(
            testDescription: "a mail that is there and gone",
            ledger: ledger(placements: [placement(gone: true)]),
            named: "gone in the ledger"
        ),
        Flaw(
            testDescription: "a row without its mail",
            ledger: ledger(placements: [placement(), placement(uid: 9)]),
            named: "Agents/ann 9 of 7: in the ledger, not on the server"
        ),
        Flaw(testDescription: "an old epoch", server: server(uidValidity: 8), named: "of 7: in the ledger"),
        Flaw(
            testDescription: "other bytes",
            ledger: ledger(placements: [placement(digest: "d2")]),
            named: "other bytes"
        ),
        Flaw(testDescription: "other flags", ledger: ledger(placements: [placement(flags: [])]), named: "has"),
        Flaw(
            testDescription: "not filed",
            ledger: ledger(placements: [placement(fate: "fetched")]),
            named: "not filed"
        ),
        Flaw(testDescription: "stored twice", ledger: ledger(messages: [message, message]), named: "stored twice"),
        Flaw(testDescription: "no message", ledger: ledger(messages: []), named: "no message has its bytes"),
        Flaw(testDescription: "an event too many", ledger: ledger(tickets: [ticket(version: 2)]), named: "version 2"),
        Flaw(
            testDescription: "opened twice",
            ledger: ledger(tickets: [ticket(version: 4)], events: events + [event(4, "opened")]),
            named: "opened 2 times"
        ),
        Flaw(
            testDescription: "a mail that came twice",
            ledger: ledger(tickets: [ticket(version: 4)], events: events + [event(4, "message_in")]),
            named: "1 mails came in by 2 events"
        ),
        Flaw(testDescription: "waits twice", ledger: ledger(turns: [waiting, waiting]), named: "waits twice"),
        Flaw(testDescription: "another owner", ledger: ledger(tickets: [ticket("bob")]), named: "One: state bob"),
        Flaw(testDescription: "no ticket", ledger: ledger(tickets: [], events: []), named: "0 tickets One, 1 expected"),
        Flaw(
            testDescription: "a gesture that nobody made",
            ledger: ledger(
                tickets: [ticket(version: 4)],
                events: events + [event(4, "priority_high", "mail-client")]
            ),
            named: "history"
        ),
        Flaw(
            testDescription: "marks of another owner",
            server: server([3: .init(flags: ["owner-bob"], digest: "d1", subject: "One")]),
            ledger: ledger(placements: [placement(flags: ["owner-bob"])]),
            named: "One: places"
        ),
    ]

    @Test(arguments: Self.flaws)
    func `finds what is wrong, and nothing else`(flaw: Flaw) {
        let found =
            Oracle.differences(flaw.server, flaw.ledger) + Self.expected.differences(flaw.server, flaw.ledger)
        guard let named = flaw.named else {
            #expect(found == [] && ShownMarks.differences(flaw.server, flaw.ledger) == [])
            return
        }
        #expect(found.contains { $0.contains(named) }, "\(found)")
    }

    @Test(arguments: [
        ("INBOX", ["owner-ann"], false), ("Agents/ann", ["owner-ann"], true), ("Agents/ann", [], false),
        ("Agents/ann", ["owner-ann", "owner-bob"], false), ("Agents/ann", ["\\Seen", "owner-ann"], true),
        ("Agents/ann", ["\\Flagged", "owner-ann"], false), ("Agents/ann", ["owner-ann", "status-pending"], false),
    ])
    func `knows what a ticket looks like`(folder: String, flags: [String], isRight: Bool) {
        let server = Self.server([3: .init(flags: flags, digest: "d1", subject: "One")], folder: folder)
        #expect(ShownMarks.differences(server, Self.ledger()).isEmpty == isRight)
    }
}
