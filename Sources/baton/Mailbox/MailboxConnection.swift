import Desk
import DeskStore
import IMAP
import Logging
import MailTransport

/// How to reach a mailbox's server, from its stored settings.
enum MailboxConnection {
    /// Reads the credential and puts the connection's configuration together.
    ///
    /// `memory` is what this process knows of the server, `isAsked` whether a person asked for the connection.
    ///
    /// - Throws: ``CommandFailure`` when the credential cannot be read, `TransportError` for a server that cannot be.
    static func configuration(
        _ mailbox: MailboxRecord,
        database: DeskDatabase,
        memory: ServerMemory = ServerMemory(),
        isAsked: Bool = false,
        logger: Logger
    ) async throws -> IMAPConfiguration {
        let link = mailbox.link
        let source = CredentialSource(
            passwordFile: mailbox.passwordFile,
            passwordVariable: mailbox.passwordVariable,
            tokenFile: link.tokenFile,
            tokenCommand: link.tokenCommand
        )
        guard let source else {
            throw CommandFailure.refused("The mailbox has no password", "Give it one: --password-file FILE")
        }
        // That the server is this machine, or that plaintext was forced, was checked when it was stored.
        let endpoint = try MailEndpoint(
            url: mailbox.server,
            plaintext: mailbox.isPlaintext,
            forcePlaintext: mailbox.isPlaintext,
            caFile: mailbox.caFile
        )
        let keeper = MailboxKeeper(
            database: database,
            mailbox: mailbox.id,
            credential: source,
            isAsked: isAsked,
            logger: logger
        )
        // Before a token is asked for: a command that runs for nothing is a nuisance.
        try await keeper.look()
        var off: [IMAPExtension: ExtensionOff] = [:]
        for (name, reason) in link.off {
            if let name = IMAPExtension(name: name) { off[name] = reason.map { .latched($0) } ?? .byHand }
        }
        memory.forget(allBut: Set(off.keys))
        var configuration = IMAPConfiguration(
            endpoint: endpoint,
            user: mailbox.username,
            credential: try await source.read(),
            off: off,
            memory: memory
        )
        configuration.logInRefusals = link.logInRefusals
        configuration.keeper = keeper
        return configuration
    }
}
