package import Logging
import MailTransport

/// IMAP as a client: one connection, one command after the other, typed answers and typed outcomes.
///
/// 1. ``withConnection(_:logger:_:)`` connects, checks the certificate, logs in, reads what the server offers, names itself and
///    enables QRESYNC or CONDSTORE.
/// 2. The body works with the ``IMAPConnection``: list, select, fetch, store, move, append, idle.
/// 3. The connection is logged out and closed, whatever happened.
///
/// A server that ends the connection at a command it offers is asked once more, and then without that command.
package enum IMAPClient {
    /// Runs `body` with a connection that is logged in.
    ///
    /// LOGOUT afterwards is a courtesy of at most ``IMAPTimeouts/logout``. Throws ``IMAPError``, or what `body` throws.
    package static func withConnection<R>(
        _ configuration: IMAPConfiguration,
        logger: Logger,
        _ body: (IMAPConnection) async throws -> R
    ) async throws -> R {
        try await configuration.keeper?.mayConnect()
        let visit = IMAPVisit(configuration, logger: logger)
        while true {
            do {
                return try await visit.attempt(body)
            } catch {
                try await visit.failed(with: error)
            }
        }
    }
}

/// One use of a connection, with the attempts to open it.
///
/// Used by one task. A class, and its steps apart, since a task keeps the room of every step that waits for the next one's end, and a
/// configuration is large.
private final class IMAPVisit {
    private let shared: SharedConfiguration
    private let logger: Logger
    private var attemptsLeft = ServerRecord.deaths
    /// Whether the server ended the last connection while it was opened, and another one may go better.
    private var isWorthAnother = false

    init(_ configuration: IMAPConfiguration, logger: Logger) {
        self.shared = SharedConfiguration(configuration)
        self.logger = logger
    }

    private var configuration: IMAPConfiguration { self.shared.configuration }

    func attempt<R>(_ body: (IMAPConnection) async throws -> R) async throws -> R {
        let connection = try await self.connect()
        defer { connection.stream.close() }
        try await self.open(connection)
        return try await self.use(connection, body)
    }

    private func connect() async throws -> IMAPConnection {
        let timeouts = TransportTimeouts(
            connect: self.configuration.timeouts.connect,
            tls: self.configuration.timeouts.tls,
            write: self.configuration.timeouts.inactivity
        )
        var generator = SystemRandomNumberGenerator()
        let stream = try await MailDialer.open(
            self.configuration.endpoint,
            timeouts: timeouts,
            negotiator: StartTLSNegotiation(tag: SessionStateMachine.randomTagPrefix(using: &generator) + "0"),
            logger: self.logger
        )
        return IMAPConnection(stream: stream, sharing: self.shared, logger: self.logger)
    }

    private func open(_ connection: IMAPConnection) async throws {
        do {
            try await connection.open()
        } catch {
            self.isWorthAnother = connection.endedDuring != nil && self.attemptsLeft > 0
            throw error
        }
        await self.configuration.keeper?.connected()
    }

    private func use<R>(_ connection: IMAPConnection, _ body: (IMAPConnection) async throws -> R) async throws -> R {
        let result: R
        do {
            result = try await body(connection)
        } catch {
            await connection.logOut()
            throw error
        }
        await connection.logOut()
        return result
    }

    /// Returns where another attempt is due; throws what went wrong otherwise.
    func failed(with error: any Error) async throws {
        let error = self.redacted(error)
        guard let error = error as? IMAPError else { throw error }
        await self.configuration.reportLatches()
        guard self.isWorthAnother else {
            await self.configuration.keeper?.failed(with: error)
            throw error
        }
        self.isWorthAnother = false
        self.attemptsLeft -= 1
        self.logger.info("the mail server ended the connection", metadata: ["error": "\(error)"])
    }

    private func redacted(_ error: any Error) -> any Error {
        guard let error = error as? TransportError else { return error }
        let redaction = Redaction(self.configuration.credential)
        return IMAPError(.transport(error.redacted(by: redaction)), command: "CONNECT")
    }
}
