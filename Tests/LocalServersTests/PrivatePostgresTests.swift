import Foundation
import Testing

@testable import LocalServers

@Suite("A private PostgreSQL")
struct PrivatePostgresTests {
    private static func ask(_ uri: String, _ statement: String) async throws -> String {
        let folder = try PostgresBinaries.locate().folder
        let script = #"exec "$1/psql" -X -A -t -v ON_ERROR_STOP=1 -d "$2" -c "$3""#
        return try await runScript(script, [folder, uri, statement], during: "psql")
            .trimmingCharacters(in: .whitespacesAndNewlines)
    }

    private static func withPostgres(durable: Bool, _ body: (PrivatePostgres) async throws -> Void) async throws {
        let folder = try ServerFolder()
        do {
            try await body(try await PrivatePostgres.start(in: folder, durable: durable))
            await folder.remove()
        } catch {
            await folder.remove()
            throw error
        }
    }

    @Test func `it takes connections through its socket alone, and keeps its data over a restart`() async throws {
        try await Self.withPostgres(durable: false) { (server) async throws in
            #expect(try await Self.ask(server.uri, "SHOW listen_addresses") == "")
            #expect(try await Self.ask(server.uri, "SHOW fsync") == "off")
            let other = try await server.createDatabase(named: "other-1")
            #expect(other == server.uri(database: "other-1"))
            _ = try await Self.ask(other, "CREATE TABLE kept AS SELECT 7 AS n")
            try await server.restart()
            #expect(try await Self.ask(other, "SELECT n FROM kept") == "7")
            await server.stop()
            await #expect(throws: LocalServersError.self) { try await Self.ask(server.uri, "SELECT 1") }
        }
    }

    @Test func `a durable one writes through to the disk`() async throws {
        try await Self.withPostgres(durable: true) { (server) async throws in
            #expect(try await Self.ask(server.uri, "SHOW fsync") == "on")
            #expect(try await Self.ask(server.uri, "SHOW synchronous_commit") == "on")
            #expect(try await Self.ask(server.uri, "SELECT current_database()") == "baton")
            for name in ["", "a\"b", "a/b", "a b", String(repeating: "x", count: 64)] {
                let error = await #expect(throws: LocalServersError.self) {
                    try await server.createDatabase(named: name)
                }
                #expect(error?.reason == .badName(name))
            }
            let taken = await #expect(throws: LocalServersError.self) {
                try await server.createDatabase(named: "baton")
            }
            #expect(taken?.isTransient == false)
        }
    }

    @Test(arguments: [
        ("/tmp/baton-a1/postgres", "/tmp/baton-a1/postgres"),
        ("/tmp/my folder&x/pg", "/tmp/my%20folder%26x/pg"),
        ("/tmp/ä", "/tmp/%C3%A4"),
    ])
    func `the socket's folder is escaped in the URI`(folder: String, host: String) {
        let uri = PrivatePostgres.uri(database: "baton", socketDirectory: folder)
        #expect(uri == "postgresql:///baton?host=\(host)&port=5432&user=baton")
    }

    struct Installation: Sendable, CustomTestStringConvertible {
        let testDescription: String
        var environment: [String: String] = [:]
        var versions: [String: [String]] = [:]
        var complete: Set<String> = []
        var expected: String?
    }

    @Test(arguments: [
        Installation(testDescription: "nothing is installed"),
        Installation(
            testDescription: "the named folder wins",
            environment: ["BATON_PG_BIN": "/own", "PATH": "/bin"],
            complete: ["/own", "/bin"],
            expected: "/own"
        ),
        Installation(
            testDescription: "a named folder without the programs is refused, whatever else there is",
            environment: ["BATON_PG_BIN": "/own", "PATH": "/bin"],
            complete: ["/bin"]
        ),
        Installation(
            testDescription: "PATH before packages",
            environment: ["PATH": "/usr/bin:/opt/pg/bin"],
            versions: ["/usr/lib/postgresql": ["15"]],
            complete: ["/opt/pg/bin", "/usr/lib/postgresql/15/bin"],
            expected: "/opt/pg/bin"
        ),
        Installation(
            testDescription: "the newest by number, not by text",
            versions: ["/usr/lib/postgresql": ["9.6", "15", "8"]],
            complete: ["/usr/lib/postgresql/9.6/bin", "/usr/lib/postgresql/15/bin"],
            expected: "/usr/lib/postgresql/15/bin"
        ),
        Installation(
            testDescription: "a client package alone does not do",
            versions: ["/usr/lib/postgresql": ["16", "15"]],
            complete: ["/usr/lib/postgresql/15/bin"],
            expected: "/usr/lib/postgresql/15/bin"
        ),
        Installation(
            testDescription: "the project's own packages",
            versions: ["/usr": ["lib", "pgsql-14", "pgsql-16"]],
            complete: ["/usr/pgsql-14/bin", "/usr/pgsql-16/bin"],
            expected: "/usr/pgsql-16/bin"
        ),
    ])
    func `the server programs are found`(installation: Installation) {
        // What is thrown is checked by the case that expects nothing.
        let found = try? PostgresBinaries.locate(
            environment: installation.environment,
            subfolders: { installation.versions[$0] ?? [] },
            isExecutable: { path in installation.complete.contains { path.hasPrefix($0 + "/") } }
        )
        #expect(found?.folder == installation.expected)
    }
}
