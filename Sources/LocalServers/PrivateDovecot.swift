import Foundation
import Glibc

/// A Dovecot of our own on ports of 127.0.0.1, with mailboxes in its folder and a certificate of its own authority.
///
/// Works as root (mail is stored as `nobody`) and as any other user (everything runs as that user).
package struct PrivateDovecot: Sendable {
    /// How mail is stored on disk.
    package enum Format: String, Sendable, CaseIterable {
        /// One file for each message, flags in its name.
        case maildir
        /// Dovecot's own: one file for each message, flags in the index.
        case sdbox
    }

    /// An account that can log in and be delivered to.
    package struct User: Sendable, Equatable {
        /// What it logs in as: letters, digits and `.@_+-`, not beginning with a dot.
        package let name: String
        /// Any text; it is never printed.
        package let password: String
        /// How its mail is stored; nil means the server's format.
        package let format: Format?

        /// An account; nothing is made until it is given to a server.
        package init(name: String, password: String, format: Format? = nil) {
            self.name = name
            self.password = password
            self.format = format
        }
    }

    private static let name = "dovecot"
    private static let stopSignal = "TERM"
    private static let startLimit = Duration.seconds(30)
    /// Somebody may take a free port before Dovecot binds it.
    private static let portAttempts = 5

    /// The name in the certificate, to be used with every port: `localhost`.
    package let host = "localhost"
    /// IMAP over TLS from the first byte.
    package let imapsPort: Int
    /// IMAP that begins in clear text, with STARTTLS.
    package let imapPort: Int
    /// LMTP, which takes mail for every user.
    package let lmtpPort: Int
    /// The PEM file of the authority that signed the certificate.
    package let caFile: String
    /// The process that keeps the server; it is not the server itself.
    package let processID: Int32
    private let folder: ServerFolder
    let configuration: DovecotConfiguration
    private let program: String

    /// Starts a Dovecot that takes connections when this returns.
    ///
    /// Each user has INBOX, Sent, Drafts, Junk, Trash and Archive, marked with their special use; the separator is `/`.
    ///
    /// - Parameters:
    ///   - folder: holds everything; one Dovecot at most in each.
    ///   - format: how mail is stored, but for users who say otherwise.
    ///   - users: the accounts it has from the start; ``addUser(_:)`` adds more.
    ///   - extraConfiguration: lines in Dovecot's own syntax that win over ours.
    ///   - plaintext: whether passwords may be sent before TLS. Dovecot takes a connection within one machine as safe and
    ///     allows it there in any case, so `false` shows only in the configuration it reports.
    /// - Returns: the server.
    /// - Throws: ``LocalServersError`` when Dovecot is not installed or does not start.
    package static func start(
        in folder: ServerFolder,
        format: Format = .maildir,
        users: [User] = [],
        extraConfiguration: String = "",
        plaintext: Bool = true
    ) async throws -> PrivateDovecot {
        let program = try Self.locate()
        let home = "\(folder.path)/\(Self.name)"
        let isRoot = geteuid() == 0
        let fallback = ServerUser(name: "nobody", userID: 65_534, groupID: 65_534)
        let mailUser = isRoot ? ServerUser.named("nobody") ?? fallback : ServerUser.current
        for (path, mode) in [(home, mode_t(0o711)), (home + "/homes", 0o700), (home + "/users", 0o700)] {
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
            let owned = path.hasSuffix("/homes") && isRoot ? chown(path, mailUser.userID, mailUser.groupID) : 0
            guard owned == 0, chmod(path, mode) == 0 else {
                throw LocalServersError(reason: .system(errno), during: "making the folders of Dovecot")
            }
        }
        try await TestAuthority.makeCertificates(in: home)
        for user in users { try Self.write(user, home: home, mailUser: mailUser) }
        for attempt in 1... {
            let ports = try LoopbackSocket.freePorts(3)
            let configuration = DovecotConfiguration(
                home: home,
                format: format,
                ports: DovecotConfiguration.Ports(imap: ports[0], imaps: ports[1], lmtp: ports[2]),
                mailUser: mailUser,
                isRoot: isRoot,
                plaintext: plaintext,
                extra: extraConfiguration
            )
            do {
                try configuration.text.write(toFile: home + "/dovecot.conf", atomically: true, encoding: .utf8)
                return try await PrivateDovecot(folder: folder, configuration: configuration, program: program)
            } catch let error as LocalServersError {
                guard case .didNotStart(let log) = error.reason, log.contains("Address already in use"),
                    attempt < Self.portAttempts
                else { throw error }
                await folder.stop(Self.name)
            }
        }
        throw LocalServersError(reason: .didNotStart(log: folder.logTail(of: Self.name)), during: "starting Dovecot")
    }

    private init(folder: ServerFolder, configuration: DovecotConfiguration, program: String) async throws {
        try await Self.run(program, configuration, in: folder)
        self.folder = folder
        self.configuration = configuration
        self.program = program
        self.imapsPort = configuration.ports.imaps
        self.imapPort = configuration.ports.imap
        self.lmtpPort = configuration.ports.lmtp
        self.caFile = configuration.home + "/ca.crt"
        self.processID = folder.keeperProcess(of: Self.name) ?? 0
    }

    /// Adds an account, which can log in at once.
    ///
    /// - Throws: ``LocalServersError`` when the name cannot be used.
    package func addUser(_ user: User) async throws {
        try Self.write(user, home: self.configuration.home, mailUser: self.configuration.mailUser)
    }

    /// Adds an account whose mailbox is a copy of another one's: the same mail, UIDs, flags and UIDVALIDITY.
    ///
    /// Nobody may be changing the original meanwhile.
    package func addUser(_ user: User, copying original: User) async throws {
        try Self.check(user.name)
        try Self.check(original.name)
        let homes = self.configuration.home + "/homes"
        _ = try await runScript(
            #"exec cp -a "$1/$2" "$1/$3""#,
            [homes, original.name, user.name],
            during: "copying a mailbox"
        )
        try await self.addUser(user)
    }

    /// Removes an account with its mail; nobody should be logged in any more.
    package func removeUser(_ user: User) async throws {
        try Self.check(user.name)
        let home = self.configuration.home
        _ = try await runScript(
            #"rm -f "$1/users/$2"; for try in 1 2 3 4 5; do rm -rf "$1/homes/$2" && exit 0; sleep 0.1; done; exit 1"#,
            [home, user.name],
            during: "removing a mailbox"
        )
    }

    /// Where the account's mail is stored, for tests that do to it what only the server's own machine can.
    package func homeFolder(of user: User) -> String {
        "\(self.configuration.home)/homes/\(user.name)"
    }

    /// Writes the password into a file that only this process's account can read.
    ///
    /// - Returns: the file's path, in the server's folder.
    package func passwordFile(of user: User) throws -> String {
        try Self.check(user.name)
        let path = "\(self.configuration.home)/\(user.name).password"
        try Self.writePrivately(user.password + "\n", to: path)
        return path
    }

    /// Delivers a mail over LMTP; it lies in INBOX when this returns, its arrival is now.
    ///
    /// - Parameters:
    ///   - message: headers and body, with either kind of line end.
    ///   - user: the account's name.
    ///   - sender: the envelope sender; empty for a bounce.
    /// - Throws: ``LocalServersError`` when the server refuses it.
    package func deliver(_ message: [UInt8], to user: String, from sender: String = "") async throws {
        let port = self.lmtpPort
        try await onThread { try LMTPDelivery.deliver(message, from: sender, to: user, port: port) }
    }

    /// A second, independent view of a mailbox: a connection of the small client in this target, logged in.
    package func observer(as user: User) throws -> ObserverClient {
        try ObserverClient(port: self.imapPort, user: user.name, password: user.password)
    }

    /// Cuts every IMAP session of the account, as a server does that is shutting down.
    package func kick(_ user: String) async throws {
        _ = try await runScript(
            #"PATH="$PATH:/usr/sbin:/usr/local/sbin"; exec doveadm -c "$1/dovecot.conf" kick "$2""#,
            [self.configuration.home, user],
            during: "doveadm kick"
        )
    }

    /// Stops the server; mailboxes stay until the folder is removed.
    package func stop() async {
        await self.folder.stop(Self.name)
    }

    /// Starts the server again on the same ports and mailboxes, after stopping it if it runs.
    package func restart() async throws {
        await self.stop()
        try await Self.run(self.program, self.configuration, in: self.folder)
    }
}

