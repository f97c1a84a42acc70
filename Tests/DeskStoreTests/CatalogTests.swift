import Postgres
import TestSupport
import Testing

@Suite("The migrated schema")
struct CatalogTests {
    /// The look-up from a ticket's number to its mailbox is the one key that cannot begin with the mailbox.
    private static let lookups: Set<String> = ["ticket_number_pkey"]

    @Test func `every key of a table that belongs to a mailbox begins with the mailbox`() async throws {
        try await TestDatabase.with { database in
            let keys = try await database.lines(
                """
                SELECT k.name || ' ' || a.attname FROM (
                    SELECT c.conname::text AS name, c.conrelid AS relation, c.conkey[1] AS first
                    FROM pg_constraint c
                    WHERE c.contype IN ('p', 'u') OR c.contype = 'f' AND EXISTS (
                        SELECT 1 FROM pg_attribute t WHERE t.attrelid = c.confrelid AND t.attname = 'mailbox_id')
                    UNION
                    SELECT i.indexrelid::regclass::text, i.indrelid, i.indkey[0] FROM pg_index i WHERE i.indisunique
                ) k
                JOIN pg_attribute a ON a.attrelid = k.relation AND a.attnum = k.first
                JOIN pg_class r ON r.oid = k.relation AND r.relkind = 'r'
                JOIN pg_namespace n ON n.oid = r.relnamespace AND n.nspname = 'public'
                WHERE EXISTS (
                    SELECT 1 FROM pg_attribute t WHERE t.attrelid = k.relation AND t.attname = 'mailbox_id')
                ORDER BY 1
                """
            ).filter { key in !Self.lookups.contains { key.hasPrefix($0 + " ") } }
            #expect(keys.filter { !$0.hasSuffix(" mailbox_id") } == [])
            #expect(keys.count > 30)
        }
    }

    @Test func `a foreign key to a table of a mailbox names the mailbox on both sides`() async throws {
        try await TestDatabase.with { database in
            let faults = try await database.lines(
                """
                SELECT c.conname::text FROM pg_constraint c
                JOIN pg_attribute t ON t.attrelid = c.confrelid AND t.attnum = c.confkey[1]
                WHERE c.contype = 'f' AND t.attname <> 'mailbox_id' AND EXISTS (
                    SELECT 1 FROM pg_attribute o WHERE o.attrelid = c.confrelid AND o.attname = 'mailbox_id')
                """
            )
            #expect(faults == [])
        }
    }

    /// Rows that refer to mailbox 2 or queue 2, which nothing else does, without a foreign key.
    private static let uses = [
        "INSERT INTO content (mailbox_id, digest, complete) VALUES (2, sha256('a'), true)",
        "INSERT INTO ticket_number (number, mailbox_id) VALUES (2, 2)",
        "INSERT INTO contact (mailbox_id, address_key, address) VALUES (2, 'a@x.example', 'a@x.example')",
        """
        INSERT INTO message (mailbox_id, digest, direction, kind, fate, received_at)
        VALUES (2, sha256('a'), 'inbound', 'human', 'ignored', now())
        """,
        """
        INSERT INTO ticket (mailbox_id, number, queue_id, status, version, status_changed_at, created_at, updated_at)
        VALUES (2, 2, 1, 'open', 1, now(), now(), now())
        """,
        "INSERT INTO turn (mailbox_id, ticket, ordinal, started_at, queue_id, outcome) VALUES (1, 1, 1, now(), 2, 'waiting')",
    ]

    @Test(arguments: Self.uses)
    func `a mailbox or a queue that is used stays`(use: String) async throws {
        try await Fixture.with { database in
            try await database.execute(
                """
                INSERT INTO queue (name) VALUES ('second');
                INSERT INTO mailbox (name, address, address_key, server, username, queue_id)
                VALUES ('second', 't@x.example', 't@x.example', 'imaps://x:993', 't', 1);
                """
            )
            let going = "DELETE FROM \(use.contains("turn") ? "queue" : "mailbox") WHERE id = 2"
            try await database.execute("BEGIN; \(going); ROLLBACK")
            try await database.execute(use)
            await #expect(throws: PostgresError.self) { try await database.execute(going) }
        }
    }

    @Test(arguments: ["UPDATE event SET kind = 'closed'", "DELETE FROM event"])
    func `events are only ever added`(statement: String) async throws {
        try await TestDatabase.with { database in
            try await Fixture.populate(database)
            let before = try await database.lines("SELECT to_jsonb(e)::text FROM event e ORDER BY ticket, seq")
            await #expect(throws: PostgresError.self) { try await database.execute(statement) }
            #expect(try await database.lines("SELECT to_jsonb(e)::text FROM event e ORDER BY ticket, seq") == before)
            #expect(!before.isEmpty)
        }
    }

    @Test(arguments: ["ticket_v", "message_v", "placement_v", "event_v", "turn_v"])
    func `the views for other tools have the columns they promise`(view: String) async throws {
        let promised = [
            "ticket_v": ["number", "mailbox", "queue", "owner", "status", "subject", "priority", "created_at"],
            "message_v": [
                "digest", "mailbox", "ticket", "message_id", "direction", "kind", "subject", "received_at",
            ],
            "placement_v": ["mailbox", "folder", "uidvalidity", "uid", "digest", "fate", "flags", "gone_at"],
            "event_v": ["ticket", "at", "recorded_at", "kind", "actor", "origin", "details"],
            "turn_v": ["ticket", "started_at", "ended_at", "outcome", "responder", "queue"],
        ]
        try await TestDatabase.with { database in
            let columns = try await database.lines(
                "SELECT column_name::text FROM information_schema.columns WHERE table_name = '\(view)'"
            )
            #expect(Set(promised[view] ?? ["?"]).subtracting(columns) == [])
        }
    }
}
