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
        var attemptsLeft = ServerRecord.deaths
        while true {
            var isWorthAnother = false
            do {
                return try await Self.connect(configuration, logger: logger) { connection in
                    do {
                        try await connection.open()
                    } catch {
                        isWorthAnother = connection.endedDuring != nil && attemptsLeft > 0
                        throw error
                    }
                    await configuration.keeper?.connected()
                    return try await Self.use(connection, body)
                }
            } catch let error as IMAPError {
                await configuration.reportLatches()
                guard isWorthAnother else {
                    await configuration.keeper?.failed(with: error)
                    throw error
                }
                attemptsLeft -= 1
                logger.info("the mail server ended the connection", metadata: ["error": "\(error)"])
            }
        }
    }

    private static func use<R>(
        _ connection: IMAPConnection,
        _ body: (IMAPConnection) async throws -> R
    ) async throws -> R {
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

    private static func connect<R>(
        _ configuration: IMAPConfiguration,
        logger: Logger,
        _ body: (IMAPConnection) async throws -> R
    ) async throws -> R {
        let timeouts = TransportTimeouts(
            connect: configuration.timeouts.connect,
            tls: configuration.timeouts.tls,
            write: configuration.timeouts.inactivity
        )
        var generator = SystemRandomNumberGenerator()
        let negotiation = StartTLSNegotiation(
            tag: SessionStateMachine.randomTagPrefix(using: &generator) + "0"
        )
        do {
            return try await MailDialer.withStream(
                to: configuration.endpoint,
                timeouts: timeouts,
                negotiator: negotiation,
                logger: logger
            ) { stream in
                try await body(IMAPConnection(stream: stream, configuration: configuration, logger: logger))
            }
        } catch let error as TransportError {
            let redaction = Redaction(configuration.credential)
            throw IMAPError(.transport(error.redacted(by: redaction)), command: "CONNECT")
        }
    }
}
