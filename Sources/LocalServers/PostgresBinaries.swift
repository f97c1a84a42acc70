import Foundation

/// Where PostgreSQL's server programs are.
struct PostgresBinaries: Equatable, Sendable {
    /// The folder that holds `initdb`, `postgres` and `psql`.
    let folder: String

    private static let needed = ["initdb", "postgres", "psql"]

    /// Looks in `BATON_PG_BIN`, in `PATH`, then where Debian and the PostgreSQL project's own packages put them, the
    /// newest version first.
    ///
    /// - Parameters:
    ///   - environment: the process's environment.
    ///   - subfolders: the names in a folder; empty where there is none.
    ///   - isExecutable: whether a path names a program.
    /// - Returns: the first folder that holds them all.
    /// - Throws: ``LocalServersError`` when they are nowhere, or not in a named `BATON_PG_BIN`.
    static func locate(
        environment: [String: String] = ProcessInfo.processInfo.environment,
        // A folder that is not there has no versions in it.
        subfolders: (String) -> [String] = { (try? FileManager.default.contentsOfDirectory(atPath: $0)) ?? [] },
        isExecutable: (String) -> Bool = { FileManager.default.isExecutableFile(atPath: $0) }
    ) throws -> PostgresBinaries {
        let step = "finding PostgreSQL"
        func isComplete(_ folder: String) -> Bool { self.needed.allSatisfy { isExecutable("\(folder)/\($0)") } }
        if let named = environment["BATON_PG_BIN"], !named.isEmpty {
            guard isComplete(named) else {
                let text = "BATON_PG_BIN is \(named), which does not hold initdb, postgres and psql"
                throw LocalServersError(reason: .programMissing(text), during: step)
            }
            return PostgresBinaries(folder: named)
        }
        let onPath = (environment["PATH"] ?? "").split(separator: ":").map(String.init)
        let debian = self.newestFirst(subfolders("/usr/lib/postgresql")).map { "/usr/lib/postgresql/\($0)/bin" }
        let others = self.newestFirst(subfolders("/usr").filter { $0.hasPrefix("pgsql-") }).map { "/usr/\($0)/bin" }
        guard let folder = (onPath + debian + others).first(where: isComplete) else {
            let text =
                "no PostgreSQL server programs in BATON_PG_BIN, PATH, /usr/lib/postgresql or /usr/pgsql-*; run make setup"
            throw LocalServersError(reason: .programMissing(text), during: step)
        }
        return PostgresBinaries(folder: folder)
    }

    private static func newestFirst(_ names: [String]) -> [String] {
        func version(_ name: String) -> Double { Double(name.drop { !$0.isNumber }) ?? 0 }
        return names.sorted { version($0) > version($1) }
    }
}
