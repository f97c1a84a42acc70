import Desk
import DeskStore
import MailTransport

/// Where a mailbox's credential comes from; never an argument, and never stored itself.
enum CredentialSource: Equatable, Sendable {
    case password(PasswordSource)
    /// A file that holds an OAuth access token, kept fresh by somebody else.
    case tokenFile(path: String)
    /// The words of a command that prints one.
    case tokenCommand([String])

    /// A token longer than this is a file named by mistake; Microsoft's have some 3,000 characters.
    static let longestToken = 16_384

    /// The source that the settings name; nil where there is none.
    init?(passwordFile: String?, passwordVariable: String?, tokenFile: String?, tokenCommand: [String]?) {
        if let tokenCommand, !tokenCommand.isEmpty {
            self = .tokenCommand(tokenCommand)
        } else if let tokenFile {
            self = .tokenFile(path: tokenFile)
        } else if let source = PasswordSource(file: passwordFile, variable: passwordVariable) {
            self = .password(source)
        } else {
            return nil
        }
    }

    /// Reads it, fresh each time: tokens are good for an hour or so.
    ///
    /// - Throws: ``CommandFailure`` that names the source and never the content.
    func read() async throws -> Credential {
        switch self {
        case .password(let source):
            .password(try source.read())
        case .tokenFile(let path):
            .token(Secret(try PasswordSource.readFile(path, holding: "token", longest: Self.longestToken)))
        case .tokenCommand(let words):
            .token(try await TokenCommand(words: words).run())
        }
    }

    /// Since when it may be another one than before; nil where nobody can tell.
    ///
    /// A variable can only change with the process.
    var changedAt: Timestamp? {
        switch self {
        case .password(.file(let path)), .tokenFile(let path): FileCheck.changedAt(path)
        case .password(.variable): Self.processStart
        case .tokenCommand: nil
        }
    }

    /// When this program first asked.
    private static let processStart = WallClock.now()

    /// Notes the time of the start; called when the program begins to work for long.
    static func noteStart() { _ = Self.processStart }
}