extension PrivateDovecot {
    private static let nameBytes = Set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.@_+-".utf8)

    private static func locate() throws -> String {
        let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
        // A user's PATH seldom holds the folders of system programs.
        let folders = path.split(separator: ":").map(String.init) + ["/usr/sbin", "/usr/local/sbin"]
        let found = folders.map { $0 + "/dovecot" }.first { FileManager.default.isExecutableFile(atPath: $0) }
        guard let found else {
            let text = "no dovecot in PATH or /usr/sbin; run make setup"
            throw LocalServersError(reason: .programMissing(text), during: "finding Dovecot")
        }
        return found
    }

    private static func run(
        _ program: String,
        _ configuration: DovecotConfiguration,
        in folder: ServerFolder
    ) async throws {
        // In the foreground, so that its keeper is its parent.
        let prefix = ["setpriv", "--pdeathsig=\(Self.stopSignal)", "--"]
        let command = prefix + [program, "-F", "-c", configuration.home + "/dovecot.conf"]
        try await folder.start(Self.name, stopSignal: Self.stopSignal, command: command)
        let (port, greeting) = (configuration.ports.lmtp, configuration.greeting)
        try await folder.waitUntilReady(Self.name, within: Self.startLimit) {
            // Refused connections are what we wait out here.
            let banner = try? LoopbackSocket(port: port, timeout: .seconds(5)).readLine(during: "greeting")
            return banner.map { String(decoding: $0, as: UTF8.self).contains(greeting) } ?? false
        }
    }

    static func check(_ name: String) throws {
        guard !name.isEmpty, !name.hasPrefix("."), name.utf8.allSatisfy({ Self.nameBytes.contains($0) }) else {
            throw LocalServersError(reason: .badName(name), during: "naming a Dovecot user")
        }
    }

    private static func write(_ user: User, home: String, mailUser: ServerUser) throws {
        try self.check(user.name)
        // Encoded, since a password may hold a colon.
        let password = Data(user.password.utf8).base64EncodedString()
        let mail = user.format.map { "userdb_mail=\($0.location)" } ?? ""
        let line =
            "\(user.name):{PLAIN.B64}\(password):\(mailUser.userID):\(mailUser.groupID)::\(home)/homes/\(user.name)::\(mail)\n"
        try self.writePrivately(line, to: "\(home)/users/\(user.name)")
    }

    private static func writePrivately(_ text: String, to path: String) throws {
        let file = open(path, O_CREAT | O_WRONLY | O_TRUNC | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw LocalServersError(reason: .system(errno), during: "writing a private file") }
        let handle = FileHandle(fileDescriptor: file, closeOnDealloc: true)
        try handle.write(contentsOf: Data(text.utf8))
        try handle.close()
    }
}
