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
    private static func look(_ database: TestDatabase) async throws -> [String] {
        try await database.desk.unit { unit in
            guard let mailbox = try MailboxQueries.load(unit, name: "support") else { return ["no mailbox"] }
            let people = try TicketCommands.agents(unit)
            let keywords = MarkKeywords(
                agents: people.values.sorted { $0.id < $1.id }.map { (handle: $0.handle, agent: $0.id) }
            )
            var desk = MarkDesk(
                unit: unit,
                setting: MarkDesk.Setting(
                    mailbox: mailbox,
                    layout: mailbox.layout,
                    people: people,
                    keywords: keywords,
                    folders: try FolderQueries.load(unit, mailbox.id)
                ),
                logger: TestServers.silent
            )
            try desk.decide(try MarkQueries.due(unit, mailbox: mailbox.id, limit: 400))
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

    @Test func `a second look finds nothing to do`() async throws {
        try await Self.with(Scene(folder: 3)) { database in
            _ = try await Self.look(database)
            _ = try await Self.look(database)
            let before = try await database.rowVersions()
            #expect(try await Self.look(database) == [])
            #expect(try await database.rowVersions() == before)
        }
    }
}
