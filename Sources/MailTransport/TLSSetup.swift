import NIOCore
import NIOSSL

/// Makes the TLS handlers of one connection.
struct TLSSetup: Sendable {
    private let context: NIOSSLContext
    private let host: String

    /// Trusts the system's authorities, or only those of `caFile`.
    init(host: String, caFile: String?) throws(TransportError) {
        self.context = try TLSContexts.context(caFile: caFile)
        self.host = host
    }

    /// A handler that checks chain and name.
    ///
    /// For a DNS name the certificate must carry that name: NIOSSL alone would also accept one that only carries the IP
    /// address we reached, so whoever owns an address and forges the name service would pass. For an IP literal the
    /// certificate must carry that address.
    func makeHandler() throws -> NIOSSLClientHandler {
        let host = self.host
        if PeerName.isIPLiteral(host) {
            return try NIOSSLClientHandler(context: self.context, serverHostname: nil)
        }
        return try NIOSSLClientHandler._makeSSLClientHandler(context: self.context, serverHostname: host) {
            certificate,
            channel in
            let names = certificate._subjectAlternativeNames().filter { $0.nameType == .dnsName }
                .map { String(decoding: $0.contents, as: UTF8.self) }
            guard names.contains(where: { PeerName.matches(host: host, pattern: $0) }) else {
                return channel.eventLoop.makeFailedFuture(TransportError(.certificateForAnotherHost(host)))
            }
            return channel.eventLoop.makeSucceededVoidFuture()
        }
    }
}
