import DeskStore
import Foundation
import LocalServers
import Logging
import Postgres
import Testing

/// The built program, run as a shell runs it.
struct Program {
    let uri: String?
    var environment: [String: String] = [:]

    /// What a run left behind.
    struct Ending: Sendable, Equatable {
        let status: Int32
        let output: String
        let errors: String

        /// The output as JSON.
        func json<Value>(_ type: Value.Type = Value.self) throws -> Value {
            let parsed = try JSONSerialization.jsonObject(with: Data(self.output.utf8), options: [.fragmentsAllowed])
            return try #require(parsed as? Value, "\(self.output)\(self.errors)")
        }
    }

    /// Runs it to its end.
    func run(_ arguments: [String], input: String = "") throws -> Ending {
        let folder = FileManager.default.temporaryDirectory.appending(path: "baton-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer {
            // What is left in the temporary folder is swept by the system.
            try? FileManager.default.removeItem(at: folder)
        }
        // Files, not pipes: nobody has to read while it writes.
        let files = try ["input", "output", "errors"].map { name in
            let file = folder.appending(path: name)
            try Data((name == "input" ? input : "").utf8).write(to: file)
            return file
        }
        let process = Process()
        process.executableURL = try Self.executable()
        process.arguments = arguments
        var environment = ["PATH": "/usr/bin:/bin", "HOME": folder.path, "PGCONNECT_TIMEOUT": "5"]
        environment["BATON_DATABASE_URL"] = self.uri
        process.environment = environment.merging(self.environment) { _, new in new }
        process.standardInput = try FileHandle(forReadingFrom: files[0])
        process.standardOutput = try FileHandle(forWritingTo: files[1])
        process.standardError = try FileHandle(forWritingTo: files[2])
        try process.run()
        process.waitUntilExit()
        return Ending(
            status: process.terminationStatus,
            output: try String(contentsOf: files[1], encoding: .utf8),
            errors: try String(contentsOf: files[2], encoding: .utf8)
        )
    }

    /// Runs it, expecting success.
    @discardableResult
    func succeed(_ arguments: String..., input: String = "") throws -> Ending {
        let ending = try self.run(arguments, input: input)
        try #require(ending.status == 0, "baton \(arguments.joined(separator: " ")): \(ending.errors)")
        return ending
    }

    private static func executable() throws -> URL {
        // The program lies beside the tests' own, wherever the build folder is.
        let tests = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        let candidates = ([tests] + CommandLine.arguments).compactMap { argument -> URL? in
            guard let bundle = argument.range(of: ".xctest") else { return nil }
            let path = String(argument[..<bundle.upperBound])
            return URL(fileURLWithPath: path).deletingLastPathComponent().appending(path: "baton")
        }
        let program = candidates.first { FileManager.default.isExecutableFile(atPath: $0.path) }
        return try #require(program, "the program was not built beside the tests")
    }
}

/// A private PostgreSQL for all tests of a suite, gone with it.
struct PrivateServerTrait: SuiteTrait, TestScoping {
    @TaskLocal static var server: PrivatePostgres?

    func provideScope(
        for test: Test,
        testCase: Test.Case?,
        performing function: @concurrent @Sendable () async throws -> Void
    ) async throws {
        let folder = try ServerFolder()
        do {
            let server = try await PrivatePostgres.start(in: folder, durable: false)
            try await Self.$server.withValue(server) { try await function() }
        } catch {
            await folder.remove()
            throw error
        }
        await folder.remove()
    }
}

extension Trait where Self == PrivateServerTrait {
    /// Runs the suite's tests beside a PostgreSQL of their own.
    static var privateServer: Self { PrivateServerTrait() }
}

/// A migrated database of a test's own, with the program pointed at it.
struct Desktop {
    let program: Program
    let database: DeskDatabase
    private let connection: PostgresConnection

