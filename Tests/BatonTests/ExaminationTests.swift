import Desk
import Testing

@testable import DeskStore
@testable import baton

@Suite("What the doctor concludes")
struct ExaminationTests {
    static let now = Timestamp(microseconds: 1_769_862_896_000_000)

    static func health(
        synchronised: Duration? = .seconds(30),
        isAdopted: Bool = true,
        lastError: String? = nil,
        unfiled: Int64 = 0,
        quarantined: Int64 = 0,
        heldMarks: Int64 = 0,
        leftDeleted: Int64 = 0,
        lacksKeywords: Bool = false,
        heldGestures: Int64 = 0,
        missing: [String] = [],
        troubled: [String] = [],
        intent: Duration? = nil,
        isPaused: Bool = false
    ) -> MailboxHealth {
        MailboxHealth(
            name: "main",
            passwordFile: nil,
            passwordVariable: nil,
            caFile: nil,
            layout: .both,
            createdAt: .epoch,
            adoptedAt: isAdopted ? .epoch : nil,
            synchronisedAt: synchronised.map { Self.now.advanced(by: .zero - $0) },
            pausedAt: isPaused ? .epoch : nil,
            lastError: lastError,
            lastErrorAt: lastError.map { _ in Self.now },
            unfiled: unfiled,
            quarantined: quarantined,
            heldMarks: heldMarks,
            heldReason: heldMarks > 0 ? "quota exceeded" : nil,
            heldSince: heldMarks > 0 ? Self.now.advanced(by: .seconds(-120)) : nil,
            leftDeleted: leftDeleted,
            lacksKeywords: lacksKeywords,
            heldGestures: heldGestures,
            missingFolders: missing,
            troubledFolders: troubled,
            oldestIntent: intent.map { Self.now.advanced(by: .zero - $0) }
        )
    }

    struct Case: Sendable, CustomTestStringConvertible {
        let health: MailboxHealth
        let worst: Finding.Severity
        let says: String

        var testDescription: String { self.says }
    }

    @Test(arguments: [
        Case(health: Self.health(), worst: .ok, says: "synchronised 30 s ago"),
        Case(health: Self.health(synchronised: .seconds(3_600)), worst: .warn, says: "1 h ago"),
        Case(health: Self.health(synchronised: nil), worst: .warn, says: "never synchronised"),
        Case(health: Self.health(isAdopted: false, unfiled: 9), worst: .warn, says: "first import"),
        Case(health: Self.health(isPaused: true), worst: .warn, says: "paused"),
        Case(health: Self.health(lastError: "login refused"), worst: .fail, says: "login refused"),
        Case(health: Self.health(unfiled: 3), worst: .warn, says: "3 mails are fetched"),
        Case(health: Self.health(quarantined: 2), worst: .warn, says: "2 mails could not be read"),
        Case(health: Self.health(heldMarks: 4), worst: .warn, says: "4 marks are held, the oldest for 2 min: quota"),
        Case(health: Self.health(leftDeleted: 3), worst: .warn, says: "3 mails that were moved are still"),
        Case(health: Self.health(lacksKeywords: true), worst: .warn, says: "keeps no keywords"),
        Case(health: Self.health(troubled: ["Closed: it flips"]), worst: .fail, says: "Closed: it flips"),
        Case(health: Self.health(heldGestures: 21), worst: .warn, says: "21 changes"),
        Case(health: Self.health(missing: ["Agents/ann"]), worst: .fail, says: "Agents/ann"),
        Case(health: Self.health(intent: .seconds(3_600)), worst: .warn, says: "about to be written 1 h ago"),
        Case(health: Self.health(intent: .seconds(5)), worst: .ok, says: "synchronised"),
    ])
    func `each trouble is found and named`(sample: Case) {
        let findings = Examination.mailbox(sample.health, now: Self.now)
        let rank: [Finding.Severity] = [.ok, .warn, .fail]
        #expect(
            findings.map(\.severity).max { (rank.firstIndex(of: $0) ?? 0) < (rank.firstIndex(of: $1) ?? 0) }
                == sample.worst
        )
        #expect(findings.contains { $0.message.contains(sample.says) }, "\(findings)")
    }

    @Test(arguments: [
        (Int64(0), 0, 1, Finding.Severity.ok), (500, 0, 1_000, .ok), (60_000, 0, 1_000, .warn),
        (-60_000, 0, 1_000, .warn),
        (2_500, 0, 1_000, .ok), (3_500, 0, 1_000, .warn),
    ])
    func `clocks differ only beyond what asking takes`(
        database: Int64,
        before: Int64,
        after: Int64,
        severity: Finding.Severity
    ) {
        let instants = [database, before, after].map { Timestamp(microseconds: $0 * 1_000) }
        #expect(Examination.clock(database: instants[0], before: instants[1], after: instants[2]).severity == severity)
    }

    @Test func `only a held lease is somebody at work`() {
        let leases = [
            LeaseHealth(mailbox: "main", service: "ingestion", holder: "host 7", expiresAt: Self.now, isHeld: true),
            LeaseHealth(mailbox: "main", service: "assignment", holder: "host 8", expiresAt: Self.now, isHeld: false),
        ]
        let findings = Examination.leases(leases, mailbox: "main")
        #expect(findings.map(\.severity) == [.ok, .warn])
        #expect(findings[0].message.contains("host 7") && !findings[1].message.contains("host 8"))
    }
}
