import Desk
import DeskStore
import IMAP
import Logging
import Synchronization

/// Keeps account of a mailbox's server in the database, so that every process knows: pauses it asked for, log-ins it refused,
/// offers it contradicted.
///
/// One for each connection. Where the database cannot be reached the connection goes on; who works on the mailbox will notice by itself.
final class MailboxKeeper: ServerKeeper {
    /// Between two looks whether the credential changed.
    private static let stoppedPause = Duration.seconds(60)

    private let database: DeskDatabase
    private let mailbox: Identifier<Mailbox>
    private let credential: CredentialSource
    /// A person asked for this connection: nothing holds it back.
    private let isAsked: Bool
    private let logger: Logger
    /// This connection's log-in is counted as refused already, until it is accepted.
    private let isCounted = Mutex(false)

    init(
        database: DeskDatabase,
        mailbox: Identifier<Mailbox>,
        credential: CredentialSource,
        isAsked: Bool,
        logger: Logger
    ) {
        self.database = database
        self.mailbox = mailbox
        self.credential = credential
        self.isAsked = isAsked
        self.logger = logger
    }

    /// Throws where nobody may connect now; takes nothing away from the tries that are left.
    func look() async throws(IMAPError) {
        _ = try await self.verdict()
    }

    func mayConnect() async throws(IMAPError) {
        guard !self.isAsked, let link = try await self.verdict(), link.logInRefusals > 0 else { return }
        // A try is left; of several processes that see it only one may take it.
        let isTaken = await self.attempt { [mailbox] unit in
            try ServerWaitQueries.claimLogIn(unit, mailbox, most: LogInGuard.tries)
        }
        if isTaken == true { self.isCounted.withLock { $0 = true } }
        // None: all are taken, or none was refused any more in the meantime.
        if isTaken == false { _ = try await self.verdict() }
    }

    /// What is known of the server; nil where the database cannot tell.
    private func verdict() async throws(IMAPError) -> ServerLink? {
        guard !self.isAsked else { return nil }
        let found = await self.attempt { [mailbox] unit in try ServerWaitQueries.link(unit, mailbox) }
        guard let (known, now) = found ?? nil else { return nil }
        var link = known
        if let until = link.waitsUntil, until > now {
            let reason = link.waitsBecause.map { ": \($0)" } ?? ""
            throw Self.heldBack("The mail server asked for a pause\(reason)", for: until.duration(since: now))
        }
        let verdict = LogInGuard.verdict(
            refusals: link.logInRefusals,
            refusedAt: link.logInRefusedAt,
            changedAt: self.credential.changedAt,
            now: now
        )
        switch verdict {
        case .mayTry: break
        case .startsAnew:
            _ = await self.attempt { [mailbox] unit in try ServerWaitQueries.logInAccepted(unit, mailbox) }
            link.logInRefusals = 0
        case .stopped:
            throw Self.heldBack(
                "The log-in was refused \(link.logInRefusals) times in a row; it is not tried again until the password or token "
                    + "changes, or a person runs `baton mailbox probe`.",
                for: Self.stoppedPause
            )
        }
        return link
    }

    func connected() async {
        self.isCounted.withLock { $0 = false }
        _ = await self.attempt { [mailbox] unit in
            try ServerWaitQueries.logInAccepted(unit, mailbox)
            try ServerWaitQueries.waited(unit, mailbox)
        }
    }

    func failed(with error: IMAPError) async {
        if case .heldBack = error.reason { return }
        let isCounted = self.isCounted.withLock { isCounted in
            defer { isCounted = false }
            return isCounted
        }
        if error.isLogInRefusal {
            guard !isCounted else { return }
            _ = await self.attempt { [mailbox] unit in try ServerWaitQueries.logInRefused(unit, mailbox) }
            return
        }
        if isCounted { _ = await self.attempt { [mailbox] unit in try ServerWaitQueries.giveBackLogIn(unit, mailbox) } }
        guard let wait = error.retryAfter else { return }
        let reason = SafeText.line("\(error)")
        _ = await self.attempt { [mailbox] unit in
            try ServerWaitQueries.wait(unit, mailbox, for: wait, because: reason)
        }
    }

    func contradicted(_ latch: ExtensionLatch) async {
        _ = await self.attempt { [mailbox] unit in
            try ExtensionQueries.latch(unit, mailbox, latch.name.rawValue, reason: latch.reason)
        }
    }

    private static func heldBack(_ text: String, for wait: Duration) -> IMAPError {
        IMAPError(.heldBack(text, for: wait), command: "CONNECT")
    }

    private func attempt<R: Sendable>(_ body: @Sendable (Unit) throws -> R) async -> R? {
        do {
            return try await self.database.unit(body)
        } catch {
            self.logger.debug("the account of a mail server could not be kept", metadata: ["error": "\(error)"])
            return nil
        }
    }
}
