import Desk
import IngestionPlan
import Testing

/// All, where the server archives by taking labels away: watched there alone, and every mail in it is known from its folder.
@Suite("All")
struct AllMailTests {
    private static let now = Timestamp(microseconds: 1_700_000_000_000_000)
    private static let labels: Set<String> = ["\\inbox", "agents/ann"]

    // MARK: - The directory

    private static func listed(_ name: String) -> ListedFolderView {
        ListedFolderView(
            rawName: Array(name.utf8),
            facts: ListedFolder(name: name, attributes: [], delimiter: "/"),
            status: nil
        )
    }

    private static func record(
        _ role: FolderRole,
        phase: FolderPhase = .live,
        isWatched: Bool? = nil,
        uidNext: UInt32 = 11
    ) -> FolderRecord {
        FolderRecord(
            id: Identifier(1),
            rawName: Array("All".utf8),
            name: "All",
            role: role,
            isWatched: isWatched,
            epoch: 1,
            uidValidity: 7,
            uidNext: uidNext,
            highestModSeq: 20,
            messages: 3,
            allowsKeywords: nil,
            phase: phase,
            fullAt: Self.now
        )
    }

    @Test(arguments: [true, false])
    func `it is watched where the server archives into it`(archivesIntoAll: Bool) {
        let roles: [FolderRole] = [.inbox, .all, .drafts, .other, .trash]
        let change = DirectoryPlan.compare(
            stored: [],
            listed: ["INBOX", "All", "Drafts", "Projects", "Trash"].map(Self.listed),
            roles: roles,
            archivesIntoAll: archivesIntoAll
        )
        #expect(change.entries.map(\.isWatched) == [true, archivesIntoAll, false, false, true])
    }

    @Test(arguments: [(false, true), (true, false), (true, true), (false, false)])
    func `an offer that comes or goes is written once`(isWatched: Bool, archivesIntoAll: Bool) {
        let change = DirectoryPlan.compare(
            stored: [Self.record(.all, isWatched: isWatched)],
            listed: [Self.listed("All")],
            roles: [.all],
            archivesIntoAll: archivesIntoAll
        )
        #expect(change.entries.map(\.isWatched) == (isWatched == archivesIntoAll ? [] : [archivesIntoAll]))
    }

    // MARK: - Mails

    private static func mail(_ uid: UInt32, _ labels: [String]?, minutesOld: Int64 = 60) -> ListedMail {
        ListedMail(
            uid: uid,
            flags: [],
            arrival: Self.now.advanced(by: .seconds(-60 * minutesOld)),
            size: 100,
            emailID: "g:\(uid)",
            labels: labels
        )
    }

    /// What a pass over All did.
    private struct Outcome {
        var presumed: [UInt32] = []
        var parked: [ParkedMail] = []
        var fetched: [UInt32] = []
        var isImported: [Bool] = []
        var asksIdentity = false
        /// Of how many mails flags or more were asked for.
        var listings = 0
        var finds = 0
        var gone: Set<UInt32> = []
        var cursors: [FolderCursor] = []
        var ending: FolderSyncMachine.Ending?
    }

