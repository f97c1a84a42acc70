import Foundation
import Glibc

/// A mail server that this target knows nothing of, started on a free port of 127.0.0.1 and kept like the others: it ends
/// with the folder, and with this process in whatever way that ends.
package struct PrivateProgram: Sendable {
    private static let stopSignal = "TERM"
    private static let startLimit = Duration.seconds(60)
    /// Somebody may take a free port before the program binds it.
    private static let portAttempts = 3

    /// Its port.
    package let port: Int
    private let name: String
    private let folder: ServerFolder

    /// Starts a program that takes connections, with a greeting, when this returns.
    ///
    /// - Parameters:
    ///   - name: that of its folder, and of its log, in `folder`.
    ///   - folder: holds everything of it.
    ///   - environment: variables it gets beside ours.
    ///   - command: writes what the program needs into its folder, and gives its command line; it is told the port and the
    ///     folder's path. Where this process is root, what is in the folder belongs to `nobody` afterwards.
    /// - Returns: the program, running.
    /// - Throws: ``LocalServersError`` when it does not start, and what `command` throws.
    package static func start(
        _ name: String,
        in folder: ServerFolder,
        environment: [String: String] = [:],
        _ command: (_ port: Int, _ home: String) throws -> [String]
    ) async throws -> PrivateProgram {
        let home = "\(folder.path)/\(name)"
        let words = environment.map { "\($0.key)=\($0.value)" }.sorted()
        for attempt in 1... {
            try FileManager.default.createDirectory(atPath: home, withIntermediateDirectories: true)
            guard chmod(home, 0o755) == 0 else {
                throw LocalServersError(reason: .system(errno), during: "making the folder of \(name)")
            }
            let port = try LoopbackSocket.freePorts(1)[0]
            let line = try command(port, home)
            if geteuid() == 0, let nobody = ServerUser.named("nobody") {
                _ = try await runScript(
                    #"chown -R "$1" "$2""#,
                    ["\(nobody.userID):\(nobody.groupID)", home],
                    during: "giving away the folder of \(name)"
                )
            }
            do {
                let prefix = ["setpriv", "--pdeathsig=\(Self.stopSignal)", "--", "env"] + words
                try await folder.start(name, stopSignal: Self.stopSignal, command: prefix + line)
                try await folder.waitUntilReady(name, within: Self.startLimit) {
                    // Refused connections are what we wait out here.
                    let greeting = try? LoopbackSocket(port: port, timeout: .seconds(5)).readLine(during: "greeting")
                    return greeting?.starts(with: "* ".utf8) ?? false
                }
                return PrivateProgram(port: port, name: name, folder: folder)
            } catch let error as LocalServersError {
                await folder.stop(name)
                guard case .didNotStart(let log) = error.reason, log.contains("Address already in use"),
                    attempt < Self.portAttempts
                else { throw error }
            }
        }
        throw LocalServersError(reason: .didNotStart(log: folder.logTail(of: name)), during: "starting \(name)")
    }

    /// Stops it.
    package func stop() async { await self.folder.stop(self.name) }
}
