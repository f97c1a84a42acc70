import Desk
import DeskCommands
import TestSupport
import Testing

@testable import Assignment
@testable import DeskStore

/// Rows made by hand: agents 1 (ann) and 2 (bob), folders 1 INBOX, 2 Agents/ann, 3 Closed; ticket N has message N, which
/// lies in one folder and was settled in another or the same.
@Suite("Deciding marks on a real database")
struct MarkDeskTests {
    struct Scene: Sendable {
        var tickets = 1
        /// The ticket's owner: 1, 2 or none.
        var owner: Int?
        /// Where both sides last agreed that it lies, as the column holds it.
        var settled = "inbox;;"
        /// The folder it lies in now, 1 to 3.
        var folder = 1
        var flags = "{}"
        var layout: Layout? = .both
        var breaker = 20
    }

    static func with(_ scene: Scene, _ body: (TestDatabase) async throws -> Void) async throws {
        try await TestDatabase.with { database in
            try await database.execute(
                """
                INSERT INTO agent (handle, name) VALUES ('ann', 'Ann'), ('bob', 'Bob');
                INSERT INTO queue (name) VALUES ('support');
                INSERT INTO mailbox (name, address, address_key, server, username, queue_id, layout, breaker, adopted_at,
                                     sequence, complete_sync)
                VALUES ('support', 's@x.example', 's@x.example', 'imaps://x:993', 's', 1,
                        \(scene.layout.map { "'\($0.rawValue)'" } ?? "NULL"), \(scene.breaker), now(), 9, 9);
                INSERT INTO folder (mailbox_id, raw_name, name, role, agent_id, epoch, uidvalidity, phase)
                VALUES (1, 'INBOX', 'INBOX', 'inbox', NULL, 1, 7, 'live'),
                       (1, 'Agents/ann', 'Agents/ann', 'agent', 1, 1, 7, 'live'),
                       (1, 'Closed', 'Closed', 'closed', NULL, 1, 7, 'live');
                INSERT INTO folder_epoch (mailbox_id, folder_id, epoch, uidvalidity) SELECT 1, id, 1, 7 FROM folder;
                INSERT INTO ticket_number (number, mailbox_id) SELECT n, 1 FROM generate_series(1, \(scene.tickets)) n;
                INSERT INTO ticket (mailbox_id, number, queue_id, owner_id, status, version, status_changed_at, created_at,
                                    updated_at)
                SELECT 1, n, 1, \(scene.owner.map(String.init) ?? "NULL"), 'open', 1, '2026-01-05', '2026-01-05',
                       '2026-01-05'
                FROM generate_series(1, \(scene.tickets)) n;
                INSERT INTO event (mailbox_id, ticket, seq, at, kind, actor, origin, details)
                SELECT 1, n, 1, '2026-01-05', 'opened', 'baton', 'mail', '{"queue": "1"}'
                FROM generate_series(1, \(scene.tickets)) n;
                INSERT INTO message (mailbox_id, digest, ticket, direction, kind, fate, received_at, settled,
                                     settled_placement, settled_number, in_reach, touched)
                SELECT 1, sha256(n::text::bytea), n, 'inbound', 'human', 'ticket', '2026-01-05', '\(scene.settled)',
                       n, 1, true, nextval('touch_number')
                FROM generate_series(1, \(scene.tickets)) n;
                INSERT INTO placement (mailbox_id, folder_id, epoch, uid, number, digest, fate, flags, observed)
                SELECT 1, \(scene.folder), 1, n, n, sha256(n::text::bytea), 'ticket', '\(scene.flags)', 5
                FROM generate_series(1, \(scene.tickets)) n;
                """
            )
            try await body(database)
        }
    }

    /// One look at everything that is due, as the session has it; what is to be written, in words.
    private static func look(_ database: TestDatabase, recent: [BreakerEntry] = []) async throws -> [String] {
        try await database.desk.unit { unit in
            guard let scene = try MarkScene.read(unit, "support", Identifier(1), limit: 400) else {
                return ["no mailbox"]
            }
            let (mailbox, people, looks) = (scene.mailbox, scene.people, LookCollection(scene))
            let keywords = MarkKeywords(
                agents: people.values.sorted { $0.id < $1.id }.map { (handle: $0.handle, agent: $0.id) }
            )
            var desk = MarkDesk(
                unit: SQLMarkUnit(unit: unit, scene: scene, looks: looks, logger: TestServers.silent),
                setting: MarkSetting(
                    layout: mailbox.layout,
                    marksReach: mailbox.marksReach,
                    onDelete: mailbox.onDelete,
                    breaker: mailbox.breaker,
                    keywords: keywords,
                    folders: scene.folders,
                    recent: recent
                )
            )
            try desk.decide(scene.cases)
            try MarkQueries.end(unit, mailbox: mailbox.id, looks.findings)
            return desk.writes.map { write in
                let place = write.moveTo.map { ["to \($0.name)"] } ?? []
                let adds = write.add.compactMap(keywords.text).map { "+\($0)" }
                let removes = write.remove.compactMap(keywords.text).map { "-\($0)" }
                return (place + adds + removes).joined(separator: " ")
            }
        }
    }

