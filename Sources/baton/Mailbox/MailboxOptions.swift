import ArgumentParser
import Desk
import DeskStore

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
        guard self.passwordFile == nil || self.passwordVariable == nil else {
            throw ValidationError("--password-file and --password-variable exclude each other.")
        }
        guard !self.forcePlaintext || self.plaintext == true else {
            throw ValidationError("--force-plaintext goes with --plaintext.")
        }
    }

    /// Writes what was given into the settings, all but server and queue, and reads the password once to see that it
    /// is there.
    ///
    /// - Returns: remarks for the person who set it.
    func apply(to settings: inout MailboxSettings) throws -> [String] {
        var remarks: [String] = []
        if let file = self.passwordFile {
            let path = PasswordSource.absolutePath(file)
            let source = PasswordSource.file(path: path)
            _ = try source.read()
            if let exposure = source.exposure {
                remarks.append("\(exposure). Better: chmod 600 \(SafeText.line(path))")
            }
            (settings.passwordFile, settings.passwordVariable) = (path, nil)
        }
        if let variable = self.passwordVariable {
            if Environment.variable(variable) == nil {
                remarks.append("\(variable) is not set here; it must be where `baton run` is started.")
            }
            (settings.passwordFile, settings.passwordVariable) = (nil, variable)
        }
        if let file = self.caFile { settings.caFile = try Self.readablePath(file, option: "--ca-file") }
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
