import Desk
import DeskCommands
import TestSupport
import Testing

@Suite("Commands on a ticket")
struct TicketCommandsTests {
    private static let person = Actor(name: "test", origin: .cli)

    private static func with(
        agents: Int,
        connections: Int = 6,
        _ body: (TestDatabase) async throws -> Void
    ) async throws {
        try await TestDatabase.with(connections: connections) { database in
            try await database.execute(
                """
                INSERT INTO agent (handle, name) SELECT 'agent' || n, 'Agent ' || n FROM generate_series(1, \(agents)) n;
                INSERT INTO queue (name) VALUES ('support');
                INSERT INTO mailbox (name, address, address_key, server, username, queue_id)
                VALUES ('support', 's@x.example', 's@x.example', 'imaps://x:993', 's', 1);
                INSERT INTO ticket_number (number, mailbox_id) VALUES (1, 1);
                INSERT INTO ticket (mailbox_id, number, queue_id, status, version, status_changed_at, created_at,
                                    updated_at, last_contact_at, last_contact_message)
                VALUES (1, 1, 1, 'open', 2, '2026-01-05T10:00Z', '2026-01-05T10:00Z', '2026-01-05T10:00Z',
                        '2026-01-05T10:00Z', 1);
                INSERT INTO event (mailbox_id, ticket, seq, at, kind, actor, origin, message_id, details)
                VALUES (1, 1, 1, '2026-01-05T10:00Z', 'opened', 'baton', 'mail', NULL, '{"queue": "1"}'),
                       (1, 1, 2, '2026-01-05T10:00Z', 'message_in', 'baton', 'mail', 1, '{}');
                INSERT INTO turn (mailbox_id, ticket, ordinal, started_at, outcome, is_first, queue_id)
                VALUES (1, 1, 1, '2026-01-05T10:00Z', 'waiting', true, 1);
                """
            )
            try await body(database)
        }
    }

    private static func perform(_ command: TicketCommand, _ database: TestDatabase) async throws {
        _ = try await TicketCommands.perform(command, on: Identifier(1), by: Self.person, in: database.desk)
    }

    @Test(arguments: [2, 5, 12])
    func `of claims made at once exactly one wins, and the others are told who did`(count: Int) async throws {
        try await Self.with(agents: count) { database in
            let refusals = try await withThrowingTaskGroup(of: Refusal?.self) { group in
                for number in 1...count {
                    group.addTask {
                        do {
                            try await Self.perform(.claim(Identifier(Int64(number))), database)
                            return nil
                        } catch let refusal as Refusal {
                            return refusal
                        }
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            let winner = try await database.lines("SELECT owner FROM ticket_v")
            let told = refusals.compactMap { refusal -> String? in
                guard case .alreadyOwned(_, let handle) = refusal?.reason else { return nil }
                return handle
            }
            #expect(told == Array(repeating: winner[0], count: count - 1))
            #expect(
                try await database.lines("SELECT agent FROM event_v WHERE kind = 'assigned'") == winner
            )
        }
    }

    @Test func `assignments made at once are all done, one after the other`() async throws {
        try await Self.with(agents: 6) { database in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 1...6 {
                    group.addTask { try await Self.perform(.assign(Identifier(Int64(number))), database) }
                }
                try await group.waitForAll()
            }
            #expect(try await database.number("SELECT count(*) FROM event WHERE kind = 'assigned'") == 6)
            #expect(
                try await database.lines(
                    """
                    SELECT (t.version = 8 AND t.owner_id = e.agent_id)::text FROM ticket t
                    JOIN event e ON e.mailbox_id = t.mailbox_id AND e.ticket = t.number AND e.seq = 8
                    """
                ) == ["true"]
            )
        }
    }

    @Test func `of notes written at once none is lost`() async throws {
        try await Self.with(agents: 1, connections: 24) { database in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 1...24 {
                    group.addTask {
                        _ = try await TicketCommands.note(
                            "note \(number)",
                            on: Identifier(1),
                            agent: nil,
                            by: Self.person,
                            in: database.desk
                        )
                    }
                }
                try await group.waitForAll()
            }
            #expect(try await database.number("SELECT count(DISTINCT text) FROM note") == 24)
            #expect(try await database.number("SELECT count(*) FROM event WHERE kind = 'noted'") == 24)
        }
    }

    @Test func `row, events and turns tell the same story after every command`() async throws {
        try await Self.with(agents: 2) { database in
            let agent = Agent.ID(1)
            var seen: [String] = []
            let commands: [TicketCommand] = [
                .assign(agent), .pending(seen: nil), .reopen, .close(seen: nil), .reopen, .priority(.high), .release,
            ]
            for command in commands {
                try await Self.perform(command, database)
                seen += try await database.lines(
                    """
                    SELECT concat_ws(' ', COALESCE(v.owner, '-'), v.status, v.priority,
                                     (SELECT string_agg(outcome, ',' ORDER BY ordinal) FROM turn_v),
                                     v.version = (SELECT count(*) FROM event)) FROM ticket_v v
                    """
                )
            }
            #expect(
                seen == [
                    "agent1 open normal waiting t", "agent1 pending normal waiting t", "agent1 open normal waiting t",
                    "agent1 closed normal closed t", "agent1 open normal waiting t", "agent1 open high waiting t",
                    "- open high waiting t",
                ]
            )
        }
    }

    @Test func `what changes nothing writes nothing`() async throws {
        try await Self.with(agents: 1) { database in
            try await Self.perform(.assign(Identifier(1)), database)
            let before = try await database.rowVersions()
            for command in [TicketCommand.assign(Identifier(1)), .reopen, .priority(.normal), .notSpam] {
                try await Self.perform(command, database)
            }
            #expect(try await database.rowVersions() == before)
        }
    }

    @Test func `a ticket that is not there is said to be missing`() async throws {
        try await Self.with(agents: 1) { database in
            await #expect(throws: TicketCommands.NoSuchTicket.self) {
                try await TicketCommands.perform(.release, on: Identifier(99), by: Self.person, in: database.desk)
            }
        }
    }

    @Test func `a note is kept beside the events, which hold its number alone`() async throws {
        try await Self.with(agents: 1) { database in
            _ = try await TicketCommands.note(
                "called back",
                on: Identifier(1),
                agent: Identifier(1),
                by: Self.person,
                in: database.desk
            )
            #expect(try await database.lines("SELECT text FROM note") == ["called back"])
            let details = try await database.lines("SELECT details::text FROM event WHERE kind = 'noted'")
            #expect(details.count == 1 && !details[0].contains("called"))
        }
    }
}
