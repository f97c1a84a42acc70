import Desk
import DeskStore
import IMAP
import MailTransport

/// The one place where an error becomes what a person reads and what a shell is told.
///
/// The form is always `baton: <what is wrong>. <What to do.>`
struct FailureReport: Equatable, Sendable {
    let text: String
    let status: ExitStatus

    private init(_ problem: String, _ advice: String = "", _ status: ExitStatus) {
        let ended = Self.ended(problem)
        self.text = "baton: " + (advice.isEmpty ? ended : "\(ended) \(Self.ended(advice))")
        self.status = status
    }

    /// Describes an error of any module.
    init(_ error: any Error) {
        switch error {
        case let failure as CommandFailure: self.init(failure.problem, failure.advice, failure.status)
        case let error as StoreError: self.init(store: error)
        case let error as Desk.Refusal: self.init(SafeText.line("\(error)"), "", .refused)
        case let error as HandleError: self.init("\(error)", "", .usage)
        case let error as IMAPError: self.init(imap: error)
        case let error as TransportError: self.init(transport: error)
        case is CancellationError: self.init("Interrupted", "", .refused)
        default: self.init(SafeText.line("\(error)"), "", .refused)
        }
    }

    private init(store error: StoreError) {
        let message = SafeText.line(error.message)
        switch error.reason {
        case .unreachable:
            self.init(
                "Cannot reach the database: \(message)",
                "Name it by --database, BATON_DATABASE_URL or libpq's environment, and see that PostgreSQL runs",
                .unreachable
            )
        case .connectionLost:
            self.init(
                "The connection to the database broke: \(message)",
                "Nothing was changed; try again",
                .unreachable
            )
        case .commitUnknown:
            self.init(
                "The connection to the database broke while the change was being committed",
                "It may or may not have been made: look before you try again",
                .unreachable
            )
        case .schemaMissing:
            self.init("The database does not have this program's schema", "Run `baton database migrate`", .refused)
        case .cancelled: self.init("Interrupted", "Nothing was changed", .refused)
        case .leaseLost: self.init("Another worker has taken over", "", .refused)
        case .duplicate: self.init("That exists already", "", .refused)
        case .undecodable, .refused:
            let place = error.statement.map { " (in \($0))" } ?? ""
            self.init("The database refused: \(message)\(place)", "", error.isTransient ? .unreachable : .refused)
        }
    }

    private init(imap error: IMAPError) {
        let text = SafeText.line("\(error)")
        switch error.reason {
        case .authenticationFailed:
            self.init(
                "The mail server refused the login: \(text)",
                "Check --user and the password or token with `baton mailbox probe`",
                .refused
            )
        case .transport(let inner): self.init(transport: inner)
        case .heldBack: self.init("The mail server is not asked now: \(text)", "", .unreachable)
        case .connectionLost, .closedByServer, .timedOut, .cancelled:
            self.init("The connection to the mail server failed: \(text)", "Try again", .unreachable)
        case .protocolViolation, .refused, .unsupported, .limitExceeded, .invalidArgument, .unproven:
            self.init(
                "The mail server and Baton do not understand each other: \(text)",
                "",
                error.isTransient ? .unreachable : .refused
            )
        }
    }

    private init(transport error: TransportError) {
        // Its description says what to do already.
        self.init("Cannot reach the mail server: \(SafeText.line("\(error)"))", "", .unreachable)
    }

    private static func ended(_ sentence: String) -> String {
        guard let last = sentence.last else { return "" }
        return ".?!:".contains(last) ? sentence : sentence + "."
    }
}
