import Foundation
import Glibc

/// A PostgreSQL server of our own, reachable through a unix socket in its folder and in no other way.
///
/// Its cluster lies in the folder too and goes away with it. When this process is root the server runs as `postgres`
/// (or `nobody`), since it refuses to run as root.
package struct PrivatePostgres: Sendable {
    private static let name = "postgres"
    private static let superuser = "baton"
    private static let port = 5_432
    /// A fast shutdown: sessions are ended, the data are left clean.
    private static let stopSignal = "INT"
    /// A start takes well under a second on an idle machine.
    private static let startLimit = Duration.seconds(60)

    /// Names the database `baton`, which is there and empty: `postgresql:///baton?host=…&port=5432&user=baton`.
    package let uri: String
    /// The folder of the server's unix socket.
    package let socketDirectory: String
    /// The process that keeps the server; it is not the server itself.
    package let processID: Int32
    private let folder: ServerFolder
    private let binaries: PostgresBinaries
    private let command: [String]

    /// Makes a cluster, starts the server and makes the database `baton`.
    ///
    /// - Parameters:
    ///   - folder: holds everything; one PostgreSQL at most in each.
    ///   - durable: whether commits reach the disk, as a demonstration and a benchmark need; tests do without, and without autovacuum in
    ///     databases that live for a second.
    /// - Returns: the server, which takes connections.
    /// - Throws: ``LocalServersError`` when PostgreSQL is not installed or does not start.
    package static func start(in folder: ServerFolder, durable: Bool = true) async throws -> PrivatePostgres {
        let binaries = try PostgresBinaries.locate()
        let user = geteuid() == 0 ? Self.unprivileged() : ServerUser.current
        let home = "\(folder.path)/\(Self.name)"
        try FileManager.default.createDirectory(atPath: home, withIntermediateDirectories: false)
        guard chmod(home, 0o700) == 0, geteuid() != 0 || chown(home, user.userID, user.groupID) == 0 else {
            throw LocalServersError(reason: .system(errno), during: "making the folder of PostgreSQL")
        }
        let prefix = user.prefix(stopSignal: Self.stopSignal)
        let makeCluster =
            prefix + ["\(binaries.folder)/initdb", "-D", "\(home)/data", "-U", Self.superuser]
            + ["-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"]
        _ = try await runScript(
            #"cd "$1" && shift && exec "$@""#,
            [home] + makeCluster,
            during: "making a PostgreSQL cluster"
        )
        var command =
            prefix + ["\(binaries.folder)/postgres", "-D", "\(home)/data", "-k", home, "-p", String(Self.port)]
            + ["-c", "listen_addresses=", "-c", "max_connections=200"]
        if !durable {
            for setting in ["fsync", "synchronous_commit", "full_page_writes", "autovacuum"] {
                command += ["-c", "\(setting)=off"]
            }
        }
        let server = try await PrivatePostgres(folder: folder, home: home, binaries: binaries, command: command)
        _ = try await server.createDatabase(named: Self.superuser)
        return server
    }

    private init(folder: ServerFolder, home: String, binaries: PostgresBinaries, command: [String]) async throws {
        try await Self.run(command, in: folder)
        self.folder = folder
        self.binaries = binaries
        self.command = command
        self.socketDirectory = home
        self.processID = folder.keeperProcess(of: Self.name) ?? 0
        self.uri = Self.uri(database: Self.superuser, socketDirectory: home)
    }

    /// The URI of another database of this server, which need not be there yet.
    package func uri(database: String) -> String {
        Self.uri(database: database, socketDirectory: self.socketDirectory)
    }

    /// Makes a database: an empty one, or a copy of `template`, which nobody may be connected to.
    ///
    /// - Parameters:
    ///   - name: letters, digits, `_` and `-`, 63 at most.
    ///   - template: the name of another database.
    /// - Returns: its URI.
    /// - Throws: ``LocalServersError`` when a name cannot be used or is taken.
    package func createDatabase(named name: String, template: String? = nil) async throws -> String {
        let step = "making a database"
        for name in [name, template].compactMap(\.self) { try Self.check(name, during: step) }
        let origin = template.map { " TEMPLATE \"\($0)\"" } ?? ""
        _ = try await self.psql("CREATE DATABASE \"\(name)\"\(origin)", database: "postgres", during: step)
        return self.uri(database: name)
    }

    /// Removes a database, and ends the sessions in it.
    ///
    /// - Throws: ``LocalServersError`` when the name cannot be used or is that of no database.
    package func dropDatabase(named name: String) async throws {
        let step = "removing a database"
        try Self.check(name, during: step)
        _ = try await self.psql("DROP DATABASE \"\(name)\" WITH (FORCE)", database: "postgres", during: step)
    }

    /// Asks with `psql`, a client that shares nothing with Baton: the rows as text, columns parted by `|`.
    ///
    /// - Throws: ``LocalServersError`` with what the server said.
    package func ask(_ statement: String, database: String) async throws -> String {
        try await self.psql(statement, database: database, during: "psql")
    }

    private func psql(_ statement: String, database: String, during step: String) async throws -> String {
        try await runScript(
            #"exec "$1/psql" -X -q -A -t -v ON_ERROR_STOP=1 -d "$2" -c "$3""#,
            [self.binaries.folder, self.uri(database: database), statement],
            outputLimit: 1 << 28,
            during: step
        )
    }

    private static func check(_ name: String, during step: String) throws {
        let isPlain = name.utf8.allSatisfy { Self.plain.contains($0) && $0 != UInt8(ascii: "/") }
        guard isPlain, (1...63).contains(name.utf8.count) else {
            throw LocalServersError(reason: .badName(name), during: step)
        }
    }

    /// Stops the server; its data stay until the folder is removed.
    package func stop() async {
        await self.folder.stop(Self.name)
    }

    /// Starts the server again on the same data and the same socket, after stopping it if it runs.
    package func restart() async throws {
        await self.stop()
        try await Self.run(self.command, in: self.folder)
    }
}

extension PrivatePostgres {
    /// Bytes that need no escape in a URI's query, and in a quoted SQL name.
    private static let plain = Set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_/".utf8)

    static func uri(database: String, socketDirectory: String) -> String {
        let host = socketDirectory.utf8
            .map { Self.plain.contains($0) ? String(UnicodeScalar($0)) : "%" + Self.hexadecimal($0) }
            .joined()
        return "postgresql:///\(database)?host=\(host)&port=\(Self.port)&user=\(Self.superuser)"
    }

    private static func hexadecimal(_ byte: UInt8) -> String {
        let digits = String(byte, radix: 16, uppercase: true)
        return digits.count == 1 ? "0" + digits : digits
    }

    private static func unprivileged() -> ServerUser {
        ServerUser.named("postgres") ?? ServerUser.named("nobody")
            ?? ServerUser(name: "nobody", userID: 65_534, groupID: 65_534)
    }

    private static func run(_ command: [String], in folder: ServerFolder) async throws {
        let statusFile = "\(folder.path)/\(Self.name)/data/postmaster.pid"
        if !folder.isRunning(Self.name) {
            // A killed server leaves its file behind, which would tell us that the next one is ready. Mostly there is none.
            try? FileManager.default.removeItem(atPath: statusFile)
        }
        try await folder.start(Self.name, stopSignal: Self.stopSignal, command: command)
        try await folder.waitUntilReady(Self.name, within: Self.startLimit) {
            // The file comes and grows while the server starts; its eighth line says when it takes connections.
            let text = (try? String(contentsOfFile: statusFile, encoding: .utf8)) ?? ""
            let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
            return lines.count > 7 && lines[7].hasPrefix("ready")
        }
    }
}
