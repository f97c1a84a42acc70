package import IMAP
import LocalServers
package import Logging
import MailTransport

/// A mail server that the scenarios run on: where it listens, and what was found out about it at the start.
package struct ConformanceServer: Sendable {
    /// What the table calls it.
    package let name: String
    /// Its port on 127.0.0.1, in clear text.
    package let port: Int
    /// The account.
    package let user: String
    /// The account's password.
    package let password: String
    /// The first UID it gives in a new folder.
    package private(set) var firstUID: UInt32 = 1
    /// What a new folder's name begins with, on the wire.
    package private(set) var prefix = ""
    /// What separates the levels of a name.
    package private(set) var delimiter = "/"
    /// Whether keywords can be kept.
    package private(set) var keepsKeywords = false

    /// A server that listens already.
    ///
    /// Logs in once, to learn where new folders go and whether keywords are kept.
    package init(name: String, port: Int, user: String, password: String) async throws {
        self.name = name
        self.port = port
        self.user = user
        self.password = password
        let (namespaces, inbox) = try await IMAPClient.withConnection(self.configuration(), logger: Self.silent) {
            (try await $0.namespaces(), try await $0.select(.inbox, readOnly: false))
        }
        self.prefix = namespaces.personalPrefix.display
        self.delimiter = namespaces.personalDelimiter ?? "/"
        self.keepsKeywords = inbox.allowsKeywords
        let outside = try OutsideView(self)
        let folder = self.prefix + "first"
        try outside.observer.create(folder)
        self.firstUID = UInt32(try outside.status(folder, "UIDNEXT"))
        try outside.observer.delete(folder)
        outside.observer.logout()
    }

    /// How the client reaches it; `off` are extensions that it does not use.
    package func configuration(
        off: [IMAPExtension] = [],
        password: String? = nil
    ) -> IMAPConfiguration {
        IMAPConfiguration(
            endpoint: MailEndpoint(host: "127.0.0.1", port: self.port, security: .plaintext(forced: false)),
            user: self.user,
            credential: .password(Secret(password ?? self.password)),
            off: Dictionary(uniqueKeysWithValues: off.map { ($0, ExtensionOff.byHand) })
        )
    }

    /// A log that nobody reads.
    package static let silent = Logger(label: "conformance", factory: { _ in SwiftLogNoOpLogHandler() })
}
