import Glibc
package import Logging
import NIOCore
import NIOPosix
import NIOSSL

/// Opens connections to mail servers: connect, TLS or STARTTLS, deadlines.
///
/// The only place of the mail side that opens sockets.
///
/// 1. The endpoint's settings are checked: plaintext leaves this machine only if forced.
/// 2. Connect by name and port, or by unix socket.
/// 3. TLS at once, or after the cleartext talk of a ``CleartextNegotiator``; chain and name are always verified.
/// 4. The ``MailStream`` is handed out, open.
package enum MailDialer {
    /// An open connection, which whoever asked for it must close, whatever happens.
    ///
    /// Not a scope with a body: a task keeps the room of each step that waits for the next, and connections wait by the thousand.
    /// `negotiator` is needed for `.startTLS` only. Throws ``TransportError``.
    package static func open(
        _ endpoint: MailEndpoint,
        timeouts: TransportTimeouts = TransportTimeouts(),
        negotiator: (any CleartextNegotiator)? = nil,
        logger: Logger
    ) async throws -> MailStream {
        let (tls, cleartext) = try self.setUp(endpoint, negotiator)
        let core = try await self.connect(endpoint, tls: tls, cleartext: cleartext, timeouts: timeouts)
        let stream = MailStream(
            core: core,
            isEncrypted: tls != nil,
            writeTimeout: timeouts.write,
            executor: LoopExecutor(core.channel.eventLoop)
        )
        do throws(TransportError) {
            if endpoint.security == .plaintext(forced: false) {
                // A hosts file can give `localhost` any address; nothing has been sent yet.
                guard let address = core.channel.remoteAddress, PeerName.isLoopback(address) else {
                    throw TransportError(.plaintextForbidden)
                }
            }
            let isStartTLS = cleartext != nil
            try await stream.awaitReady(
                within: isStartTLS ? timeouts.tls * 2 : timeouts.tls,
                phase: isStartTLS ? .startTLS : .tls
            )
        } catch {
            stream.close()
            throw error
        }
        self.note(stream, endpoint, logger)
        return stream
    }

    /// What protects the connection, and who talks before it does.
    @inline(never)
    private static func setUp(
        _ endpoint: MailEndpoint,
        _ negotiator: (any CleartextNegotiator)?
    ) throws(TransportError) -> (tls: TLSSetup?, cleartext: (any CleartextNegotiator)?) {
        switch endpoint.security {
        case .implicitTLS:
            return (try TLSSetup(host: endpoint.host, caFile: endpoint.caFile), nil)
        case .startTLS:
            guard let negotiator else {
                throw TransportError(.invalidEndpoint("STARTTLS is not known for this protocol"))
            }
            return (try TLSSetup(host: endpoint.host, caFile: endpoint.caFile), negotiator)
        case .plaintext(let forced):
            guard forced || endpoint.unixSocketPath != nil || PeerName.isLoopbackName(endpoint.host) else {
                throw TransportError(.plaintextForbidden)
            }
            return (nil, nil)
        }
    }

    @inline(never)
    private static func note(_ stream: MailStream, _ endpoint: MailEndpoint, _ logger: Logger) {
        logger.debug(
            "mail server connected",
            metadata: ["host": "\(endpoint.host)", "port": "\(endpoint.port)", "tls": "\(stream.isEncrypted)"]
        )
    }

    private static func connect(
        _ endpoint: MailEndpoint,
        tls: TLSSetup?,
        cleartext: (any CleartextNegotiator)?,
        timeouts: TransportTimeouts
    ) async throws(TransportError) -> StreamCore {
        let initialize: @Sendable (any Channel) -> EventLoopFuture<StreamCore> = { channel in
            channel.eventLoop.makeCompletedFuture {
                let core = StreamCore(channel: channel)
                let pipeline = channel.pipeline.syncOperations
                if let tls {
                    if let cleartext {
                        let handler = StartTLSHandler(negotiator: cleartext) { try tls.makeHandler() }
                        try pipeline.addHandler(handler)
                    } else {
                        try pipeline.addHandler(tls.makeHandler())
                    }
                }
                try pipeline.addHandler(StreamHandler(core: core, awaitsTLS: tls != nil, host: endpoint.host))
                return core
            }
        }
        let bootstrap = ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .connectTimeout(TimeAmount(timeouts.connect))
            // One big read, then whoever reads: so the buffer is free again for the next one, and still in the core's cache.
            .channelOption(.maxMessagesPerRead, value: 1)
            .channelOption(
                .recvAllocator,
                value: AdaptiveRecvByteBufferAllocator(minimum: 1024, initial: 2048, maximum: 256 * 1024)
            )
        do {
            if let path = endpoint.unixSocketPath {
                return try await bootstrap.connect(unixDomainSocketPath: path, channelInitializer: initialize)
            }
            return
                try await bootstrap
                .channelOption(.tcpOption(.tcp_nodelay), value: 1)
                .channelOption(.socketOption(.so_keepalive), value: 1)
                // A link whose other end is gone is found within two minutes of silence, not within two hours.
                .channelOption(.tcpOption(.init(rawValue: TCP_KEEPIDLE)), value: 60)
                .channelOption(.tcpOption(.init(rawValue: TCP_KEEPINTVL)), value: 20)
                .channelOption(.tcpOption(.init(rawValue: TCP_KEEPCNT)), value: 3)
                .connect(host: endpoint.host, port: endpoint.port, channelInitializer: initialize)
        } catch {
            throw TransportError(mapping: error, host: endpoint.host)
        }
    }
}
