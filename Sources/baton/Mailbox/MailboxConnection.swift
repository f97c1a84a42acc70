import DeskStore
import IMAP
import MailTransport

/// How to reach a mailbox's server, from its stored settings.
enum MailboxConnection {
    /// Reads the password and puts the connection's configuration together.
    ///
    /// - Throws: ``CommandFailure`` when the password cannot be read, `TransportError` for a server that cannot be.
    static func configuration(_ settings: MailboxSettings) throws -> IMAPConfiguration {
        try Self.configuration(
            server: settings.server,
            isPlaintext: settings.isPlaintext,
            caFile: settings.caFile,
            user: settings.username,
            password: PasswordSource(file: settings.passwordFile, variable: settings.passwordVariable)
        )
    }

    /// The same for what the services know of a mailbox.
    static func configuration(_ mailbox: MailboxRecord) throws -> IMAPConfiguration {
        try Self.configuration(
            server: mailbox.server,
            isPlaintext: mailbox.isPlaintext,
            caFile: mailbox.caFile,
            user: mailbox.username,
            password: PasswordSource(file: mailbox.passwordFile, variable: mailbox.passwordVariable)
        )
    }

    private static func configuration(
        server: String,
        isPlaintext: Bool,
        caFile: String?,
        user: String,
        password: PasswordSource?
    ) throws -> IMAPConfiguration {
        guard let password else {
            throw CommandFailure.refused("The mailbox has no password", "Give it one: --password-file FILE")
        }
        // That the server is this machine, or that plaintext was forced, was checked when it was stored.
        let endpoint = try MailEndpoint(
            url: server,
            plaintext: isPlaintext,
            forcePlaintext: isPlaintext,
            caFile: caFile
        )
        return IMAPConfiguration(endpoint: endpoint, user: user, password: try password.read())
    }
}