    /// Makes it, hands it to `body` and closes it.
    static func with(_ name: String, _ body: (Desktop) async throws -> Void) async throws {
        let server = try #require(PrivateServerTrait.server)
        let uri = try await server.createDatabase(named: name)
        let logger = Logger(label: "test")
        let desktop = Desktop(
            program: Program(uri: uri),
            database: DeskDatabase(uri: uri, connections: 2, logger: logger),
            connection: PostgresConnection(configuration: PostgresConfiguration(uri: uri), logger: logger)
        )
        _ = try await desktop.database.migrate()
        try await body(desktop)
        await desktop.connection.close()
        await desktop.database.shutdown()
    }

    /// Runs SQL of the test's own.
    func execute(_ text: String) async throws {
        try await self.connection.withConnection { connection in try connection.execute(unprepared: text) }
    }

    /// Ann and Bob, a queue, a mailbox, and tickets 1 to `count` with a mail each; ticket 1 has a copy in two folders.
    func populate(tickets count: Int) async throws {
        try await self.execute(
            """
            INSERT INTO agent (handle, name) VALUES ('ann', 'Ann Arbor'), ('bob', 'Bob');
            INSERT INTO agent_address (address_key, address, agent_id) VALUES ('ann@x.example', 'Ann@x.example', 1);
            INSERT INTO queue (name) VALUES ('support'), ('sales');
            INSERT INTO queue_member (queue_id, agent_id) VALUES (1, 1);
            INSERT INTO mailbox (name, address, address_key, server, username, password_file, queue_id)
            VALUES ('main', 'help@x.example', 'help@x.example', 'imaps://x.example:993', 'u', '/nowhere/password', 1);
            INSERT INTO contact (mailbox_id, address_key, address) VALUES (1, 'eve@y.example', 'eve@y.example');
            INSERT INTO ticket_number (number, mailbox_id) SELECT n, 1 FROM generate_series(1, \(count)) n;
            INSERT INTO ticket (mailbox_id, number, queue_id, owner_id, status, version, status_changed_at, subject,
                                contact_id, created_at, updated_at)
            SELECT 1, n, 1, CASE WHEN n % 3 = 0 THEN 1 END, CASE WHEN n % 5 = 0 THEN 'closed' ELSE 'open' END, 1,
                   '2026-01-31T12:00:00Z', 'Subject ' || n, 1, '2026-01-31T12:00:00Z', '2026-01-31T12:34:56.5Z'
            FROM generate_series(1, \(count)) n;
            INSERT INTO event (mailbox_id, ticket, seq, at, recorded_at, kind, actor, origin, details)
            SELECT 1, n, 1, '2026-01-31T12:00:00Z', '2026-01-31T12:00:01Z', 'opened', 'baton', 'mail', '{"queue": "1"}'
            FROM generate_series(1, \(count)) n;
            INSERT INTO message (mailbox_id, digest, ticket, direction, kind, fate, message_id, subject, from_text, text,
                                 received_at)
            SELECT 1, sha256(n::text::bytea), n, 'inbound', 'human', 'ticket', '<' || n || '@y.example>',
                   'Subject ' || n, 'Eve <eve@y.example>', E'Hello\\nworld', '2026-01-31T12:00:00Z'
            FROM generate_series(1, \(count)) n;
            INSERT INTO folder (mailbox_id, raw_name, name, role)
            VALUES (1, 'INBOX', 'INBOX', 'inbox'), (1, 'Archive', 'Archive', 'archive');
            INSERT INTO folder_epoch (mailbox_id, folder_id, epoch, uidvalidity) VALUES (1, 1, 0, 9), (1, 2, 0, 9);
            INSERT INTO placement (mailbox_id, folder_id, epoch, uid, digest, fate, flags, gone_at, gone_why)
            VALUES (1, 1, 0, 41, sha256('1'), 'ticket', '{"\\\\Seen","owner-ann"}', NULL, NULL),
                   (1, 2, 0, 42, sha256('1'), 'duplicate', '{}', NULL, NULL),
                   (1, 2, 0, 43, sha256('1'), 'duplicate', '{}', now(), 'expunged');
            """
        )
    }
}
