import Desk
import TestSupport
import Testing

@testable import DeskStore
@testable import Ingestion

@Suite("Filing a batch in memory")
struct FilingDeskTests {
    private static let ann = Agent.ID(1)

    private static func setting(isAdopted: Bool = true) -> FilingDesk.Setting {
        FilingDesk.Setting(
            mailbox: MailboxRecord(
                id: Identifier(1),
                name: "support",
                address: "support@example.com",
                addressKey: "support@example.com",
                server: "imaps://x:993",
                isPlaintext: false,
                caFile: nil,
                username: "s",
                passwordFile: nil,
                passwordVariable: nil,
                queue: Identifier(1),
                afterAnswer: .pending,
                layout: .both,
                breaker: 20,
                linger: .seconds(600),
                marksReach: .seconds(7_776_000),
                onDelete: .close,
                authservID: nil,
                agentsFolder: "Agents",
                closedFolder: "Closed",
                isPaused: false,
                adoptedAt: isAdopted ? .epoch : nil
            ),
            roles: [Identifier(1): .inbox, Identifier(2): .sent, Identifier(3): .junk],
            ours: OurIdentity(
                mailboxKeys: ["support@example.com"],
                agentKeys: ["ann@example.com": Self.ann],
                names: [(name: "Ann Arbor", agent: Self.ann)]
            ),
            activeAgents: [Self.ann],
            keywords: MarkKeywords(agents: []),
            now: Timestamp(microseconds: 1_800_000_000_000_000)
        )
    }

    private static func parsed(
        _ mail: SampleMail,
        uid: UInt32,
        folder: Int64 = 1,
        isImported: Bool = false,
        digest: UInt8? = nil
    ) -> ParsedMail {
        let unfiled = UnfiledMail(
            folder: Identifier(folder),
            epoch: 1,
            uid: uid,
            placement: Identifier(Int64(uid)),
            digest: [UInt8](repeating: digest ?? UInt8(uid), count: 32),
            flags: [],
            internalDate: Timestamp(microseconds: 1_767_607_200_000_000 + Int64(mail.minute) * 60_000_000),
            seenAt: .epoch,
            attempts: 1,
            isImported: isImported,
            isSent: folder == 2
        )
        return ParsedMail(unfiled, bytes: mail.bytes, readsTrace: false)
    }

    private static func file(
        _ mails: [ParsedMail],
        numbers: [Int64] = [41, 42, 43],
        isAdopted: Bool = true
    ) -> FilingBatch {
        var desk = FilingDesk(setting: Self.setting(isAdopted: isAdopted), context: FilingContext())
        for (offset, mail) in mails.enumerated() { desk.file(mail, id: Identifier(Int64(100 + offset))) }
        return desk.finish(numbers: numbers.prefix(desk.newTicketCount).map { Identifier($0) })
    }

    @Test func `a question and its answer in one batch are one ticket, owned by who answered`() {
        let question = SampleMail("Question")
        let batch = Self.file([
            Self.parsed(question, uid: 1),
            Self.parsed(.answer(to: question, from: "Ann Arbor <ann@example.com>", minute: 30), uid: 2, folder: 2),
        ])
        #expect(batch.mails.map(\.fate) == [.ticket, .reply])
        #expect(batch.mails.map(\.ticket) == [Identifier(41), Identifier(41)])
        let row = batch.newTickets.first?.row
        #expect(row?.number == Identifier(41) && row?.owner == Self.ann && row?.status == .pending)
        #expect(batch.turns.first?.turns.map(\.outcome) == [.answered])
        #expect(batch.answered == [Identifier(100)])
    }

    @Test(arguments: [10, 30])
    func `an answer that comes before its question is its answer, and whoever asked is the contact`(minute: Int) {
        let question = SampleMail("Question", minute: minute)
        let batch = Self.file([
            Self.parsed(.answer(to: question, from: "Ann Arbor <ann@example.com>", minute: 30), uid: 1, folder: 2),
            Self.parsed(question, uid: 2),
        ])
        #expect(batch.mails.map(\.ticket) == [Identifier(41), Identifier(41)])
        let ticket = batch.newTickets.first
        #expect(ticket?.contact?.key == "eve@contact.example")
        #expect(ticket?.row.owner == Self.ann && ticket?.row.status == .pending)
        #expect(batch.turns.first?.turns.map(\.outcome) == [.answered])
        #expect(batch.turns.first?.turns.map(\.isFirst) == [true])
        #expect(batch.mails.last?.message?.isAnswered == true)
    }

