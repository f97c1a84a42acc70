package import Logging
import MailTransport

/// IMAP as a client: one connection, one command after the other, typed answers and typed outcomes.
///
/// 1. ``withConnection(_:logger:_:)`` connects, checks the certificate, logs in, reads what the server offers, names itself and
///    enables QRESYNC or CONDSTORE.
/// 2. The body works with the ``IMAPConnection``: list, select, fetch, store, move, append, idle.
/// 3. The connection is logged out and closed, whatever happened.
package enum IMAPClient {
    /// Runs `body` with a connection that is logged in.
    ///
    /// LOGOUT afterwards is a courtesy of at most ``IMAPTimeouts/logout``. Throws ``IMAPError``, or what `body` throws.
    package static func withConnection<R>(
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
                let connection = IMAPConnection(stream: stream, configuration: configuration, logger: logger)
                try await connection.open()
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
        } catch let error as TransportError {
            throw IMAPError(.transport(error), command: "CONNECT")
        }
    }
}
