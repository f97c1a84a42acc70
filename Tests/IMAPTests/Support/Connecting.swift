import IMAP
import Logging
import MailTransport

/// Connections to test servers.
enum Connecting {
    static let silent = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })

    /// Longer than any wait in a test should be, since all suites share two cores.
    static let patient = IMAPTimeouts(
        connect: .seconds(60),
        tls: .seconds(60),
        greeting: .seconds(60),
        inactivity: .seconds(60),
        commandTotal: .seconds(60),
        logout: .seconds(30)
    )

    static func configuration(
        port: Int,
        security: TransportSecurity = .plaintext(forced: false),
        host: String = "127.0.0.1",
        caFile: String? = nil,
        limits: IMAPLimits = .default,
        timeouts: IMAPTimeouts = Self.patient,
        password: String = "secret"
    ) -> IMAPConfiguration {
        IMAPConfiguration(
            endpoint: MailEndpoint(host: host, port: port, security: security, caFile: caFile),
            user: "anna",
            credential: .password(Secret(password)),
            limits: limits,
            timeouts: timeouts
        )
    }

    /// Runs `body` over plaintext against `server`.
    static func with<R: Sendable>(
        _ server: ScriptedServer,
        limits: IMAPLimits = .default,
        timeouts: IMAPTimeouts = Self.patient,
        _ body: (IMAPConnection, Transcript) async throws -> R
    ) async throws -> R {
        try await server.run { port, record in
            let configuration = Self.configuration(port: port, limits: limits, timeouts: timeouts)
            return try await IMAPClient.withConnection(configuration, logger: Self.silent) { connection in
                try await body(connection, record)
            }
        }
    }

    /// What `body` failed with, or nil where it did not.
    static func failure(_ body: () async throws -> Void) async -> IMAPError.Reason? {
        do {
            try await body()
            return nil
        } catch {
            return (error as? IMAPError)?.reason
        }
    }
}