    struct Row: Sendable, CustomTestStringConvertible {
        let testDescription: String
        var scene = Scene()
        var writes: [String] = []
        /// Owner and status afterwards.
        let ticket: String
        var events: [String] = []
    }

    static let rows: [Row] = [
        Row(testDescription: "in step: nothing", ticket: "- open"),
        Row(
            testDescription: "assigned, both: into the folder, with the keyword",
            scene: Scene(owner: 1),
            writes: ["to agent +owner-ann"],
            ticket: "ann open"
        ),
        Row(
            testDescription: "assigned, folders: into the folder",
            scene: Scene(owner: 1, layout: .folders),
            writes: ["to agent"],
            ticket: "ann open"
        ),
        Row(
            testDescription: "assigned, keywords: the keyword",
            scene: Scene(owner: 1, layout: .keywords),
            writes: ["+owner-ann"],
            ticket: "ann open"
        ),
        Row(
            testDescription: "assigned, observe-only: nothing",
            scene: Scene(owner: 1, layout: nil),
            ticket: "ann open"
        ),
        Row(
            testDescription: "moved to an agent's folder: assigned, and the keyword follows",
            scene: Scene(folder: 2),
            writes: ["+owner-ann"],
            ticket: "ann open",
            events: ["assigned mail-client"]
        ),
        Row(
            testDescription: "moved to an agent's folder, observe-only: assigned, nothing written",
            scene: Scene(folder: 2, layout: nil),
            ticket: "ann open",
            events: ["assigned mail-client"]
        ),
        Row(
            testDescription: "moved to Closed: closed",
            scene: Scene(folder: 3),
            ticket: "- closed",
            events: ["closed mail-client"]
        ),
        Row(
            testDescription: "moved back to INBOX: released, and the keyword goes",
            scene: Scene(owner: 1, settled: "agent:1;1;", flags: "{owner-ann}"),
            writes: ["-owner-ann"],
            ticket: "- open",
            events: ["released mail-client"]
        ),
        Row(
            testDescription: "another agent's keyword: assigned to them, and what shows the former owner goes",
            scene: Scene(owner: 1, settled: "inbox;1;", flags: "{owner-ann,owner-bob}", layout: .keywords),
            writes: ["-owner-ann"],
            ticket: "bob open",
            events: ["assigned mail-client"]
        ),
        Row(
            testDescription: "the keyword lost in keywords: released",
            scene: Scene(owner: 1, settled: "inbox;1;", layout: .keywords),
            ticket: "- open",
            events: ["released mail-client"]
        ),
        Row(
            testDescription: "the keyword lost in both: put back",
            scene: Scene(owner: 1, settled: "agent:1;1;", folder: 2),
            writes: ["+owner-ann"],
            ticket: "ann open"
        ),
    ]

