import Desk
import DeskStore
import IMAP
import Logging

/// Keeps account of a mailbox's server in the database, so that every process knows: pauses it asked for, log-ins it refused,
/// offers it contradicted.
///
/// Where the database cannot be reached the connection goes on; who works on the mailbox will notice by itself.
struct MailboxKeeper: ServerKeeper {
    /// Between two looks whether the credential changed.
    private static let stoppedPause = Duration.seconds(60)

    let database: DeskDatabase
    let mailbox: Identifier<Mailbox>
    let credential: CredentialSource
    /// A person asked for this connection: nothing holds it back.
    let isAsked: Bool
    let logger: Logger

    func mayConnect() async throws(IMAPError) {
        guard !self.isAsked else { return }
        let found = await self.attempt { unit in try ServerWaitQueries.link(unit, self.mailbox) }
        guard let (link, now) = found ?? nil else { return }
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
        case .startsAnew: _ = await self.attempt { unit in try ServerWaitQueries.logInAccepted(unit, self.mailbox) }
        case .stopped:
            throw Self.heldBack(
                "The log-in was refused \(link.logInRefusals) times in a row; it is not tried again until the password or token "
                    + "changes, or a person runs `baton mailbox probe`.",
                for: Self.stoppedPause
            )
        }
    }

    func connected() async {
        _ = await self.attempt { unit in
            try ServerWaitQueries.logInAccepted(unit, self.mailbox)
            try ServerWaitQueries.waited(unit, self.mailbox)
        }
    }

    func failed(with error: IMAPError) async {
        if case .heldBack = error.reason { return }
        if error.isLogInRefusal {
            _ = await self.attempt { unit in try ServerWaitQueries.logInRefused(unit, self.mailbox) }
        } else if let wait = error.retryAfter {
            let reason = SafeText.line("\(error)")
            _ = await self.attempt { unit in
                try ServerWaitQueries.wait(unit, self.mailbox, for: wait, because: reason)
            }
        }
    }

    func contradicted(_ latch: ExtensionLatch) async {
        _ = await self.attempt { unit in
            try ExtensionQueries.latch(unit, self.mailbox, latch.name.rawValue, reason: latch.reason)
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