    /// A pass over what is listed; the ledger knows the mails of these UIDs from other folders, and has `live` of All.
    private static func pass(
        _ folder: FolderRecord,
        listing: [ListedMail],
        known: Set<UInt32> = [],
        live: [UInt32] = [],
        parked: [ParkedMail] = [],
        left: Set<UInt32> = [],
        isImport: Bool = false,
        lastSync: Timestamp? = nil,
        uidNext: UInt32
    ) -> Outcome {
        var machine = FolderSyncMachine(
            .init(
                folder: folder,
                tier: .condstore,
                status: nil,
                parked: parked,
                isImport: isImport,
                lastSync: lastSync,
                now: Self.now,
                labels: Self.labels
            )
        )
        let opening = FolderOpening(
            number: 9,
            view: FolderPlan.View(
                uidValidity: 7,
                uidNext: uidNext,
                highestModSeq: 30,
                exists: live.count + listing.count - left.count
            )
        )
        var outcome = Outcome()
        var effect = machine.begin()
        for _ in 0..<40 {
            switch effect {
            case .select: effect = machine.handle(.selected(opening))
            case .fetchFlags: effect = machine.handle(.flags(FlagsListing(rows: [], exists: opening.view.exists)))
            case .findUIDs:
                outcome.finds += 1
                let found = (live + listing.map(\.uid)).filter { !left.contains($0) }
                effect = machine.handle(.found(found.sorted(), exists: opening.view.exists))
            case .fetchListing(let ranges, let identity):
                outcome.listings += 1
                if identity { outcome.asksIdentity = true }
                let found = listing.filter { mail in ranges.contains { $0.contains(mail.uid) } }
                effect = machine.handle(.listing(found, exists: opening.view.exists))
            case .readKnown(let lowest, _):
                effect = machine.handle(.known(live: live.filter { $0 >= lowest }, gone: []))
            case .readCandidates(let keys):
                let candidates = keys.keys.sorted().filter { known.contains($0) }.map {
                    IdentityCandidate(
                        uid: $0,
                        digest: [UInt8](repeating: UInt8($0), count: 32),
                        fate: .duplicate,
                        reason: nil,
                        copies: keys.count,
                        taken: 0
                    )
                }
                effect = machine.handle(.candidates(candidates))
            case .fetchBodies(let request):
                var answer = BodyAnswer()
                answer.done = request.windows.count
                for window in request.windows {
                    for uids in window.uids.values {
                        answer.delivered += uids
                        outcome.fetched += uids
                        outcome.isImported += uids.map { _ in request.isImported }
                    }
                }
                effect = machine.handle(.bodies(answer))
            case .commitMatches(let change, let next):
                outcome.presumed += change.presumed.map(\.seen.uid)
                outcome.listings += next.count
                effect = machine.handle(
                    .committedMatches(.committed(changes: 0, epoch: folder.epoch), listed: [])
                )
            case .commit(let change):
                outcome.presumed += change.presumed.map(\.seen.uid)
                outcome.parked += change.parked
                if let present = change.present { outcome.gone.formUnion(live.filter { !present.contains($0) }) }
                if let expected = change.expectedLive, expected != live.count + listing.count {
                    effect = machine.handle(.committed(.contradicted(live: live.count + listing.count)))
                    continue
                }
                if let cursor = change.cursor { outcome.cursors.append(cursor) }
                effect = machine.handle(.committed(.committed(changes: 0, epoch: folder.epoch)))
            case .finish(let ending):
                outcome.ending = ending
                return outcome
            case .distrustVanished: return outcome
            }
        }
        return outcome
    }

    @Test func `new mail is known by its name, and only what was archived is fetched`() {
        let outcome = Self.pass(
            Self.record(.all, isWatched: true),
            listing: [
                Self.mail(11, ["\\Inbox"]), Self.mail(12, ["\\Important"]), Self.mail(13, nil),
                Self.mail(14, ["\\Important", "Agents/Ann"]), Self.mail(15, ["\\Sent"]), Self.mail(16, ["Invoices"]),
                // An answer without labels says nothing of where a mail lies.
                Self.mail(17, nil),
            ],
            known: [11, 13],
            live: [3, 5, 7],
            uidNext: 18
        )
        #expect(outcome.presumed == [11, 13])
        #expect(outcome.fetched == [12, 16])
        // They are filed from where they lie, whichever pass finds them there.
        #expect(outcome.parked.map(\.uid) == [14, 15, 17])
        #expect(outcome.parked.allSatisfy { $0.reason == .elsewhere && $0.pause == .zero })
        #expect(outcome.cursors.map(\.uidNext) == [18])
        #expect(outcome.ending == .synchronised(changes: 0))
    }

