import Dispatch
import Foundation
import Logging
import Synchronization

@testable import Postgres

/// A PostgreSQL for the whole test process: the one that `BATON_TEST_DATABASE_URL` names, else one of our own.
enum TestServer {
    /// Its URI, or why there is none, which fails every test that asks.
    static let uri: Result<String, any Error> = Result {
        try ProcessInfo.processInfo.environment["BATON_TEST_DATABASE_URL"] ?? start()
    }

    struct StartFailure: Error {
        let output: String
    }

    /// Keeps the keeper's standard input open: when this process ends, in whatever way, the keeper sees the end of it, stops the
    /// server and removes the folder.
    private static let input = Pipe()

    /// Arguments: folder, and a prefix that drops root's rights or nothing.
    private static let keeper = """
        set -e
        bin=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -n 1)
        PATH="$bin:$PATH"
        as=""
        if [ "$(id -u)" = 0 ]; then
            as="setpriv --reuid=postgres --regid=postgres --clear-groups"
            chown postgres "$1"
        fi
        cd "$1"
        trap '$as pg_ctl -D "$1/data" -m immediate stop >/dev/null 2>&1; rm -rf "$1"' EXIT
        $as initdb -D "$1/data" -A trust -U baton -E UTF8 --locale=C --no-sync >"$1/initdb.log" 2>&1
        $as pg_ctl -D "$1/data" -w -l "$1/data/server.log" \\
            -o "-k $1 -c listen_addresses= -c fsync=off -c max_connections=200" start >/dev/null 2>&1
        echo ready
        cat >/dev/null
        """

    private static func start() throws -> String {
        let folder = FileManager.default.temporaryDirectory.appending(path: "baton-\(UUID().uuidString.prefix(8))")
            .path()
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
        let process = Process()
        process.executableURL = URL(filePath: "/bin/sh")
        process.arguments = ["-c", Self.keeper, "keeper", folder]
        process.standardInput = Self.input
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let line = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
        guard line == "ready\n" else { throw StartFailure(output: line) }
        return "postgresql:///postgres?host=\(folder)&user=baton"
    }
}

/// A schema of its own for one test.
struct TestSchema {
    let configuration: PostgresConfiguration

    private static let counter = Atomic(0)
    /// A slow machine would have all tests in the middle at once, and the server out of connections.
    private static let gate = Gate(places: 10)

    /// Runs a test in a fresh schema, which is dropped afterwards.
    static func with<Result>(_ body: (TestSchema) async throws -> Result) async throws -> Result {
        await Self.gate.enter()
        defer { Self.gate.leave() }
        let uri = try TestServer.uri.get()
        let number = Self.counter.add(1, ordering: .relaxed).newValue
        let name = "test_\(ProcessInfo.processInfo.processIdentifier)_\(number)"
        let admin = PostgresConnection(configuration: PostgresConfiguration(uri: uri), logger: quiet)
        try await admin.withConnection { try $0.execute(unprepared: "CREATE SCHEMA \(name)") }
        let separator = uri.contains("?") ? "&" : "?"
        let configuration = PostgresConfiguration(
            uri: "\(uri)\(separator)options=-csearch_path%3D\(name)",
            applicationName: name
        )
        func drop() async throws {
            try await admin.withConnection { try $0.execute(unprepared: "DROP SCHEMA \(name) CASCADE") }
            await admin.close()
        }
        do {
            let result = try await body(TestSchema(configuration: configuration))
            try await drop()
            return result
        } catch {
            try await drop()
            throw error
        }
    }

    /// Runs a test on one connection with a fresh schema.
    static func withConnection<Result>(
        _ setUp: String = "",
        _ body: (PostgresConnection) async throws -> Result
    ) async throws -> Result {
        try await Self.with { schema in
            let connection = schema.connection()
            try await connection.withConnection { try $0.execute(unprepared: setUp) }
            let result: Result
            do {
                result = try await body(connection)
            } catch {
                await connection.close()
                throw error
            }
            await connection.close()
            return result
        }
    }

    /// Runs a test on a pool with a fresh schema.
    static func withPool<Result>(
        _ setUp: String = "",
        limit: Int = 4,
        waitDeadline: Duration = .seconds(30),
        _ body: (PostgresPool, PostgresConfiguration) async throws -> Result
    ) async throws -> Result {
        try await Self.with { schema in
            let pool = PostgresPool(
                configuration: schema.configuration,
                limit: limit,
                waitDeadline: waitDeadline,
                logger: quiet
            )
            let result: Result
            do {
                try await pool.withConnection { try $0.execute(unprepared: setUp) }
                result = try await body(pool, schema.configuration)
            } catch {
                await pool.shutdown()
                throw error
            }
            await pool.shutdown()
            return result
        }
    }

    func connection() -> PostgresConnection {
        PostgresConnection(configuration: self.configuration, logger: quiet)
    }
}

/// Lets a few through at a time.
final class Gate: Sendable {
    private struct State {
        var places: Int
        var waiting: [OneShot<Void>] = []
    }

    private let state: Mutex<State>

    init(places: Int) {
        self.state = Mutex(State(places: places))
    }

    func enter() async {
        let turn = OneShot<Void>()
        self.state.withLock { state in
            if state.places > 0 {
                state.places -= 1
                turn.resolve(())
            } else {
                state.waiting.append(turn)
            }
        }
        await turn.value()
    }

    func leave() {
        let next: OneShot<Void>? = self.state.withLock { state in
            guard state.waiting.isEmpty else { return state.waiting.removeFirst() }
            state.places += 1
            return nil
        }
        next?.resolve(())
    }
}

/// A logger that keeps nothing.
let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

/// The reason of the ``PostgresError`` a body throws; `nil` when it throws none.
func reason<Result>(of body: () async throws -> Result) async -> PostgresError.Reason? {
    await failure(of: body)?.reason
}

/// The ``PostgresError`` a body throws; `nil` when it throws none.
func failure<Result>(of body: () async throws -> Result) async -> PostgresError? {
    do {
        _ = try await body()
        return nil
    } catch {
        return error as? PostgresError
    }
}

/// Counts calls from any thread.
final class Counter: Sendable {
    private let count = Atomic(0)

    var value: Int { self.count.load(ordering: .sequentiallyConsistent) }

    @discardableResult
    func increment() -> Int { self.count.add(1, ordering: .sequentiallyConsistent).newValue }
}

/// Lets a closure on a connection's thread, and a task, wait for each other.
struct Signal: Sendable {
    private let semaphore = DispatchSemaphore(value: 0)
    private let shot = OneShot<Void>()

    /// From anywhere.
    func send() {
        self.semaphore.signal()
        self.shot.resolve(())
    }

    /// On a connection's thread only: it blocks.
    func block() { self.semaphore.wait() }

    /// In a task.
    func received() async { await self.shot.value() }
}

/// Ends a session of the server from another one and returns when it is gone; for use inside closures.
func terminate(_ pid: Int, _ configuration: PostgresConfiguration) throws {
    let session = try Session.open(configuration, scope: nil, logger: quiet)
    _ = try session.run(SQL(name: "terminate", text: "SELECT pg_terminate_backend($1::bigint::int, 10000)"), [pid])
}
