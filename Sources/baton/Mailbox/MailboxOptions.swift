import ArgumentParser
import Desk
import DeskStore
import IMAP

extension OnDelete: ExpressibleByArgument {}

/// A layout as it is written: `none` is observe-only.
enum LayoutChoice: String, CaseIterable, ExpressibleByArgument, Sendable {
    case folders
    case keywords
    case both
    case none

    /// The layout meant; nil for observe-only.
    var layout: Layout? {
        switch self {
        case .folders: .folders
        case .keywords: .keywords
        case .both: .both
        case .none: nil
        }
    }

    /// How a stored layout is written.
    static func text(_ layout: Layout?) -> String {
        layout?.rawValue ?? LayoutChoice.none.rawValue
    }
}

/// The settings of a mailbox that `add` and `edit` have in common.
///
/// What is not given stays as it is.
struct MailboxOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "A file that holds the password and nothing else.",
            discussion: "Its path is stored, not its content. A line end after the password is dropped.",
            valueName: "file"
        ),
        completion: .file()
    )
    var passwordFile: String?

    @Option(
        help: ArgumentHelp("The name of an environment variable that holds the password.", valueName: "name"),
        transform: ArgumentReading.variable
    )
    var passwordVariable: String?

    @Option(
        help: ArgumentHelp(
            "A file that holds an OAuth access token, kept fresh by somebody else.",
            discussion: "The log-in is by OAUTHBEARER or XOAUTH2 then, never by a password.",
            valueName: "file"
        ),
        completion: .file()
    )
    var tokenFile: String?

    @Option(
        help: ArgumentHelp(
            "A command that prints an OAuth access token and nothing else.",
            discussion: """
                Run before each log-in, without a shell, within 10 seconds; its first word is a program's whole path. \
                Its words are stored and shown: keep secrets out of them.
                """,
            valueName: "command"
        ),
        transform: TokenCommand.words
    )
    var tokenCommand: [String]?

    @Option(
        help: ArgumentHelp(
            "Do without an extension of IMAP that the server offers; may be repeated.",
            discussion: "For one that the server serves badly. See `baton mailbox probe` for their names.",
            valueName: "extension"
        ),
        transform: ArgumentReading.imapExtension
    )
    var without: [IMAPExtension] = []

    @Option(
        help: ArgumentHelp(
            "The most connections to the server at once, from 2 to 20. Default 3.",
            discussion:
                "Two bring mail in, one shows owners; with 2, one does both of the first. More listen on more folders.",
            valueName: "count"
        )
    )
    var connections: Int?

    @Option(help: ArgumentHelp("The queue that new tickets go to.", valueName: "queue"))
    var queue: String?

    @Option(
        help: ArgumentHelp(
            "How owners show in the mailbox: folders, keywords, both, or none.",
            discussion: """
                none: Baton only observes and never writes to the server. folders: any server and client. both: \
                recommended where the server allows keywords. keywords: mail stays in INBOX; at most \
                \(MailboxOptions.mostAgentsOfKeywords) agents.
                """,
            valueName: "layout"
        )
    )
    var layout: LayoutChoice?

    @Option(
        help: ArgumentHelp("A PEM file with the only authorities to trust.", valueName: "file"),
        completion: .file()
    )
    var caFile: String?

    @Flag(
        inversion: .prefixedNo,
        help: "With imap://, no TLS at all; only to this machine."
    )
    var plaintext: Bool?

    @Flag(help: "Allow --plaintext to another machine. The password travels readable.")
    var forcePlaintext = false

    @Option(
        help: ArgumentHelp(
            "Hold back more than so many tickets changed alike at once in the mailbox; 0 is off.",
            discussion: "Somebody who empties a folder by mistake closes 20 tickets at most. Default 20.",
            valueName: "count"
        )
    )
    var breaker: Int?

    @Option(
        help: ArgumentHelp(
            "How long new mail of an owned ticket stays in INBOX unless it was seen; 0 is not at all.",
            discussion: "Most clients announce only INBOX. Default 10m.",
            valueName: "duration"
        ),
        transform: ArgumentReading.duration
    )
    var linger: Duration?

    @Option(
        help: ArgumentHelp(
            "How old mail from before the adoption may be to be moved when its ticket changes. Default 90d.",
            valueName: "duration"
        ),
        transform: ArgumentReading.duration
    )
    var marksReach: Duration?

    @Option(
        help: ArgumentHelp(
            "When the last mail of a contact is deleted: close the ticket (the default) or keep it as it is.",
            valueName: "close|keep"
        )
    )
    var onDelete: OnDelete?

    @Option(
        help: ArgumentHelp(
            "The server name whose Authentication-Results are believed.",
            discussion: "Without it, only mail lying in Sent counts as ours.",
            valueName: "id"
        ),
        transform: ArgumentReading.label
    )
    var authservID: String?

    @Option(
        help: ArgumentHelp("The folder that holds the agents' folders. Default Agents.", valueName: "name"),
        transform: ArgumentReading.folderName
    )
    var agentsFolder: String?

    @Option(
        help: ArgumentHelp("The folder of closed tickets. Default Closed.", valueName: "name"),
        transform: ArgumentReading.folderName
    )
    var closedFolder: String?

    /// Servers and clients keep few keywords apart (imap-field-notes).
    static let mostAgentsOfKeywords = 20

    func validate() throws {
        if let breaker = self.breaker, !(0...1_000_000).contains(breaker) {
            throw ValidationError("--breaker is a number of tickets from 0 up.")
        }
        guard self.credentials.count <= 1 else {
            throw ValidationError("\(self.credentials.joined(separator: " and ")) exclude each other.")
        }
        if let connections = self.connections, !(2...20).contains(connections) {
            throw ValidationError("--connections is a number from 2 to 20.")
        }
        guard !self.forcePlaintext || self.plaintext == true else {
            throw ValidationError("--force-plaintext goes with --plaintext.")
        }
    }

    /// The options that say how to log in, of those given.
    var credentials: [String] {
        [
            self.passwordFile.map { _ in "--password-file" }, self.passwordVariable.map { _ in "--password-variable" },
            self.tokenFile.map { _ in "--token-file" }, self.tokenCommand.map { _ in "--token-command" },
        ].compactMap(\.self)
    }

    /// Writes what was given into the settings, all but server and queue, and reads the password once to see that it
    /// is there.
    ///
    /// - Returns: remarks for the person who set it.
    func apply(to settings: inout MailboxSettings) throws -> [String] {
        let remarks = try self.applyCredential(to: &settings)
        if let file = self.caFile { settings.caFile = try Self.readablePath(file, option: "--ca-file") }
        if let connections = self.connections { settings.connections = connections }
        if let layout = self.layout { settings.layout = layout.layout }
        if let breaker = self.breaker { settings.breaker = breaker }
        if let linger = self.linger { settings.linger = linger }
        if let marksReach = self.marksReach { settings.marksReach = marksReach }
        if let onDelete = self.onDelete { settings.onDelete = onDelete }
        if let authservID = self.authservID { settings.authservID = authservID }
        if let agentsFolder = self.agentsFolder { settings.agentsFolder = agentsFolder }
        if let closedFolder = self.closedFolder { settings.closedFolder = closedFolder }
        guard settings.agentsFolder.lowercased() != settings.closedFolder.lowercased() else {
            throw CommandFailure.usage("--agents-folder and --closed-folder must differ")
        }
        return remarks
    }

    /// One way to log in replaces every other.
    private func applyCredential(to settings: inout MailboxSettings) throws -> [String] {
        guard !self.credentials.isEmpty else { return [] }
        var remarks: [String] = []
        (settings.passwordFile, settings.passwordVariable) = (nil, nil)
        (settings.tokenFile, settings.tokenCommand) = (nil, nil)
        if let file = self.passwordFile {
            let path = PasswordSource.absolutePath(file)
            let source = PasswordSource.file(path: path)
            _ = try source.read()
            if let exposure = source.exposure {
                remarks.append("\(exposure). Better: chmod 600 \(SafeText.line(path))")
            }
            settings.passwordFile = path
        }
        if let variable = self.passwordVariable {
            if Environment.variable(variable) == nil {
                remarks.append("\(variable) is not set here; it must be where `baton run` is started.")
            }
            settings.passwordVariable = variable
        }
        if let file = self.tokenFile {
            let path = PasswordSource.absolutePath(file)
            _ = try PasswordSource.readFile(path, holding: "token", longest: CredentialSource.longestToken)
            if let who = FileCheck.exposure(of: path) {
                remarks.append(
                    "The token file \(SafeText.line(path)) can be read by \(who). Better: chmod 600 \(SafeText.line(path))"
                )
            }
            settings.tokenFile = path
        }
        if let words = self.tokenCommand {
            guard let program = words.first, FileCheck.isExecutable(program) else {
                throw CommandFailure.refused(
                    "\(SafeText.line(words.first ?? "")) cannot be run, given as --token-command"
                )
            }
            settings.tokenCommand = words
        }
        return remarks
    }

    /// Switches extensions off; whether anything changed.
    func applyExtensions(_ unit: Unit, _ mailbox: Identifier<Mailbox>) throws -> Bool {
        var isChanged = false
        for name in self.without where try ExtensionQueries.switchOff(unit, mailbox, name.rawValue) { isChanged = true }
        return isChanged
    }

    /// Refuses a layout that the number of agents does not allow.
    static func checkAgents(_ unit: Unit, _ layout: Layout?) throws {
        let agents = try AgentQueries.activeCount(unit)
        guard layout == .keywords, agents > Int64(Self.mostAgentsOfKeywords) else { return }
        throw CommandFailure.refused(
            "The layout keywords is for at most \(Self.mostAgentsOfKeywords) agents, and there are \(agents)",
            "Use --layout folders or both"
        )
    }

    private static func readablePath(_ file: String, option: String) throws -> String {
        let path = PasswordSource.absolutePath(file)
        guard FileCheck.isReadable(path) else {
            throw CommandFailure.refused("Cannot read \(SafeText.line(path)), given as \(option)")
        }
        return path
    }
}