    @Test func `two mails of one contact in one conversation are one ticket`() {
        let first = SampleMail("Question")
        var second = SampleMail("Still waiting", minute: 5, answers: [first.id])
        second.id = "second@contact.example"
        let batch = Self.file([Self.parsed(first, uid: 1), Self.parsed(second, uid: 2)])
        #expect(batch.newTickets.count == 1 && batch.mails.map(\.ticket) == [Identifier(41), Identifier(41)])
        #expect(batch.turns.first?.turns.map(\.outcome) == [.waiting])
    }

    @Test func `tickets that begin in a batch get the numbers drawn for them, in order of arrival`() {
        let batch = Self.file(
            ["One", "Two", "Three"].enumerated().map { Self.parsed(SampleMail($1), uid: UInt32($0 + 1)) }
        )
        #expect(batch.newTickets.map(\.row.number) == [Identifier(41), Identifier(42), Identifier(43)])
        #expect(batch.newTickets.map(\.subject) == ["One", "Two", "Three"])
        #expect(batch.mails.map(\.ticket) == [Identifier(41), Identifier(42), Identifier(43)])
        #expect(Set(batch.events.map(\.ticket)) == [Identifier(41), Identifier(42), Identifier(43)])
        #expect(batch.events.map(\.firstSeq) == [1, 1, 1])
    }

    @Test
    func `a stranger who names a mail of the same batch gets a ticket that says, by its real number, what it claims`() {
        let first = SampleMail("Question")
        let stranger = SampleMail("Me too", from: "Mallory <m@elsewhere.example>", minute: 5, answers: [first.id])
        let batch = Self.file([Self.parsed(first, uid: 1), Self.parsed(stranger, uid: 2)])
        #expect(batch.mails.map(\.ticket) == [Identifier(41), Identifier(42)])
        #expect(batch.newTickets.map(\.claims) == [nil, Identifier(41)])
        let claims = batch.events.flatMap(\.events).compactMap { $0.details["claims"] }
        #expect(Set(claims) == ["41"])
    }

    @Test func `the same bytes twice in a batch are one message and a duplicate`() {
        let mail = SampleMail("Question")
        let batch = Self.file([Self.parsed(mail, uid: 1, digest: 9), Self.parsed(mail, uid: 2, digest: 9)])
        #expect(batch.mails.map(\.fate) == [.ticket, .duplicate])
        #expect(batch.mails.map { $0.message != nil } == [true, false])
        #expect(batch.newTickets.count == 1)
    }

    @Test func `mail in Junk is kept without a ticket`() {
        let batch = Self.file([Self.parsed(SampleMail("Win now"), uid: 1, folder: 3)])
        #expect(batch.mails.map(\.fate) == [.ignored] && batch.mails.map(\.reason) == ["junk"])
        #expect(batch.newTickets.isEmpty && batch.mails[0].message?.settled == nil)
    }

    /// Old mail that turns up once the first import is over changes marks like new mail, and lingers nowhere.
    @Test(arguments: [(false, true), (true, false), (true, true)])
    func `new mail of an owned ticket lingers in INBOX, an import never does`(isImported: Bool, isAdopted: Bool) {
        let question = SampleMail("Question")
        var more = SampleMail("More", minute: 60, answers: [question.id])
        more.id = "more@contact.example"
        let batch = Self.file(
            [
                Self.parsed(question, uid: 1, isImported: isImported),
                Self.parsed(
                    .answer(to: question, from: "Ann Arbor <ann@example.com>", minute: 30),
                    uid: 2,
                    folder: 2,
                    isImported: isImported
                ),
                Self.parsed(more, uid: 3, isImported: isImported),
            ],
            isAdopted: isAdopted
        )
        #expect((batch.mails[2].message?.lingerUntil != nil) == !isImported)
        #expect(batch.newTickets.first?.row.status == .open)
        #expect(batch.changesMarks == (!isImported || isAdopted))
    }

    @Test func `a mail that defeated the parser is on a ticket of its own, by a scan of its header`() {
        let unfiled = Self.parsed(SampleMail("Broken"), uid: 1).mail
        let batch = Self.file([ParsedMail(quarantined: unfiled, bytes: SampleMail("Broken").bytes)])
        #expect(batch.mails.map(\.fate) == [.quarantined])
        #expect(batch.newTickets.map(\.subject) == ["Broken"])
    }
}