    @Test func `what was parked is looked for again, ever less often`() {
        let outcome = Self.pass(
            Self.record(.all, isWatched: true),
            listing: [Self.mail(5, ["\\Inbox"]), Self.mail(7, []), Self.mail(8, ["\\Inbox"])],
            known: [5],
            live: [],
            parked: [
                ParkedMail(uid: 5, reason: .elsewhere, tries: 1), ParkedMail(uid: 7, reason: .elsewhere, tries: 1),
                ParkedMail(uid: 8, reason: .elsewhere, tries: 3), ParkedMail(uid: 9, reason: .elsewhere, tries: 1),
            ],
            uidNext: 11
        )
        #expect(outcome.presumed == [5])
        #expect(outcome.fetched == [7])
        #expect(
            outcome.parked == [
                ParkedMail(uid: 9, reason: .leftOut, tries: 2),
                ParkedMail(uid: 8, reason: .elsewhere, tries: 4, flags: []),
            ]
        )
        #expect(outcome.parked.map(\.pause) == [.seconds(240), .seconds(60)])
    }

    @Test func `a first import fetches from All what lies nowhere else, in the order of all folders`() {
        let outcome = Self.pass(
            Self.record(.all, phase: .backfill, isWatched: true, uidNext: 1),
            listing: [Self.mail(1, ["\\Inbox"]), Self.mail(2, []), Self.mail(3, ["\\Sent"])],
            isImport: true,
            uidNext: 4
        )
        guard case .listed(let listed)? = outcome.ending else {
            Issue.record("\(String(describing: outcome.ending))")
            return
        }
        #expect(listed.missing.map(\.uid) == [2])
    }

    @Test func `the look after an import recognises the rest`() {
        let outcome = Self.pass(
            Self.record(.all, phase: .backfill, isWatched: true, uidNext: 1),
            listing: [Self.mail(1, ["\\Inbox"]), Self.mail(3, ["\\Sent"])],
            known: [1, 3],
            live: [2],
            uidNext: 4
        )
        #expect(outcome.presumed == [1, 3] && outcome.fetched.isEmpty && outcome.parked.isEmpty)
        #expect(!outcome.asksIdentity, "the name is enough; headers are not asked for")
        #expect(outcome.cursors.map(\.uidNext) == [4])
    }

    @Test func `the look after an import lists once`() {
        let outcome = Self.pass(
            Self.record(.all, phase: .backfill, isWatched: true, uidNext: 1),
            listing: [Self.mail(1, ["\\Inbox"]), Self.mail(2, ["\\Inbox"])],
            known: [1, 2],
            uidNext: 3
        )
        #expect(outcome.presumed == [1, 2] && outcome.listings == 1)
    }

    @Test func `what leaves it is found without listing what stays`() {
        let outcome = Self.pass(
            Self.record(.all, isWatched: true),
            listing: [],
            live: [3, 5, 7],
            left: [5],
            uidNext: 11
        )
        #expect(outcome.gone == [5])
        #expect(outcome.finds == 1 && outcome.listings == 0)
        #expect(outcome.ending == .synchronised(changes: 0))
    }

    @Test func `mail that was stored before the server told names is known by its bytes, once`() {
        let outcome = Self.pass(
            Self.record(.all, phase: .backfill, isWatched: true, uidNext: 1),
            listing: [
                Self.mail(1, ["\\Inbox"], minutesOld: 600), Self.mail(2, ["\\Inbox"], minutesOld: 1),
                // Sent is not watched here: what lies there alone is nobody's mail to us.
                Self.mail(3, ["\\Sent"], minutesOld: 600),
            ],
            lastSync: Self.now.advanced(by: .seconds(-300)),
            uidNext: 4
        )
        #expect(outcome.fetched == [1] && outcome.isImported == [true])
        #expect(outcome.parked.map(\.uid) == [2, 3])
    }

    @Test func `what no folder shows is looked for once a day in the end`() {
        let pauses = (1...8).map { ParkedMail(uid: 1, reason: .elsewhere, tries: $0).pause.components.seconds }
        #expect(pauses == [0, 0, 0, 60, 240, 960, 86_400, 86_400])
    }

    @Test func `where it is watched from now on, what was archived before comes in silently`() {
        let outcome = Self.pass(
            Self.record(.all, phase: .backfill, isWatched: true, uidNext: 1),
            listing: [Self.mail(1, [], minutesOld: 600), Self.mail(2, [], minutesOld: 1)],
            lastSync: Self.now.advanced(by: .seconds(-300)),
            uidNext: 3
        )
        #expect(outcome.fetched == [1, 2] && outcome.isImported == [true, false])
    }
}