    @Test(arguments: rows)
    func `each difference is written or is a gesture, by the tables`(row: Row) async throws {
        try await Self.with(row.scene) { database in
            let writes = try await Self.look(database)
            #expect(writes == row.writes)
            #expect(
                try await database.lines("SELECT COALESCE(owner, '-') || ' ' || status FROM ticket_v") == [row.ticket]
            )
            #expect(
                try await database.lines("SELECT kind || ' ' || origin FROM event_v WHERE seq > 1") == row.events
            )
        }
    }

    struct Belated: Sendable, CustomTestStringConvertible {
        let testDescription: String
        /// Of the lease under which the intent was opened; the present one is 2.
        var fence = 1
        var hoursOld = 0
        /// What looking missed.
        var missing: BelatedWrite.Command? = .add
        /// The UID it was opened for; the message was settled at UID 1.
        var uid = 1
        /// Baton took the message from there to where it is settled.
        var isTakenAway = false
        /// And the message was looked at since.
        var isLookedAt = false
        /// It came before, and was undone.
        var isOver = false
        var writes = ["-owner-bob"]
        var events: [String] = []

        /// What an agent did.
        var gesture: Belated {
            var copy = self
            (copy.writes, copy.events) = (["-owner-ann"], ["assigned bob"])
            return copy
        }
    }

    // A worker was paused before it sent bob's keyword; another looked, and ann owns the ticket since.
    @Test(arguments: [
        Belated(testDescription: "it comes after all"),
        Belated(testDescription: "of this holder, whose connection is closed", fence: 2).gesture,
        Belated(testDescription: "so late that no server waits for it", hoursOld: 2).gesture,
        Belated(testDescription: "it was written when the other looked", missing: nil).gesture,
        Belated(testDescription: "the keyword was, and the move was not", missing: .move).gesture,
        Belated(testDescription: "to where the message was not any more", uid: 9).gesture,
        Belated(testDescription: "to where Baton took the message from", uid: 9, isTakenAway: true),
        Belated(testDescription: "not before Baton took it away", uid: 9, isTakenAway: true, isLookedAt: true)
            .gesture,
        Belated(testDescription: "it came before", isOver: true).gesture,
    ])
    func `a command that comes after its lease ended is undone once, and is no gesture`(belated: Belated) async throws {
        let scene = Scene(owner: 1, settled: "inbox;1;", flags: "{owner-ann}", layout: .keywords)
        try await Self.with(scene) { database in
            try await database.execute(
                """
                INSERT INTO lease (mailbox_id, service, fence, holder, expires_at)
                VALUES (1, 'assignment', 2, 'the other', now() + interval '30 seconds');
                INSERT INTO intent (mailbox_id, message_id, opened, folder_id, epoch, uid, target, fields, adds, lost, fence,
                                    created_at)
                VALUES (1, 1, 2, 1, 1, \(belated.uid), 'inbox;2;', \(MarkFields.owners.rawValue), '{owner-bob}', true,
                        \(belated.fence), now() - interval '\(belated.hoursOld) hours');
                """
            )
            try await Self.close(database, missing: belated.missing)
            if belated.isTakenAway {
                try await database.execute(
                    """
                    INSERT INTO intent (mailbox_id, message_id, opened, closed, outcome, folder_id, epoch, uid, destination_id, target,
                                        fields)
                    VALUES (1, 1, 3, 4, 'confirmed', 1, 1, \(belated.uid), 1, 'inbox;1;', 1)
                    """
                )
            }
            if belated.isLookedAt {
                try await Self.observe(database, "flags = '{owner-ann}'")
                #expect(try await Self.look(database) == [])
            }
            try await Self.observe(database, "flags = '{owner-ann,owner-bob}'")
            if belated.isOver {
                // Looked at, undone and agreed on; then bob's keyword is there again.
                #expect(try await Self.look(database) == ["-owner-bob"])
                try await database.execute("UPDATE message SET settled = 'inbox;1;'")
                try await Self.observe(database, "flags = '{owner-ann,owner-bob}'")
            }
            #expect(try await Self.look(database) == belated.writes)
            #expect(try await Self.events(database) == belated.events)
        }
    }

    private static func close(_ database: TestDatabase, missing: BelatedWrite.Command?) async throws {
        try await database.desk.unit { unit in
            var settled = Settled(state: try MarkStateText.decode("inbox;1;"), placement: Identifier(1))
            settled.isComplete = missing == nil
            try IntentQueries.close(
                unit,
                mailbox: Identifier(1),
                [IntentQueries.Closing(message: Identifier(1), settled: settled, missing: missing, touched: nil)],
                outcome: missing == nil ? .recovered : .notExecuted
            )
        }
    }

    // A refusal that was counted and is not held (NULL) is counted on.
    @Test func `what was held for a time that is over is forgotten once the message is in step`() async throws {
        try await Self.with(Scene(tickets: 2)) { database in
            try await database.execute(
                """
                INSERT INTO hold (mailbox_id, message_id, field, reason, until)
                VALUES (1, 1, 'place', 'no', now() - interval '1 second'), (1, 1, 'owner', 'no', NULL),
                       (1, 2, 'place', 'no', now() + interval '1 hour')
                """
            )
            _ = try await Self.look(database)
            #expect(
                try await database.lines("SELECT message_id || ' ' || field FROM hold ORDER BY message_id")
                    == ["1 owner", "2 place"]
            )
        }
    }

    @Test(arguments: [(20, 21, 0), (20, 20, 20), (0, 21, 21)])
    func `more releases at once than the breaker allows are held, all of them`(
        limit: Int,
        count: Int,
        released: Int
    ) async throws {
        let scene = Scene(tickets: count, owner: 1, settled: "agent:1;1;", breaker: limit)
        try await Self.with(scene) { database in
            _ = try await Self.look(database)
            #expect(try await database.number("SELECT count(*) FROM event WHERE kind = 'released'") == released)
            #expect(try await database.number("SELECT count(*) FROM held_gesture") == count - released)
        }
    }

    /// What an agent did since, and the server's next answer about it.
    private static func observe(_ database: TestDatabase, _ change: String, message: Int = 1) async throws {
        try await database.execute(
            """
            UPDATE mailbox SET sequence = sequence + 1;
            UPDATE placement SET \(change), observed = (SELECT sequence FROM mailbox) WHERE number = \(message);
            UPDATE message SET touched = nextval('touch_number') WHERE id = \(message);
            """
        )
    }

    private static func events(_ database: TestDatabase) async throws -> [String] {
        try await database.lines(
            "SELECT concat_ws(' ', kind, agent, details->>'reason') FROM event_v WHERE seq > 1 ORDER BY ticket, seq"
        )
    }

    // Message 1 and 2 are on one ticket; each was moved to another agent's folder.
    @Test(arguments: [(first: 6, second: 8, owner: "ann"), (first: 8, second: 6, owner: "bob")])
    func `of two gestures on one ticket the one observed later holds`(
        first: Int,
        second: Int,
        owner: String
    ) async throws {
        try await Self.with(Scene(tickets: 2)) { database in
            try await database.execute(
                """
                INSERT INTO folder (mailbox_id, raw_name, name, role, agent_id, epoch, uidvalidity, phase)
                VALUES (1, 'Agents/bob', 'Agents/bob', 'agent', 2, 1, 7, 'live');
                INSERT INTO folder_epoch (mailbox_id, folder_id, epoch, uidvalidity) VALUES (1, 4, 1, 7);
                UPDATE message SET ticket = 1;
                UPDATE placement SET folder_id = 4, observed = \(first) WHERE number = 1;
                UPDATE placement SET folder_id = 2, observed = \(second) WHERE number = 2;
                """
            )
            _ = try await Self.look(database)
            #expect(try await database.lines("SELECT owner FROM ticket_v WHERE number = 1") == [owner])
            let former = owner == "ann" ? "bob" : "ann"
            #expect(try await Self.events(database) == ["assigned \(former)", "assigned \(owner)", "overridden"])
        }
    }

    @Test func `a gesture beats a policy, and the history says so`() async throws {
        try await Self.with(Scene(owner: 2, folder: 2)) { database in
            let writes = try await Self.look(database)
            #expect(writes == ["+owner-ann"])
            #expect(try await Self.events(database) == ["assigned ann", "overridden"])
        }
    }

    // The command came at 8, the gesture was observed at 9: it loses, and so does the next, until the command is shown.
    @Test func `a gesture loses to a command that is not shown yet, as often as it is made`() async throws {
        try await Self.with(Scene(owner: 2, folder: 2)) { database in
            try await database.execute("UPDATE ticket SET person_command = 8; UPDATE placement SET observed = 9")
            _ = try await Self.look(database)
            try await Self.observe(database, "folder_id = 3")
            _ = try await Self.look(database)
            #expect(try await database.lines("SELECT owner || ' ' || status FROM ticket_v") == ["bob open"])
            #expect(
                try await Self.events(database) == [
                    "overridden a command came first", "overridden a command came first",
                ]
            )
        }
    }

    // Message 2 came after message 1 was moved to Closed, and was filed before anybody looked at the move.
    @Test(arguments: [(Int64(1), "open"), (3, "closed")])
    func `a close by a move does not concern what came after it`(moved: Int64, status: String) async throws {
        try await Self.with(Scene(tickets: 2)) { database in
            try await database.execute(
                """
                UPDATE message SET ticket = 1, received_at = '2026-01-06' WHERE id = 2;
                UPDATE ticket SET last_contact_at = '2026-01-06', last_contact_message = 2, version = 2 WHERE number = 1;
                INSERT INTO event (mailbox_id, ticket, seq, at, kind, actor, origin, message_id)
                VALUES (1, 1, 2, '2026-01-06', 'message_in', 'baton', 'mail', 2);
                UPDATE placement SET folder_id = 3, number = \(moved) WHERE number = 1;
                """
            )
            _ = try await Self.look(database)
            #expect(try await database.lines("SELECT status FROM ticket_v WHERE number = 1") == [status])
        }
    }

    @Test func `what is taken out of Junk is muted no more, and gets its marks`() async throws {
        try await Self.with(Scene(owner: 1, settled: "junk;;")) { database in
            try await database.execute("UPDATE message SET muted_in_junk = true, fate = 'muted'")
            #expect(try await Self.look(database) == ["to agent +owner-ann"])
            #expect(try await database.lines("SELECT concat_ws(' ', muted_in_junk, fate) FROM message") == ["f ticket"])
        }
    }

    @Test func `a refused gesture is written back once, then held until the ticket changes`() async throws {
        try await Self.with(Scene(folder: 2)) { database in
            try await database.execute("UPDATE agent SET disabled_at = now() WHERE handle = 'ann'")
            #expect(try await Self.look(database) == ["to inbox"])
            // It was written back, and is moved there again.
            try await database.execute("UPDATE message SET settled = 'inbox;;', touched = nextval('touch_number')")
            #expect(try await Self.look(database) == [])
            #expect(
                try await database.lines("SELECT concat_ws(' ', field, reason, times) FROM hold WHERE until > now()")
                    == ["place agent_disabled 2"]
            )
            try await Self.observe(database, "flags = '{}'")
            #expect(try await Self.look(database) == [])
            _ = try await TicketCommands.perform(
                .assign(Identifier(2)),
                on: Identifier(1),
                by: Actor(name: "bob", origin: .cli),
                in: database.desk
            )
            #expect(try await Self.look(database) == ["to agent +owner-bob"])
            #expect(
                try await Self.events(database) == [
                    "gesture_refused agent_disabled", "gesture_refused agent_disabled", "assigned bob",
                ]
            )
        }
    }

    @Test func `where nothing is written a refused gesture is only recorded`() async throws {
        try await Self.with(Scene(folder: 2, layout: nil)) { database in
            try await database.execute("UPDATE agent SET disabled_at = now() WHERE handle = 'ann'")
            #expect(try await Self.look(database) == [])
            #expect(try await Self.events(database) == ["gesture_refused agent_disabled"])
            #expect(try await database.number("SELECT count(*) FROM hold") == 0)
        }
    }

    @Test(arguments: [20, 21])
    func `many pending keywords lost at once are held, not read as so many reopenings`(count: Int) async throws {
        try await Self.with(Scene(tickets: count, settled: "inbox;;p")) { database in
            try await database.execute("UPDATE ticket SET status = 'pending'")
            _ = try await Self.look(database)
            #expect(
                try await database.number("SELECT count(*) FROM event WHERE kind = 'reopened'") == (count > 20 ? 0 : 20)
            )
            #expect(
                try await database.number("SELECT count(*) FROM held_gesture WHERE kind = 'keyword_lost'")
                    == (count > 20 ? 21 : 0)
            )
        }
    }

    @Test func `what was taken away a moment before counts with it`() async throws {
        try await Self.with(Scene(tickets: 6, owner: 1, settled: "agent:1;1;")) { database in
            let recent = (101...115).map {
                BreakerEntry(ticket: Identifier($0), kind: .release, folder: Identifier(2))
            }
            _ = try await Self.look(database, recent: recent)
            #expect(try await database.number("SELECT count(*) FROM held_gesture WHERE kind = 'release'") == 6)
        }
    }

    @Test(arguments: [(BreakerDecision.accept, 21, 0), (.revert, 0, 21)])
    func `a person accepts or reverts what is held`(
        decision: BreakerDecision,
        released: Int,
        written: Int
    ) async throws {
        try await Self.with(Scene(tickets: 21, owner: 1, settled: "agent:1;1;", flags: "{owner-ann}")) { database in
            #expect(try await Self.look(database) == [])
            let count = try await database.desk.unit { unit in
                try HeldGestureQueries.decide(unit, mailbox: Identifier(1), decision)
            }
            #expect(count == 21)
            let writes = try await Self.look(database)
            #expect(writes.filter { $0 == "to agent" }.count == written)
            #expect(writes.filter { $0 == "-owner-ann" }.count == released)
            #expect(try await database.number("SELECT count(*) FROM event WHERE kind = 'released'") == released)
            #expect(try await database.number("SELECT count(*) FROM held_gesture") == 0)
            #expect(try await database.number("SELECT count(*) FROM hold") == 0)
        }
    }

    // The mails are on the server no more, not even in Trash.
    @Test(arguments: [BreakerDecision.accept, .revert])
    func `deletions that cannot be taken back close their tickets, or say so in the history`(
        decision: BreakerDecision
    ) async throws {
        try await Self.with(Scene(tickets: 21)) { database in
            try await database.execute("UPDATE placement SET gone_at = now(), gone_why = 'vanished', gone_number = 8")
            #expect(try await Self.look(database) == [])
            #expect(try await database.number("SELECT count(*) FROM held_gesture WHERE kind = 'delete'") == 21)
            _ = try await database.desk.unit { try HeldGestureQueries.decide($0, mailbox: Identifier(1), decision) }
            #expect(try await Self.look(database) == [])
            let event =
                decision == .accept ? "deleted_in_mailbox" : "gesture_refused reverted, but the mail is gone"
            #expect(try await Self.events(database) == Array(repeating: event, count: 21))
            #expect(
                try await database.lines("SELECT DISTINCT status FROM ticket_v")
                    == [decision == .accept ? "closed" : "open"]
            )
            #expect(try await database.number("SELECT count(*) FROM held_gesture") == 0)
            #expect(try await Self.look(database) == [])
            #expect(try await database.number("SELECT count(*) FROM event WHERE seq > 1") == 21)
        }
    }

    // The copy in the missing folder counts as gone once a person said so, and only a complete synchronisation tells of the others.
    @Test(arguments: [BreakerDecision.accept, .revert])
    func `a decision about a missing folder stands until it is carried out, and while the folder is missing`(
        decision: BreakerDecision
    ) async throws {
        try await Self.with(Scene()) { database in
            try await database.execute(
                """
                UPDATE folder SET phase = 'missing' WHERE role = 'inbox';
                UPDATE message SET closed_number = 9;
                """
            )
            try await database.desk.unit { unit in
                try HeldGestureQueries.holdFolder(unit, mailbox: Identifier(1), Identifier(1))
            }
            #expect(try await Self.look(database) == [])
            _ = try await database.desk.unit { try HeldGestureQueries.decide($0, mailbox: Identifier(1), decision) }
            #expect(try await Self.look(database) == [])
            #expect(try await Self.events(database) == [])
            #expect(try await database.lines("SELECT decision FROM held_gesture") == [decision.rawValue])
            try await database.execute(
                "UPDATE mailbox SET complete_sync = 12; UPDATE message SET touched = nextval('touch_number')"
            )
            #expect(try await Self.look(database) == [])
            let event =
                decision == .accept ? "deleted_in_mailbox" : "gesture_refused reverted, but the mail is gone"
            #expect(try await Self.events(database) == [event])
            #expect(try await database.lines("SELECT decision FROM held_gesture") == ["accept"])
            // The folder is back, and the mail in it.
            try await database.execute("UPDATE folder SET phase = 'live' WHERE role = 'inbox'")
            try await database.desk.unit { unit in
                try HeldGestureQueries.dropFolder(unit, mailbox: Identifier(1), Identifier(1))
            }
            #expect(try await Self.look(database) == [])
            #expect(try await database.number("SELECT count(*) FROM held_gesture") == 0)
            #expect(try await database.lines("SELECT DISTINCT status FROM ticket_v") == ["open"])
        }
    }

    @Test func `a second look finds nothing to do`() async throws {
        try await Self.with(Scene(folder: 3)) { database in
            _ = try await Self.look(database)
            _ = try await Self.look(database)
            let before = try await database.rowVersions()
            #expect(try await Self.look(database) == [])
            #expect(try await database.rowVersions() == before)
        }
    }

    @Test func `what is held is looked at again when the first hold ends, not an hour later`() async throws {
        try await Self.with(Scene(owner: 1)) { database in
            try await database.execute(
                """
                INSERT INTO hold (mailbox_id, message_id, field, reason, until)
                SELECT 1, id, field, 'refused', now() + wait::interval
                FROM message, (VALUES ('place', '40 seconds'), ('owner', '50 seconds')) AS h (field, wait)
                """
            )
            #expect(try await Self.look(database).isEmpty)
            #expect(
                try await database.lines(
                    "SELECT (g.touched IS NULL AND g.look_at = min(h.until))::text FROM message g, hold h GROUP BY g.touched, g.look_at"
                ) == ["true"]
            )
        }
    }
}
